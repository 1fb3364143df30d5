//! The secrets in addresses: user information, values of the query and of the fragment, opaque segments of the path.

use url::Url;

use super::judge::{self, OPAQUE, Place, Reach};
use super::messages::in_form;
use super::secrets::Secrets;

/// A segment of the server's path from this length on may be what lets its owner in, bytes.
const SEGMENT: usize = 12;
/// The same for what stands in a query.
const VALUE: usize = 8;

/// Looks at every address in a text.
pub(super) fn look(secrets: &mut Secrets, text: &str, place: Place) {
    for url in addresses(text) {
        look_at_user(secrets, &url);
        for pairs in [url.query(), url.fragment()].into_iter().flatten() {
            look_at_pairs(secrets, pairs, place);
        }
        for segment in url.path().split('/').filter(|segment| is_telling(segment, place)) {
            let plain = in_path(segment);
            secrets.sure("segment", &plain);
            secrets.spell(&plain, segment);
        }
    }
}

/// The address with slots in its query, also for values that are replaced as a whole only.
pub(super) fn out_of_query(secrets: &Secrets, address: &str) -> String {
    let joints = ['?', '&', '#'];
    let at = address.find(['?', '#']).unwrap_or(address.len());
    let (before, pairs) = address.split_at_checked(at).unwrap_or((address, ""));
    let mut masked = before.to_owned();
    for piece in pairs.split_inclusive(joints) {
        let pair = piece.trim_end_matches(joints);
        let mask = pair.split_once('=').and_then(|(name, value)| Some((name, secrets.whole(name, &in_form(value))?)));
        match mask {
            Some((name, mask)) => masked.extend([name, "=", mask]),
            None => masked.push_str(pair),
        }
        masked.push_str(piece.get(pair.len()..).unwrap_or_default());
    }
    masked
}

/// The server's address with a made-up word for everything in it that may let somebody in; wherever these things
/// appear, the words stand for them.
pub(super) fn hide(secrets: &mut Secrets, server: &Url) -> Url {
    let mut shown = server.clone();
    let user = hidden(secrets, server.username());
    let password = server.password().map(|password| hidden(secrets, password));
    // An address that cannot have user information has none to hide.
    let _ = shown.set_username(&user);
    let _ = shown.set_password(password.as_deref());
    let segment = |segment: &str| {
        if judge::is_opaque(segment, SEGMENT) { hidden(secrets, segment) } else { segment.to_owned() }
    };
    let path = server.path().split('/').map(segment).collect::<Vec<_>>().join("/");
    if path != server.path() {
        shown.set_path(&path);
    }
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, "")) => format!("{name}="),
        Some((name, value)) => format!("{name}={}", secrets.hide(&in_form(value), value)),
        None if judge::is_opaque(pair, VALUE) => secrets.hide(&in_form(pair), pair),
        None => pair.to_owned(),
    };
    let query = server.query().map(|query| query.split('&').map(pair).collect::<Vec<_>>().join("&"));
    if query.as_deref() != server.query() {
        shown.set_query(query.as_deref());
    }
    // Together these can be told from other text, however short each is.
    for (own, other) in [
        (user_of(server), user_of(&shown)),
        (target(server, server.path()), target(&shown, shown.path())),
        (target(server, bare_path(server)), target(&shown, bare_path(&shown))),
    ] {
        if own != other {
            secrets.put(&own, &other, Reach::Everywhere);
        }
    }
    shown
}

fn hidden(secrets: &mut Secrets, written: &str) -> String {
    if written.is_empty() { String::new() } else { secrets.hide(&in_path(written), written) }
}

fn look_at_user(secrets: &mut Secrets, url: &Url) {
    let (user, password) = (in_path(url.username()), in_path(url.password().unwrap_or_default()));
    secrets.sure("user", &user);
    secrets.sure("password", &password);
    let written = user_of(url);
    if !written.is_empty() {
        let mask = |value: &str| secrets.mask_of(value).unwrap_or_default();
        let joint = if url.password().is_some() { ":" } else { "" };
        let masked = format!("{}{joint}{}@", mask(&user), mask(&password));
        secrets.put(&written, &masked, Reach::Everywhere);
    }
}

