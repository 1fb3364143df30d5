//! `on-scopes-for`: says which scopes are needed.

use mcphub_oauth::hook::{Context, Need};

use crate::bindings::exports::mcphub::provider::on_scopes_for as wit;
use crate::check::place::Place;
use crate::check::text;
use crate::convert::context;
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-scopes-for";

impl Plugin {
    /// The scopes to ask for at a login or after a challenge. `Ok(None)`: the plugin has no such hook.
    pub async fn scopes_for(&self, c: &Context, need: &Need) -> Result<Option<Vec<String>>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_scopes_for.as_ref()).await? else { return Ok(None) };
        let told = context::context(c);
        let need = match need {
            Need::Default => wit::Need::Default,
            Need::Challenge(scopes) => wit::Need::Challenge(scopes.clone()),
        };
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_scopes_for(&mut run.store, &told, &need).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(need, c))?;
        self.checked(HOOK, text::words(&Place::Interface(HOOK), answer)).map(Some)
    }
}
