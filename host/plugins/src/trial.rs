//! A plugin tried out: loaded twice, every hook called with examples, each call twice. The same call must give the same
//! answer for the same fuel, and no answer may break a rule.

use std::fmt::Debug;
use std::future::Future;
use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::hook::{
    Abilities, ChallengeView, ClientKind, ClientView, Context, FlowOperation, HeldToken, MaskedAnswer, Need,
};
use mcphub_oauth::profile::{Comparison, MatchField, Operation, Pair, Profile};

use crate::error::{CallError, LoadError};
use crate::host::PluginHost;
use crate::plugin::{Origin, Plugin};

/// What came of trying a plugin out.
#[derive(Debug)]
pub struct Tried {
    /// The plugin.
    pub plugin: Plugin,
    /// Each call, in order.
    pub trials: Vec<Trial>,
}

/// One call.
#[derive(Debug, PartialEq, Eq)]
pub struct Trial {
    /// What was called, and with what.
    pub call: String,
    /// What it cost; units of work as the engine counts them.
    pub fuel: u64,
    /// What is wrong with it, and what to do.
    pub fault: Option<String>,
}

impl PluginHost {
    /// Loads a plugin and tries it out; what is wrong with the file itself is an error.
    pub async fn try_out(&self, origin: Origin, bytes: Vec<u8>) -> Result<Tried, LoadError> {
        let first = self.load(origin.clone(), bytes.clone()).await?;
        let second = self.load(origin, bytes).await?;
        let mut trying = Trying { twins: [first.clone(), second], trials: Vec::new() };
        trying.describe();
        for example in examples(first.profile()) {
            trying.hooks(&example).await;
        }
        Ok(Tried { plugin: first, trials: trying.trials })
    }
}

struct Trying {
    twins: [Plugin; 2],
    trials: Vec<Trial>,
}

/// A login as a hook may meet it.
struct Example {
    name: &'static str,
    context: Context,
}

impl Trying {
    fn describe(&mut self) {
        let [first, second] = &self.twins;
        let same = format!("{:?}", first.profile()) == format!("{:?}", second.profile());
        let fault = match (same, first.probe_fuel() == second.probe_fuel()) {
            (false, _) => Some("two calls gave two profiles; let it depend on nothing but its own code".to_owned()),
            (true, false) => Some(UNEQUAL_FUEL.to_owned()),
            (true, true) => None,
        };
        self.trials.push(Trial { call: "the profile".to_owned(), fuel: first.probe_fuel(), fault });
    }

