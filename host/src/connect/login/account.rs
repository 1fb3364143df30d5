//! Finds out whose account a login belongs to, if the plugin can do that. A failed lookup never costs the login.

use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::FlowOperation;

use super::accepted::{AcceptedLogin, OpenQuestion, Point, StepOutcome};
use super::exchange::run_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::grant::plugin_steps::{self, Ending, Progress, StepRun};
use crate::connect::grant::token_answer::apply;

/// Looks up the account and adds it to the grant.
#[tracing::instrument(name = "login.look_up_account", skip_all, fields(server.name = login.entry.name()))]
pub(crate) async fn look_up(
    core: &Core,
    login: &AcceptedLogin,
    mut grant: Grant,
    progress: Option<Progress>,
) -> StepOutcome<Grant> {
    let at = AtIssuer { core, entry: &login.entry, discovered: &login.discovered };
    if !at.discovered.provider.plugin.handles(FlowOperation::Lookup) {
        return StepOutcome::Done(grant);
    }
    let progress = progress.unwrap_or_else(|| Progress::beginning(&grant.captured));
    let found = {
        let run = StepRun { grant: Some(&grant), code: None, verifier: None, ..run_of(login, FlowOperation::Lookup) };
        plugin_steps::run(at, run, progress).await
    };
    let action = at.entry.journal.begin(Stage::Exchange, "whose account it is");
    match found {
        Ok(Ending::Done(found)) => {
            apply(&mut grant, at.discovered, &found.outcome);
            grant.captured = found.captured;
            action.done(grant.account_label.clone().unwrap_or_else(|| "not told".to_owned()));
        }
        Ok(Ending::Asks(question, progress)) => {
            let point = Point::Lookup(Box::new(grant), progress);
            return StepOutcome::Asks(OpenQuestion { question, point });
        }
        Err(error) => action.failed(
            error.to_string(),
            Some("The login works all the same; only the account's name is missing.".into()),
        ),
    }
    StepOutcome::Done(grant)
}
