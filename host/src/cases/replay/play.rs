//! Plays the steps of a case one after the other, and collects the differences.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;
use mcphub_oauth::profile::Pair;
use mcphub_plugins::Catalogue;
use tempfile::TempDir;
use url::Url;

use super::mock_provider::MockProvider;
use super::world::{SERVER, World};
use crate::cases::case::{Case, CaseError, CaseStep, Exchange, Reaction};
use crate::cases::messages::decoded;
use crate::connect::{
    Blocked, BrowserId, ConnectError, Connector, Finish, IssuerTag, LoginError, Refusal, RequestCredential,
};

/// Plays a case with these plugins; the plugin `provider` must serve it.
///
/// Returns one sentence for each difference from what the case expects; an empty list means that all went as expected. It
/// stops at the first step with a difference, because the later ones would follow from it.
pub async fn replay(case: &Case, catalogue: Catalogue, provider: &str) -> Result<Vec<String>, CaseError> {
    let mut play = Play::new(case, catalogue)?;
    for (at, step) in case.steps.iter().enumerate() {
        let faults = play.step(step).await;
        if !faults.is_empty() {
            // The usual reason for a fault is that another plugin served the server, so that is named too.
            let faults = faults.into_iter().map(|fault| format!("step {} ({}): {fault}", at + 1, step.name()));
            let other = play.served().await.filter(|served| served != provider);
            return Ok(faults.chain(other.map(|served| another(&served, case, provider))).collect());
        }
    }
    Ok(match play.served().await {
        Some(served) if served != provider => vec![another(&served, case, provider)],
        Some(_) => Vec::new(),
        None => vec![format!("{provider} was not asked anything; add a step in which a login is needed")],
    })
}

/// The most common mistake in a new plugin: its matching rules do not apply to the server.
fn another(served: &str, case: &Case, provider: &str) -> String {
    format!("plugin {served} serves {}, not {provider}; see its rules in matching", case.server)
}

struct Play {
    connector: Connector,
    provider: MockProvider,
    time: Arc<AtomicU64>,
    person: BrowserId,
    credential: Option<RequestCredential>,
    /// The login page of the second round, where the last step asked for one.
    again: Option<Url>,
    _home: TempDir,
}

impl CaseStep {
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
        let mock = MockProvider::default();
        let World { connector, time, person, home } = World::of(case, catalogue, &mock)?;
        Ok(Self { connector, provider: mock, time, person, credential: None, again: None, _home: home })
    }

    /// The plugin that serves the server, if one has been asked yet.
    async fn served(&self) -> Option<String> {
        self.connector.view(SERVER).await.and_then(|view| view.provider)
    }

    async fn step(&mut self, step: &CaseStep) -> Vec<String> {
        self.provider.expect(step.exchanges());
        match step {
            CaseStep::Refused { status, challenge, body, tool, expect, says, .. } => {
                let mut refusal = Refusal {
                    status: StatusCode::from_u16(*status).unwrap_or(StatusCode::UNAUTHORIZED),
                    challenges: challenge.iter().cloned().collect(),
                    body: body.clone(),
                    tool: tool.clone(),
                };
                for challenge in &mut refusal.challenges {
                    *challenge = self.provider.scene().slots.fill(challenge);
                }
                self.refused(refusal, *expect, says.as_deref()).await;
            }
            CaseStep::Login { .. } => self.login(step).await,
            CaseStep::Call { headers, query, .. } => self.call(headers, query).await,
            CaseStep::Wait { seconds } => {
                self.time.fetch_add(*seconds, Ordering::Relaxed);
            }
            CaseStep::Logout { says, .. } => match self.connector.logout(SERVER).await {
                Ok(done) => {
                    self.credential = None;
                    self.check_says(says.as_deref(), &done.sentence);
                }
                Err(error) => self.fault(format!("it failed: {}", error.summary())),
            },
        }
        self.provider.faults()
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

    async fn login(&mut self, step: &CaseStep) {
        let CaseStep::Login { authorize, query, callback, scopes, account, again, fails, choose, .. } = step else {
            return;
        };
        let begun = match self.again.take() {
            Some(url) => Ok(url),
            None => self.begun().await,
        };
        let page = match begun {
            Ok(page) => page,
            Err(error) => return self.failed(fails.as_deref(), &error.summary()),
        };
        self.arrived(&page, authorize.as_deref(), query.as_ref());
        let params: Vec<Pair> = {
            let slots = &mut self.provider.scene().slots;
            callback.iter().map(|(name, value)| (name.clone(), slots.fill(value))).collect()
        };
        let mut finished = self.connector.finish(IssuerTag::of_login_page(&page), params, Some(&self.person)).await;
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
                self.done(finished.account, account.as_deref(), fails.as_deref());
            }
            (Err(error), _) => self.failed(fails.as_deref(), &error.summary()),
        }
    }

    /// The login page. The person in a case agrees to a login page on another site.
    async fn begun(&self) -> Result<Url, ConnectError> {
        match self.connector.begin_at_terminal(SERVER, &self.person).await {
            Err(ConnectError::Login(LoginError::ForeignLogin(login))) => {
                self.connector.acknowledge_at_terminal(SERVER, login.sites()).await?;
                self.connector.begin_at_terminal(SERVER, &self.person).await
            }
            begun => begun,
        }
    }

    /// Checks a login that succeeded, with the account that it is for.
    fn done(&self, said: Option<String>, account: Option<&str>, fails: Option<&str>) {
        if let Some(why) = fails {
            self.fault(format!("it went well, expected it to fail: {why}"));
        }
        if let Some(expected) = account.filter(|expected| said.as_deref() != Some(*expected)) {
            let said = said.unwrap_or_else(|| "not told".to_owned());
            self.fault(format!("the account is {said:?}, expected {expected:?}"));
        }
    }

    /// Checks the address of the login page.
    fn arrived(&self, page: &Url, authorize: Option<&str>, query: Option<&BTreeMap<String, String>>) {
        let mut bare = page.clone();
        bare.set_query(None);
        let said: Vec<Pair> = page.query_pairs().into_owned().collect();
        let mut scene = self.provider.scene();
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
        let granted = self.provider.scene().granted.take();
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
                let mut scene = self.provider.scene();
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
        self.provider.scene().faults.push(sentence);
    }
}
