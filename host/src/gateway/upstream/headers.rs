//! The headers of requests to a server: those of the settings on every request, and the hub's own over them.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::settings::Server;

/// Headers that belong to one message on one connection.
const OF_CONNECTION: [HeaderName; 8] =
    [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, TE, TRAILER, UPGRADE, EXPECT];

/// The headers in a server's settings, except those that belong to the connection. Err: a sentence that names the
/// header which cannot be sent.
pub(super) fn of_settings(server: &Server) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &server.headers {
        let wrong = |what| format!("mcpServers.{}.headers: {what} of {name:?} cannot be sent; correct it", server.name);
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("the name"))?;
        let mut text = HeaderValue::from_str(value).map_err(|_| wrong("the value"))?;
        text.set_sensitive(true);
        if OF_CONNECTION.contains(&header) {
            let server = &server.name;
            tracing::warn!(
                server.name = server,
                "mcpServers.{server}.headers: {name:?} belongs to the connection and is not sent; take it out"
            );
        } else {
            headers.append(header, text);
        }
    }
    Ok(headers)
}

/// Sets these headers, except those that identify the sender: only settings and credentials set those, and a client whose
/// own the settings name.
pub(super) fn replace(headers: &mut HeaderMap, with: HeaderMap, passthrough: &[HeaderName]) {
    let is_allowed = |name: &HeaderName| (name != AUTHORIZATION && name != COOKIE) || passthrough.contains(name);
    let mut current = None;
    for (name, value) in with {
        // A further value of the same header comes without its name.
        let is_first = name.is_some();
        current = name.or(current);
        match current.as_ref().filter(|name| is_allowed(name)) {
            Some(name) if is_first => drop(headers.insert(name, value)),
            Some(name) => drop(headers.append(name, value)),
            None => {}
        }
    }
}
