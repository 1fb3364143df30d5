//! Which Client ID Metadata Document the hub names to an authorization server
//! (draft-ietf-oauth-client-id-metadata-document).
//!
//! One document serves every authorization server that names itself in its answers (RFC 9207 `iss`). For a server that
//! does not promise this, the hub publishes a separate document with a separate redirect URI. The answer of one server
//! then cannot be passed off as the answer of another (RFC 9700 §4.4.2).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::server_metadata::ServerMetadata;
use sha2::{Digest, Sha256};
use url::Url;

use crate::addresses::{CALLBACK_OF_ISSUER, CLIENT_METADATA, CLIENT_METADATA_OF_ISSUER, below, filled, start_of};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::{Core, MetadataDocument};
use crate::connect::core::target::Discovered;

/// How many bytes of the digest a tag holds.
const TAG_BYTES: usize = 16;

/// The length of a tag, in characters.
const TAG_LENGTH: usize = 22;

/// A document and the redirect URI that is used with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientDocument {
    /// The address of the document, which is also the client id.
    pub(crate) url: Url,
    /// The redirect URI that is used. The document lists it.
    pub(crate) redirect_uri: String,
}

/// The part of an address that belongs to one issuer, in the addresses of its document and its callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerTag(String);

impl IssuerTag {
    pub(crate) fn of(issuer: &Issuer) -> Self {
        let digest = Sha256::digest(issuer.as_str());
        Self(BASE64_URL_SAFE_NO_PAD.encode(digest.get(..TAG_BYTES).unwrap_or_default()))
    }

    /// Reads a tag in a requested address. `None` means that the hub cannot have made it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == TAG_LENGTH && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The address of the issuer's document, below the hub's base address.
    #[must_use]
    pub fn document(&self, base_url: &Url) -> Option<Url> {
        below(base_url, &filled(CLIENT_METADATA_OF_ISSUER, &format!("{}.json", self.0)))
    }

    /// The redirect URI of the issuer, below the hub's base address.
    #[must_use]
    pub fn redirect_uri(&self, base_url: &Url) -> Option<Url> {
        below(base_url, &filled(CALLBACK_OF_ISSUER, &self.0))
    }

    /// The tag at the end of the redirect URI that a login page receives.
    #[must_use]
    pub fn of_login_page(page: &Url) -> Option<Self> {
        let (_, redirect_uri) = page.query_pairs().find(|(name, _)| name == "redirect_uri")?;
        Self::in_redirect_uri(&redirect_uri)
    }

    /// Makes a redirect URI of this hub specific to the issuer.
    pub(crate) fn at_the_end_of(&self, redirect_uri: &str) -> String {
        format!("{redirect_uri}/{}", self.0)
    }

    /// The tag at the end of a redirect URI of this hub, or in the address that a browser ended up at.
    #[must_use]
    pub fn in_redirect_uri(address: &str) -> Option<Self> {
        let (_, tag) = address.split(['?', '#']).next()?.split_once(start_of(CALLBACK_OF_ISSUER))?;
        Self::parse(tag)
    }
}

/// Whether the authorization server promises to name itself in its answers (RFC 9207).
pub(crate) fn says_who_answers(metadata: &ServerMetadata) -> bool {
    metadata.says("authorization_response_iss_parameter_supported")
}

/// The document for an authorization server, or the reason why there is none.
pub(crate) fn of_issuer(
    core: &Core,
    metadata: &ServerMetadata,
    redirect_uri: &str,
) -> Result<ClientDocument, &'static str> {
    choose(&core.parts.metadata_document, &core.parts.base_url, metadata, redirect_uri)
}

fn choose(
    document: &MetadataDocument,
    base_url: &Url,
    metadata: &ServerMetadata,
    redirect_uri: &str,
) -> Result<ClientDocument, &'static str> {
    let url = match document {
        MetadataDocument::At(url) => url,
        MetadataDocument::None(why) => return Err(why),
    };
    if says_who_answers(metadata) {
        return Ok(ClientDocument { url: url.clone(), redirect_uri: redirect_uri.to_owned() });
    }
    // A document that is hosted elsewhere is the person's choice. It lists one redirect URI for all issuers.
    let is_own = below(base_url, CLIENT_METADATA).is_some_and(|own| own == *url);
    if !is_own {
        return Ok(ClientDocument { url: url.clone(), redirect_uri: redirect_uri.to_owned() });
    }
    let tag = IssuerTag::of(&metadata.issuer);
    let both = tag.document(base_url).zip(tag.redirect_uri(base_url));
    let (url, redirect_uri) = both.ok_or("the address of this hub is no base for others")?;
    Ok(ClientDocument { url, redirect_uri: redirect_uri.into() })
}

