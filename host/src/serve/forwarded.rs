//! Who asks, by which name and over what, where a trusted proxy passes the request on (`Forwarded`, RFC 7239, and
//! `X-Forwarded-*`). What any other sender says about that is not believed.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::header::{FORWARDED, HOST, HeaderMap, HeaderValue};

use crate::app::TrustedProxies;

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What a trusted proxy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ForwardedFor {
    /// The client that the first trusted proxy was asked by.
    address: IpAddr,
    is_https: bool,
}

/// Puts what a trusted proxy says in place of what the connection says: the name into `Host`, the rest beside the request.
pub(super) fn take(proxies: &TrustedProxies, request: &mut Request) {
    if proxies.is_empty() {
        return;
    }
    let Some(peer) = request.extensions().get::<Peer>().filter(|peer| proxies.has(peer.0)).copied() else { return };
    let said = read(request.headers(), peer.0, proxies);
    if let Some(host) = said.host.and_then(|host| HeaderValue::try_from(host).ok()) {
        request.headers_mut().insert(HOST, host);
    }
    request.extensions_mut().insert(ForwardedFor { address: said.address, is_https: said.is_https });
}

/// The address of the client, as far as the hub can know it.
pub(super) fn address(extensions: &axum::http::Extensions) -> IpAddr {
    let forwarded = extensions.get::<ForwardedFor>().map(|forwarded| forwarded.address);
    let peer = || extensions.get::<Peer>().map(|peer| peer.0);
    forwarded.or_else(peer).unwrap_or(IpAddr::from([0, 0, 0, 0]))
}

/// Whether a trusted proxy says that the client came by https.
pub(super) fn is_https(extensions: &axum::http::Extensions) -> bool {
    extensions.get::<ForwardedFor>().is_some_and(|forwarded| forwarded.is_https)
}

struct Said {
    address: IpAddr,
    is_https: bool,
    host: Option<String>,
}

/// `X-Forwarded-*` counts before `Forwarded`: most proxies write only that one, and pass on the other one as the client wrote it.
/// Of name and scheme the last ones count, which the nearest proxy wrote.
fn read(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) -> Said {
    let elements = list(headers, FORWARDED.as_str());
    let has_other =
        ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].iter().any(|name| headers.contains_key(*name));
    if has_other || elements.is_empty() {
        let last = |name: &str| list(headers, name).pop().map(str::to_owned);
        return Said {
            address: client(list(headers, "x-forwarded-for").into_iter().map(node), peer, proxies),
            is_https: last("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
            host: last("x-forwarded-host"),
        };
    }
    let last = |name: &str| elements.last().and_then(|element| parameter(element, name));
    Said {
        address: client(elements.iter().map(|element| parameter(element, "for").and_then(node)), peer, proxies),
        is_https: last("proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
        host: last("host").map(str::to_owned),
    }
}

/// From the nearest on: the first that is no trusted proxy itself.
fn client(chain: impl DoubleEndedIterator<Item = Option<IpAddr>>, peer: IpAddr, proxies: &TrustedProxies) -> IpAddr {
    let mut nearest = peer;
    for address in chain.rev() {
        // Behind something that is no address, nobody knows.
        let Some(address) = address else { return nearest };
        nearest = address;
        if !proxies.has(address) {
            break;
        }
    }
    nearest
}

/// The parts of a list over all headers of this name.
fn list<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn parameter<'e>(element: &'e str, name: &str) -> Option<&'e str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_matches('"'));
    found.next()
}

/// RFC 7239 §6: an address, with or without a port.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.trim_matches('"');
    let in_brackets = || bare.strip_prefix('[')?.split(']').next()?.parse().ok();
    let with_port = || bare.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(peer: &str, headers: &[(&str, &str)]) -> (String, bool, String) {
        let (proxies, _) = TrustedProxies::read("loopback, 10.0.0.0/8");
        let request = headers
            .iter()
            .fold(Request::builder().header("host", "own"), |request, (name, value)| request.header(*name, *value));
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(Peer(peer.parse().expect("an address")));
        take(&proxies, &mut request);
        let host = request.headers()[HOST].to_str().expect("text").to_owned();
        (address(request.extensions()).to_string(), is_https(request.extensions()), host)
    }

    fn said(address: &str, is_https: bool, host: &str) -> (String, bool, String) {
        (address.to_owned(), is_https, host.to_owned())
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        let x =
            [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "hub.example")];
        let standard = [("forwarded", "for=\"[2001:db8::7]:4711\";proto=https;host=hub.example")];

        assert_eq!(asked("127.0.0.1", &x), said("198.51.100.7", true, "hub.example"));
        assert_eq!(asked("10.1.2.3", &standard), said("2001:db8::7", true, "hub.example"));
        assert_eq!(asked("127.0.0.1", &[]), said("127.0.0.1", false, "own"));
    }

    #[test]
    fn nobody_else_is_believed() {
        let x = [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "localhost")];

        assert_eq!(asked("203.0.113.9", &x), said("203.0.113.9", false, "own"));
        assert_eq!(asked("203.0.113.9", &[("forwarded", "for=127.0.0.1;host=a")]), said("203.0.113.9", false, "own"));
    }

    #[test]
    fn what_a_client_wrote_into_the_header_that_its_proxy_does_not_write_does_not_count() {
        let smuggled = ("forwarded", "for=127.0.0.1;proto=https;host=evil.example");
        for own in [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "http"), ("x-forwarded-host", "own")] {
            let (address, is_https, host) = asked("10.0.0.1", &[smuggled, own]);

            assert_ne!(address, "127.0.0.1", "{own:?}");
            assert!(!is_https && host == "own", "{own:?}");
        }
    }

    #[test]
    fn what_a_client_wrote_before_the_first_trusted_proxy_does_not_count() {
        let chain = [("x-forwarded-for", "127.0.0.1, 203.0.113.9, 10.0.0.2")];
        let nonsense = [("x-forwarded-for", "203.0.113.9, unknown, 10.0.0.2")];

        assert_eq!(asked("10.0.0.1", &chain).0, "203.0.113.9");
        assert_eq!(asked("10.0.0.1", &nonsense).0, "10.0.0.2");
    }
}
