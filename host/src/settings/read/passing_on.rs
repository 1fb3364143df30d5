//! Which headers of clients may go on to a server.

use http::HeaderName;

use super::part::Part;

/// Headers that belong to one connection (RFC 9110 §7.6.1), to the form of one message, or to the hub's own session with the
/// server.
const OWN: [&str; 19] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
    "content-type",
    "content-encoding",
    "accept",
    "accept-encoding",
    "last-event-id",
    "dpop",
    "origin",
    "forwarded",
];

/// `passthroughHeaders`: the names, each once.
pub(super) fn read(part: &Part<'_>) -> Vec<HeaderName> {
    const KEY: &str = "passthroughHeaders";
    let mut names: Vec<HeaderName> = Vec::new();
    for written in part.list(KEY, "write [\"X-Request-Id\"]").unwrap_or_default() {
        let Ok(name) = HeaderName::from_bytes(written.trim().as_bytes()) else {
            part.wrong(KEY, Some(&written), "is not the name of a header", "use letters, digits and '-'");
            continue;
        };
        if OWN.contains(&name.as_str()) || name.as_str().starts_with("mcp-") {
            let rule = "does not go on, because the hub sets that header itself";
            part.findings.warn(part.findings.fault(&part.path(KEY), Some(&written), rule, "take it out"));
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
