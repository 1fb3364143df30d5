//! The server's own address. It must stay an address, so made-up words replace its secrets, not slots.

use url::Url;

use super::address::{in_path, user_information};
use super::rules::{self, Coverage};
use super::secrets::Secrets;
use crate::cases::messages::in_form;

/// A segment of the path of this length or more may be a secret. In bytes.
const SEGMENT: usize = 12;
/// The same for a name in the query without a value. In bytes.
const VALUE: usize = 8;

/// The server's address with a made-up word in the place of everything that may let somebody in. The same words replace
/// these things wherever else they appear.
pub(in crate::cases) fn hide(secrets: &mut Secrets, server: &Url) -> Url {
    let mut shown = server.clone();
    let user = hidden(secrets, server.username());
    let password = server.password().map(|password| hidden(secrets, password));
    // An address that cannot have user information has none to hide.
    let _ = shown.set_username(&user);
    let _ = shown.set_password(password.as_deref());
    let segment = |segment: &str| {
        if rules::is_opaque(segment, SEGMENT) { hidden(secrets, segment) } else { segment.to_owned() }
    };
    let path = server.path().split('/').map(segment).collect::<Vec<_>>().join("/");
    if path != server.path() {
        shown.set_path(&path);
    }
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, "")) => format!("{name}="),
        Some((name, value)) => format!("{name}={}", secrets.hide(&in_form(value), value)),
        None if rules::is_opaque(pair, VALUE) => secrets.hide(&in_form(pair), pair),
        None => pair.to_owned(),
    };
    let query = server.query().map(|query| query.split('&').map(pair).collect::<Vec<_>>().join("&"));
    if query.as_deref() != server.query() {
        shown.set_query(query.as_deref());
    }
    // Each part may be too short to be looked for alone; together they cannot be mistaken for other text.
    for (own, other) in [
        (user_information(server), user_information(&shown)),
        (target(server, server.path()), target(&shown, shown.path())),
        (target(server, bare_path(server)), target(&shown, bare_path(&shown))),
    ] {
        if own != other {
            secrets.put(&own, &other, Coverage::Everywhere);
        }
    }
    shown
}

fn hidden(secrets: &mut Secrets, written: &str) -> String {
    if written.is_empty() { String::new() } else { secrets.hide(&in_path(written), written) }
}

/// This path with the query of the address.
fn target(url: &Url, path: &str) -> String {
    url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// The path as it follows a well-known prefix (RFC 9728 §3.1).
fn bare_path(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("url")
    }

    #[test]
    fn the_address_of_a_server_is_written_with_made_up_words_and_so_are_its_parts() {
        let mut secrets = Secrets::default();
        let server = url("https://me:p%40w@mcp.example/s/0a1b2c3d4e5f/mcp/?api_key=k%2F1&v=2&flag");

        let shown = hide(&mut secrets, &server);

        assert_eq!(
            shown.as_str(),
            "https://secret-1:secret-2@mcp.example/s/secret-3/mcp/?api_key=secret-4&v=secret-5&flag"
        );
        let elsewhere = "see https://me:p%40w@mcp.example/.well-known/x/s/0a1b2c3d4e5f/mcp?api_key=k%2F1&v=2&flag";
        let expected =
            "see https://secret-1:secret-2@mcp.example/.well-known/x/s/secret-3/mcp?api_key=secret-4&v=secret-5&flag";
        assert_eq!(secrets.out_of(elsewhere), expected);
    }

    #[test]
    fn an_address_without_a_secret_stays_as_it_is() {
        let mut secrets = Secrets::default();
        let server = url("https://mcp.example/v1/mcp/");

        assert_eq!(hide(&mut secrets, &server), server);
        assert_eq!(secrets.out_of(server.as_str()), server.as_str());
    }
}
