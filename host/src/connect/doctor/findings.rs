//! What a diagnosis finds out about a discovered authorization server, and what the hub would do.

use mcphub_oauth::profile::{IdentitySource, Profile};
use mcphub_oauth::scopes::{self, Sources};
use mcphub_oauth::server_metadata::{ServerMetadata, unusable_endpoints};
use mcphub_oauth::{device, pkce};

use super::diagnosis::{Diagnosis, Verdict};
use crate::addresses;
use crate::connect::client::document;
use crate::connect::core::error::LoginError;
use crate::connect::core::parts::Core;
use crate::connect::core::target::{Discovered, Source};

/// Adds the findings about an authorization server, and the conclusion.
pub(crate) fn examine(core: &Core, discovered: &Discovered, asked: &[String], diagnosis: &mut Diagnosis) {
    let profile = discovered.provider.profile();
    diagnosis.provider = Some(profile.identity.id.clone());
    diagnosis.issuer = Some(discovered.metadata.issuer.to_string());
    documents(discovered, diagnosis);
    diagnosis.find(
        "plugin",
        Verdict::Good,
        "provider contract",
        format!("{} {}", profile.identity.id, profile.identity.version),
    );
    proof_of_code(discovered, profile, diagnosis);
    offers(&discovered.metadata, diagnosis);
    wanted(discovered, asked, diagnosis);
    conclude(core, discovered, diagnosis);
}

fn documents(discovered: &Discovered, diagnosis: &mut Diagnosis) {
    let metadata = &discovered.metadata;
    match &discovered.protected_resource {
        Some(found) => {
            diagnosis.find(
                "protected resource metadata",
                Verdict::Good,
                "RFC 9728 §3",
                format!("resource {}", found.resource),
            );
        }
        None => {
            diagnosis.find(
                "protected resource metadata",
                Verdict::Note,
                "RFC 9728 §3",
                "none; the server's origin is taken for the issuer",
            );
        }
    }
    match discovered.source {
        Source::Published | Source::Written => {
            diagnosis.find("authorization server", Verdict::Good, "RFC 8414 §3", format!("issuer {}", metadata.issuer))
        }
        Source::Pending => {
            let found = format!("not known before {} is given", discovered.provider.needed.join(" and "));
            let finding = diagnosis.find("authorization server", Verdict::Note, "RFC 8414 §3", found);
            finding.remedy = Some("Give it in oauth.inputs, or in the guide of mcphub auth setup.".to_owned());
            finding
        }
        Source::Assumed => {
            let found = "no metadata; the endpoints that MCP revision 2025-03-26 assumes are tried";
            diagnosis.find("authorization server", Verdict::Note, "RFC 8414 §3", found)
        }
    };
}

fn proof_of_code(discovered: &Discovered, profile: &Profile, diagnosis: &mut Diagnosis) {
    let metadata = &discovered.metadata;
    if metadata.authorization_endpoint.is_none() {
        let error = LoginError::NoLoginPage { offers_device: device::endpoint(metadata).is_some() };
        let finding = diagnosis.find("login page", Verdict::Note, "RFC 8414 §2", error.to_string());
        finding.remedy = Some(error.remedy().to_owned());
        return;
    }
    match pkce::decide(
        metadata,
        profile.authorization.pkce,
        pkce::Setting::Required,
        discovered.source != Source::Published,
    ) {
        Ok(_) if metadata.lists_s256() => diagnosis.find("PKCE", Verdict::Good, "RFC 7636", "S256 is listed"),
        Ok(_) => {
            diagnosis.find("PKCE", Verdict::Note, "RFC 7636", "S256 is not listed; the plugin knows that it works")
        }
        Err(error) => {
            let finding = diagnosis.find("PKCE", Verdict::Bad, "RFC 7636", error.to_string());
            finding.remedy = Some(error.remedy().to_owned());
            finding
        }
    };
}

