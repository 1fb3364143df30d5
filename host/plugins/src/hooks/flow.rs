//! `flow`: extra requests around a login, step by step.

use mcphub_oauth::hook::{Action, Context, FlowOperation, MaskedAnswer, Outcome, Question, Step};

use crate::bindings::exports::mcphub::provider::flow as wit;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::PLAN;
use crate::check::text;
use crate::convert::template::Reader;
use crate::convert::{context, errors, plan, token_rule};
use crate::error::{CallError, CallFault};
use crate::plugin::Plugin;

const HOOK: &str = "flow";
/// Bytes of what is handed back at the next step.
const STATE: usize = 4 << 10;

impl Plugin {
    /// The next step of an operation that the plugin [handles](Plugin::handles). `number` counts from 0, where `state` is
    /// empty and `last` is none; later they are what the plugin handed back and the masked answer to its last plan.
    #[expect(clippy::too_many_arguments, reason = "a step in the parts that the contract names")]
    pub async fn next(
        &self,
        c: &Context,
        operation: FlowOperation,
        number: u8,
        state: &str,
        last: Option<&MaskedAnswer>,
    ) -> Result<Step, CallError> {
        let unknown = || self.refuse(Place::Interface(HOOK).object(Broken::UnknownOperation));
        if !self.handles(operation) {
            return Err(unknown());
        }
        let Some(hook) = self.interface(HOOK, |found| found.flow.as_ref()).await? else { return Err(unknown()) };
        let (told, last) = (context::context(c), last.map(answer));
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            let operation = operation_for(operation);
            guest.call_next(&mut run.store, &told, operation, number, state, last.as_ref()).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(operation, number, state, &last, c))?;
        self.checked(HOOK, checked(answer, &self.references_during(c)))
    }

    fn refuse(&self, objection: Objection) -> CallError {
        CallError { plugin: self.id().to_owned(), hook: HOOK, fault: CallFault::Refused(objection) }
    }
}

const fn operation_for(operation: FlowOperation) -> wit::Operation {
    match operation {
        FlowOperation::Exchange => wit::Operation::Exchange,
        FlowOperation::Refresh => wit::Operation::Refresh,
        FlowOperation::Revoke => wit::Operation::Revoke,
        FlowOperation::Lookup => wit::Operation::Lookup,
    }
}

fn answer(answer: &MaskedAnswer) -> wit::Answer {
    let claims = answer.claims.iter().map(|(slot, claims)| wit::Claims { slot: slot.clone(), claims: claims.clone() });
    wit::Answer {
        status: answer.status,
        headers: context::pairs(&answer.headers),
        body: answer.body.clone(),
        claims: claims.collect(),
    }
}

fn checked(step: wit::Step, references: &References) -> Result<Step, Objection> {
    let place = Place::Interface(HOOK);
    text::bounded(&place.field("state"), &step.state, STATE)?;
    let action = match step.action {
        wit::Action::Send(value) => {
            Action::Send(Box::new(plan::plan(&place.field("send"), value, Reader { slots: PLAN, references })?))
        }
        wit::Action::Done(value) => Action::Done(Box::new(outcome(&place.field("done"), value)?)),
        wit::Action::Choose(value) => Action::Choose(question(&place.field("choose"), value, references)?),
        wit::Action::Fail(value) => Action::Fail(errors::fault(&place.field("fail"), value)?),
    };
    Ok(Step { action, state: step.state })
}

fn outcome(place: &Place<'_>, outcome: wit::Outcome) -> Result<Outcome, Objection> {
    Ok(Outcome {
        primary: text::optional(&place.field("primary"), outcome.primary, text::key)?,
        expiry: text::optional(&place.field("expiry"), outcome.expiry, token_rule::expiry)?,
        granted_scope: text::optional(&place.field("granted-scope"), outcome.granted_scope, text::line)?,
        account_id: text::optional(&place.field("account-id"), outcome.account_id, text::line)?,
        account_label: text::optional(&place.field("account-label"), outcome.account_label, text::line)?,
        captured: text::keyed(&place.field("captured"), outcome.captured)?,
    })
}

/// The answer becomes an input of this key: what holds for inputs holds for it.
fn question(place: &Place<'_>, question: wit::Question, references: &References) -> Result<Question, Objection> {
    if references.secrets.contains(&question.key) {
        return Err(place.field("key").object(Broken::SecretInput { key: question.key }));
    }
    if let Some(option) =
        question.options.iter().find(|option| references.hosts.opens_itself(&question.key, &option.name))
    {
        let broken = Broken::OpensHost { key: cut(&question.key), value: cut(&option.name) };
        return Err(place.field("options").object(broken));
    }
    Ok(Question {
        key: text::key(&place.field("key"), question.key)?,
        title: text::word(&place.field("title"), question.title)?,
        options: text::pairs(&place.field("options"), question.options)?,
    })
}
