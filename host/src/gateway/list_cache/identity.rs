//! Digests that tell servers and clients apart, and from which nobody learns a secret.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::gateway::json::{Fields, raw, string};
use crate::gateway::revision::Structure;
use crate::settings::{Server, Transport};

/// Tells apart what a server's name stands for: its address, or its command with all that the command is given, the headers
/// that the person wants, and the account. Switches and descriptions do not count: the lists are kept as the server gave
/// them.
pub(crate) fn server_digest(server: &Server) -> String {
    let mut parts: Vec<&str> = vec![&server.entry, &server.account];
    let directory;
    match &server.transport {
        Transport::Http { url, .. } => {
            parts.push(url.as_str());
        }
        Transport::Stdio { command, args, env, directory: written, .. } => {
            parts.push(command);
            parts.extend(args.iter().map(String::as_str));
            parts.extend(env.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
            directory = written.as_ref().map(|directory| directory.to_string_lossy().into_owned());
            parts.extend(directory.as_deref());
        }
    }
    parts.extend(server.headers.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    digest(&parts, 32)
}

/// Tells clients apart by their capabilities, as they stand in these parameters of `initialize`, and by what they can read:
/// a server of both generations may list a tool to each in another form.
pub(crate) fn client_class(initialize: &Fields) -> String {
    let capabilities = initialize.get("capabilities").cloned().unwrap_or_else(|| raw(&Fields::new()));
    match Structure::of(string(initialize, "protocolVersion").as_deref()) {
        Structure::Object => digest(&[capabilities.get()], 8),
        Structure::Any => digest(&[capabilities.get(), "any structure"], 8),
    }
}

/// Tells clients of this class apart by these headers, too.
pub(crate) fn class_of_headers(class: &str, headers: &HeaderMap) -> String {
    let texts: Vec<(&str, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let parts: Vec<&str> = texts.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
    format!("{class}/{}", digest(&parts, 16))
}

/// What of a class comes from headers. Clients where it differs share no lists.
pub(super) fn of_headers(class: &str) -> Option<&str> {
    class.split_once('/').map(|(_, headers)| headers)
}

/// The first bytes of a SHA-256, in hexadecimal. Each part counts with its length, so that no two lists of parts are alike.
fn digest(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    in_hex(hash.finalize().get(..bytes).unwrap_or_default())
}

/// The bytes as hexadecimal digits in small letters, two for each.
pub(crate) fn in_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_address_header_or_account_is_another_server_and_a_switch_is_not() {
        let server = |url: &str| Server::examined(url.parse().expect("url"));
        let one = server("https://a.example/mcp");
        let mut others = [server("https://a.example/other"), one.of_account("work"), one.clone()];
        others[2].headers = vec![("X-Key".into(), "k".into())];
        let mut described = one.clone();
        described.description = Some("d".into());

        assert!(others.iter().all(|other| server_digest(other) != server_digest(&one)));
        assert_eq!(server_digest(&described), server_digest(&one));
    }
}
