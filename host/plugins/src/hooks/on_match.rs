//! `on-match`: finds the server when rules cannot say it.

use mcphub_oauth::hook::HookMatch;

use crate::bindings::exports::mcphub::provider::on_match as wit;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::text::{self, LIST};
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-match";

impl Plugin {
    /// Asks whether the plugin serves a server. `Ok(None)`: it does not, or it has no such hook.
    pub async fn match_server(
        &self,
        server_url: &str,
        issuer: Option<&str>,
        protected_resource: Option<&str>,
    ) -> Result<Option<HookMatch>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_match.as_ref()).await? else { return Ok(None) };
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_match_server(&mut run.store, server_url, issuer, protected_resource).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(server_url, issuer, protected_resource))?;
        answer.map(|answer| self.checked(HOOK, found(answer, self.references()))).transpose()
    }
}

fn found(answer: wit::Match, references: &References) -> Result<HookMatch, Objection> {
    let place = Place::Interface(HOOK);
    if let Some(pair) = answer.inputs.iter().find(|pair| references.hosts.opens_itself(&pair.name, &pair.value)) {
        let broken = Broken::OpensHost { key: cut(&pair.name), value: cut(&pair.value) };
        return Err(place.field("inputs").object(broken));
    }
    Ok(HookMatch {
        variant: text::line(&place.field("variant-id"), answer.variant_id)?,
        inputs: text::keyed(&place.field("inputs"), answer.inputs)?,
        needed: text::list(&place.field("needed"), answer.needed, LIST, text::key)?,
    })
}