    /// Calls a hook on both twins.
    async fn call<A: Debug, F: Future<Output = Result<A, CallError>>>(
        &mut self,
        name: String,
        call: impl Fn(Plugin) -> F,
    ) {
        let [first, second] = self.twins.clone();
        let (one, fuel) = (call(first.clone()).await, first.last_fuel());
        let (two, again) = (call(second.clone()).await, second.last_fuel());
        let fault = match (&one, &two) {
            (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
            (Ok(one), Ok(two)) if format!("{one:?}") != format!("{two:?}") => {
                Some("the same call gave two answers; let them depend on nothing but what the call brings".to_owned())
            }
            (Ok(_), Ok(_)) if fuel != again => Some(UNEQUAL_FUEL.to_owned()),
            (Ok(_), Ok(_)) => None,
        };
        self.trials.push(Trial { call: name, fuel, fault });
    }

    async fn hooks(&mut self, example: &Example) {
        let exports = self.twins[0].exports().to_vec();
        let has = |hook: &str| exports.iter().any(|export| export.contains(&format!("/{hook}@")));
        let c = &example.context;
        let named = |hook: &str| format!("{hook}, {}", example.name);
        if has("on-match") {
            self.call(named("on-match"), |plugin| async move {
                plugin.match_server(&c.server_url, c.issuer.as_deref(), c.protected_resource.as_deref()).await
            })
            .await;
        }
        if has("on-protected-resource") {
            let challenge = &challenge();
            self.call(named("on-protected-resource"), |plugin| async move {
                plugin.mend_protected_resource(c, challenge, c.protected_resource.as_deref()).await
            })
            .await;
        }
        if has("on-server-metadata") {
            self.call(named("on-server-metadata"), |plugin| async move {
                plugin.mend_server_metadata(c, c.server_metadata.as_deref(), c.issuer.as_deref()).await
            })
            .await;
        }
        if has("on-registration") {
            let abilities = &Abilities { metadata_document: None, redirect_uris: vec![c.redirect_uri.clone()] };
            let draft = r#"{"client_name":"MCPHub","redirect_uris":["http://localhost:3000/oauth/callback"]}"#;
            self.call(named("on-registration.attempts"), |plugin| async move {
                plugin.registration_attempts(c, draft, abilities).await
            })
            .await;
            for (status, body) in [(201, r#"{"client_id":"c1"}"#), (403, "Forbidden"), (400, r#"{"error":"x"}"#)] {
                self.call(named(&format!("on-registration.answer {status}")), |plugin| async move {
                    plugin.registration_answer(c, status, body).await
                })
                .await;
            }
        }
        self.login_hooks(&has, example).await;
        self.later_hooks(&has, example).await;
        if has("flow") {
            self.flow(example).await;
        }
    }

    async fn login_hooks(&mut self, has: &impl Fn(&str) -> bool, example: &Example) {
        let c = &example.context;
        let named = |hook: &str| format!("{hook}, {}", example.name);
        if has("on-authorize") {
            let issuer = c.issuer.clone().unwrap_or_else(|| "https://as.example".to_owned());
            let (url, params) = (&format!("{}/authorize", issuer.trim_end_matches('/')), &[pair("scope", "read")]);
            self.call(named("on-authorize"), |plugin| async move { plugin.authorize(c, url, params).await }).await;
        }
        if has("on-callback") {
            for params in [vec![pair("code", "•"), pair("state", "•")], vec![pair("error", "access_denied")]] {
                let params = &params;
                self.call(named("on-callback"), |plugin| async move { plugin.read_callback(c, params).await }).await;
            }
        }
        if has("on-provisioning") {
            self.call(named("on-provisioning"), |plugin| async move { plugin.guides(c).await }).await;
        }
    }

    async fn later_hooks(&mut self, has: &impl Fn(&str) -> bool, example: &Example) {
        let c = &example.context;
        let named = |hook: &str| format!("{hook}, {}", example.name);
        if has("on-scopes-for") {
            let needs = [Need::Default, Need::Tool("list_issues".into()), Need::Challenge(vec!["read".into()])];
            for need in &needs {
                self.call(named("on-scopes-for"), |plugin| async move { plugin.scopes_for(c, need).await }).await;
            }
        }
        if has("on-granted") {
            for scope in [None, Some(""), Some("read,write read")] {
                self.call(named("on-granted"), |plugin| async move { plugin.granted(c, scope, &[]).await }).await;
            }
        }
        if has("on-error") {
            let errors = [(400, r#"{"error":"invalid_grant"}"#), (200, r#"{"ok":false}"#), (503, "<html>"), (401, "")];
            for (status, body) in errors {
                self.call(named(&format!("on-error {status}")), |plugin| async move {
                    plugin.classify_error(c, Operation::Exchange, status, &[], body).await
                })
                .await;
            }
        }
    }

    /// The first step of each operation, and the next one after an answer of either kind.
    async fn flow(&mut self, example: &Example) {
        use FlowOperation::{Exchange, Introspect, Lookup, Refresh, Revoke};
        let c = &example.context;
        let operations: Vec<FlowOperation> = [Exchange, Refresh, Revoke, Lookup, Introspect]
            .into_iter()
            .filter(|operation| self.twins[0].handles(*operation))
            .collect();
        for operation in operations {
            for (number, last) in [(0, None), (1, Some(answer(200, "{}"))), (1, Some(answer(403, "no")))] {
                let last = last.as_ref();
                let after = last.map_or_else(String::new, |last| format!(" after {}", last.status));
                self.call(format!("flow {operation:?}{after}, {}", example.name), |plugin| async move {
                    plugin.next(c, operation, number, "", last).await
                })
                .await;
            }
        }
    }
}

const UNEQUAL_FUEL: &str = "the same call cost two amounts of fuel; let it depend on nothing but what the call brings";

fn pair(name: &str, value: &str) -> Pair {
    (name.to_owned(), value.to_owned())
}

fn answer(status: u16, body: &str) -> MaskedAnswer {
    MaskedAnswer { status, headers: Vec::new(), body: body.to_owned(), claims: Vec::new() }
}

fn challenge() -> ChallengeView {
    ChallengeView {
        status: 401,
        scheme: "Bearer".to_owned(),
        error: Some("invalid_token".to_owned()),
        scope: vec!["read".to_owned()],
        resource_metadata: None,
    }
}

/// A login that has just begun, and one that is done.
fn examples(profile: &Profile) -> [Example; 2] {
    let server_url = server(profile);
    let variant = profile.rules.first().map(|rule| rule.variant.clone()).unwrap_or_default();
    let inputs = profile.inputs.iter().filter(|input| !input.secret);
    let inputs = inputs.map(|input| (input.key.clone(), input.default.clone().unwrap_or_default()));
    let begun = Context {
        variant,
        resource: server_url.clone(),
        server_url,
        issuer: None,
        protected_resource: None,
        server_metadata: None,
        inputs: inputs.collect(),
        captured: Vec::new(),
        client: None,
        redirect_uri: "http://localhost:3000/oauth/callback".to_owned(),
        requested_scopes: Vec::new(),
        granted_scopes: Vec::new(),
        tokens: Vec::new(),
        now: UNIX_EPOCH + Duration::from_hours(490_896),
    };
    let origin = url::Url::parse(&begun.server_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let done = Context {
        issuer: Some(origin.clone()),
        protected_resource: Some(format!(r#"{{"resource":"{}"}}"#, begun.server_url)),
        server_metadata: Some(format!(r#"{{"issuer":"{origin}","token_endpoint":"{origin}/token"}}"#)),
        client: Some(ClientView {
            id: "c1".to_owned(),
            kind: ClientKind::Registered,
            authentication_method: "none".to_owned(),
            registration: Some(r#"{"client_id":"c1"}"#.to_owned()),
        }),
        requested_scopes: vec!["read".to_owned()],
        granted_scopes: vec!["read".to_owned()],
        tokens: vec![HeldToken { slot: "main".to_owned(), expires_at: Some(1_767_229_200), refreshable: true }],
        ..begun.clone()
    };
    [Example { name: "before a login", context: begun }, Example { name: "after a login", context: done }]
}

/// A server that the first rule which names one would match.
fn server(profile: &Profile) -> String {
    let conditions = profile.rules.iter().flat_map(|rule| &rule.conditions);
    let host =
        conditions.filter(|condition| condition.field == MatchField::ServerHost).find_map(|condition| match condition
            .comparison
        {
            Comparison::Exact => Some(condition.value.clone()),
            Comparison::Suffix => Some(format!("example{}", condition.value)),
            Comparison::Prefix => None,
        });
    format!("https://{}/mcp", host.unwrap_or_else(|| "mcp.example.com".to_owned()))
}
