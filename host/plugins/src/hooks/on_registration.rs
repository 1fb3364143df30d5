//! `on-registration`: decides how the client is registered (RFC 7591).

use mcphub_oauth::hook::{Abilities, AnswerVerdict, Attempt, Context};
use mcphub_oauth::profile::Fault;
use serde_json::Value;

use crate::bindings::exports::mcphub::provider::on_registration as wit;
use crate::check::json;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::text;
use crate::convert::{context, errors, registration::UNTOUCHABLE};
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-registration";
/// Attempts of one registration.
const ATTEMPTS: usize = 8;

impl Plugin {
    /// The ways to an identity, in order. `draft` is the body that the hub would send.
    pub async fn registration_attempts(
        &self,
        c: &Context,
        draft: &str,
        abilities: &Abilities,
    ) -> Result<Option<Vec<Attempt>>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_registration.as_ref()).await? else { return Ok(None) };
        let told = context::context(c);
        let able = wit::Abilities {
            metadata_document: abilities.metadata_document.clone(),
            redirect_uris: abilities.redirect_uris.clone(),
        };
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_attempts(&mut run.store, &told, draft, &able).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(draft, abilities, c))?;
        let place = Place::Interface(HOOK);
        let checked = text::list(&place.field("attempts"), answer, ATTEMPTS, |place, attempt| {
            self.attempt(place, attempt, draft)
        });
        self.checked(HOOK, checked).map(Some)
    }

    /// What becomes of a registration answer; `body` with secrets masked.
    pub async fn registration_answer(
        &self,
        c: &Context,
        status: u16,
        body: &str,
    ) -> Result<Option<Result<AnswerVerdict, Fault>>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_registration.as_ref()).await? else { return Ok(None) };
        let told = context::context(c);
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_answer(&mut run.store, &told, status, body).await
        });
        let ended = ended.await;
        match self.end(HOOK, &run, ended, &(status, body, c))? {
            Ok(verdict) => Ok(Some(Ok(match verdict {
                wit::AnswerVerdict::Accept => AnswerVerdict::Accept,
                wit::AnswerVerdict::AcceptAsPublic => AnswerVerdict::AcceptAsPublic,
                wit::AnswerVerdict::NextAttempt => AnswerVerdict::NextAttempt,
            }))),
            Err(fault) => {
                let place = Place::Interface(HOOK);
                self.checked(HOOK, errors::fault(&place.field("answer"), fault)).map(|fault| Some(Err(fault)))
            }
        }
    }

    fn attempt(&self, place: &Place<'_>, attempt: wit::Attempt, draft: &str) -> Result<Attempt, Objection> {
        Ok(match attempt {
            wit::Attempt::MetadataDocument => Attempt::MetadataDocument,
            wit::Attempt::Dynamic(body) => Attempt::Dynamic(dynamic(place, &body, draft)?),
            wit::Attempt::Setup(id) => {
                let known = self.profile().setup.iter().any(|guide| guide.id == id);
                if !known && !self.has("on-setup") {
                    return Err(place.object(Broken::UnknownGuide { id: crate::check::objection::cut(&id) }));
                }
                Attempt::Setup(text::id(place, id)?)
            }
            wit::Attempt::Refuse(fault) => Attempt::Refuse(errors::fault(place, fault)?),
        })
    }
}

/// The body of an attempt: what belongs to the hub is as in the draft, or the plugin changed it and is refused.
fn dynamic(place: &Place<'_>, body: &str, draft: &str) -> Result<String, Objection> {
    let mut body = json::object(place, body)?;
    let draft = json::object(place, draft)?;
    for name in UNTOUCHABLE {
        match (body.get(*name), draft.get(*name)) {
            (None, Some(own)) => {
                let own = own.clone();
                body.insert((*name).to_owned(), own);
            }
            (Some(said), own) if own != Some(said) => {
                return Err(place.object(Broken::Changed { name: (*name).to_owned() }));
            }
            (Some(_) | None, _) => {}
        }
    }
    Ok(Value::Object(body).to_string())
}
