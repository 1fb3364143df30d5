//! Plays a case: the login core runs, the case is its world.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use mcphub_oauth::profile::Pair;
use mcphub_plugins::Catalogue;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

use super::case::{Case, CaseError, Exchange, Reaction, Step};
use super::slots::Slots;
use super::stage::{Stage, decoded};
use crate::clock::Clock;
use crate::connect::{
    Blocked, BrowserId, Connector, ConnectorParts, Credential, Finish, MetadataDocument, Refusal, new_browser,
};
use crate::egress::{Egress, Seen};
use crate::random::Random;
use crate::settings::{Environment, SettingsFile};
use crate::store::Store;

/// The server's name in the settings of a case.
const SERVER: &str = "server";
/// When a case begins that does not say when.
const NOW: &str = "2026-01-01T00:00:00Z";

/// Plays a case with these plugins, of which `provider` must serve it. Every difference from what the case expects is one
/// sentence; none: it went as expected.
pub async fn replay(case: &Case, catalogue: Catalogue, provider: &str) -> Result<Vec<String>, CaseError> {
    let mut play = Play::new(case, catalogue)?;
    for (at, step) in case.steps.iter().enumerate() {
        let faults = play.step(step).await;
        if !faults.is_empty() {
            // What comes after a fault follows from it.
            return Ok(faults.into_iter().map(|fault| format!("step {} ({}): {fault}", at + 1, step.name())).collect());
        }
    }
    match play.connector.view(SERVER).await.and_then(|view| view.provider) {
        Some(served) if served != provider => {
            Ok(vec![format!("plugin {served} serves {}, not {provider}", case.server)])
        }
        Some(_) | None => Ok(Vec::new()),
    }
}

struct Play {
    connector: Connector,
    stage: Stage,
    time: Arc<AtomicU64>,
    person: BrowserId,
    credential: Option<Credential>,
    /// Where the person is sent once more.
    again: Option<Url>,
    _home: TempDir,
}

impl Step {
    const fn name(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Login { .. } => "login",
            Self::Call { .. } => "call",
            Self::Wait { .. } => "wait",
            Self::Logout { .. } => "logout",
        }
    }

    fn exchanges(&self) -> &[Exchange] {
        match self {
            Self::Refused { exchange, .. }
            | Self::Login { exchange, .. }
            | Self::Call { exchange, .. }
            | Self::Logout { exchange, .. } => exchange,
            Self::Wait { .. } => &[],
        }
    }
}

