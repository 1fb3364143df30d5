//! Writes a case down from a real login: what was seen is kept, and once the login is whole, its secrets are found in
//! all of it before a word of it is written.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::{Request, Response};
use mcphub_oauth::profile::Pair;
use serde_json::{Map, Value};
use url::Url;

use super::case::Case;
use super::secrets::Secrets;
use super::{address, client, find, steps};
use crate::egress::{Seen, Witness};

/// Keeps what a login says and hears, until it is written down.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

/// One thing that happened.
pub(super) enum Event {
    Refused { status: u16, challenge: Option<String>, tool: Option<String> },
    Exchange(Box<Request<Vec<u8>>>, Box<Response<Vec<u8>>>),
    Sent(Url),
    Back(Vec<Pair>),
    Granted(Option<Vec<String>>),
}

/// A case that was recorded.
pub struct Recorded {
    /// The case, without a secret.
    pub case: Case,
    /// How many values were replaced.
    pub replaced: usize,
}

/// A request and its answer.
type Heard<'e> = (&'e Request<Vec<u8>>, &'e Response<Vec<u8>>);

impl Event {
    pub(super) fn exchange(&self) -> Option<Heard<'_>> {
        match self {
            Self::Exchange(request, response) => Some((&**request, &**response)),
            Self::Refused { .. } | Self::Sent(_) | Self::Back(_) | Self::Granted(_) => None,
        }
    }
}

impl Recorder {
    /// To be told of everything.
    #[must_use]
    pub fn witness(&self) -> Arc<Witness> {
        let events = self.0.clone();
        Arc::new(move |seen| {
            let event = match seen {
                Seen::Refused { status, challenges, tool } => Event::Refused {
                    status: status.as_u16(),
                    challenge: challenges.first().cloned(),
                    tool: tool.map(str::to_owned),
                },
                Seen::Exchange(request, response) => {
                    Event::Exchange(Box::new(request.clone()), Box::new(response.clone()))
                }
                Seen::Sent(url) => Event::Sent(url.clone()),
                Seen::Back(params) => Event::Back(params.to_vec()),
                Seen::Granted(scopes) => Event::Granted(scopes.map(<[String]>::to_vec)),
            };
            events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        })
    }

    /// The case of a login at this server, whose `oauth` settings these are, their placeholders filled; the plugin
    /// calls these of its inputs secret. None: there was no whole login.
    #[must_use]
    pub fn recorded(
        &self,
        server: &Url,
        oauth: &Map<String, Value>,
        secret_inputs: &[String],
        began: SystemTime,
    ) -> Option<Recorded> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = events.iter().position(|event| matches!(event, Event::Granted(_)))?;
        let events = events.get(..=end)?;
        let unsaid = client::unsaid(events, oauth);
        let mut oauth = oauth.clone();
        oauth.extend(unsaid);
        let mut secrets = Secrets::default();
        // The address first: a slot could not stand in it.
        let shown = address::hide(&mut secrets, server);
        find::in_settings(&mut secrets, &oauth, secret_inputs);
        for event in events {
            find::in_event(&mut secrets, event);
        }
        let time = humantime::format_rfc3339_seconds(began).to_string();
        let case = Case {
            title: format!("A login at {}", server.host_str().unwrap_or_default()),
            source: Some(format!("recorded on {}", time.get(..10)?)),
            server: shown,
            now: Some(time),
            metadata_document: None,
            oauth: settings(&oauth, &secrets),
            steps: steps::steps(events, &secrets),
        };
        let replaced = secrets.count_in(&case.to_text().unwrap_or_default());
        Some(Recorded { case, replaced })
    }
}

/// The settings without secrets, such that they can be played.
fn settings(oauth: &Map<String, Value>, secrets: &Secrets) -> Map<String, Value> {
    let masked = secrets.out_of_value("", &Value::Object(oauth.clone()));
    let mut masked = masked.as_object().cloned().unwrap_or_default();
    // Written down it must be an address: a slot's value is none. It is no secret, browsers show it.
    if let Some(uri) = oauth.get("redirectUri").and_then(Value::as_str).filter(|uri| !uri.contains(['@', '?'])) {
        masked.insert("redirectUri".to_owned(), Value::from(uri));
    }
    masked
}

#[cfg(test)]
mod tests;
