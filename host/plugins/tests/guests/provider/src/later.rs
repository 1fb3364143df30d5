//! The parts of the profile that say what becomes of a grant.

use crate::exports::mcphub::provider::errors::{self, Operation, Row};
use crate::exports::mcphub::provider::refresh::{self, Credential, Refresh, Rotation};
use crate::exports::mcphub::provider::requests::{self, Requests, TokenPlace};
use crate::exports::mcphub::provider::revocation::{self, Revocation};
use crate::exports::mcphub::provider::token_request::{self, RedirectUriPlace, TokenRequest};
use crate::exports::mcphub::provider::token_response::{self, DisguisedError, TokenResponse};
use crate::mcphub::provider::types::{
    Atom, Capture, ClientAuthentication, Digest, DigestEncoding, ErrorClass, Expiry, ExpiryKind, Fault, Hash, Method,
    Piece, Placement, Plan, PlanBody, RequestShape, Slot, TokenRule,
};
use crate::{Provider, literal, ordered, pair, param, slot, when};

fn shape() -> RequestShape {
    RequestShape {
        method: Method::Post,
        placement: Placement::Form,
        renames: Vec::new(),
        omit: Vec::new(),
        extra: Vec::new(),
        headers: vec![param("Accept", literal("application/json"))],
        authentication: Some(ClientAuthentication::Post),
    }
}

impl token_request::Guest for Provider {
    fn profile() -> TokenRequest {
        let signature = Piece::Digest(Digest {
            hash: Hash::Sha256,
            key: Some(Atom::Slot(Slot::ExtraSecret("signing-key".into()))),
            parts: vec![Atom::Slot(Slot::ClientId), Atom::Slot(Slot::Code)],
            encoding: DigestEncoding::Hex,
        });
        let mut extra = vec![param("signature", vec![signature])];
        extra.extend(when("set the grant type", param("grant_type", literal("password"))));
        let mut headers = shape().headers;
        headers.extend(when("set a cookie", param("Cookie", literal("a=b"))));
        headers.extend(when("split a header", param("X-A", literal("a\r\nHost: evil.example"))));
        let omit = when("omit the verifier", "code_verifier".to_owned());
        TokenRequest {
            shape: RequestShape { extra, headers, omit, renames: vec![pair("code", "auth_code")], ..shape() },
            echo_state: false,
            redirect_uri: RedirectUriPlace::WithTheRest,
        }
    }
}

fn rule() -> TokenRule {
    TokenRule {
        slot: if ordered("no main token") { "other" } else { "main" }.into(),
        access_token: "/data/token".into(),
        refresh_token: Some("/data/refresh".into()),
        id_token: None,
        expiry: Expiry { kind: ExpiryKind::Seconds, at: Some("/data/expires_in".into()), default_seconds: Some(3600) },
        scope: Some(if ordered("show a token") { "/data/refresh" } else { "/data/scope" }.into()),
    }
}

impl token_response::Guest for Provider {
    fn profile() -> TokenResponse {
        let at = if ordered("capture a token") { "/data" } else { "/data/instance_url" };
        TokenResponse {
            accept: vec![200],
            error: Some(DisguisedError { at: "/ok".into(), ok: vec!["true".into()], code: "/error".into() }),
            tokens: vec![rule()],
            captures: vec![Capture { key: "instance".into(), at: at.into() }],
        }
    }
}

impl refresh::Guest for Provider {
    fn profile() -> Refresh {
        let extra = when("code in a refresh", param("again", slot(Slot::Code)));
        Refresh {
            presents: Credential::RefreshToken,
            shape: RequestShape { extra, ..shape() },
            repeat_scope: false,
            rotation: Rotation::SingleUse,
            margin_seconds: Some(60),
            min_age_seconds: None,
            idle_lifetime_seconds: None,
            absolute_lifetime_seconds: None,
            on_demand_only: false,
        }
    }
}

impl revocation::Guest for Provider {
    fn profile() -> Revocation {
        let host =
            if ordered("revoke elsewhere") { "https://evil.example/" } else { "https://api.example.com/grants/" };
        Revocation::Plan(Plan {
            method: Method::Delete,
            url: vec![Piece::Literal(host.into()), Piece::Slot(Slot::ClientId)],
            query: Vec::new(),
            headers: Vec::new(),
            body: PlanBody::Json(vec![param("access_token", slot(Slot::AccessToken("main".into())))]),
            tokens: Vec::new(),
            captures: Vec::new(),
            accept: vec![204, 404],
        })
    }
}

impl requests::Guest for Provider {
    fn profile() -> Requests {
        let mut headers = vec![param("X-Tenant", slot(Slot::Input("tenant".into())))];
        headers.extend(when("set the authorization", param("Authorization", literal("Bearer mine"))));
        headers.extend(when("set the session", param("Mcp-Session-Id", literal("1"))));
        headers.extend(when("secret to the server", param("X-Key", slot(Slot::ClientSecret))));
        Requests { token: TokenPlace::Authorization("Bearer".into()), headers, query: Vec::new() }
    }
}

impl errors::Guest for Provider {
    fn table() -> Vec<Row> {
        let help = if ordered("help without https") { "http://example.com" } else { "https://docs.example.net/sso" };
        let long = "x".repeat(501);
        let message = if ordered("long message") { &long } else { "Sign in to your organisation first." };
        vec![Row {
            operation: Some(Operation::Request),
            status: Some(403),
            code: None,
            contains: Some("SAML".into()),
            fault: Fault {
                class: ErrorClass::SsoRequired(None),
                message: Some(message.into()),
                help_url: Some(help.into()),
            },
        }]
    }
}
