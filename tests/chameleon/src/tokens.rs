//! Requests and answers of the token endpoint.

use mcphub_plugin::prelude::*;

use crate::lookup::Lookup;
use crate::quirks::Quirks;

/// HTTP Basic with these two as they are; each is one slot, or nothing.
pub(crate) fn raw_basic(user: &str, password: &str) -> Param {
    let atoms = |text: &str| match template(text).pop() {
        Some(Piece::Slot(slot)) => vec![Atom::Slot(slot)],
        _ => vec![Atom::Literal(String::new())],
    };
    let basic = BasicCredentials { user: atoms(user), password: atoms(password) };
    Param { name: "authorization".into(), value: vec![Piece::Literal("Basic ".into()), Piece::Basic(basic)] }
}

fn authentication(text: Option<String>) -> Option<ClientAuthentication> {
    let custom = |headers| ClientAuthentication::Custom(CustomAuthentication { headers, params: Vec::new() });
    Some(match text?.as_str() {
        "client_secret_basic (body credentials also sent)" => ClientAuthentication::BasicAndPost(BasicEncoding::Raw),
        "client_secret_basic" => ClientAuthentication::Basic(BasicEncoding::Urlencoded),
        "none" | "client_id only" => ClientAuthentication::None,
        "none-no-client-id" => ClientAuthentication::Nothing,
        text if text.starts_with("basic(secret as user name") => custom(vec![raw_basic("{client-secret}", "")]),
        _ => ClientAuthentication::Post,
    })
}

pub(crate) fn exchange_shape(quirks: &Quirks) -> RequestShape {
    let post = || if quirks.publishes_metadata() { None } else { Some(ClientAuthentication::Post) };
    RequestShape {
        placement: match (quirks.has("token.transport"), quirks.text("token.body_format").as_deref()) {
            (true, _) => Placement::Query,
            (false, Some("json")) => Placement::Json,
            (false, _) => Placement::Form,
        },
        renames: [quirks.renames("authz.param_renames"), quirks.renames("token.param_renames")]
            .concat()
            .into_iter()
            .filter(|pair| quirks.has("token.param_renames") && (pair.name != "client_id" || renames_client(quirks)))
            .fold(Vec::new(), |mut kept, pair| {
                if kept.iter().all(|other: &Pair| other.name != pair.name) {
                    kept.push(pair);
                }
                kept
            }),
        omit: quirks.list("token.omit"),
        extra: quirks.token_params("token.extra_params").into_iter().filter(is_own).collect(),
        headers: Vec::new(),
        method: Method::Post,
        authentication: authentication(quirks.text("token.client_auth")).or_else(post),
    }
}

/// Whether it is no parameter that the hub sets itself.
fn is_own(param: &Param) -> bool {
    !matches!(param.name.as_str(), "resource" | "scope")
}

fn renames_client(quirks: &Quirks) -> bool {
    quirks.renames("token.param_renames").iter().any(|pair| pair.name == "client_id")
}

pub(crate) fn refresh_shape(quirks: &Quirks) -> RequestShape {
    RequestShape {
        renames: quirks.renames("refresh.param_renames"),
        omit: quirks.list("refresh.omit"),
        extra: quirks.token_params("refresh.extra_params").into_iter().filter(is_own).collect(),
        authentication: authentication(quirks.text("refresh.client_auth"))
            .or_else(|| exchange_shape(quirks).authentication),
        ..exchange_shape(quirks)
    }
}

pub(crate) fn response(quirks: &Quirks) -> TokenResponse {
    let disguised = quirks.text("resp.error_in_200");
    let error = disguised.as_deref().and_then(|text| text.split_once(" == ")).map(|(name, value)| DisguisedError {
        at: format!("/{name}"),
        ok: vec![(value != "true").to_string()],
        code: "/error".into(),
    });
    TokenResponse { accept: Vec::new(), error, tokens: rules(quirks), captures: captures(quirks) }
}

/// What is kept of an answer.
pub(crate) fn captures(quirks: &Quirks) -> Vec<Capture> {
    let capture = |at: String| Capture { key: at.replace('.', "-"), at: format!("/{}", at.replace('.', "/")) };
    quirks.list("resp.metadata").into_iter().map(capture).chain(Lookup::capture(quirks)).collect()
}

/// Where the tokens are. With several of one grant, the person's is the one that requests carry.
pub(crate) fn rules(quirks: &Quirks) -> Vec<TokenRule> {
    let Some(path) = quirks.text("resp.path") else {
        return vec![rule_at(quirks, "main", "")];
    };
    let main = rule_at(quirks, "main", &format!("/{path}"));
    if quirks.has("resp.multi_token") { vec![main, rule_at(quirks, "bot", "")] } else { vec![main] }
}

pub(crate) fn rule_at(quirks: &Quirks, slot: &str, path: &str) -> TokenRule {
    let renames = quirks.renames("resp.field_renames");
    let at = |standard: &str| {
        let own = renames.iter().find(|pair| pair.value == standard).map_or(standard, |pair| pair.name.as_str());
        format!("{path}/{own}")
    };
    let expiry = if quirks.has("resp.expires_absolute") {
        Expiry { kind: ExpiryKind::EpochSeconds, at: Some(at("expires_at")), default_seconds: None }
    } else if let Some(seconds) = quirks.number("resp.expires_fixed") {
        Expiry { kind: ExpiryKind::Fixed, at: None, default_seconds: Some(seconds) }
    } else if quirks.has("resp.expires_unknown") {
        Expiry { kind: ExpiryKind::Unknown, at: None, default_seconds: None }
    } else {
        let default_seconds = quirks.number("resp.expires_missing_default");
        Expiry { at: Some(at("expires_in")), default_seconds, ..Expiry::default() }
    };
    TokenRule {
        slot: slot.into(),
        access_token: at("access_token"),
        refresh_token: Some(at("refresh_token")),
        id_token: None,
        expiry,
        scope: Some(at("scope")),
    }
}
