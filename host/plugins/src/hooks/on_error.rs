//! `on-error`: says what an error means when the table cannot.

use mcphub_oauth::hook::Context;
use mcphub_oauth::profile::{Fault, Operation, Pair};

use crate::check::place::Place;
use crate::convert::{context, errors};
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-error";

impl Plugin {
    /// What an error means. `body`: the first 64 KiB, secrets masked. `Ok(None)`: the plugin does not know, or has no such
    /// hook.
    #[expect(clippy::too_many_arguments, reason = "an answer in the parts that the contract names")]
    pub async fn classify_error(
        &self,
        c: &Context,
        operation: Operation,
        status: u16,
        headers: &[Pair],
        body: &str,
    ) -> Result<Option<Fault>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_error.as_ref()).await? else { return Ok(None) };
        let (told, headers) = (context::context(c), context::pairs(headers));
        let operation = errors::operation_for(operation);
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_classify(&mut run.store, &told, operation, status, &headers, body).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(operation, status, &headers, body, c))?;
        answer.map(|fault| self.checked(HOOK, errors::fault(&Place::Interface(HOOK), fault))).transpose()
    }
}
