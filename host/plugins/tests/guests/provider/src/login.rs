//! The parts of the profile that say how a login begins.

use crate::exports::mcphub::provider::authorization::{self, Authorization, Pkce};
use crate::exports::mcphub::provider::callback::{self, Callback};
use crate::exports::mcphub::provider::metadata::{self, Discovery, Endpoint, EndpointKind, EndpointMode, Metadata};
use crate::exports::mcphub::provider::registration::{
    self, ApplicationType, IdentitySource, Registration, SecretPolicy,
};
use crate::exports::mcphub::provider::resource_indicator::{self, ResourceIndicator, ResourceMode};
use crate::exports::mcphub::provider::scopes::{self, Bucket, Offline, Risk, Scope, Scopes, Tool};
use crate::mcphub::provider::types::{Capture, Piece, RedirectConstraint, Slot, Template, TimeFormat};
use crate::{Provider, literal, ordered, pair, param, slot, when};

impl metadata::Guest for Provider {
    fn profile() -> Metadata {
        let patch = if ordered("patch the issuer") {
            r#"{"issuer":"https://evil.example"}"#
        } else if ordered("patch an endpoint") {
            r#"{"mtls_endpoint_aliases":{"token_endpoint":"https://evil.example/token"}}"#
        } else if ordered("patch with a list") {
            "[]"
        } else {
            r#"{"code_challenge_methods_supported":["S256"]}"#
        };
        Metadata {
            discovery: Discovery::Standard,
            issuer: Some(literal("https://api.example.com")),
            issuer_aliases: vec!["https://api.example.com/".into()],
            endpoints: vec![Endpoint {
                kind: EndpointKind::Token,
                url: token_endpoint(),
                mode: EndpointMode::Override,
            }],
            patch: Some(patch.into()),
        }
    }
}

fn token_endpoint() -> Template {
    if ordered("another host") {
        literal("https://evil.example/token")
    } else if ordered("no https") {
        literal("http://api.example.com/token")
    } else if ordered("user in the address") {
        literal("https://api.example.com@evil.example/token")
    } else if ordered("secret in an address") {
        vec![Piece::Literal("https://api.example.com/".into()), Piece::Slot(Slot::ClientSecret)]
    } else {
        let tenant = Piece::Slot(Slot::Input("tenant".into()));
        vec![Piece::Literal("https://".into()), tenant, Piece::Literal(".tenant.example.com/token".into())]
    }
}

impl registration::Guest for Provider {
    fn profile() -> Registration {
        let patch = if ordered("patch redirect URIs") {
            r#"{"redirect_uris":["https://evil.example/callback"]}"#
        } else {
            r#"{"contacts":["hub@example.com"]}"#
        };
        Registration {
            preference: vec![IdentitySource::Dynamic, IdentitySource::Setup],
            body_patch: Some(patch.into()),
            redirect: RedirectConstraint::Any,
            secret: SecretPolicy::AsReturned,
            application_type: ApplicationType::ByRedirect,
            scope_in_body: true,
        }
    }
}

impl authorization::Guest for Provider {
    fn profile() -> Authorization {
        let mut extra =
            vec![param("prompt", literal("consent")), param("at", slot(Slot::Now(TimeFormat::EpochSeconds)))];
        extra.extend(when("set the state", param("state", literal("mine"))));
        extra.extend(when("set the redirect URI", param("redirect_uri", literal("https://evil.example/"))));
        extra.extend(when("set a request object", param("request_uri", literal("https://evil.example/"))));
        extra.extend(when("secret in the browser", param("key", slot(Slot::ClientSecret))));
        extra.extend(when("secret input in the browser", param("key", slot(Slot::Input("signing-key".into())))));
        let mut renames = vec![pair("client_id", "app_id")];
        renames.extend(when("rename PKCE", pair("code_challenge", "challenge")));
        renames.extend(when("rename onto the state", pair("scope", "state")));
        Authorization {
            pkce: Pkce::Supported,
            extra,
            renames,
            drop_empty: true,
            response_mode: None,
            nonce: false,
            in_fragment: false,
        }
    }
}

impl callback::Guest for Provider {
    fn profile() -> Callback {
        let at = if ordered("capture the code") { "code" } else { "instance_url" };
        Callback {
            code: "code".into(),
            state: "state".into(),
            captures: vec![Capture { key: "instance".into(), at: at.into() }],
        }
    }
}

impl resource_indicator::Guest for Provider {
    fn profile() -> ResourceIndicator {
        ResourceIndicator {
            authorize: ResourceMode::Send,
            token: ResourceMode::Named("audience".into()),
            refresh: ResourceMode::Omit,
        }
    }
}

impl scopes::Guest for Provider {
    fn profile() -> Scopes {
        Scopes {
            separator: ",".into(),
            answer_separators: ", ".into(),
            unencoded: false,
            always: vec!["read".into()],
            fixed: Vec::new(),
            offline: Offline::Param(param("access_type", literal("offline"))),
            buckets: vec![Bucket { id: "user".into(), parameter: "user_scope".into() }],
            catalogue: vec![Scope {
                name: "read".into(),
                title: "Read".into(),
                description: "Reads.".into(),
                implies: Vec::new(),
                bucket: None,
                asked_by_default: true,
                risk: Risk::Low,
                review_needed: false,
            }],
            tools: vec![Tool { name: "list_*".into(), needs: vec![vec!["read".into()]] }],
            silence_means_requested: true,
        }
    }
}
