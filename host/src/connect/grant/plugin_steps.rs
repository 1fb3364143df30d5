//! Runs the step function of a plugin. The plugin describes requests; the hub sends them and shows it the masked
//! answers.
//!
//! A run that asks the person a question stops there, and continues with the answer. Everything it has got so far is in
//! its [`Progress`], which is plain data.

use std::collections::BTreeMap;

use mcphub_oauth::body::read_body;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, Token};
use mcphub_oauth::hook::{Action, Context, FlowOperation, MaskedAnswer, Outcome, Question};
use mcphub_oauth::mask::{self, MASK, Mask};
use mcphub_oauth::plan;
use mcphub_oauth::profile::{Pair, Plan};
use mcphub_oauth::secret::{AuthorizationCode, PkceCodeVerifier, State};
use mcphub_oauth::template::Slots;
use mcphub_oauth::token;

use crate::connect::core::address::url_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::{ConnectError, FlowFault, PluginError};
use crate::connect::core::event::Stage;
use crate::connect::core::provider::HookInput;
use crate::connect::core::target::Discovered;

/// How many requests one operation may make.
const MAX_STEPS: u8 = 8;

/// The input of a run.
#[derive(Clone, Copy)]
pub(crate) struct StepRun<'a> {
    pub(crate) operation: FlowOperation,
    pub(crate) stage: Stage,
    pub(crate) client: &'a Client,
    pub(crate) grant: Option<&'a Grant>,
    pub(crate) code: Option<&'a AuthorizationCode>,
    pub(crate) verifier: Option<&'a PkceCodeVerifier>,
    pub(crate) state: Option<&'a State>,
    pub(crate) resource: Option<&'a str>,
    pub(crate) requested: &'a [String],
    /// The person's answers during this login, the latest last.
    pub(crate) answers: &'a [Pair],
}

impl<'a> StepRun<'a> {
    /// A run that works on a grant. No person is there to answer questions.
    pub(crate) fn of_grant(operation: FlowOperation, stage: Stage, client: &'a Client, grant: &'a Grant) -> Self {
        Self {
            operation,
            stage,
            client,
            grant: Some(grant),
            code: None,
            verifier: None,
            state: None,
            resource: grant.resource.as_deref(),
            requested: &grant.requested_scopes,
            answers: &[],
        }
    }
}

/// How far a run has got.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    /// The number of steps so far.
    pub(crate) steps: u8,
    /// What the plugin wants to see again at the next step.
    pub(crate) plugin_state: String,
    /// The last answer, as the plugin may see it.
    pub(crate) last: Option<MaskedAnswer>,
    /// The tokens of all answers, by slot. Later tokens replace earlier ones.
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) captured: Vec<Pair>,
    /// The secrets that were sent and received. No text from the plugin may show them.
    pub(crate) secrets: Mask,
}

/// The result of a run.
pub(crate) struct Found {
    pub(crate) outcome: Outcome,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) captured: Vec<Pair>,
}

/// How a run ends.
pub(crate) enum Ending {
    /// The plugin has finished.
    Done(Box<Found>),
    /// The plugin asks the person a question. The run continues from here once the answer is among [`StepRun::answers`].
    Asks(Question, Box<Progress>),
}

impl Progress {
    /// A run that has not started. It knows the values that were captured before it.
    pub(crate) fn beginning(captured: &[Pair]) -> Self {
        Self { captured: captured.to_vec(), ..Self::default() }
    }
}

/// Runs an operation to its end. No person can answer a question, so a question is an error.
#[tracing::instrument(name = "grant.run_steps_unattended", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn run_unattended(
    at: AtIssuer<'_>,
    run: StepRun<'_>,
    captured: &[Pair],
) -> Result<Found, ConnectError> {
    match self::run(at, run, Progress::beginning(captured)).await? {
        Ending::Done(found) => Ok(*found),
        Ending::Asks(..) => Err(flow(at.discovered, FlowFault::AsksNobody)),
    }
}

/// Runs an operation from where it stands to its end, or to its next question.
#[tracing::instrument(name = "grant.run_steps", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn run(at: AtIssuer<'_>, run: StepRun<'_>, mut progress: Progress) -> Result<Ending, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let plugin = &discovered.provider.plugin;
    while progress.steps <= MAX_STEPS {
        let context = {
            let input = HookInput {
                client: Some(run.client),
                requested: run.requested,
                captured: &progress.captured,
                ..discovered.hook_input(&run.client.redirect_uri)
            };
            let context = discovered.provider.context(url_of(entry)?, &input, core.now());
            let granted = run.grant.and_then(|grant| grant.granted_scopes.clone()).unwrap_or_default();
            Context { granted_scopes: granted, ..context }
        };
        let last = progress.last.as_ref();
        let step = plugin.next(&context, run.operation, progress.steps, &progress.plugin_state, last).await?;
        progress.steps += 1;
        progress.plugin_state = step.state;
        match step.action {
            Action::Send(plan) => {
                let sent = send(at, run, &plan, &progress).await?;
                progress.take(sent);
            }
            Action::Done(outcome) => return Ok(Ending::Done(Box::new(progress.done(*outcome)))),
            Action::Choose(question) => {
                let question = progress.secrets.question(question);
                match known_answer(discovered, run, &question) {
                    Some(answer) => progress.captured.push((question.key, answer)),
                    None => return Ok(Ending::Asks(question, Box::new(progress))),
                }
            }
            Action::Fail(fault) => return Err(ConnectError::Provider(progress.secrets.fault(fault))),
        }
    }
    Err(flow(discovered, FlowFault::TooManySteps))
}