/// Looks at each pair, and at names without a value, which may be keys.
fn look_at_pairs(secrets: &mut Secrets, pairs: &str, place: Place) {
    for pair in pairs.split('&') {
        let (name, written) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (in_form(name), in_form(written));
        secrets.look_at_name(&name, place);
        secrets.look_at(&name, &value, place);
        // What an answer hands out may be signed with little; the hub's own requests have words of protocols in them.
        if place == Place::Document && judge::is_opaque(&value, VALUE) {
            secrets.sure(&name, &value);
        }
        secrets.spell(&value, written);
    }
}

/// What the hub asks for may have an identifier in its path without being anybody's secret.
fn is_telling(segment: &str, place: Place) -> bool {
    let is_known = place == Place::Parameter && is_uuid(segment);
    judge::is_opaque(segment, OPAQUE) && !is_known
}

/// An identifier as many things have one (RFC 9562).
fn is_uuid(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| {
        if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// The text itself, or the addresses among its words.
fn addresses(text: &str) -> Vec<Url> {
    if !text.contains("://") {
        return Vec::new();
    }
    let ends = |c: char| c.is_whitespace() || "\"'<>\\".contains(c);
    text.split(ends).filter_map(address_in).collect()
}

fn address_in(word: &str) -> Option<Url> {
    let (before, _) = word.split_once("://")?;
    let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let address = word.get(before.len() - scheme.len()..)?;
    Url::parse(address.trim_end_matches(['.', ',', ';', ')'])).ok().filter(Url::has_host)
}

/// User information as it stands in the address, with its `@`.
fn user_of(url: &Url) -> String {
    match (url.username(), url.password()) {
        ("", None) => String::new(),
        (user, None) => format!("{user}@"),
        (user, Some(password)) => format!("{user}:{password}@"),
    }
}

/// A path with the address's query.
fn target(url: &Url, path: &str) -> String {
    url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// The path as it stands behind a well-known place (RFC 9728 §3.1).
fn bare_path(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

/// What a part of an address stands for.
fn in_path(written: &str) -> String {
    in_form(&written.replace('+', "%2B"))
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

    #[test]
    fn what_lets_somebody_in_is_found_in_the_addresses_of_answers() {
        let mut secrets = Secrets::default();
        let hook = "https://hooks.example/services/T0/B0/q7RzX2mB8nV4kL1p";
        let signed = "https://files.example/a.png?X-Sig=0a1b2c3d4e&page=2&token=abc";
        let with_user = "https://u:pw@host.example/x#access_token=short";
        let text = format!("at {hook} or ({with_user})");
        for text in [text.as_str(), signed] {
            look(&mut secrets, text, Place::Document);
        }

        let masked = "https://hooks.example/services/T0/B0/{{segment}}";
        assert_eq!(secrets.out_of_named("url", hook), masked);
        let masked = "https://files.example/a.png?X-Sig={{x-sig}}&page=2&token={{token}}";
        assert_eq!(secrets.out_of_named("url", signed), masked);
        let masked = "https://{{user}}:{{password}}@host.example/x#access_token={{access-token}}";
        assert_eq!(secrets.out_of_named("url", with_user), masked);
    }

    #[test]
    fn an_identifier_in_a_path_is_known_where_the_hub_asks_for_it() {
        let tenant = "https://login.example/01234567-89ab-cdef-0123-456789abcdef/token";
        let mut asked = Secrets::default();
        let mut answered = Secrets::default();

        look(&mut asked, tenant, Place::Parameter);
        look(&mut answered, tenant, Place::Document);

        assert_eq!(asked.out_of(tenant), tenant);
        assert_eq!(answered.out_of(tenant), "https://login.example/{{segment}}/token");
    }
}
