//! The way through one provider: a login, a request, a refresh, a revocation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mcphub::connect::{Blocked, BrowserId, Connector, Finish, IssuerTag, RequestCredential, new_browser};
use mcphub::random::Random;
use mcphub_plugins::{Catalogue, Origin, Plugin, PluginHost};
use mcphub_tests::core::START;
use mcphub_tests::deviant::{CLIENT_ID, CLIENT_SECRET, Deviant, REDIRECT_URI, given};
use mcphub_tests::offline::{self, unauthorized};
use mcphub_tests::{CHAMELEON, Home};
use reqwest::header::HeaderValue;
use serde_json::{Map, Value, json};

/// What a provider does differently, or what a plugin knows of it.
pub(super) type Quirks = Map<String, Value>;

/// Whether a plugin that knows of these quirks serves a provider that has those.
pub(super) async fn served(host: &PluginHost, name: &str, known: &Quirks, quirks: &Quirks) -> Result<(), String> {
    let mut order = known.clone();
    // Who is like whom, and how hard it is, is for readers.
    order.retain(|key, _| !["_alias", "_level"].contains(&key.as_str()));
    let plugin = host.load(Origin::File(name.into()), CHAMELEON.with(&Value::Object(order))).await;
    let plugin = plugin.map_err(|error| format!("load: {error}"))?;
    keeps_secrets(&plugin, quirks)?;
    refuses_what_is_not_offered(&plugin, quirks).await?;
    let trip = Trip::new(quirks, &inputs(&plugin), &plugin);
    trip.run(quirks).await.map_err(|error| format!("{error} {:?}", trip.authority.refusals()))
}

