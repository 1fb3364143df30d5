//! What hooks are told, in the contract's words.

use std::time::UNIX_EPOCH;

use mcphub_oauth::hook::{ClientKind, ClientView, Context, HeldToken};
use mcphub_oauth::profile::Pair;

use crate::bindings::mcphub::provider::types as wit;

/// The context of a hook.
pub(crate) fn context(context: &Context) -> wit::Context {
    wit::Context {
        variant_id: context.variant.clone(),
        server_url: context.server_url.clone(),
        resource_uri: context.resource.clone(),
        issuer: context.issuer.clone(),
        protected_resource: context.protected_resource.clone(),
        server_metadata: context.server_metadata.clone(),
        inputs: pairs(&context.inputs),
        captured: pairs(&context.captured),
        client: context.client.as_ref().map(client),
        redirect_uri: context.redirect_uri.clone(),
        requested_scopes: context.requested_scopes.clone(),
        granted_scopes: context.granted_scopes.clone(),
        tokens: context.tokens.iter().map(held).collect(),
        now: context.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
    }
}

/// Names and values as the contract writes them.
pub(crate) fn pairs(pairs: &[Pair]) -> Vec<wit::Pair> {
    pairs.iter().map(|(name, value)| wit::Pair { name: name.clone(), value: value.clone() }).collect()
}

fn client(client: &ClientView) -> wit::Client {
    wit::Client {
        id: client.id.clone(),
        kind: match client.kind {
            ClientKind::Configured => wit::ClientKind::Configured,
            ClientKind::MetadataDocument => wit::ClientKind::MetadataDocument,
            ClientKind::Registered => wit::ClientKind::Registered,
        },
        authentication_method: client.authentication_method.clone(),
        registration: client.registration.clone(),
    }
}

fn held(token: &HeldToken) -> wit::HeldToken {
    wit::HeldToken { slot: token.slot.clone(), expires_at: token.expires_at, refreshable: token.refreshable }
}
