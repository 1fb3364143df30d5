//! The hooks. What they answer where nothing is told changes nothing.

use crate::Garbler;
use crate::exports::mcphub::provider::{
    flow, on_authorize, on_callback, on_error, on_granted, on_match, on_protected_resource, on_registration,
    on_scopes_for, on_server_metadata, on_setup, setup,
};
use crate::mcphub::provider::types::{Context, Fault, Pair};
use crate::room::{told, told_at};

impl on_match::Guest for Garbler {
    fn match_server(_: String, _: Option<String>, _: Option<String>) -> Option<on_match::Match> {
        told("on-match.match-server").unwrap_or_default()
    }
}

impl on_protected_resource::Guest for Garbler {
    fn patch(
        _: Context,
        _: on_protected_resource::Challenge,
        _: Option<String>,
    ) -> on_protected_resource::ProtectedResource {
        told("on-protected-resource.patch").unwrap_or(on_protected_resource::ProtectedResource {
            document: None,
            authorization_server: None,
            resource_uri: None,
            scopes: Vec::new(),
        })
    }
}

impl on_server_metadata::Guest for Garbler {
    fn patch(_: Context, _: Option<String>, _: Option<String>) -> Option<on_server_metadata::ServerMetadata> {
        told("on-server-metadata.patch").unwrap_or_default()
    }
}

impl on_registration::Guest for Garbler {
    fn attempts(_: Context, draft: String, _: on_registration::Abilities) -> Vec<on_registration::Attempt> {
        told("on-registration.attempts").unwrap_or_else(|| vec![on_registration::Attempt::Dynamic(draft)])
    }

    fn answer(_: Context, _: u16, _: String) -> Result<on_registration::AnswerVerdict, Fault> {
        told("on-registration.answer").unwrap_or(Ok(on_registration::AnswerVerdict::Accept))
    }
}

impl on_authorize::Guest for Garbler {
    fn authorize(_: Context, url: String, params: Vec<Pair>) -> on_authorize::Redirection {
        let request = on_authorize::Redirection::Request(on_authorize::Request { url, params });
        told("on-authorize.authorize").unwrap_or(request)
    }
}

impl on_callback::Guest for Garbler {
    fn read(_: Context, _: Vec<Pair>) -> Result<on_callback::Callback, Fault> {
        let usual = on_callback::Callback { code: "code".to_owned(), captured: Vec::new() };
        told("on-callback.read").unwrap_or(Ok(usual))
    }
}

impl on_scopes_for::Guest for Garbler {
    fn scopes_for(_: Context, need: on_scopes_for::Need) -> Vec<String> {
        let ask = match need {
            on_scopes_for::Need::Challenge(scopes) => scopes,
            on_scopes_for::Need::Default => Vec::new(),
        };
        told("on-scopes-for.scopes-for").unwrap_or(ask)
    }
}

impl on_granted::Guest for Garbler {
    fn read(_: Context, _: Option<String>, _: Vec<Pair>) -> on_granted::Granted {
        told("on-granted.read").unwrap_or(on_granted::Granted::AsRequested)
    }
}

impl on_error::Guest for Garbler {
    fn classify(_: Context, _: on_error::Operation, _: u16, _: Vec<Pair>, _: String) -> Option<Fault> {
        told("on-error.classify").unwrap_or_default()
    }
}

impl on_setup::Guest for Garbler {
    fn guides(_: Context) -> Vec<setup::Guide> {
        told("on-setup.guides").unwrap_or_else(|| told("setup.guides").unwrap_or_else(crate::room::fail))
    }
}

impl flow::Guest for Garbler {
    fn operations() -> Vec<flow::Operation> {
        told("flow.operations").unwrap_or_default()
    }

    fn next(_: Context, _: flow::Operation, number: u8, state: String, _: Option<flow::Answer>) -> flow::Step {
        let done = flow::Outcome {
            primary: None,
            expiry: None,
            granted_scope: None,
            account_id: None,
            account_label: None,
            captured: Vec::new(),
        };
        let step = flow::Step { action: flow::Action::Done(done), state };
        told_at("flow.next", number).unwrap_or(step)
    }
}
