//! JSON Pointers (RFC 6901) into answers, and which of them lead to tokens.

use super::objection::{Broken, Objection, cut};
use super::place::Place;

/// Members that hold secrets in any answer (RFC 6749 §5.1, RFC 7591 §3.2.1, RFC 7592 §3, `OpenID` Connect Core §3.1.3.3).
const SECRET: &[&str] =
    &["/access_token", "/refresh_token", "/id_token", "/client_secret", "/registration_access_token", "/device_code"];

/// A pointer of valid syntax.
pub(crate) fn pointer(place: &Place<'_>, text: String) -> Result<String, Objection> {
    let starts = text.is_empty() || text.starts_with('/');
    let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    let fits = starts && escapes && text.len() <= 500 && !text.chars().any(super::text::is_unprintable);
    if fits { Ok(text) } else { Err(place.object(Broken::NotPointer { value: cut(&text) })) }
}

/// Refuses a pointer at a token, or at something that holds one: its value would be stored in the clear, shown, or
/// handed to a hook.
pub(crate) fn avoids(place: &Place<'_>, pointer: &str, tokens: &[String]) -> Result<(), Objection> {
    let leads_there =
        |token: &str| token == pointer || token.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'));
    if SECRET.iter().copied().chain(tokens.iter().map(String::as_str)).any(leads_there) {
        return Err(place.object(Broken::PointsAtToken { pointer: cut(pointer) }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place::Interface("token-response");

    #[test]
    fn pointers_have_the_syntax_of_rfc_6901() {
        for good in ["", "/access_token", "/authed_user/access_token", "/a~1b", "/0"] {
            assert!(pointer(&PLACE, good.into()).is_ok(), "{good}");
        }
        for bad in ["access_token", "/a~2", "/a~", "$.token"] {
            assert!(pointer(&PLACE, bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pointer_at_a_token_or_at_what_holds_it_is_refused() {
        let tokens = ["/authed_user/token".to_owned()];

        for bad in ["/authed_user/token", "/authed_user", "", "/refresh_token"] {
            assert!(avoids(&PLACE, bad, &tokens).is_err(), "{bad}");
        }
        assert!(avoids(&PLACE, "/authed_user/id", &tokens).is_ok());
        assert!(avoids(&PLACE, "/authed", &tokens).is_ok());
    }
}
