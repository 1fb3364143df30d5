//! How far profiles reach: 181 real providers' deviations, each logged in to, refreshed and revoked at an authority that
//! deviates in exactly that way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use mcphub::connect::{Blocked, BrowserId, Connector, Finish, new_browser};
use mcphub::random::Random;
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};
use mcphub_tests::core::START;
use mcphub_tests::deviant::{CLIENT_ID, CLIENT_SECRET, Deviant, LIFETIME, SERVER, given};
use mcphub_tests::offline::{self, unauthorized};
use mcphub_tests::{CHAMELEON, Home};
use serde_json::{Map, Value, json};

/// Providers that no plugin serves, and why not.
const OUT_OF_REACH: &[(&str, &str)] = &[
    ("bamboohr", "the parameter `request` could carry a whole other authorization request (RFC 9101)"),
    ("bullhorn", "the person's user name and password go into the address of the login page"),
    ("followupboss", "response_type is the hub's own, and this one is not code"),
    ("monday", "response_type is the hub's own, and must not be sent"),
];

#[tokio::test(flavor = "multi_thread")]
async fn at_least_170_of_181_providers_are_served_by_data_and_pure_functions() {
    let quirks = include_str!("../data/provider-quirks.json");
    let quirks: Value = serde_json::from_str(quirks).expect("JSON");
    let providers = quirks["providers"].as_object().expect("providers");
    assert_eq!(providers.len(), 181);
    let cache = std::env::temp_dir().join("mcphub-tests-cache");
    let host = PluginHost::new(Some(&cache), Limits::default()).expect("a host");

    let outcomes: BTreeMap<&str, Result<(), String>> = futures::stream::iter(providers)
        .map(|(name, quirks)| {
            let mut quirks = quirks.as_object().expect("quirks").clone();
            // Who is like whom, and how hard it is, is for readers.
            quirks.retain(|key, _| !["_alias", "_level"].contains(&key.as_str()));
            let bytes = CHAMELEON.with(&Value::Object(quirks.clone()));
            let host = host.clone();
            async move { (name.as_str(), served(&host, bytes, name, &quirks).await) }
        })
        .buffer_unordered(4)
        .collect()
        .await;

    let failed: Vec<String> = outcomes
        .iter()
        .filter_map(|(name, outcome)| Some(format!("{name}: {}", outcome.as_ref().err()?)))
        .filter(|failed| OUT_OF_REACH.iter().all(|(name, _)| !failed.starts_with(&format!("{name}:"))))
        .collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    let served = outcomes.values().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(served, 181 - OUT_OF_REACH.len(), "what is out of reach is listed so: {OUT_OF_REACH:?}");
    assert!(served >= 170);
}

struct Trip {
    connector: Connector,
    authority: Deviant,
    time: Arc<AtomicU64>,
    home: Home,
    person: BrowserId,
}

/// A login, a request, a refresh, a revocation.
async fn served(host: &PluginHost, bytes: Vec<u8>, name: &str, quirks: &Map<String, Value>) -> Result<(), String> {
    let plugin = host.load(Origin::File(name.into()), bytes).await.map_err(|error| format!("load: {error}"))?;
    let inputs: Map<String, Value> =
        plugin.profile().inputs.iter().map(|input| (input.key.clone(), json!(given(&input.key)))).collect();
    let catalogue = Catalogue::new();
    catalogue.add(plugin);
    let trip = Trip::new(quirks, &inputs, catalogue);
    trip.run(quirks).await.map_err(|error| format!("{error} {:?}", trip.authority.refusals()))
}

impl Trip {
    fn new(quirks: &Map<String, Value>, inputs: &Map<String, Value>, catalogue: Catalogue) -> Self {
        let mut oauth = json!({"inputs": inputs});
        if quirks.get("reg.mode") != Some(&json!("dynamic")) {
            oauth["clientId"] = json!(CLIENT_ID);
            oauth["clientSecret"] = json!(CLIENT_SECRET);
        }
        if quirks.contains_key("authz.pkce_off") {
            oauth["pkce"] = json!("omit");
        }
        let home = Home::new(&json!({"mcpServers": {"it": {"url": SERVER, "oauth": oauth}}}).to_string());
        let time = Arc::new(AtomicU64::new(START));
        let authority = Deviant::new(quirks, time.clone());
        let connector = offline::connector(&home, catalogue, authority.clone(), time.clone());
        let person = new_browser(&Random::system()).expect("an id");
        Self { connector, authority, time, home, person }
    }

    async fn run(&self, quirks: &Map<String, Value>) -> Result<(), String> {
        self.log_in(quirks).await?;
        self.call().await?;
        self.refresh(quirks).await?;
        let done = self.connector.logout("it").await.map_err(|error| error.told())?;
        if self.authority.revoked() == 0 || !done.sentence.contains("taken its tokens back") {
            return Err(format!("logout: {}", done.sentence));
        }
        match self.authority.refusals() {
            refusals if refusals.is_empty() => Ok(()),
            _ => Err("something was refused on the way".to_owned()),
        }
    }