fn list(quirks: &Quirks, key: &str) -> Vec<String> {
    let items = quirks.get(key).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a person must write: neither what the server's address says nor what may be left out.
fn inputs(plugin: &Plugin) -> Map<String, Value> {
    let profile = plugin.profile();
    let conditions = profile.matching.iter().flat_map(|rule| &rule.conditions);
    let in_address: Vec<&String> = conditions.filter_map(|condition| condition.capture.as_ref()).collect();
    let written = profile.inputs.iter().filter(|input| input.required && !in_address.contains(&&input.key));
    written.map(|input| (input.key.clone(), json!(given(&input.key)))).collect()
}

/// Where a further secret is asked for, it is kept as one.
fn keeps_secrets(plugin: &Plugin, quirks: &Quirks) -> Result<(), String> {
    if !quirks.contains_key("config.secret_input") {
        return Ok(());
    }
    let asked = list(quirks, "config.asked_from_person");
    match plugin.profile().inputs.iter().find(|input| asked.contains(&input.key) && !input.secret) {
        Some(plain) => Err(format!("{} is kept in the clear", plain.key)),
        None => Ok(()),
    }
}

/// Where there are values to choose from, no other one gets as far as a login.
async fn refuses_what_is_not_offered(plugin: &Plugin, quirks: &Quirks) -> Result<(), String> {
    let Some(key) = list(quirks, "config.enum_input").into_iter().next() else { return Ok(()) };
    let mut inputs = inputs(plugin);
    inputs.insert(key.clone(), json!("unlisted"));
    let trip = Trip::new(quirks, &inputs, plugin);
    match trip.refused("Bearer scope=\"read\"").await {
        Err(Blocked::Setup { .. }) => Ok(()),
        other => Err(format!("{key} is not one of those offered, and: {other:?}")),
    }
}

struct Trip {
    connector: Connector,
    authority: Deviant,
    time: Arc<AtomicU64>,
    home: Home,
    person: BrowserId,
}

impl Trip {
    fn new(quirks: &Quirks, inputs: &Map<String, Value>, plugin: &Plugin) -> Self {
        let mut oauth = json!({"inputs": inputs});
        if quirks.get("reg.mode") != Some(&json!("dynamic")) {
            oauth["clientId"] = json!(CLIENT_ID);
            oauth["clientSecret"] = json!(CLIENT_SECRET);
        }
        if quirks.contains_key("authz.pkce_off") {
            oauth["pkce"] = json!("omit");
        }
        let time = Arc::new(AtomicU64::new(START));
        let authority = Deviant::new(quirks, time.clone());
        let entry = json!({"url": authority.server(), "oauth": oauth});
        let home = Home::new(&json!({"mcpServers": {"it": entry}}).to_string());
        let catalogue = Catalogue::new();
        catalogue.add(plugin.clone());
        let connector = offline::connector(&home, catalogue, authority.clone(), time.clone());
        let person = new_browser(&Random::system()).expect("an id");
        Self { connector, authority, time, home, person }
    }

    async fn run(&self, quirks: &Quirks) -> Result<(), String> {
        if !self.connector.redirect_uris().contains(REDIRECT_URI) {
            return Err(format!("{REDIRECT_URI} is not announced"));
        }
        self.need_login(quirks).await?;
        if quirks.contains_key("resp.error_in_200") {
            self.mistake().await?;
        }
        self.log_in().await?;
        self.call().await?;
        self.refresh(quirks).await?;
        self.log_out(quirks).await?;
        match self.authority.refusals() {
            refusals if refusals.is_empty() => Ok(()),
            _ => Err("something was refused on the way".to_owned()),
        }
    }

    async fn need_login(&self, quirks: &Quirks) -> Result<(), String> {
        let wanted =
            if quirks.contains_key("authz.second_scope_param") { "read write search:read" } else { "read write" };
        match self.refused(&format!("Bearer scope=\"{wanted}\"")).await {
            Err(Blocked::Login { .. }) => Ok(()),
            Err(blocked) => Err(format!("no login: {blocked}")),
            Ok(_) => Err("no login was needed".to_owned()),
        }
    }

    /// To the login page and back.
    async fn sent_back(&self) -> Result<(Option<IssuerTag>, Vec<(String, String)>), String> {
        let page = mcphub_tests::begin(&self.connector, "it", &self.person).await.map_err(|error| error.summary())?;
        let back = self.authority.authorize(&page).map_err(|why| format!("authorize: {why}"))?;
        Ok((IssuerTag::of_login_page(&page), back))
    }

    /// A code that was never given: the refusal, with status 200, is taken for one.
    async fn mistake(&self) -> Result<(), String> {
        let (tag, mut back) = self.sent_back().await?;
        for (_, value) in back.iter_mut().filter(|(name, _)| name == "code") {
            "another".clone_into(value);
        }
        let told = match self.connector.finish(tag, back, Some(&self.person)).await {
            Ok(finish) => return Err(format!("with another code: {finish:?}")),
            Err(error) => error.summary(),
        };
        self.authority.excuse("the code is not known")?;
        if told.contains("refused with status 200") { Ok(()) } else { Err(format!("with another code: {told}")) }
    }

    async fn log_in(&self) -> Result<(), String> {
        let (tag, back) = self.sent_back().await?;
        match self.connector.finish(tag, back, Some(&self.person)).await {
            Ok(Finish::Done(finished)) if finished.account.as_deref() == self.authority.account() => {}
            Ok(other) => return Err(format!("{other:?}")),
            Err(error) => return Err(error.summary()),
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
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = credential.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        self.authority.open(&headers, &credential.query.into_iter().collect())
    }

    async fn refresh(&self, quirks: &Quirks) -> Result<(), String> {
        if quirks.contains_key("resp.expires_unknown") {
            self.time.fetch_add(self.authority.lifetime() + 1, Ordering::Relaxed);
            let ended = self.call().await;
            self.authority.excuse("the token has ended").map_err(|error| format!("{error}: {ended:?}"))?;
            let credential = self.refused("Bearer error=\"invalid_token\"").await;
            credential.map_err(|blocked| blocked.to_string())?;
        } else {
            // Some refuse to refresh before the last half minute.
            self.time.fetch_add(self.authority.lifetime() - 45, Ordering::Relaxed);
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

    /// Every token of the grant is taken back.
    async fn log_out(&self, quirks: &Quirks) -> Result<(), String> {
        let done = self.connector.logout("it").await.map_err(|error| error.summary())?;
        let held = if quirks.contains_key("resp.multi_token") { 2 } else { 1 };
        if self.authority.revoked() == held && done.sentence.contains("taken its tokens back") {
            return Ok(());
        }
        Err(format!("logout: {} of {held} taken back: {}", self.authority.revoked(), done.sentence))
    }

    async fn refused(&self, challenge: &str) -> Result<RequestCredential, Blocked> {
        let used = self.connector.credential("it").await.ok().flatten();
        self.connector.refused("it", unauthorized(challenge), used.as_ref()).await
    }
}
