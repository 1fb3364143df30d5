//! `on-scopes-for`: says which scopes are needed.

use mcphub_oauth::hook::{Context, Need, Requirement};

use crate::bindings::exports::mcphub::provider::on_scopes_for as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::text;
use crate::convert::{context, scopes};
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-scopes-for";

impl Plugin {
    /// Which scopes a login, a tool or a challenge needs.
    pub async fn scopes_for(&self, c: &Context, need: &Need) -> Result<Option<Requirement>, CallError> {
        let Some(hook) = &self.interfaces().on_scopes_for else { return Ok(None) };
        let told = context::context(c);
        let need = match need {
            Need::Default => wit::Need::Default,
            Need::Tool(name) => wit::Need::Tool(name.clone()),
            Need::Challenge(scopes) => wit::Need::Challenge(scopes.clone()),
        };
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_scopes_for(&mut run.store, &told, &need).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(need, c))?;
        self.checked(HOOK, requirement(answer)).map(Some)
    }
}

fn requirement(answer: wit::Requirement) -> Result<Requirement, Objection> {
    let place = Place::Interface(HOOK);
    Ok(Requirement {
        needs: scopes::needs(&place.field("needs"), answer.needs)?,
        ask: text::words(&place.field("ask"), answer.ask)?,
    })
}
