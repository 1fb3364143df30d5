//! The base URL of a hub whose settings do not name one, and server entries that lead back to the hub.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use url::Url;

use super::error::AppError;
use super::names::as_base;
use super::options::PORT;
use crate::egress::Own;
use crate::settings::{Loaded, ServerEntry};

/// The base address: the one that is written, else that of a hub that listens here, below this path.
pub(super) fn chosen(written: Option<&Url>, listen: &[SocketAddr], path: Option<&str>) -> Result<Url, AppError> {
    let base_url = written.cloned().map_or_else(|| of(listen, path), Ok)?;
    Ok(as_base(base_url))
}

/// The address of a hub that listens here. `localhost` only where no other program can be meant by it, as browsers try both
/// loopback addresses (RFC 8252 §8.3); else the address itself.
/// `path` is the one below which a proxy has it.
fn of(listen: &[SocketAddr], path: Option<&str>) -> Result<Url, AppError> {
    let is_localhost = is_localhost(listen, machine_has_ipv6());
    let mut base = if is_localhost { at("localhost", port(listen))? } else { on_this_machine(listen)? };
    base.set_path(path.unwrap_or_default());
    Ok(base)
}

/// The address by which a browser on this machine reaches the hub, without a name.
pub(super) fn on_this_machine(listen: &[SocketAddr]) -> Result<Url, AppError> {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let v4 = listen.iter().find(|address| address.is_ipv4());
    let address = v4.or(listen.first()).unwrap_or(&usual);
    match address.ip() {
        // Every address of this machine, of which this is one.
        ip if ip.is_unspecified() => at("localhost", address.port()),
        IpAddr::V4(ip) => at(&ip.to_string(), address.port()),
        IpAddr::V6(ip) => at(&format!("[{ip}]"), address.port()),
    }
}

/// The settings, with a sentence in place of every entry that leads to the hub itself: each of its lists would hold itself.
pub(super) fn without_loops(mut loaded: Loaded, own: &Own) -> Loaded {
    for (name, entry) in &mut loaded.settings.servers {
        let ServerEntry::Usable(server) = &*entry else { continue };
        if server.url().is_some_and(|url| own.is_at(url)) {
            let sentence = format!(
                "{name} leads back to this hub, which would be a loop; write the address of another server, or remove the entry"
            );
            tracing::warn!("{sentence}");
            *entry = ServerEntry::Unsupported(sentence);
        }
    }
    loaded
}

fn is_localhost(listen: &[SocketAddr], has_ipv6: bool) -> bool {
    let port = port(listen);
    let is_bound = |ip: IpAddr| listen.contains(&SocketAddr::new(ip, port));
    listen.is_empty() || (is_bound(Ipv4Addr::LOCALHOST.into()) && (is_bound(Ipv6Addr::LOCALHOST.into()) || !has_ipv6))
}

/// Whether some program could listen at `::1`.
fn machine_has_ipv6() -> bool {
    UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

fn port(listen: &[SocketAddr]) -> u16 {
    listen.first().map_or(PORT, SocketAddr::port)
}

fn at(host: &str, port: u16) -> Result<Url, AppError> {
    let address = format!("http://{host}:{port}/");
    Url::parse(&address).map_err(|_| AppError::BaseUrl(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|address| address.parse().expect("address")).collect()
    }

    #[test]
    fn a_name_is_used_only_where_all_that_it_means_is_the_hub() {
        let both = listening(&["127.0.0.1:3000", "[::1]:3000"]);

        assert_eq!(of(&both, None).expect("a URL").as_str(), "http://localhost:3000/");
        for (alone, has_ipv6, expected) in [
            (&["127.0.0.1:3000"][..], true, false),
            (&["127.0.0.1:3000"], false, true),
            (&["[::1]:3000"], true, false),
            (&["127.0.0.2:3000", "[::1]:3000"], true, false),
            (&["127.0.0.1:3000", "[::1]:3001"], true, false),
            (&[], true, true),
        ] {
            assert_eq!(is_localhost(&listening(alone), has_ipv6), expected, "{alone:?} {has_ipv6}");
        }
    }

    #[test]
    fn without_a_name_it_is_the_address_that_is_listened_at() {
        for (listen, expected) in [
            (&["127.0.0.2:3000"][..], "http://127.0.0.2:3000/"),
            (&["[::1]:4000"], "http://[::1]:4000/"),
            (&["[::1]:4000", "127.0.0.1:5000"], "http://127.0.0.1:5000/"),
            (&[], "http://127.0.0.1:3000/"),
        ] {
            assert_eq!(on_this_machine(&listening(listen)).expect("a URL").as_str(), expected);
        }
    }
}
