//! What an answer of the token endpoint means.

use http::Response;
use mcphub_oauth::error::{Reported, classify, said};
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{ClientKind, Outcome};
use mcphub_oauth::mask::{Mask, mask, mask_text};
use mcphub_oauth::profile::{ErrorClass, Fault, Operation, Pair};
use mcphub_oauth::scopes;
use mcphub_oauth::token::{self, TokenError};

use crate::connect::client::redirect_uris;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::{ConnectError, GrantError};
use crate::connect::core::target::Discovered;

/// How many characters of a body a plugin sees at most.
const MAX_SHOWN: usize = 64 * 1024;

/// What an unusable answer of the token endpoint means. The plugin's hook decides first, then its table, then the RFCs.
pub(crate) async fn provider_error(
    at: AtIssuer<'_>,
    error: TokenError,
    operation: Operation,
    response: &Response<Vec<u8>>,
) -> ConnectError {
    let (status, code) = match &error {
        TokenError::Refused { status, code } => (*status, code.clone()),
        TokenError::Unreadable(status) if (500..600).contains(status) => (*status, None),
        TokenError::Unreadable(_) | TokenError::NoToken | TokenError::BadToken => {
            return GrantError::Token(error).into();
        }
    };
    let refusal = TokenRefusal { operation, status, code: code.as_deref(), response };
    match fault_of(at, refusal).await {
        Ok(fault) => {
            let said = said(response, &at.profile().token_response.tokens);
            let is_bare = fault.class == ErrorClass::Unknown && fault.message.is_none();
            let message = if is_bare { Some(error.to_string()) } else { fault.message };
            ConnectError::Provider(Fault { message, said, ..fault })
        }
        Err(error) => error,
    }
}

struct TokenRefusal<'a> {
    operation: Operation,
    status: u16,
    code: Option<&'a str>,
    response: &'a Response<Vec<u8>>,
}

async fn fault_of(at: AtIssuer<'_>, refusal: TokenRefusal<'_>) -> Result<Fault, ConnectError> {
    let TokenRefusal { operation, status, code, response } = refusal;
    let redirect_uri = redirect_uris::preferred(at.core, at.entry, at.profile());
    let context = at.context(&at.discovered.hook_input(&redirect_uri))?;
    let body = mask_text(response, &[]);
    let shown: String = body.chars().take(MAX_SHOWN).collect();
    let (plugin, headers) = (&at.discovered.provider.plugin, mask_headers(response));
    if let Some(fault) = plugin.classify_error(&context, operation, status, &headers, &shown).await? {
        return Ok(Mask::of_answer(response).fault(fault));
    }
    let client = client_kind(at).await?;
    Ok(classify(&at.profile().errors, Reported { operation, status, code, body: &body, client }))
}

async fn client_kind(at: AtIssuer<'_>) -> Result<Option<ClientKind>, ConnectError> {
    if at.entry.server.oauth.client_id.is_some() {
        return Ok(Some(ClientKind::Configured));
    }
    let registered = at.core.parts.store.clients(at.discovered.metadata.issuer.as_str()).await?;
    Ok((!registered.is_empty()).then_some(ClientKind::Registered))
}

/// The headers of an answer, as a plugin may see them.
pub(crate) fn mask_headers(response: &Response<Vec<u8>>) -> Vec<Pair> {
    mask(response, &[], &[]).headers
}

/// Copies into a grant what a plugin's steps say about it.
pub(crate) fn apply(grant: &mut Grant, discovered: &Discovered, outcome: &Outcome) {
    grant.account_label = outcome.account_label.clone().or(grant.account_label.take());
    grant.account_id = outcome.account_id.clone().or(grant.account_id.take());
    if let Some(scope) = &outcome.granted_scope {
        grant.granted_scopes = Some(scopes::read(&discovered.provider.profile().scopes, scope));
    }
    if let (Some(rule), Some(token)) = (&outcome.expiry, grant.tokens.get_mut(&grant.primary)) {
        let access = token.access.secret().clone();
        token.expires_at = token::expiry(rule, &serde_json::Value::Null, &access, token.obtained_at);
    }
}

/// What a grant allows, in words and without a secret.
pub(crate) fn summary(grant: &Grant) -> String {
    let scopes = grant.granted_scopes.as_ref().map_or_else(|| "scopes not told".to_owned(), |scopes| scopes.join(" "));
    let token = grant.primary();
    let is_refreshable = token.is_some_and(|token| token.refresh.is_some());
    let refresh = if is_refreshable { "can be refreshed" } else { "no refresh token" };
    let end = token.and_then(|token| token.expires_at).map(|end| humantime::format_rfc3339_seconds(end).to_string());
    format!("a grant ({scopes}; until {}; {refresh})", end.unwrap_or_else(|| "refused".to_owned()))
}
