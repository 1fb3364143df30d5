//! `on-server-metadata`: corrects authorization server metadata (RFC 8414).

use mcphub_oauth::hook::{Context, PatchedMetadata};
use serde_json::{Map, Value};

use crate::bindings::exports::mcphub::provider::on_server_metadata as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::text::{self, LIST};
use crate::check::{json, url};
use crate::convert::context;
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-server-metadata";

impl Plugin {
    /// Corrects metadata, or makes some where `document` is none. `url` is where it was found. `Ok(None)`: it stays as it
    /// is.
    pub async fn patch_server_metadata(
        &self,
        c: &Context,
        document: Option<&str>,
        url: Option<&str>,
    ) -> Result<Option<PatchedMetadata>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_server_metadata.as_ref()).await? else {
            return Ok(None);
        };
        let told = context::context(c);
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_patch(&mut run.store, &told, document, url).await
        });
        let ended = ended.await;
        let Some(answer) = self.end(HOOK, &run, ended, &(document, url, c))? else { return Ok(None) };
        let known = document.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let references = self.references_during(c).of_issuer().and(url);
        self.checked(HOOK, patched(answer, &known, &references)).map(Some)
    }
}

fn patched(
    answer: wit::ServerMetadata,
    known: &Map<String, Value>,
    references: &References,
) -> Result<PatchedMetadata, Objection> {
    let place = Place::Interface(HOOK);
    let document = place.field("document");
    json::addresses(&document, &json::object(&document, &answer.document)?, known, references)?;
    Ok(PatchedMetadata {
        document: answer.document,
        issuers: text::list(&place.field("issuers"), answer.issuers, LIST, |place, issuer| {
            url::endpoint(place, &issuer, references).map(|_| issuer)
        })?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::json;

    use super::*;

    fn context(issuer: &str) -> Context {
        Context {
            variant: String::new(),
            server_url: "https://rs.example/mcp".into(),
            resource: "https://rs.example/mcp".into(),
            issuer: Some(issuer.into()),
            protected_resource: None,
            server_metadata: None,
            inputs: Vec::new(),
            captured: Vec::new(),
            client: None,
            redirect_uri: String::new(),
            requested_scopes: Vec::new(),
            granted_scopes: Vec::new(),
            tokens: Vec::new(),
            now: UNIX_EPOCH,
        }
    }

    fn endpoint(issuer: &str, url: &str) -> Result<PatchedMetadata, Objection> {
        let references = References::default().during(&context(issuer)).of_issuer();
        let document = json!({"token_endpoint": url}).to_string();
        patched(wit::ServerMetadata { document, issuers: Vec::new() }, &Map::new(), &references)
    }

    #[test]
    fn the_mcp_server_is_no_endpoint_of_another_authorization_server() {
        assert!(endpoint("https://as.example", "https://as.example/token").is_ok());
        assert!(endpoint("https://rs.example", "https://rs.example/token").is_ok());
        let refused = endpoint("https://as.example", "https://rs.example/token").expect_err("refused").to_string();

        assert!(refused.contains("leads to \"rs.example\""), "{refused}");
    }
}
