//! Templates written as text.

use crate::{Piece, Slot, Template};

/// A template from text in which `{…}` stands for a slot: `{input:KEY}`, `{captured:KEY}`, `{client-id}`,
/// `{client-secret}`, `{code}`, `{verifier}`, `{state}`, `{redirect-uri}`, `{redirect-host}`, `{resource-uri}`, `{scope}`,
/// `{access-token}` and `{refresh-token}` (of the slot "main"), `{extra-secret:KEY}`. Braces that name no slot stay as
/// they are, so that JSON can be written down.
///
/// ```
/// use mcphub_plugin::{Piece, Slot, template};
///
/// let url = template("https://{input:tenant}.example.com/token");
///
/// assert_eq!(url[1], Piece::Slot(Slot::Input("tenant".into())));
/// ```
#[must_use]
pub fn template(text: &str) -> Template {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        literal.push_str(before);
        match after.split_once('}').and_then(|(name, rest)| Some((slot(name)?, rest))) {
            Some((slot, following)) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Slot(slot));
                rest = following;
            }
            None => {
                literal.push('{');
                rest = after;
            }
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

fn slot(name: &str) -> Option<Slot> {
    if let Some((kind, key)) = name.split_once(':') {
        return match kind {
            "input" => Some(Slot::Input(key.into())),
            "captured" => Some(Slot::Captured(key.into())),
            "extra-secret" => Some(Slot::ExtraSecret(key.into())),
            "access-token" => Some(Slot::AccessToken(key.into())),
            "refresh-token" => Some(Slot::RefreshToken(key.into())),
            _ => None,
        };
    }
    Some(match name {
        "client-id" => Slot::ClientId,
        "client-secret" => Slot::ClientSecret,
        "code" => Slot::Code,
        "verifier" => Slot::Verifier,
        "state" => Slot::State,
        "redirect-uri" => Slot::RedirectUri,
        "redirect-host" => Slot::RedirectHost,
        "resource-uri" => Slot::ResourceUri,
        "scope" => Slot::Scope,
        "access-token" => Slot::AccessToken("main".into()),
        "refresh-token" => Slot::RefreshToken("main".into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_that_name_no_slot_stay() {
        let body = template(r#"{"access_token":"{access-token}"}"#);

        assert_eq!(
            body,
            [
                Piece::Literal(r#"{"access_token":""#.into()),
                Piece::Slot(Slot::AccessToken("main".into())),
                Piece::Literal(r#""}"#.into())
            ]
        );
    }

    #[test]
    fn text_without_slots_is_one_literal_and_no_text_is_none() {
        assert_eq!(template("a{b"), [Piece::Literal("a{b".into())]);
        assert!(template("").is_empty());
    }
}