    async fn log_in(&self, quirks: &Map<String, Value>) -> Result<(), String> {
        let wanted =
            if quirks.contains_key("authz.second_scope_param") { "read write search:read" } else { "read write" };
        match self.refused(&format!("Bearer scope=\"{wanted}\"")).await {
            Err(Blocked::Login { .. }) => {}
            Err(blocked) => return Err(format!("no login: {blocked}")),
            Ok(_) => return Err("no login was needed".to_owned()),
        }
        let page = self.connector.begin_at_terminal("it", &self.person).await.map_err(|error| error.told())?;
        let back = self.authority.authorize(&page).map_err(|why| format!("authorize: {why}"))?;
        match self.connector.finish(back, Some(&self.person)).await {
            Ok(Finish::Done(finished)) => {
                let lookup = quirks.get("id.lookup").and_then(Value::as_str).unwrap_or_default();
                let named = lookup.starts_with("http: GET") || lookup.starts_with("http: GraphQL");
                if named && finished.account.as_deref() != Some("someone") {
                    return Err(format!("the account is {:?}", finished.account));
                }
            }
            Ok(other) => return Err(format!("{other:?}")),
            Err(error) => return Err(error.told()),
        }
        let kept = self.home.json()["obtained"].to_string();
        match self.authority.told().iter().find(|told| !kept.contains(told.as_str())) {
            Some(lost) => Err(format!("{lost} was not kept")),
            None => Ok(()),
        }
    }

    /// The next request, which is taken.
    async fn call(&self) -> Result<(), String> {
        let credential = self.connector.credential("it").await.map_err(|blocked| blocked.to_string())?;
        let credential = credential.ok_or("there is no credential")?;
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = credential.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        self.authority.open(&headers, &credential.query.into_iter().collect())
    }

    async fn refresh(&self, quirks: &Map<String, Value>) -> Result<(), String> {
        if quirks.contains_key("resp.expires_unknown") {
            self.authority.forget_access_tokens();
            let credential = self.refused("Bearer error=\"invalid_token\"").await;
            credential.map_err(|blocked| blocked.to_string())?;
        } else {
            // Some refuse to refresh before the last half minute.
            self.time.fetch_add(LIFETIME - 45, Ordering::Relaxed);
            self.call().await?;
            self.time.fetch_add(35, Ordering::Relaxed);
        }
        self.call().await?;
        let once = if quirks.contains_key("refresh.multi") { 2 } else { 1 };
        if self.authority.refreshes() == once {
            Ok(())
        } else {
            Err(format!("refreshed {} times", self.authority.refreshes()))
        }
    }

    async fn refused(&self, challenge: &str) -> Result<mcphub::connect::Credential, Blocked> {
        let used = self.connector.credential("it").await.ok().flatten();
        self.connector.refused("it", unauthorized(challenge), used.as_ref()).await
    }
}

/// Quirks without which a login goes well all the same, and why.
const NEEDS_NOTHING: &[(&str, &str)] = &[
    ("config.asked_from_person", "what is asked follows from where it stands"),
    ("config.enum_input", "a free text can hold a listed value"),
    ("tenant.in_resource_url", "the person writes the server's address"),
    ("tenant.in_authorize_params", "stands in the parameters themselves"),
    ("tenant.in_token_params", "stands in the parameters themselves"),
    ("tenant.url_fallback", "an input that is left out has a default"),
    ("config.secret_input", "out of reach"),
    ("authz.drop_empty_params", "the hub sends no empty parameter"),
    ("refresh.response_omits_refresh_token", "the old one is kept (RFC 6749 §6)"),
    ("reg.extra_params", "the hub states grant types and response types to everybody"),
    ("reg.mode", "the metadata tells"),
    ("resp.error_in_200", "an answer without a token is no login either way; known, its reason is told"),
    ("resp.expires_unknown", "an answer without a lifetime tells none"),
    ("resp.field_renames", "resp.expires_absolute says it"),
    ("resp.multi_token", "followup.exchange and refresh.multi say it"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_know_of_a_quirk_fails_at_it() {
    let quirks: Value = serde_json::from_str(include_str!("../data/provider-quirks.json")).expect("JSON");
    let providers = quirks["providers"].as_object().expect("providers");
    let cache = std::env::temp_dir().join("mcphub-tests-cache");
    let host = PluginHost::new(Some(&cache), Limits::default()).expect("a host");
    let mut of_quirk: BTreeMap<&str, Vec<&Map<String, Value>>> = BTreeMap::new();
    for (_, quirks) in providers.iter().filter(|(name, _)| OUT_OF_REACH.iter().all(|(other, _)| name != other)) {
        for key in quirks.as_object().expect("quirks").keys().filter(|key| !key.starts_with('_')) {
            of_quirk.entry(key).or_default().push(quirks.as_object().expect("quirks"));
        }
    }

    let unnoticed: Vec<String> = futures::stream::iter(of_quirk)
        .filter(|(key, _)| std::future::ready(NEEDS_NOTHING.iter().all(|(needless, _)| needless != key)))
        .map(|(key, having)| {
            let host = host.clone();
            async move {
                // Two that have it: with one of them it may not come to bear.
                for quirks in having.first().into_iter().chain(having.last()) {
                    let mut known = (*quirks).clone();
                    known.retain(|other, _| other != key && !["_alias", "_level"].contains(&other.as_str()));
                    let bytes = CHAMELEON.with(&Value::Object(known));
                    if served(&host, bytes, key, quirks).await.is_err() {
                        return None;
                    }
                }
                Some(key.to_owned())
            }
        })
        .buffer_unordered(4)
        .filter_map(|unnoticed| async { unnoticed })
        .collect()
        .await;

    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