/// The client whose id is the address of its metadata document (draft-ietf-oauth-client-id-metadata-document). `None`
/// if the authorization server does not read such documents, or if the hub has none.
pub(crate) fn documented(at: AtIssuer<'_>, redirect_uri: &str) -> Option<Client> {
    let AtIssuer { core, entry, discovered } = at;
    if !discovered.metadata.says("client_id_metadata_document_supported") {
        return None;
    }
    let action = entry.journal.begin(Stage::Registration, "a Client ID Metadata Document");
    match of_issuer(core, &discovered.metadata, redirect_uri) {
        Ok(document) => {
            action.done(format!("client {}", document.url));
            Some(of_document(&document, discovered))
        }
        Err(why) => {
            action.done(format!("not possible: {why}"));
            None
        }
    }
}

/// The client of a metadata document. It is a public client, because everyone can read the document and it can hold no
/// secret.
pub(crate) fn of_document(document: &ClientDocument, discovered: &Discovered) -> Client {
    Client {
        issuer: discovered.metadata.issuer.to_string(),
        id: Some(document.url.to_string()),
        secret: None,
        secret_expires_at: None,
        method: AuthMethod::None,
        kind: ClientKind::MetadataDocument,
        redirect_uri: document.redirect_uri.clone(),
        registration: None,
        registration_access_token: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn metadata(issuer: &str, promises: bool) -> ServerMetadata {
        let at = |path: &str| Url::parse(&format!("{issuer}{path}")).expect("url");
        let issuer = Issuer::parse(issuer).expect("issuer");
        let mut metadata = ServerMetadata::explicit(issuer, at("/authorize"), at("/token"));
        let document = json!({ "authorization_response_iss_parameter_supported": promises });
        metadata.document = document.as_object().cloned().expect("object");
        metadata
    }

    fn chosen(document: &str, issuer: &str, promises: bool) -> Result<ClientDocument, &'static str> {
        let document = MetadataDocument::At(Url::parse(document).expect("url"));
        let base_url = Url::parse("https://hub.example/").expect("url");
        choose(&document, &base_url, &metadata(issuer, promises), "https://hub.example/oauth/callback")
    }

    const OWN: &str = "https://hub.example/oauth/client-metadata.json";

    #[test]
    fn one_document_serves_all_who_say_who_answers() {
        let document = chosen(OWN, "https://as.example", true).expect("document");

        assert_eq!(
            (document.url.as_str(), document.redirect_uri.as_str()),
            (OWN, "https://hub.example/oauth/callback")
        );
    }

    #[test]
    fn whoever_does_not_say_who_answers_gets_a_document_and_a_redirect_uri_of_their_own() {
        let one = chosen(OWN, "https://one.example", false).expect("document");
        let other = chosen(OWN, "https://other.example", false).expect("document");

        assert_ne!(one.url, other.url);
        assert_ne!(one.redirect_uri, other.redirect_uri);
        let tag = IssuerTag::in_redirect_uri(&one.redirect_uri).expect("a tag");
        assert_eq!(tag.document(&Url::parse("https://hub.example/").expect("url")), Some(one.url));
    }

    #[test]
    fn a_document_that_the_person_chose_serves_all() {
        let elsewhere = "https://static.example/hub.json";

        for promises in [true, false] {
            let document = chosen(elsewhere, "https://as.example", promises).expect("document");
            assert_eq!(document.url.as_str(), elsewhere);
        }
    }

    #[test]
    fn what_the_hub_never_made_is_no_tag() {
        for text in ["", "short", "0123456789012345678901/", "012345678901234567890%", "01234567890123456789012345"] {
            assert_eq!(IssuerTag::parse(text), None, "{text}");
        }
    }
}
