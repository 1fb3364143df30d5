//! The secrets in headers: credentials of requests (`Authorization`), and challenges (`WWW-Authenticate`).

use super::rules::{self, OPAQUE, SeenIn};
use super::secrets::Secrets;
use super::{replace, search};
use crate::cases::messages::{decoded, encoded, in_form};

/// The names of credentials whose client is not known.
const USER: &str = "client-id";
const PASSWORD: &str = "client-secret";
const TOKEN: &str = "access-token";

/// Adds the credentials of an `Authorization` header to the secrets.
pub(in crate::cases) fn search(secrets: &mut Secrets, header: &str) {
    let readable = decoded(header);
    match basic(secrets, &readable) {
        Some((user, password)) => {
            secrets.add_identity(USER, &plain(user));
            secrets.add_certain(PASSWORD, &plain(password));
        }
        None => secrets.add_certain(TOKEN, parts(&readable).1),
    }
    if readable != header {
        // An error may repeat what was sent.
        secrets.add_certain("credentials", parts(header).1);
    }
}

/// An `Authorization` header as a case writes it: Basic credentials decoded, slots in the places of secrets.
pub(in crate::cases) fn out_of(secrets: &Secrets, header: &str) -> String {
    let readable = decoded(header);
    let (scheme, credentials) = parts(&readable);
    let masked = match basic(secrets, &readable) {
        Some((user, password)) => {
            format!("{}:{}", replace::value(secrets, USER, user), replace::value(secrets, PASSWORD, password))
        }
        None => replace::value(secrets, TOKEN, credentials),
    };
    if scheme.is_empty() { masked } else { format!("{scheme} {masked}") }
}

/// The secret that this client sends in Basic credentials, if it sends one.
pub(in crate::cases) fn secret_of(client: &str, header: &str) -> Option<String> {
    let readable = decoded(header);
    let credentials = readable.strip_prefix("Basic ").filter(|_| readable != header)?;
    let rest = credentials.strip_prefix(client).or_else(|| credentials.strip_prefix(encoded(client).as_str()))?;
    rest.strip_prefix(':').map(plain).filter(|secret| !secret.is_empty())
}

/// Collects the secrets in the values of a `WWW-Authenticate` challenge.
pub(in crate::cases) fn search_challenge(secrets: &mut Secrets, challenge: &str) {
    // Only the search counts; the rewritten header is not needed.
    drop(each_value(challenge, |name, value| {
        search::value(secrets, name, value, SeenIn::Document);
        String::new()
    }));
}

/// A challenge with slots in the places of its secrets.
pub(in crate::cases) fn out_of_challenge(secrets: &Secrets, challenge: &str) -> String {
    each_value(challenge, |name, value| replace::value(secrets, name, value))
}

/// User and password of Basic credentials. The id of a known client may contain a colon: RFC 7617 §2 forbids that, but not
/// every provider has its ids encoded.
fn basic<'a>(secrets: &Secrets, readable: &'a str) -> Option<(&'a str, &'a str)> {
    let credentials = readable.strip_prefix("Basic ")?;
    let ends = credentials.match_indices(':').map(|(at, _)| at);
    let mut splits = ends.filter_map(|at| Some((credentials.get(..at)?, credentials.get(at + 1..)?)));
    let known = splits.clone().find(|(user, _)| secrets.mask_of(user).is_some());
    known.or_else(|| splits.next())
}

/// Scheme and credentials. A header without a blank is all credentials.
fn parts(header: &str) -> (&str, &str) {
    header.split_once(' ').map_or(("", header), |(scheme, credentials)| (scheme, credentials.trim()))
}

/// Form-encoded credentials decoded (RFC 6749 §2.3.1). Credentials that are not form-encoded stay as they are.
fn plain(written: &str) -> String {
    let value = in_form(written);
    if encoded(&value) == written { value } else { written.to_owned() }
}

/// A header of challenges in which `change` replaced each value, quoted or not (RFC 9110 §11.2). `change` gets the name too.
fn each_value(header: &str, mut change: impl FnMut(&str, &str) -> String) -> String {
    let joints = [' ', ',', '\t'];
    let (mut changed, mut name) = (String::new(), "");
    for (at, part) in header.split('"').enumerate() {
        if at % 2 == 1 {
            changed.extend(["\"", &change(name, part), "\""]);
            continue;
        }
        for piece in part.split_inclusive(joints) {
            let word = piece.trim_end_matches(joints);
            match word.split_once('=') {
                // The quoted value follows. A token without a name may end in `=`, too.
                Some((before, "")) if !rules::is_opaque(before, OPAQUE) => {
                    name = before;
                    changed.push_str(word);
                }
                Some((before, value)) if value.bytes().any(|byte| byte != b'=') => {
                    changed.extend([before, "=", &change(before, value)]);
                }
                Some(_) | None => changed.push_str(&change("", word)),
            }
            changed.push_str(piece.get(word.len()..).unwrap_or_default());
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn masked(header: &str) -> String {
        let mut secrets = Secrets::default();
        search(&mut secrets, header);
        out_of(&secrets, header)
    }

    #[test]
    fn the_credentials_of_every_scheme_are_secrets() {
        let basic = |credentials: &str| format!("Basic {}", STANDARD.encode(credentials));

        assert_eq!(masked(&basic("hub:pw")), "Basic {{client-id}}:{{client-secret}}");
        assert_eq!(masked(&basic("id%3A1:s3cret%2B%2F%3D")), "Basic {{client-id}}:{{client-secret}}");
        assert_eq!(masked(&basic("only-a-key")), "Basic {{access-token}}");
        assert_eq!(masked("Bearer t"), "Bearer {{access-token}}");
        assert_eq!(masked("DPoP tok"), "DPoP {{access-token}}");
        assert_eq!(masked("a-bare-key"), "{{access-token}}");
    }

    #[test]
    fn a_known_client_may_have_a_colon_in_its_id() {
        let header = format!("Basic {}", STANDARD.encode("id:1:s3cret"));
        let mut secrets = Secrets::default();
        secrets.add_identity("client_id", "id:1");
        search(&mut secrets, &header);

        assert_eq!(out_of(&secrets, &header), "Basic {{client-id}}:{{client-secret}}");
        assert_eq!(secret_of("id:1", &header).as_deref(), Some("s3cret"));
        assert_eq!(secret_of("another", &header), None);
    }

    #[test]
    fn a_challenge_loses_its_secrets_and_keeps_its_form() {
        let mut secrets = Secrets::default();
        let challenge = "Bearer realm=\"a, b\", nonce=\"n1\", key=k1, scope=\"read write\", \
                         resource_metadata=\"https://mcp.example/x?sig=0a1b2c3d\", Negotiate 0a1b2c3d4e5f6a7b==";
        search_challenge(&mut secrets, challenge);

        let masked = out_of_challenge(&secrets, challenge);

        let expected = "Bearer realm=\"a, b\", nonce=\"{{nonce}}\", key={{key}}, scope=\"read write\", \
                        resource_metadata=\"https://mcp.example/x?sig={{sig}}\", Negotiate {{value}}";
        assert_eq!(masked, expected);
    }

    #[test]
    fn a_challenge_without_secrets_stays_as_it_is() {
        let challenge = r#"Bearer error="invalid_token", resource_metadata="https://mcp.example/.well-known/x", DPoP"#;
        let mut secrets = Secrets::default();
        search_challenge(&mut secrets, challenge);

        assert_eq!(out_of_challenge(&secrets, challenge), challenge);
    }
}
