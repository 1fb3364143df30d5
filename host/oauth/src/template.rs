//! Fills the slots of a profile's templates.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256, Sha512};
use url::Url;

use crate::assertion;
use crate::profile::{Assertion, Atom, Digest, DigestEncoding, Hash, Piece, Slot, Template, TimeFormat};
use crate::signing::{Algorithm, KeyError};
pub use crate::slots::{FillError, Slots};

/// What the pieces of a template that hold a secret become.
pub(crate) fn fill_secrets(template: &Template, slots: &Slots<'_>) -> Vec<String> {
    let pieces = template.0.iter().filter(|piece| piece.holds_secret());
    pieces.filter_map(|piece| fill_piece(piece, slots).ok()).collect()
}

/// Fills a template. Fails with the name of the first value that is missing.
pub fn fill(template: &Template, slots: &Slots<'_>) -> Result<String, FillError> {
    template.0.iter().map(|piece| fill_piece(piece, slots)).collect()
}

fn fill_piece(piece: &Piece, slots: &Slots<'_>) -> Result<String, FillError> {
    match piece {
        Piece::Literal(text) => Ok(text.clone()),
        Piece::Slot(slot) => fill_slot(slot, slots),
        Piece::Basic { user, password } => {
            Ok(STANDARD.encode(format!("{}:{}", fill_atoms(user, slots)?, fill_atoms(password, slots)?)))
        }
        Piece::Digest(digest) => fill_digest(digest, slots),
        Piece::Assertion(assertion) => fill_assertion(assertion, slots),
        Piece::Prefix(atom, length) => {
            let length = usize::try_from(*length).unwrap_or(usize::MAX);
            Ok(fill_atom(atom, slots)?.chars().take(length).collect())
        }
    }
}

/// A JWT signed with the client's key, if that is one for the algorithm.
fn fill_assertion(wanted: &Assertion, slots: &Slots<'_>) -> Result<String, FillError> {
    let key = slots.key.ok_or(FillError::NoPrivateKey)?;
    if key.algorithm().name() != wanted.algorithm {
        let algorithm = Algorithm::parse(&wanted.algorithm).ok_or(FillError::NoPrivateKey)?;
        return Err(KeyError::OtherAlgorithm(algorithm).into());
    }
    let claim = |(name, value): &(String, Vec<Atom>)| Ok((name.clone(), fill_atoms(value, slots)?.into()));
    let claims = wanted.claims.iter().map(claim).collect::<Result<_, FillError>>()?;
    Ok(assertion::sign(key, claims, slots.made())?)
}

fn fill_atoms(atoms: &[Atom], slots: &Slots<'_>) -> Result<String, FillError> {
    atoms.iter().map(|atom| fill_atom(atom, slots)).collect()
}

fn fill_atom(atom: &Atom, slots: &Slots<'_>) -> Result<String, FillError> {
    match atom {
        Atom::Literal(text) => Ok(text.clone()),
        Atom::Slot(slot) => fill_slot(slot, slots),
    }
}

fn fill_slot(slot: &Slot, slots: &Slots<'_>) -> Result<String, FillError> {
    let token = |name: &str| slots.tokens.and_then(|tokens| tokens.get(name));
    match slot {
        Slot::Input(key) => slots.inputs.get(key).map(str::to_owned).ok_or_else(|| FillError::Input(key.clone())),
        Slot::Captured(key) => {
            let found = slots.captured.iter().rev().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone()).ok_or_else(|| FillError::Captured(key.clone()))
        }
        Slot::ClientId => present(slots.client.and_then(|client| client.id.clone()), "client id"),
        Slot::ClientSecret => {
            let secret = slots.client.and_then(|client| client.secret.as_ref());
            present(secret.map(|secret| secret.secret().clone()), "client secret")
        }
        Slot::ExtraSecret(key) => {
            let secret = slots.extra_secrets.get(key).map(|secret| secret.secret().clone());
            secret.ok_or_else(|| FillError::Input(key.clone()))
        }
        Slot::Code => present(slots.code.map(|code| code.secret().clone()), "authorization code"),
        Slot::Verifier => present(slots.verifier.map(|verifier| verifier.secret().clone()), "code verifier"),
        Slot::State => present(slots.state.map(|state| state.secret().clone()), "state"),
        Slot::RedirectUri => present(slots.redirect_uri.map(str::to_owned), "redirect URI"),
        Slot::RedirectHost => present(slots.redirect_uri.and_then(host_and_port), "redirect URI"),
        Slot::ResourceUri => present(slots.resource.map(str::to_owned), "resource"),
        Slot::Scope => present(slots.scope.map(str::to_owned), "scope"),
        Slot::AccessToken(name) => present(token(name).map(|token| token.access.secret().clone()), "access token"),
        Slot::RefreshToken(name) => present(
            token(name).and_then(|token| token.refresh.as_ref()).map(|token| token.secret().clone()),
            "refresh token",
        ),
        Slot::Now(format) => Ok(time(slots.now, *format)),
        Slot::Random(length) => Ok(random(slots, *length)),
    }
}

