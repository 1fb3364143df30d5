//! Templates: literals and slots.

use mcphub_oauth::profile::{Assertion, Atom, Digest, DigestEncoding, Hash, Param, Piece, Slot, Template, TimeFormat};

use crate::bindings::mcphub::provider::types as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::SlotRules;
use crate::check::text::{self, LIST};
use crate::check::{names, url};

/// Pieces of a template, atoms of a piece.
const PIECES: usize = 40;

/// Reads templates of one kind: which slots they may have, and what they may refer to.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// The slots that are allowed.
    pub(crate) slots: SlotRules,
    /// The hosts and inputs that a template may name.
    pub(crate) references: &'a References,
}

/// A check of a parameter's or header's name.
pub(crate) type NameRule<'r> = &'r dyn Fn(&Place<'_>, &str) -> Result<(), Objection>;

impl Reader<'_> {
    /// A value of one line.
    pub(crate) fn template(self, place: &Place<'_>, value: wit::Template) -> Result<Template, Objection> {
        self.read(place, value, text::line)
    }

    /// A body: line breaks are allowed.
    pub(crate) fn body(self, place: &Place<'_>, value: wit::Template) -> Result<Template, Objection> {
        self.read(place, value, text::prose)
    }

    /// An address that requests may go to.
    pub(crate) fn url(self, place: &Place<'_>, value: wit::Template) -> Result<Template, Objection> {
        let template = self.template(place, value)?;
        url::template(place, &template, self.references)?;
        Ok(template)
    }

    /// A page for a person.
    pub(crate) fn page(self, place: &Place<'_>, value: wit::Template) -> Result<Template, Objection> {
        let template = self.template(place, value)?;
        url::page_template(place, &template)?;
        Ok(template)
    }

    /// Checks a parameter: its name by `rule`, its value as a template.
    pub(crate) fn param(self, place: &Place<'_>, param: wit::Param, rule: NameRule<'_>) -> Result<Param, Objection> {
        let named = place.field("name");
        rule(&named, &param.name)?;
        Ok(Param { name: text::word(&named, param.name)?, value: self.template(&place.field("value"), param.value)? })
    }

    /// Checks parameters or headers, each by `rule`.
    pub(crate) fn params(
        self,
        place: &Place<'_>,
        params: Vec<wit::Param>,
        rule: NameRule<'_>,
    ) -> Result<Vec<Param>, Objection> {
        text::list(place, params, LIST, |place, param| self.param(place, param, rule))
    }

    /// Headers of a request to the provider.
    pub(crate) fn headers(self, place: &Place<'_>, headers: Vec<wit::Param>) -> Result<Vec<Param>, Objection> {
        self.params(place, headers, &names::header)
    }

    fn read(self, place: &Place<'_>, value: wit::Template, literal: Literal) -> Result<Template, Objection> {
        let pieces = text::list(place, value, PIECES, |place, value| piece(place, value, literal))?;
        let template = Template(pieces);
        self.slots.check(place, &template, self.references)?;
        Ok(template)
    }
}

/// The shortest part of a secret that may be sent: a shorter one cannot be masked where it comes back, as it stands in other
/// words, too.
const LEAST_OF_SECRET: u32 = 8;

