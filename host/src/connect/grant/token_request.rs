//! Sends a request to the token endpoint, records the event, and judges the answer. A code, a refresh and a grant
//! without a person all use it.

use http::{Request, Response};
use mcphub_oauth::dpop::DpopKey;
use mcphub_oauth::profile::Operation;
use mcphub_oauth::token::{self, Tokens};
use url::Url;

use super::dpop;
use super::token_answer::provider_error;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::journal::RunningAction;
use crate::egress::without_query;

/// A request to the token endpoint.
pub(crate) struct TokenCall<'a> {
    pub(crate) stage: Stage,
    /// The name of the operation in a plugin's error table.
    pub(crate) operation: Operation,
    pub(crate) endpoint: &'a Url,
    pub(crate) request: Request<Vec<u8>>,
    /// The key to bind the tokens to, if they are to be bound (RFC 9449).
    pub(crate) key: Option<&'a DpopKey>,
    /// What a person can do if there is no answer.
    pub(crate) unanswered: &'static str,
}

/// The tokens, and the event that is not recorded yet: only the caller knows what the tokens amount to.
pub(crate) struct TokenAnswer<'a> {
    pub(crate) tokens: Tokens,
    pub(crate) response: Response<Vec<u8>>,
    pub(crate) action: RunningAction<'a>,
}

/// Sends the request. If it is refused, the event is recorded when this returns.
#[tracing::instrument(name = "grant.ask_token_endpoint", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn ask<'a>(at: AtIssuer<'a>, ask: TokenCall<'_>) -> Result<TokenAnswer<'a>, ConnectError> {
    let action = at.entry.journal.begin(ask.stage, format!("POST {}", without_query(ask.endpoint)));
    let response = match dpop::send(at.core, at.discovered, ask.request, ask.key).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), Some(ask.unanswered.to_owned()));
            return Err(error);
        }
    };
    match token::accept(&response, at.profile(), at.core.now()) {
        Ok(tokens) => Ok(TokenAnswer { tokens, response, action }),
        Err(error) => {
            let error = provider_error(at, error, ask.operation, &response).await;
            action.failed_with(&error);
            Err(error)
        }
    }
}
