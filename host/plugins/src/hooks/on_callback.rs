//! `on-callback`: reads what came back.

use mcphub_oauth::hook::{Context, ReadCallback};
use mcphub_oauth::profile::{Fault, Pair};

use crate::bindings::exports::mcphub::provider::on_callback as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::text;
use crate::convert::{context, errors};
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-callback";

impl Plugin {
    /// Reads a callback's parameters; code and state are masked in them.
    pub async fn read_callback(
        &self,
        c: &Context,
        params: &[Pair],
    ) -> Result<Option<Result<ReadCallback, Fault>>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_callback.as_ref()).await? else { return Ok(None) };
        let (told, given) = (context::context(c), context::pairs(params));
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_read(&mut run.store, &told, &given).await
        });
        let ended = ended.await;
        let place = Place::Interface(HOOK);
        match self.end(HOOK, &run, ended, &(params, c))? {
            Ok(callback) => self.checked(HOOK, read(&place, callback)).map(|read| Some(Ok(read))),
            Err(fault) => self.checked(HOOK, errors::fault(&place, fault)).map(|fault| Some(Err(fault))),
        }
    }
}

fn read(place: &Place<'_>, callback: wit::Callback) -> Result<ReadCallback, Objection> {
    Ok(ReadCallback {
        code: text::word(&place.field("code"), callback.code)?,
        captured: text::keyed(&place.field("captured"), callback.captured)?,
    })
}
