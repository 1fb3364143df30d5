//! `on-authorize`: changes the authorization request.

use mcphub_oauth::authorization::belongs_to_hub;
use mcphub_oauth::hook::{Context, Redirection};
use mcphub_oauth::profile::Pair;

use crate::bindings::exports::mcphub::provider::on_authorize as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::{text, url as address};
use crate::convert::authorization::response_mode;
use crate::convert::context;
use crate::error::CallError;
use crate::plugin::Plugin;

const HOOK: &str = "on-authorize";

impl Plugin {
    /// Where to send the person. `url` and `params` are the request as the hub would make it. In the answer, what
    /// belongs to the hub (`state`, `redirect_uri`, PKCE, …) is left out: the hub adds its own.
    pub async fn authorize(&self, c: &Context, url: &str, params: &[Pair]) -> Result<Option<Redirection>, CallError> {
        let Some(hook) = self.interface(HOOK, |found| found.on_authorize.as_ref()).await? else { return Ok(None) };
        let (told, given) = (context::context(c), context::pairs(params));
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let guest = hook.load(&mut run.store, &run.instance)?;
            guest.call_authorize(&mut run.store, &told, url, &given).await
        });
        let ended = ended.await;
        let answer = self.end(HOOK, &run, ended, &(url, params, c))?;
        let references = self.references_during(c).and([url]);
        self.checked(HOOK, redirection(answer, params, &references)).map(Some)
    }
}

fn redirection(answer: wit::Redirection, given: &[Pair], references: &References) -> Result<Redirection, Objection> {
    let place = Place::Interface(HOOK);
    Ok(match answer {
        wit::Redirection::Request(request) => {
            let url = goal(&place.field("url"), request.url, references)?;
            let params = text::pairs(&place.field("params"), request.params)?;
            Redirection::Request { url, params: without_hubs_own(&place.field("params"), params, given)? }
        }
        wit::Redirection::InstallLink(link) => {
            Redirection::InstallLink(goal(&place.field("install-link"), link, references)?)
        }
        wit::Redirection::Instructions(words) => {
            Redirection::Instructions(text::prose(&place.field("instructions"), words)?)
        }
    })
}

/// An address whose own query does not say what belongs to the hub.
fn goal(place: &Place<'_>, text: String, references: &References) -> Result<String, Objection> {
    let url = address::endpoint(place, &text, references)?;
    if let Some((_, mode)) = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("response_mode")) {
        response_mode(place, mode.into_owned())?;
    }
    match url.query_pairs().find(|(name, _)| belongs_to_hub(name)) {
        Some((name, _)) => Err(place.object(Broken::HubsOwn { name: name.into_owned() })),
        None => Ok(text),
    }
}

/// Parameters that the plugin may decide on. Those of the hub may be handed back as they were, and only so.
fn without_hubs_own(place: &Place<'_>, params: Vec<Pair>, given: &[Pair]) -> Result<Vec<Pair>, Objection> {
    // How the answer comes back is the hub's, too: it takes no fragment.
    let is_mode = |pair: &&Pair| pair.0.eq_ignore_ascii_case("response_mode") && !given.contains(pair);
    if let Some((_, mode)) = params.iter().find(is_mode) {
        response_mode(&place.field("response_mode"), mode.clone())?;
    }
    match params.iter().find(|pair| belongs_to_hub(&pair.0) && !given.contains(pair)) {
        Some((name, _)) => Err(place.object(Broken::Changed { name: name.clone() })),
        None => Ok(params.into_iter().filter(|(name, _)| !belongs_to_hub(name)).collect()),
    }
}
