//! The trait an author implements, and how it becomes the static interfaces.

use std::marker::PhantomData;

use crate::bindings;
use crate::marks::Exported;
use crate::{
    Authorization, Callback, Guide, Identity, Input, Metadata, Refresh, Registration, Requests, ResourceIndicator,
    Revocation, Row, Rule, Scopes, TokenRequest, TokenResponse,
};

/// What one provider does differently. Only [`identity`](Self::identity) and [`matching`](Self::matching) are required; every
/// other part left out means what the RFC says. Each impl has [`provider`](macro@crate::provider) above it.
pub trait Provider: Exported {
    /// Who the plugin is, and which hosts it may name.
    fn identity() -> Identity;
    /// Which servers it serves.
    fn matching() -> Vec<Rule>;
    /// What a person must give first.
    fn inputs() -> Vec<Input> {
        Vec::new()
    }
    /// What is filled into metadata, or used instead of it (RFC 9728, RFC 8414).
    fn metadata() -> Metadata {
        Metadata::default()
    }
    /// How the hub gets a client identity (RFC 7591). Left out: a metadata document, dynamic registration, then set-up by hand.
    fn registration() -> Registration {
        Registration::default()
    }
    /// How the authorization request deviates (RFC 6749 §4.1.1, RFC 7636).
    fn authorization() -> Authorization {
        Authorization::default()
    }
    /// Names of the callback's parameters, and what is kept of them (RFC 6749 §4.1.2).
    fn callback() -> Callback {
        Callback::default()
    }
    /// What goes into `resource`, step by step (RFC 8707).
    fn resource_indicator() -> ResourceIndicator {
        ResourceIndicator::default()
    }
    /// Spelling and meaning of scopes, and what each tool needs (RFC 6749 §3.3).
    fn scopes() -> Scopes {
        Scopes::default()
    }
    /// How the code exchange deviates (RFC 6749 §4.1.3).
    fn token_request() -> TokenRequest {
        TokenRequest::default()
    }
    /// Where tokens and errors stand in an answer (RFC 6749 §5).
    fn token_response() -> TokenResponse {
        TokenResponse::default()
    }
    /// How refreshing deviates, and how long a grant lasts (RFC 6749 §6).
    fn refresh() -> Refresh {
        Refresh::default()
    }
    /// How tokens are taken back at logout (RFC 7009).
    fn revocation() -> Revocation {
        Revocation::default()
    }
    /// Where requests to the MCP server carry the token (RFC 6750 §2.1).
    fn requests() -> Requests {
        Requests::default()
    }
    /// Guides to a client made by hand; the first is the recommended one.
    fn setup() -> Vec<Guide> {
        Vec::new()
    }
    /// What errors mean; the first row that holds decides.
    fn errors() -> Vec<Row> {
        Vec::new()
    }
}

/// A [`Provider`] as the static interfaces of the contract. Made by [`provider`](macro@crate::provider).
pub struct Adapter<T>(PhantomData<T>);

impl<T: Provider + 'static> bindings::identity::exports::mcphub::provider::identity::Guest for Adapter<T> {
    fn describe() -> Identity {
        T::identity()
    }
}

impl<T: Provider + 'static> bindings::matching::exports::mcphub::provider::matching::Guest for Adapter<T> {
    fn rules() -> Vec<Rule> {
        T::matching()
    }
}

impl<T: Provider + 'static> bindings::inputs::exports::mcphub::provider::inputs::Guest for Adapter<T> {
    fn inputs() -> Vec<Input> {
        T::inputs()
    }
}

impl<T: Provider + 'static> bindings::metadata::exports::mcphub::provider::metadata::Guest for Adapter<T> {
    fn profile() -> Metadata {
        T::metadata()
    }
}

impl<T: Provider + 'static> bindings::registration::exports::mcphub::provider::registration::Guest for Adapter<T> {
    fn profile() -> Registration {
        T::registration()
    }
}

impl<T: Provider + 'static> bindings::authorization::exports::mcphub::provider::authorization::Guest for Adapter<T> {
    fn profile() -> Authorization {
        T::authorization()
    }
}

impl<T: Provider + 'static> bindings::callback::exports::mcphub::provider::callback::Guest for Adapter<T> {
    fn profile() -> Callback {
        T::callback()
    }
}

impl<T: Provider + 'static> bindings::resource_indicator::exports::mcphub::provider::resource_indicator::Guest
    for Adapter<T>
{
    fn profile() -> ResourceIndicator {
        T::resource_indicator()
    }
}

impl<T: Provider + 'static> bindings::scopes::exports::mcphub::provider::scopes::Guest for Adapter<T> {
    fn profile() -> Scopes {
        T::scopes()
    }
}

impl<T: Provider + 'static> bindings::token_request::exports::mcphub::provider::token_request::Guest for Adapter<T> {
    fn profile() -> TokenRequest {
        T::token_request()
    }
}

impl<T: Provider + 'static> bindings::token_response::exports::mcphub::provider::token_response::Guest for Adapter<T> {
    fn profile() -> TokenResponse {
        T::token_response()
    }
}

impl<T: Provider + 'static> bindings::refresh::exports::mcphub::provider::refresh::Guest for Adapter<T> {
    fn profile() -> Refresh {
        T::refresh()
    }
}

impl<T: Provider + 'static> bindings::revocation::exports::mcphub::provider::revocation::Guest for Adapter<T> {
    fn profile() -> Revocation {
        T::revocation()
    }
}

impl<T: Provider + 'static> bindings::requests::exports::mcphub::provider::requests::Guest for Adapter<T> {
    fn profile() -> Requests {
        T::requests()
    }
}

impl<T: Provider + 'static> bindings::setup::exports::mcphub::provider::setup::Guest for Adapter<T> {
    fn guides() -> Vec<Guide> {
        T::setup()
    }
}

impl<T: Provider + 'static> bindings::errors::exports::mcphub::provider::errors::Guest for Adapter<T> {
    fn table() -> Vec<Row> {
        T::errors()
    }
}
