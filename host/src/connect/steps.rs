//! Runs the step function of a plugin: it describes requests, the hub makes them and shows it the answers masked.

use std::collections::BTreeMap;

use mcphub_oauth::body::read_body;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, Token};
use mcphub_oauth::hook::{Action, FlowOperation, MaskedAnswer, Outcome, Question};
use mcphub_oauth::mask::{self, MASK, Mask};
use mcphub_oauth::plan;
use mcphub_oauth::profile::{Pair, Plan};
use mcphub_oauth::secret::{AuthorizationCode, PkceCodeVerifier, State};
use mcphub_oauth::template::Slots;
use mcphub_oauth::token;

use super::address::url_of;
use super::choice::Asker;
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::Hub;

/// Requests that one operation may take.
const MAX_STEPS: u8 = 8;

/// What a run works on.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) operation: FlowOperation,
    pub(super) stage: Stage,
    pub(super) client: &'a Client,
    pub(super) grant: Option<&'a Grant>,
    pub(super) code: Option<&'a AuthorizationCode>,
    pub(super) verifier: Option<&'a PkceCodeVerifier>,
    pub(super) state: Option<&'a State>,
    pub(super) resource: Option<&'a str>,
    pub(super) requested: &'a [String],
    pub(super) captured: &'a [Pair],
    /// Asks the person, where there is one.
    pub(super) asker: Option<&'a Asker>,
}

/// What a run found.
pub(super) struct Found {
    pub(super) outcome: Outcome,
    /// Tokens of all answers, by slot; later ones replace earlier ones.
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) captured: Vec<Pair>,
}

/// Runs an operation to its end.
pub(super) async fn run(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    run: Run<'_>,
) -> Result<Found, ConnectError> {
    let plugin = &discovered.party.plugin;
    let fault = |fault| ConnectError::PluginFlow { plugin: discovered.party.id().to_owned(), fault };
    let mut tokens = run.grant.map(|grant| grant.tokens.clone()).unwrap_or_default();
    let mut found =
        Found { outcome: Outcome::default(), tokens: BTreeMap::new(), scopes: None, captured: run.captured.to_vec() };
    let (mut state, mut last) = (String::new(), None);
    let mut secrets = Mask::default();
    for number in 0..=MAX_STEPS {
        let mut matter = discovered.matter(&run.client.redirect_uri);
        matter.client = Some(run.client);
        matter.requested = run.requested;
        let captured = found.captured.clone();
        matter.captured = &captured;
        let mut context = discovered.party.context(url_of(entry)?, &matter, hub.parts.clock.now());
        context.granted_scopes = run.grant.and_then(|grant| grant.granted_scopes.clone()).unwrap_or_default();
        let step = plugin.next(&context, run.operation, number, &state, last.as_ref()).await?;
        state = step.state;
        match step.action {
            Action::Send(plan) => {
                let sent = send(hub, entry, discovered, run, (&plan, &tokens, &captured)).await?;
                last = Some(sent.masked);
                secrets = secrets.and(&sent.secrets);
                found.captured.extend(sent.captured);
                found.scopes = sent.scopes.or(found.scopes);
                tokens.extend(sent.tokens.clone());
                found.tokens.extend(sent.tokens);
            }
            Action::Done(outcome) => {
                found.outcome = secrets.outcome(*outcome);
                found.captured.extend(found.outcome.captured.clone());
                return Ok(found);
            }
            Action::Choose(question) => {
                let question = secrets.question(question);
                let key = question.key.clone();
                let chosen = chosen(entry, discovered, run, question).await?;
                found.captured.push((key, chosen));
            }
            Action::Fail(provider) => return Err(ConnectError::Provider(secrets.fault(provider))),
        }
    }
    Err(fault("it took more than 8 steps"))
}

/// The answer to a question: what the person said before, or says now.
async fn chosen(
    entry: &Entry,
    discovered: &Discovered,
    run: Run<'_>,
    question: Question,
) -> Result<String, ConnectError> {
    let fault = |fault| ConnectError::PluginFlow { plugin: discovered.party.id().to_owned(), fault };
    let party = &discovered.party;
    let answered = || party.answers.iter().find(|(key, _)| *key == question.key).map(|(_, value)| value.as_str());
    let known = party.inputs.get(&question.key).or_else(answered);
    if let Some(known) = known.filter(|known| question.options.iter().any(|(value, _)| value == known)) {
        return Ok(known.to_owned());
    }
    let said = run.asker.map(Asker::answers).unwrap_or_default();
    if let Some((_, said)) = said.into_iter().rev().find(|(key, _)| *key == question.key)
        && question.options.iter().any(|(value, _)| *value == said)
    {
        return Ok(said);
    }
    let asker = run.asker.ok_or_else(|| fault("it asks a question where no person is"))?;
    let action = entry.journal.begin(run.stage, question.title.clone());
    action.waiting("the person chooses");
    asker.ask(entry.name(), question).await.ok_or_else(|| fault("its question was not answered within 10 minutes"))
}

struct Sent {
    masked: MaskedAnswer,
    /// What was sent and came back.
    secrets: Mask,
    tokens: BTreeMap<String, Token>,
    scopes: Option<Vec<String>>,
    captured: Vec<Pair>,
}

async fn send(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    run: Run<'_>,
    (plan, tokens, captured): (&Plan, &BTreeMap<String, Token>, &[Pair]),
) -> Result<Sent, ConnectError> {
    let party = &discovered.party;
    let scope = run.requested.join(&party.profile().scopes.separator);
    let request = {
        let slots = Slots {
            captured,
            client: Some(run.client),
            code: run.code,
            verifier: run.verifier,
            state: run.state,
            redirect_uri: Some(&run.client.redirect_uri),
            resource: run.resource,
            scope: Some(&scope),
            tokens: Some(tokens),
            ..party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        plan::request(plan, &discovered.allowed_hosts(entry), &slots)?
    };
    // A token may stand in the path.
    let path = request.extensions().get::<Mask>().cloned().unwrap_or_default().text(request.uri().path());
    let shown = format!("{} {path}", request.method());
    let action = entry.journal.begin(run.stage, format!("{shown} at {}", request.uri().host().unwrap_or_default()));
    let response = match hub.parts.egress.send(request, discovered.reach).await {
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
    let received = token::tokens((&body, &shown), &plan.tokens, party.profile(), hub.parts.clock.now());
    let captured = token::captures(&shown, &plan.captures);
    note_masked(party.id(), &captured);
    let secrets = secrets.with(received.by_slot.values().map(|token| token.access.secret().clone()));
    Ok(Sent { masked, secrets, tokens: received.by_slot, scopes: received.scopes, captured })
}

/// An author who keeps what is secret finds out why it is of no use.
fn note_masked(plugin: &str, captured: &[Pair]) {
    for (key, _) in captured.iter().filter(|(_, value)| value.contains(MASK)) {
        tracing::warn!(
            plugin.id = plugin,
            "plugin {plugin} captures {key:?} where a secret is; it is masked. Take tokens with a token rule"
        );
    }
}