impl Play {
    fn new(case: &Case, catalogue: Catalogue) -> Result<Self, CaseError> {
        let failed = |error: &dyn std::fmt::Display| CaseError::Play(error.to_string());
        let home = tempfile::tempdir().map_err(|error| failed(&error))?;
        let stage = Stage::default();
        let settings = settings(case, &home, &mut stage.scene().slots)?;
        let servers = settings.load().map_err(|error| failed(&error))?;
        let wrong: Vec<String> = servers.faults.iter().map(ToString::to_string).collect();
        if !wrong.is_empty() {
            return Err(CaseError::Settings(wrong.join(" ")));
        }
        let now = case.now.as_deref().unwrap_or(NOW);
        let now = humantime::parse_rfc3339(now).map_err(|_| CaseError::Time(now.to_owned()))?;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|error| failed(&error))?;
        let time = Arc::new(AtomicU64::new(now.as_secs()));
        let random = seeded();
        let seconds = time.clone();
        let granted = stage.clone();
        let address = |text: &str| Url::parse(text).map_err(|error| failed(&error));
        let parts = ConnectorParts {
            store: Store::new(settings.clone()),
            settings,
            egress: Egress::answered_by(stage.clone()).witnessed_by(Arc::new(move |seen| {
                if let Seen::Granted(scopes) = seen {
                    granted.scene().granted = scopes.map(<[String]>::to_vec);
                }
            })),
            catalogue,
            clock: Clock::of(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed))),
            random: random.clone(),
            base_url: address("http://localhost:3000/")?,
            loopback: address("http://127.0.0.1:3000/")?,
            metadata_document: match &case.metadata_document {
                Some(url) => MetadataDocument::At(url.clone()),
                None => MetadataDocument::None("the case has none"),
            },
        };
        let person = new_browser(&random).ok_or_else(|| CaseError::Play("no browser".to_owned()))?;
        let connector = Connector::new(servers.settings.usable(), parts);
        Ok(Self { connector, stage, time, person, credential: None, again: None, _home: home })
    }

    async fn step(&mut self, step: &Step) -> Vec<String> {
        self.stage.expect(step.exchanges());
        match step {
            Step::Refused { status, challenge, body, tool, expect, says, .. } => {
                let mut refusal = Refusal {
                    status: StatusCode::from_u16(*status).unwrap_or(StatusCode::UNAUTHORIZED),
                    challenges: challenge.iter().cloned().collect(),
                    body: body.clone(),
                    tool: tool.clone(),
                };
                for challenge in &mut refusal.challenges {
                    *challenge = self.stage.scene().slots.fill(challenge);
                }
                self.refused(refusal, *expect, says.as_deref()).await;
            }
            Step::Login { .. } => self.login(step).await,
            Step::Call { headers, query, .. } => self.call(headers, query).await,
            Step::Wait { seconds } => {
                self.time.fetch_add(*seconds, Ordering::Relaxed);
            }
            Step::Logout { says, .. } => match self.connector.logout(SERVER).await {
                Ok(done) => {
                    self.credential = None;
                    self.check_says(says.as_deref(), &done.sentence);
                }
                Err(error) => self.fault(format!("it failed: {}", error.told())),
            },
        }
        self.stage.faults()
    }

    async fn refused(&mut self, refusal: Refusal, expected: Reaction, says: Option<&str>) {
        let (reaction, said) = match self.connector.refused(SERVER, refusal, self.credential.as_ref()).await {
            Ok(credential) => {
                self.credential = Some(credential);
                (Reaction::Retry, "a better credential".to_owned())
            }
            Err(blocked @ Blocked::Login { .. }) => (Reaction::Login, blocked.to_string()),
            Err(blocked @ Blocked::Setup { .. }) => (Reaction::Setup, blocked.to_string()),
            Err(blocked @ Blocked::Failed { .. }) => (Reaction::Failed, blocked.to_string()),
        };
        let problem = self.connector.view(SERVER).await.and_then(|view| view.problem).unwrap_or_default();
        if reaction != expected {
            self.fault(format!("it led to {reaction:?} ({said} {problem}), expected {expected:?}"));
        }
        self.check_says(says, &format!("{said} {problem}"));
    }

    async fn login(&mut self, step: &Step) {
        let Step::Login { authorize, query, callback, scopes, account, again, fails, choose, .. } = step else {
            return;
        };
        let begun = match self.again.take() {
            Some(url) => Ok(url),
            None => self.connector.begin_at_terminal(SERVER, &self.person).await,
        };
        let page = match begun {
            Ok(page) => page,
            Err(error) => return self.failed(fails.as_deref(), &error.told()),
        };
        self.arrived(&page, authorize.as_deref(), query.as_ref());
        let params: Vec<Pair> = {
            let slots = &mut self.stage.scene().slots;
            callback.iter().map(|(name, value)| (name.clone(), slots.fill(value))).collect()
        };
        let mut finished = self.connector.finish(params, Some(&self.person)).await;
        if let (Ok(Finish::Choose(choice)), Some(value)) = (&finished, choose) {
            let ticket = choice.ticket.clone();
            finished = self.connector.choose(&ticket, Some(&self.person), value).await;
        }
        match (finished, again) {
            (Ok(Finish::Choose(choice)), _) => {
                self.fault(format!("the person is asked: {} {:?}", choice.title, choice.options));
            }
            (Ok(Finish::Again(url)), true) => self.again = Some(url),
            (Ok(Finish::Again(_)), false) => self.fault("the person is sent to the login page once more".to_owned()),
            (Ok(Finish::Done(_)), true) => self.fault("it is done, expected another round".to_owned()),
            (Ok(Finish::Done(finished)), false) => {
                self.granted(scopes.as_deref());
                if let Some(why) = fails {
                    self.fault(format!("it went well, expected it to fail: {why}"));
                }
                if account.is_some() && *account != finished.account {
                    let said = finished.account.unwrap_or_else(|| "not told".to_owned());
                    self.fault(format!("the account is {said:?}, expected {account:?}"));
                }
            }
            (Err(error), _) => self.failed(fails.as_deref(), &error.told()),
        }
    }

    /// What the login page is asked with.
    fn arrived(&self, page: &Url, authorize: Option<&str>, query: Option<&BTreeMap<String, String>>) {
        let mut bare = page.clone();
        bare.set_query(None);
        let said: Vec<Pair> = page.query_pairs().into_owned().collect();
        let mut scene = self.stage.scene();
        for (parameter, slot) in [("state", "state"), ("redirect_uri", "redirect-uri")] {
            if let Some((_, value)) = said.iter().find(|(name, _)| name == parameter) {
                scene.slots.set(slot, value);
            }
        }
        if let Some(expected) = authorize {
            scene.check("the login page", expected, bare.as_str());
        }
        if let Some(expected) = query {
            scene.check_all("the login page's parameter", expected, &said);
        }
    }

    fn granted(&self, expected: Option<&[String]>) {
        let granted = self.stage.scene().granted.take();
        let Some(expected) = expected else { return };
        let sorted = |scopes: &[String]| scopes.iter().cloned().collect::<std::collections::BTreeSet<_>>();
        let said = granted.as_deref().map(sorted);
        if said != Some(sorted(expected)) {
            let said = granted.map_or_else(|| "not told".to_owned(), |scopes| scopes.join(" "));
            self.fault(format!("the granted scopes are {said:?}, expected {:?}", expected.join(" ")));
        }
    }

    async fn call(&mut self, headers: &BTreeMap<String, String>, query: &BTreeMap<String, String>) {
        match self.connector.credential(SERVER).await {
            Ok(Some(credential)) => {
                let text = |value: &http::HeaderValue| decoded(value.to_str().unwrap_or_default());
                let said: Vec<Pair> =
                    credential.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
                let expected = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
                let mut scene = self.stage.scene();
                scene.check_all("the request's header", &expected, &said);
                scene.check_all("the request's parameter", query, &credential.query);
                drop(scene);
                self.credential = Some(credential);
            }
            Ok(None) => self.fault("the request carries no credential".to_owned()),
            Err(blocked) => self.fault(format!("the request is not sent: {blocked}")),
        }
    }

    fn failed(&self, expected: Option<&str>, said: &str) {
        match expected {
            Some(expected) => self.check_says(Some(expected), said),
            None => self.fault(format!("it failed: {said}")),
        }
    }

    fn check_says(&self, expected: Option<&str>, said: &str) {
        if let Some(expected) = expected.filter(|expected| !said.contains(*expected)) {
            self.fault(format!("the person is told {said:?}, expected {expected:?} in it"));
        }
    }

    fn fault(&self, sentence: String) {
        self.stage.scene().faults.push(sentence);
    }
}

fn settings(case: &Case, home: &TempDir, slots: &mut Slots) -> Result<SettingsFile, CaseError> {
    let failed = |error: &dyn std::fmt::Display| CaseError::Play(error.to_string());
    let oauth = slots.fill(&Value::Object(case.oauth.clone()).to_string());
    let oauth: Value = serde_json::from_str(&oauth).map_err(|error| failed(&error))?;
    let path = home.path().join("mcp_settings.json");
    let document = json!({"mcpServers": {SERVER: {"url": case.server, "oauth": oauth}}});
    std::fs::write(&path, document.to_string()).map_err(|error| failed(&error))?;
    SettingsFile::open(&path, Environment::default()).map_err(|error| failed(&error))
}

/// The same bytes every time, none twice.
fn seeded() -> Random {
    let drawn = AtomicU64::new(0);
    Random::of(move |bytes| {
        for chunk in bytes.chunks_mut(32) {
            let digest = Sha256::digest(drawn.fetch_add(1, Ordering::Relaxed).to_le_bytes());
            for (byte, random) in chunk.iter_mut().zip(digest) {
                *byte = random;
            }
        }
    })
}
