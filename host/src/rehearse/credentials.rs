//! The secrets in headers: what a request is let in with, and what a challenge says.

use super::judge::{self, OPAQUE, Place};
use super::messages::{encoded, in_form};
use super::secrets::Secrets;
use super::stage::decoded;

/// What credentials of no known client are called.
const USER: &str = "client-id";
const PASSWORD: &str = "client-secret";
const TOKEN: &str = "access-token";

/// Takes the credentials of an `Authorization` header for secrets.
pub(super) fn look(secrets: &mut Secrets, header: &str) {
    let readable = decoded(header);
    match basic(secrets, &readable) {
        Some((user, password)) => {
            secrets.identity(USER, &plain(user));
            secrets.sure(PASSWORD, &plain(password));
        }
        None => secrets.sure(TOKEN, parts(&readable).1),
    }
    if readable != header {
        // An error may repeat what was sent.
        secrets.sure("credentials", parts(header).1);
    }
}

/// An `Authorization` header as a case has it, readable and without its secrets.
pub(super) fn out_of(secrets: &Secrets, header: &str) -> String {
    let readable = decoded(header);
    let (scheme, credentials) = parts(&readable);
    let masked = match basic(secrets, &readable) {
        Some((user, password)) => {
            format!("{}:{}", secrets.out_of_named(USER, user), secrets.out_of_named(PASSWORD, password))
        }
        None => secrets.out_of_named(TOKEN, credentials),
    };
    if scheme.is_empty() { masked } else { format!("{scheme} {masked}") }
}

/// The secret with which this client says who it is, if it does.
pub(super) fn secret_of(client: &str, header: &str) -> Option<String> {
    let readable = decoded(header);
    let credentials = readable.strip_prefix("Basic ").filter(|_| readable != header)?;
    let rest = credentials.strip_prefix(client).or_else(|| credentials.strip_prefix(encoded(client).as_str()))?;
    rest.strip_prefix(':').map(plain).filter(|secret| !secret.is_empty())
}

/// Looks at what a challenge says.
pub(super) fn look_at_challenge(secrets: &mut Secrets, challenge: &str) {
    // Only looked at: what would be written is of no use.
    drop(each_value(challenge, |name, value| {
        secrets.look_at(name, value, Place::Document);
        String::new()
    }));
}

/// A challenge without its secrets.
pub(super) fn out_of_challenge(secrets: &Secrets, challenge: &str) -> String {
    each_value(challenge, |name, value| secrets.out_of_named(name, value))
}

/// User and password of Basic credentials. A user that is known may have a colon in it: RFC 7617 §2 forbids that, and
/// ids are not encoded for every provider.
fn basic<'a>(secrets: &Secrets, readable: &'a str) -> Option<(&'a str, &'a str)> {
    let credentials = readable.strip_prefix("Basic ")?;
    let ends = credentials.match_indices(':').map(|(at, _)| at);
    let mut splits = ends.filter_map(|at| Some((credentials.get(..at)?, credentials.get(at + 1..)?)));
    let known = splits.clone().find(|(user, _)| secrets.mask_of(user).is_some());
    known.or_else(|| splits.next())
}

/// Scheme and credentials; without a scheme, all of it is one.
fn parts(header: &str) -> (&str, &str) {
    header.split_once(' ').map_or(("", header), |(scheme, credentials)| (scheme, credentials.trim()))
}

/// What form-encoded credentials stand for (RFC 6749 §2.3.1), where they are.
fn plain(written: &str) -> String {
    let value = in_form(written);
    if encoded(&value) == written { value } else { written.to_owned() }
}

/// A header of challenges with each value, quoted or not (RFC 9110 §11.2), put through `change`, which is told its name.
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
                // The value follows, in quotes; but a token has no name, and may end in such characters.
                Some((before, "")) if !judge::is_opaque(before, OPAQUE) => {
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
        look(&mut secrets, header);
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
        secrets.identity("client_id", "id:1");
        look(&mut secrets, &header);

        assert_eq!(out_of(&secrets, &header), "Basic {{client-id}}:{{client-secret}}");
        assert_eq!(secret_of("id:1", &header).as_deref(), Some("s3cret"));
        assert_eq!(secret_of("another", &header), None);
    }

    #[test]
    fn a_challenge_loses_its_secrets_and_keeps_its_form() {
        let mut secrets = Secrets::default();
        let challenge = "Bearer realm=\"a, b\", nonce=\"n1\", key=k1, scope=\"read write\", \
                         resource_metadata=\"https://mcp.example/x?sig=0a1b2c3d\", Negotiate 0a1b2c3d4e5f6a7b==";
        look_at_challenge(&mut secrets, challenge);

        let masked = out_of_challenge(&secrets, challenge);

        let expected = "Bearer realm=\"a, b\", nonce=\"{{nonce}}\", key={{key}}, scope=\"read write\", \
                        resource_metadata=\"https://mcp.example/x?sig={{sig}}\", Negotiate {{value}}";
        assert_eq!(masked, expected);
    }

    #[test]
    fn a_challenge_without_secrets_stays_as_it_is() {
        let challenge = r#"Bearer error="invalid_token", resource_metadata="https://mcp.example/.well-known/x", DPoP"#;
        let mut secrets = Secrets::default();
        look_at_challenge(&mut secrets, challenge);

        assert_eq!(out_of_challenge(&secrets, challenge), challenge);
    }
}
