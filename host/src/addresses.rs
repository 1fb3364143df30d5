//! The addresses of this hub that other programs are given: where providers send people back to, where a login begins, and
//! where the hub's own metadata is.
//!
//! Apart from `serve::paths`, because `connect` hands these addresses out and may not use `serve`. A path with a name in
//! braces is a pattern of the router; [`filled`] makes a path of it.

use url::Url;

/// The redirect URI: where every provider sends the person back to (RFC 6749 §3.1.2).
pub(crate) const CALLBACK: &str = "/oauth/callback";
/// The redirect URI of one authorization server (RFC 9700 §4.4.2).
pub(crate) const CALLBACK_OF_ISSUER: &str = "/oauth/callback/{tag}";
/// The hub's own Client ID Metadata Document.
pub(crate) const CLIENT_METADATA: &str = "/oauth/client-metadata.json";
/// The document for one authorization server. The tag ends in `.json`.
pub(crate) const CLIENT_METADATA_OF_ISSUER: &str = "/oauth/client-metadata/{tag}";
/// A one-time page that starts a login in the browser that opens it.
pub(crate) const CONNECT_TICKET: &str = "/connect/{ticket}";

/// A pattern with this value in the place of the name in braces, percent-encoded as one segment.
pub(crate) fn filled(pattern: &str, value: &str) -> String {
    let segment = url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20");
    match pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1))) {
        Some((before, after)) => format!("{before}{segment}{after}"),
        None => pattern.to_owned(),
    }
}

/// What all paths of a pattern begin with.
pub(crate) fn start_of(pattern: &str) -> &str {
    pattern.split('{').next().unwrap_or(pattern)
}

/// A path below a base address. The path of the base must end in a slash. `None`: the base is not the base of other addresses.
pub(crate) fn below(base: &Url, path: &str) -> Option<Url> {
    base.join(path.trim_start_matches('/')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_segment_of_the_path() {
        assert_eq!(filled(CONNECT_TICKET, "a-b_c"), "/connect/a-b_c");
        assert_eq!(filled("/api/servers/{name}/login", "my notes/1"), "/api/servers/my%20notes%2F1/login");
        assert_eq!(filled(CALLBACK, "x"), CALLBACK);
        assert_eq!(start_of(CONNECT_TICKET), "/connect/");
    }

    #[test]
    fn a_path_stays_below_the_path_of_the_base() {
        let base = Url::parse("https://hub.example/below/").expect("a URL");

        assert_eq!(below(&base, CALLBACK).expect("a URL").as_str(), "https://hub.example/below/oauth/callback");
    }
}