impl Progress {
    fn take(&mut self, sent: Sent) {
        self.last = Some(sent.masked);
        self.secrets = std::mem::take(&mut self.secrets).and(&sent.secrets);
        self.captured.extend(sent.captured);
        self.scopes = sent.scopes.or(self.scopes.take());
        self.tokens.extend(sent.tokens);
    }

    fn done(mut self, outcome: Outcome) -> Found {
        let outcome = self.secrets.outcome(outcome);
        self.captured.extend(outcome.captured.clone());
        Found { outcome, tokens: self.tokens, scopes: self.scopes, captured: self.captured }
    }
}

fn flow(discovered: &Discovered, fault: FlowFault) -> ConnectError {
    PluginError::Flow { plugin: discovered.provider.id().to_owned(), fault }.into()
}

/// The person's earlier answer to this question, from the settings or from this login, if the question still offers it.
fn known_answer(discovered: &Discovered, run: StepRun<'_>, question: &Question) -> Option<String> {
    let is_offered = |answer: &&str| question.options.iter().any(|(value, _)| value == answer);
    let of = |pairs: &'_ [Pair]| -> Option<String> {
        let found = pairs.iter().rev().find(|(key, _)| *key == question.key).map(|(_, value)| value.as_str());
        found.filter(is_offered).map(str::to_owned)
    };
    let provider = &discovered.provider;
    let input = provider.inputs.get(&question.key).filter(is_offered).map(str::to_owned);
    input.or_else(|| of(&provider.answers)).or_else(|| of(run.answers))
}

struct Sent {
    masked: MaskedAnswer,
    /// The secrets that were sent and received.
    secrets: Mask,
    tokens: BTreeMap<String, Token>,
    scopes: Option<Vec<String>>,
    captured: Vec<Pair>,
}

async fn send(at: AtIssuer<'_>, run: StepRun<'_>, plan: &Plan, progress: &Progress) -> Result<Sent, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let provider = &discovered.provider;
    let mut tokens = run.grant.map(|grant| grant.tokens.clone()).unwrap_or_default();
    tokens.extend(progress.tokens.clone());
    let scope = run.requested.join(&provider.profile().scopes.separator);
    let request = {
        let slots = Slots {
            captured: &progress.captured,
            client: Some(run.client),
            code: run.code,
            verifier: run.verifier,
            state: run.state,
            redirect_uri: Some(&run.client.redirect_uri),
            resource: run.resource,
            scope: Some(&scope),
            tokens: Some(&tokens),
            ..provider.slots(core.now(), &core.parts.random)
        };
        plan::request(plan, &discovered.allowed_hosts(entry.url()), &slots)?
    };
    // The path may hold a token.
    let path = request.extensions().get::<Mask>().cloned().unwrap_or_default().text(request.uri().path());
    let shown = format!("{} {path}", request.method());
    let action = entry.journal.begin(run.stage, format!("{shown} at {}", request.uri().host().unwrap_or_default()));
    let response = match core.parts.egress.send(request, discovered.policy).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), None);
            return Err(error.into());
        }
    };
    action.done(format!("status {}", response.status().as_u16()));
    let body = plan::succeeded(plan, &response).then(|| read_body(&response)).flatten();
    let masked = mask::mask(&response, &plan.tokens, &[]);
    let secrets = Mask::of_answer(&response);
    let Some(body) = body else {
        return Ok(Sent { masked, secrets, tokens: BTreeMap::new(), scopes: None, captured: Vec::new() });
    };
    let shown = mask::shown(&response, &body, &plan.tokens);
    let received = token::tokens(&body, &shown, &plan.tokens, provider.profile(), core.now());
    let captured = token::captures(&shown, &plan.captures);
    note_masked(provider.id(), &captured);
    let secrets = secrets.with(received.by_slot.values().map(|token| token.access.secret().clone()));
    Ok(Sent { masked, secrets, tokens: received.by_slot, scopes: received.scopes, captured })
}

/// Warns the plugin's author: a captured secret is masked, and a later request cannot use it.
fn note_masked(plugin: &str, captured: &[Pair]) {
    for (key, _) in captured.iter().filter(|(_, value)| value.contains(MASK)) {
        tracing::warn!(
            plugin.id = plugin,
            "plugin {plugin} captures {key:?} where a secret is; it is masked. Take tokens with a token rule"
        );
    }
}
