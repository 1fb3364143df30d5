//! Why a server refuses a token. The provider's plugin may know of a reason that no login can fix.

use http::{Response, StatusCode};
use mcphub_oauth::challenge::{self, Challenge};
use mcphub_oauth::error::{Reported, of_table, remedy, sentence};
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::Context;
use mcphub_oauth::mask::{Mask, mask_text};
use mcphub_oauth::profile::{ErrorClass, Fault, Operation, Pair};
use serde_json::Value;

use crate::connect::access::credential::Refusal;
use crate::connect::core::address::url_of;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::core::provider::{HookInput, Provider};

/// The grant that was refused, and the plugin for it.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) grant: &'a Grant,
}

/// What is wrong and how to fix it, if a login would not help. `None` means that a login may help.
pub(crate) async fn beyond_a_login(
    core: &Core,
    entry: &Entry,
    refusal: &Refusal,
    held: Held<'_>,
) -> Result<Option<String>, ConnectError> {
    let Held { provider, grant } = held;
    let response = Response::builder().status(refusal.status).body(refusal.body.clone().into_bytes());
    // A status and a body are always an answer.
    let Ok(response) = response else { return Ok(None) };
    let mask = Mask::of(secrets(grant));
    let body = mask_text(&response, &secrets(grant));
    let challenge = challenge::accept(refusal.challenges.iter().map(String::as_str));
    let error_code = challenge.and_then(|challenge: Challenge| challenge.error).or_else(|| named(&body));
    let input = HookInput {
        resource: grant.resource.as_deref().unwrap_or_default(),
        issuer: grant.issuer(),
        grant: Some(grant),
        ..HookInput::default()
    };
    let context = provider.context(url_of(entry)?, &input, core.now());
    let hook = by_hook(provider, &context, refusal, &mask, &body).await?;
    let reported = Reported {
        operation: Operation::Request,
        status: refusal.status.as_u16(),
        code: error_code.as_deref(),
        body: &body,
        client: None,
    };
    let fault = hook.or_else(|| of_table(&provider.profile().errors, reported));
    Ok(fault.filter(|fault| !is_mended_by_a_login(&fault.class)).map(summary))
}

async fn by_hook(
    provider: &Provider,
    context: &Context,
    refusal: &Refusal,
    mask: &Mask,
    body: &str,
) -> Result<Option<Fault>, ConnectError> {
    let header = |value: &String| ("www-authenticate".to_owned(), mask.text(value));
    let headers: Vec<Pair> = refusal.challenges.iter().map(header).collect();
    let status: StatusCode = refusal.status;
    Ok(provider.plugin.classify_error(context, Operation::Request, status.as_u16(), &headers, body).await?)
}

/// Without what the server wrote: this goes to clients, too.
fn summary(fault: Fault) -> String {
    let fault = Fault { said: None, ..fault };
    format!("{}. {}", sentence(&fault), remedy(&fault))
}

/// The error code in a JSON body.
fn named(body: &str) -> Option<String> {
    let document: Value = serde_json::from_str(body).ok()?;
    document.get("error").and_then(Value::as_str).map(str::to_owned)
}

fn secrets(grant: &Grant) -> Vec<String> {
    let of = |token: &mcphub_oauth::grant::Token| {
        let refresh = token.refresh.as_ref().map(|refresh| refresh.secret().clone());
        [Some(token.access.secret().clone()), refresh]
    };
    grant.tokens.values().flat_map(of).flatten().collect()
}

const fn is_mended_by_a_login(class: &ErrorClass) -> bool {
    match class {
        ErrorClass::UserDenied
        | ErrorClass::ReauthRequired
        | ErrorClass::ReregisterClient
        | ErrorClass::ResourceRejected
        | ErrorClass::AuthMethodRejected
        | ErrorClass::InsufficientScope(_)
        | ErrorClass::Unknown
        | ErrorClass::Other(_) => true,
        ErrorClass::ClientConfigWrong(_)
        | ErrorClass::ApprovalNeeded(_)
        | ErrorClass::SsoRequired(_)
        | ErrorClass::ClientNotAllowlisted(_)
        | ErrorClass::AccountNotEligible
        | ErrorClass::RateLimited(_)
        | ErrorClass::Transient => false,
    }
}
