//! Asks the token endpoint, writes the event, and judges the answer: the same for a code, a refresh and a grant without a person.

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
use crate::connect::core::journal::Action;
use crate::egress::without_query;

/// A request to the token endpoint.
pub(crate) struct TokenRequest<'a> {
    pub(crate) stage: Stage,
    /// What a plugin's error table calls it.
    pub(crate) operation: Operation,
    pub(crate) endpoint: &'a Url,
    pub(crate) request: Request<Vec<u8>>,
    /// The key that the tokens are bound to, if they are (RFC 9449).
    pub(crate) key: Option<&'a DpopKey>,
    /// What a person can do if nobody answers.
    pub(crate) unanswered: &'static str,
}

/// Tokens, and the event that is still to be written: the caller knows what they amount to.
pub(crate) struct TokenAnswer<'a> {
    pub(crate) tokens: Tokens,
    pub(crate) response: Response<Vec<u8>>,
    pub(crate) action: Action<'a>,
}

/// Asks. A refusal is an event when this returns.
#[tracing::instrument(name = "grant.ask_token_endpoint", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn ask<'a>(at: AtIssuer<'a>, ask: TokenRequest<'_>) -> Result<TokenAnswer<'a>, ConnectError> {
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
