//! Turns the tokens that an issuer gave into a grant.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantOrigin};
use mcphub_oauth::server_address::ServerAddress;
use mcphub_oauth::token::Tokens;

use crate::connect::core::target::Discovered;

/// What the tokens were requested for.
pub(crate) struct Request<'a> {
    /// The server address that the grant is for.
    pub(crate) address: ServerAddress,
    pub(crate) discovered: &'a Discovered,
    pub(crate) client: &'a Client,
    pub(crate) resource: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// A grant that is bound to what it was requested for. Its account is not known yet.
pub(crate) fn grant(request: Request<'_>, tokens: Tokens) -> Grant {
    Grant {
        address: request.address,
        origin: GrantOrigin::Issuer(request.discovered.metadata.issuer.to_string()),
        client_id: request.client.id.clone(),
        resource: request.resource,
        logged_in_at: tokens.by_slot.values().map(|token| token.obtained_at).max(),
        tokens: tokens.by_slot,
        primary: "main".to_owned(),
        dpop: None,
        requested_scopes: request.scopes,
        granted_scopes: tokens.scopes,
        captured: tokens.captured,
        account_label: None,
        account_id: None,
    }
}