fn wanted(discovered: &Discovered, asked: &[String], diagnosis: &mut Diagnosis) {
    let (metadata, profile) = (&discovered.metadata, discovered.provider.profile());
    let published = discovered.protected_resource.as_ref().and_then(|found| found.scopes.clone());
    let server = metadata.list("scopes_supported");
    let sources =
        Sources { challenge: asked, resource: published.as_deref(), server: server.as_deref(), ..Sources::default() };
    let wanted = scopes::select(&profile.scopes, sources);
    diagnosis.find(
        "scopes",
        Verdict::Good,
        "MCP scope selection",
        if wanted.is_empty() { "none would be asked for".to_owned() } else { wanted.join(" ") },
    );
}

/// What the authorization server offers in addition to the login page.
fn offers(metadata: &ServerMetadata, diagnosis: &mut Diagnosis) {
    for name in unusable_endpoints(&metadata.document) {
        let finding =
            diagnosis.find(name, Verdict::Note, "RFC 8414 §2", "is there and no http(s) URL; it counts as absent");
        finding.remedy =
            Some("Tell who runs the authorization server: an endpoint that it does not have is left out.".to_owned());
    }
    if metadata.says("authorization_response_iss_parameter_supported") {
        diagnosis.find("mix-up protection", Verdict::Good, "RFC 9207", "the callback names its issuer");
    }
    let revocation = if metadata.revocation_endpoint.is_some() { "offered" } else { "not offered by the metadata" };
    diagnosis.find("revocation", Verdict::Good, "RFC 7009", revocation);
    if device::endpoint(metadata).is_some() {
        diagnosis.find("login on another device", Verdict::Good, "RFC 8628", "offered");
    }
    if metadata.list("dpop_signing_alg_values_supported").is_some() {
        diagnosis.find("tokens bound to a key", Verdict::Good, "RFC 9449", "offered");
    }
}

fn conclude(core: &Core, discovered: &Discovered, diagnosis: &mut Diagnosis) {
    let issuer = &discovered.metadata.issuer;
    let preference = &discovered.provider.profile().registration.preference;
    let dynamic = preference.contains(&IdentitySource::Dynamic) && discovered.metadata.registration_endpoint.is_some();
    diagnosis.conclusion = if document(core, discovered, diagnosis) {
        format!("The hub would name its metadata document to {issuer} and send you to its login page.")
    } else if dynamic {
        diagnosis.find("client identity", Verdict::Good, "RFC 7591", "dynamic registration");
        format!("The hub would register itself at {issuer} and send you to its login page.")
    } else {
        let found = "no dynamic registration: a client is set up by hand once";
        diagnosis.find("client identity", Verdict::Note, "RFC 7591", found).remedy = Some(format!(
            "Use the redirect URI {} there, then set oauth.clientId.",
            addresses::below(&core.parts.base_url, addresses::CALLBACK).map(String::from).unwrap_or_default()
        ));
        format!("The hub would show you how to set up a client at {issuer}, and then send you to its login page.")
    };
    if !diagnosis.is_good() {
        "The hub would refuse to log in before what is marked BAD is mended.".clone_into(&mut diagnosis.conclusion);
    }
}

/// Whether the hub would use its metadata document as the client.
fn document(core: &Core, discovered: &Discovered, diagnosis: &mut Diagnosis) -> bool {
    const RULE: &str = "Client ID Metadata Documents";
    let preference = &discovered.provider.profile().registration.preference;
    let read = discovered.metadata.says("client_id_metadata_document_supported");
    if !read || !preference.contains(&IdentitySource::MetadataDocument) {
        return false;
    }
    match document::of_issuer(core, &discovered.metadata, "") {
        Ok(document) => {
            let found = format!("the metadata document at {}", document.url);
            diagnosis.find("client identity", Verdict::Good, RULE, found);
            true
        }
        Err(why) => {
            diagnosis.find("client identity", Verdict::Note, RULE, format!("metadata documents are read, but {why}"));
            false
        }
    }
}