/// How literals are checked.
type Literal = fn(&Place<'_>, String) -> Result<String, Objection>;

fn piece(place: &Place<'_>, piece: wit::Piece, literal: Literal) -> Result<Piece, Objection> {
    Ok(match piece {
        wit::Piece::Literal(text) => Piece::Literal(literal(place, text)?),
        wit::Piece::Slot(value) => Piece::Slot(slot(place, value)?),
        wit::Piece::Basic(basic) => Piece::Basic {
            user: atoms(&place.field("user"), basic.user)?,
            password: atoms(&place.field("password"), basic.password)?,
        },
        wit::Piece::Digest(value) => Piece::Digest(digest(place, value)?),
        wit::Piece::Assertion(value) => Piece::Assertion(assertion(place, value)?),
        wit::Piece::Prefix(prefix) => {
            let value = atom(&place.field("value"), prefix.value)?;
            let is_secret = matches!(&value, Atom::Slot(slot) if slot.is_secret());
            if is_secret && prefix.length < LEAST_OF_SECRET {
                return Err(place.field("length").object(Broken::TellsSecret { least: LEAST_OF_SECRET }));
            }
            Piece::Prefix(value, prefix.length)
        }
    })
}

fn atoms(place: &Place<'_>, atoms: Vec<wit::Atom>) -> Result<Vec<Atom>, Objection> {
    text::list(place, atoms, PIECES, atom)
}

fn atom(place: &Place<'_>, atom: wit::Atom) -> Result<Atom, Objection> {
    Ok(match atom {
        wit::Atom::Literal(value) => Atom::Literal(text::line(place, value)?),
        wit::Atom::Slot(value) => Atom::Slot(slot(place, value)?),
    })
}

fn digest(place: &Place<'_>, digest: wit::Digest) -> Result<Digest, Objection> {
    Ok(Digest {
        hash: match digest.hash {
            wit::Hash::Sha256 => Hash::Sha256,
            wit::Hash::Sha512 => Hash::Sha512,
        },
        key: text::optional(&place.field("key"), digest.key, atom)?,
        parts: atoms(&place.field("parts"), digest.parts)?,
        encoding: match digest.encoding {
            wit::DigestEncoding::Hex => DigestEncoding::Hex,
            wit::DigestEncoding::Base64 => DigestEncoding::Base64,
            wit::DigestEncoding::Base64url => DigestEncoding::Base64Url,
        },
    })
}

fn assertion(place: &Place<'_>, assertion: wit::Assertion) -> Result<Assertion, Objection> {
    const ALGORITHMS: &[&str] = &["RS256", "ES256", "EdDSA"];
    if !ALGORITHMS.contains(&assertion.algorithm.as_str()) {
        let value = crate::check::objection::cut(&assertion.algorithm);
        return Err(place.field("algorithm").object(Broken::NotOneOf { value, allowed: "RS256, ES256, EdDSA" }));
    }
    let claims = text::list(&place.field("claims"), assertion.claims, LIST, |place, claim| {
        let named = place.field("name");
        if ["iat", "exp", "jti"].contains(&claim.name.as_str()) {
            return Err(named.object(Broken::HubsOwn { name: claim.name }));
        }
        Ok((text::word(&named, claim.name)?, atoms(&place.field("value"), claim.value)?))
    })?;
    Ok(Assertion { algorithm: assertion.algorithm, claims })
}

fn slot(place: &Place<'_>, slot: wit::Slot) -> Result<Slot, Objection> {
    Ok(match slot {
        wit::Slot::Input(key) => Slot::Input(text::key(place, key)?),
        wit::Slot::Captured(key) => Slot::Captured(text::key(place, key)?),
        wit::Slot::ClientId => Slot::ClientId,
        wit::Slot::ClientSecret => Slot::ClientSecret,
        wit::Slot::ExtraSecret(key) => Slot::ExtraSecret(text::key(place, key)?),
        wit::Slot::Code => Slot::Code,
        wit::Slot::Verifier => Slot::Verifier,
        wit::Slot::State => Slot::State,
        wit::Slot::RedirectUri => Slot::RedirectUri,
        wit::Slot::RedirectHost => Slot::RedirectHost,
        wit::Slot::ResourceUri => Slot::ResourceUri,
        wit::Slot::Scope => Slot::Scope,
        wit::Slot::AccessToken(key) => Slot::AccessToken(text::key(place, key)?),
        wit::Slot::RefreshToken(key) => Slot::RefreshToken(text::key(place, key)?),
        wit::Slot::Now(format) => Slot::Now(match format {
            wit::TimeFormat::EpochSeconds => TimeFormat::EpochSeconds,
            wit::TimeFormat::EpochMilliseconds => TimeFormat::EpochMilliseconds,
            wit::TimeFormat::Rfc3339 => TimeFormat::Rfc3339,
        }),
        wit::Slot::Random(length) => Slot::Random(length),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(slot: wit::Slot, length: u32) -> Result<Piece, String> {
        let prefix = wit::Prefix { value: wit::Atom::Slot(slot), length };
        let literal: Literal = |_, text| Ok(text);
        piece(&Place::Interface("x"), wit::Piece::Prefix(prefix), literal).map_err(|objection| objection.to_string())
    }

    #[test]
    fn a_few_characters_of_a_secret_are_not_sent() {
        let refused = prefix(wit::Slot::ClientSecret, 7).expect_err("refused");

        assert!(refused.contains("could be read from the answer; take 8 characters or more"), "{refused}");
        assert!(prefix(wit::Slot::ClientSecret, 8).is_ok() && prefix(wit::Slot::ClientId, 1).is_ok());
    }
}
