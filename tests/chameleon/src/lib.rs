//! A plugin that is any provider: the quirks stand in its file, behind a mark, and this turns them into a profile by rule.
//!
//! One rule for each kind of quirk, none for a provider. What a rule cannot say does not work with a plugin.

mod addresses;
mod lookup;
mod quirks;
mod resource;
mod scopes;
mod steps;
mod tokens;

use mcphub_plugin::prelude::*;

use lookup::Lookup;
use quirks::Quirks;

struct Chameleon;

#[provider]
impl Provider for Chameleon {
    fn identity() -> Identity {
        let quirks = Quirks::read();
        let hosts = quirks.hosts();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        identity("chameleon", env!("CARGO_PKG_VERSION"), "Any provider", "https://example.com/", &hosts)
    }

    fn matching() -> Vec<Rule> {
        if let Some(known) = Quirks::read().text("match.issuer") {
            return vec![rule("any", [issuer(&known)])];
        }
        let server = match Quirks::read().in_server() {
            Some(key) => server_host_below(".mcp.provider.example", &key),
            None => server_host("mcp.provider.example"),
        };
        vec![rule("any", [server])]
    }

    fn inputs() -> Vec<Input> {
        Quirks::read().inputs()
    }

    fn metadata() -> Metadata {
        let quirks = Quirks::read();
        if quirks.publishes_metadata() {
            return Metadata::default();
        }
        let mut endpoints = vec![
            fill(EndpointKind::Authorization, &quirks.authorize_url()),
            fill(EndpointKind::Token, &quirks.token_url()),
            fill(EndpointKind::Revocation, &Quirks::revocation_url()),
        ];
        endpoints.extend(quirks.refresh_url().map(|url| fill(EndpointKind::Refresh, &url)));
        let issuer = Some(template(&Quirks::issuer()));
        Metadata { discovery: Discovery::None, issuer, endpoints, ..Metadata::default() }
    }

    fn registration() -> Registration {
        let patch = Quirks::read().object("reg.extra_params");
        Registration { body_patch: patch.map(|patch| patch.to_string()), ..Registration::default() }
    }

    fn authorization() -> Authorization {
        let quirks = Quirks::read();
        let mut extra = quirks.params("authz.extra_params");
        for key in ["authz.force_consent", "authz.offline_by_param"] {
            let text = quirks.text(key);
            extra.extend(text.and_then(|text| Some(param(text.split_once('=')?.0, text.split_once('=')?.1))));
        }
        if !quirks.publishes_metadata() {
            // Nobody gives one: a parameter without a value (RFC 6749 §3.1), which some providers do not take.
            extra.push(param("login_hint", ""));
        }
        Authorization {
            pkce: if quirks.has("authz.pkce_off") { Pkce::Unsupported } else { Pkce::Supported },
            extra,
            renames: quirks.renames("authz.param_renames"),
            drop_empty: quirks.has("authz.drop_empty_params"),
            response_mode: quirks.text("authz.response_mode"),
            nonce: quirks.has("authz.nonce"),
            in_fragment: false,
        }
    }

    fn callback() -> Callback {
        let quirks = Quirks::read();
        let kept = |name: String| Capture { key: name.clone(), at: name };
        Callback {
            code: quirks.text("cb.code_param").unwrap_or_else(|| "code".to_owned()),
            captures: quirks.list("cb.metadata").into_iter().map(kept).collect(),
            ..Callback::default()
        }
    }

    fn resource_indicator() -> ResourceIndicator {
        resource::indicator(&Quirks::read())
    }

    fn scopes() -> Scopes {
        scopes::scopes(&Quirks::read())
    }

    fn token_request() -> TokenRequest {
        let quirks = Quirks::read();
        TokenRequest {
            shape: tokens::exchange_shape(&quirks),
            echo_state: quirks.has("token.echo_state"),
            redirect_uri: if quirks.has("token.redirect_uri_in") {
                RedirectUriPlace::Query
            } else {
                RedirectUriPlace::WithTheRest
            },
        }
    }

    fn token_response() -> TokenResponse {
        tokens::response(&Quirks::read())
    }

    fn refresh() -> Refresh {
        let quirks = Quirks::read();
        Refresh {
            shape: tokens::refresh_shape(&quirks),
            repeat_scope: quirks.params("refresh.extra_params").iter().any(|param| param.name == "scope"),
            margin_seconds: quirks.number("refresh.margin_seconds"),
            rotation: if quirks.has("refresh.response_omits_refresh_token") {
                Rotation::None
            } else {
                Rotation::SingleUse
            },
            ..Refresh::default()
        }
    }

    fn revocation() -> Revocation {
        let quirks = Quirks::read();
        if quirks.has("revoke.custom") {
            let bearer = [param("authorization", "Bearer {access-token}")];
            return Revocation::Plan(post(&Quirks::revocation_url(), bearer, PlanBody::None));
        }
        let authentication = tokens::exchange_shape(&quirks).authentication;
        Revocation::Rfc7009(Rfc7009 { tokens: WhichToken::RefreshToken, authentication })
    }

    fn requests() -> Requests {
        let quirks = Quirks::read();
        let header = quirks.list("res.token_header").into_iter().next();
        Requests {
            token: header.map_or_else(|| TokenPlace::Authorization("Bearer".to_owned()), TokenPlace::Header),
            headers: quirks.api_headers(),
            query: quirks.params("res.extra_query"),
        }
    }
}

#[provider]
impl Flow for Chameleon {
    fn operations() -> Vec<FlowOperation> {
        steps::operations(&Quirks::read())
    }

    fn next(context: Context, operation: FlowOperation, number: u8, state: String, last: Option<Answer>) -> FlowStep {
        let quirks = Quirks::read();
        if let Some(text) = quirks.text("print") {
            print(&text);
        }
        // What is known of the account goes from step to step.
        let state = Lookup::told(&quirks, &context, last.as_ref()).unwrap_or(state);
        let action = match steps::question(&quirks, &context) {
            Some(action) if operation == FlowOperation::Lookup => action,
            _ => steps::next(&quirks, operation, number, &state),
        };
        FlowStep { action, state }
    }
}

/// What a plugin's author prints while trying.
#[expect(clippy::print_stdout, reason = "that is what it is for")]
fn print(text: &str) {
    println!("{text}");
    eprintln!("{text} again");
}