fn present(value: Option<String>, name: &'static str) -> Result<String, FillError> {
    value.ok_or(FillError::Absent(name))
}

fn host_and_port(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn time(now: SystemTime, format: TimeFormat) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    match format {
        TimeFormat::EpochSeconds => since.as_secs().to_string(),
        TimeFormat::EpochMilliseconds => since.as_millis().to_string(),
        TimeFormat::Rfc3339 => humantime::format_rfc3339_seconds(now).to_string(),
    }
}

fn random(slots: &Slots<'_>, length: u32) -> String {
    let mut bytes = vec![0; usize::try_from(length.clamp(8, 64)).unwrap_or(64)];
    (slots.random)(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn fill_digest(digest: &Digest, slots: &Slots<'_>) -> Result<String, FillError> {
    let text = fill_atoms(&digest.parts, slots)?;
    let key = digest.key.as_ref().map(|key| fill_atom(key, slots)).transpose()?;
    let bytes = match (digest.hash, key) {
        (Hash::Sha256, None) => Sha256::digest(text.as_bytes()).to_vec(),
        (Hash::Sha512, None) => Sha512::digest(text.as_bytes()).to_vec(),
        (Hash::Sha256, Some(key)) => {
            let mac =
                <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).map_err(|_| FillError::Absent("digest key"))?;
            mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec()
        }
        (Hash::Sha512, Some(key)) => {
            let mac =
                <Hmac<Sha512> as Mac>::new_from_slice(key.as_bytes()).map_err(|_| FillError::Absent("digest key"))?;
            mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec()
        }
    };
    Ok(match digest.encoding {
        DigestEncoding::Hex => hex(&bytes),
        DigestEncoding::Base64 => STANDARD.encode(bytes),
        DigestEncoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Inputs;
    use crate::testing::slots;

    #[test]
    fn literals_and_inputs_are_joined() {
        let inputs = Inputs::from_iter([("tenant".to_owned(), "acme".to_owned())]);
        let template = Template(vec![
            Piece::Literal("https://".into()),
            Piece::Slot(Slot::Input("tenant".into())),
            Piece::Literal(".example.com".into()),
        ]);

        let filled = fill(&template, &Slots { inputs: &inputs, ..slots() });

        assert_eq!(filled.as_deref(), Ok("https://acme.example.com"));
    }

    #[test]
    fn a_missing_input_says_where_to_give_it() {
        let template = Template(vec![Piece::Slot(Slot::Input("tenant".into()))]);

        let error = fill(&template, &slots()).expect_err("no input");

        assert_eq!(error.to_string(), "the value for \"tenant\" is not set; give it in oauth.inputs");
    }

    #[test]
    fn an_hmac_is_that_of_rfc_4231() {
        let digest = Digest {
            hash: Hash::Sha256,
            key: Some(Atom::Literal("Jefe".into())),
            parts: vec![Atom::Literal("what do ya want ".into()), Atom::Literal("for nothing?".into())],
            encoding: DigestEncoding::Hex,
        };

        let filled = fill(&Template(vec![Piece::Digest(digest)]), &slots());

        assert_eq!(filled.as_deref(), Ok("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    }

    #[test]
    fn the_redirect_host_has_its_port() {
        let slots = Slots { redirect_uri: Some("http://localhost:3000/oauth/callback"), ..slots() };

        let filled = fill(&Template(vec![Piece::Slot(Slot::RedirectHost)]), &slots);

        assert_eq!(filled.as_deref(), Ok("localhost:3000"));
    }
}
