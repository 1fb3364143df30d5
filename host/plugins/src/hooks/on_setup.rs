//! `on-setup`: writes a guide when data cannot.

use mcphub_oauth::hook::Context;
use mcphub_oauth::profile::Guide;

use crate::check::place::Place;
use crate::convert::{context, setup};
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-setup";

impl Plugin {
    /// Guides for this login.
    pub async fn guides(&self, c: &Context) -> Result<Option<Vec<Guide>>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_setup.as_ref()).await? else { return Ok(None) };
        let told = context::context(c);
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_guides(&mut run.store, &told).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, c)?;
        self.checked(HOOK, setup::guides(&Place::Interface(HOOK), answer, self.references())).map(Some)
    }
}
