//! `on-granted`: reads a grant's scopes.

use mcphub_oauth::hook::{Context, GrantedScopes};
use mcphub_oauth::profile::Pair;

use crate::bindings::exports::mcphub::provider::on_granted as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::text;
use crate::convert::context;
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-granted";

impl Plugin {
    /// Which scopes a token answer grants, from its `scope` and its headers.
    pub async fn granted(
        &self,
        c: &Context,
        scope: Option<&str>,
        headers: &[Pair],
    ) -> Result<Option<GrantedScopes>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_granted.as_ref()).await? else { return Ok(None) };
        let (told, headers) = (context::context(c), context::pairs(headers));
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_read(&mut run.store, &told, scope, &headers).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(scope, &headers, c))?;
        self.checked(HOOK, granted(answer)).map(Some)
    }
}

fn granted(answer: wit::Granted) -> Result<GrantedScopes, Objection> {
    Ok(match answer {
        wit::Granted::Listed(scopes) => GrantedScopes::Listed(text::words(&Place::Interface(HOOK), scopes)?),
        wit::Granted::AsRequested => GrantedScopes::AsRequested,
        wit::Granted::NotReported => GrantedScopes::NotReported,
        wit::Granted::NotScopes => GrantedScopes::NotScopes,
    })
}
