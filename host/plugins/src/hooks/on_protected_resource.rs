//! `on-protected-resource`: corrects a challenge or protected resource metadata (RFC 9728).

use mcphub_oauth::hook::{ChallengeView, Context, PatchedResource};
use serde_json::{Map, Value};

use crate::bindings::exports::mcphub::provider::on_protected_resource as wit;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::{json, text, url};
use crate::convert::context;
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-protected-resource";

impl Plugin {
    /// Corrects what a server says of itself. `document` is its protected resource metadata, where it has any. `Ok(None)`:
    /// the plugin has no such hook.
    pub async fn patch_protected_resource(
        &self,
        c: &Context,
        challenge: &ChallengeView,
        document: Option<&str>,
    ) -> Result<Option<PatchedResource>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_protected_resource.as_ref()).await? else {
            return Ok(None);
        };
        let (told, seen) = (context::context(c), view(challenge));
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_patch(&mut run.store, &told, &seen, document).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(&seen, document, c))?;
        let known = servers(document);
        self.checked(HOOK, patched(answer, &known, &self.references_during(c))).map(Some)
    }
}

fn view(challenge: &ChallengeView) -> wit::Challenge {
    wit::Challenge {
        status: challenge.status,
        scheme: challenge.scheme.clone(),
        error: challenge.error.clone(),
        scope: challenge.scope.clone(),
        resource_metadata: challenge.resource_metadata.clone(),
    }
}

fn patched(
    answer: wit::ProtectedResource,
    known: &[String],
    references: &References,
) -> Result<PatchedResource, Objection> {
    let place = Place::Interface(HOOK);
    let server = |place: &Place<'_>, server: String| {
        if known.contains(&server) || url::endpoint(place, &server, references).is_ok() {
            Ok(server)
        } else {
            Err(place.object(Broken::UnknownAuthorizationServer { server: cut(&server) }))
        }
    };
    Ok(PatchedResource {
        document: text::optional(&place.field("document"), answer.document, |place, document| {
            json::object(place, &document)?;
            servers(Some(&document)).into_iter().try_for_each(|named| server(place, named).map(drop))?;
            Ok(document)
        })?,
        authorization_server: text::optional(
            &place.field("authorization-server"),
            answer.authorization_server,
            server,
        )?,
        resource: text::optional(&place.field("resource-uri"), answer.resource_uri, |place, resource| {
            url::endpoint(place, &resource, references).map(|_| resource)
        })?,
        scopes: text::words(&place.field("scopes"), answer.scopes)?,
    })
}

/// `authorization_servers` of a document (RFC 9728 §2).
fn servers(document: Option<&str>) -> Vec<String> {
    let object: Map<String, Value> = document.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let servers = object.get("authorization_servers").and_then(Value::as_array);
    servers.into_iter().flatten().filter_map(|server| server.as_str().map(str::to_owned)).collect()
}
