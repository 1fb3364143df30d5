//! The recorder: keeps what happens during a login, and makes a case of it when the login is complete.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::{Map, Value};
use url::Url;

use super::event::RecordedEvent;
use super::{client, find_secrets, steps};
use crate::cases::case::Case;
use crate::cases::redact::{Secrets, replace, server_address};
use crate::connect::{LoginObserver, LoginStep};
use crate::egress::Witness;

/// Keeps the events of a login in memory. Clones share them.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<RecordedEvent>>>);

/// A recorded case, and what there is to say about it.
pub struct Recorded {
    /// The case, with slots in the places of all secrets.
    pub case: Case,
    /// How many different values were replaced.
    pub replaced: usize,
}

impl Recorder {
    /// What the client for OAuth traffic must show every request and answer to.
    #[must_use]
    pub fn witness(&self) -> Arc<Witness> {
        let recorder = self.clone();
        Arc::new(move |request, response| {
            recorder.push(RecordedEvent::Exchange(Box::new(request.clone()), Box::new(response.clone())));
        })
    }

    /// What the connector must tell every other step of the login.
    #[must_use]
    pub fn observer(&self) -> Arc<LoginObserver> {
        let recorder = self.clone();
        Arc::new(move |step| {
            recorder.push(match step {
                LoginStep::Refused { status, challenges, tool } => RecordedEvent::Refused {
                    status: status.as_u16(),
                    challenge: challenges.first().cloned(),
                    tool: tool.map(str::to_owned),
                },
                LoginStep::Sent(url) => RecordedEvent::Sent(url.clone()),
                LoginStep::Back(params) => RecordedEvent::Back(params.to_vec()),
                LoginStep::Granted(scopes) => RecordedEvent::Granted(scopes.map(<[String]>::to_vec)),
            });
        })
    }

    fn push(&self, event: RecordedEvent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// The case of the login at this server, or `None` where no login was completed.
    ///
    /// `oauth` are the settings of the server with their placeholders filled in; `secret_inputs` are the names of the inputs
    /// that the plugin declares secret; `began` is the time at which the login began.
    #[must_use]
    pub fn recorded(
        &self,
        server: &Url,
        oauth: &Map<String, Value>,
        secret_inputs: &[String],
        began: SystemTime,
    ) -> Option<Recorded> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = events.iter().position(|event| matches!(event, RecordedEvent::Granted(_)))?;
        let events = events.get(..=end)?;
        let unsaid = client::unsaid(events, oauth);
        let mut oauth = oauth.clone();
        oauth.extend(unsaid);
        let mut secrets = Secrets::default();
        // The address comes first: it gets made-up words, and what has a slot already would keep it.
        let shown = server_address::hide(&mut secrets, server);
        find_secrets::in_settings(&mut secrets, &oauth, secret_inputs);
        for event in events {
            find_secrets::in_event(&mut secrets, event);
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

/// The settings with slots in the places of secrets, in a form that can be played.
fn settings(oauth: &Map<String, Value>, secrets: &Secrets) -> Map<String, Value> {
    let masked = replace::document(secrets, "", &Value::Object(oauth.clone()));
    let mut masked = masked.as_object().cloned().unwrap_or_default();
    // A redirect URI must stay an address, and the value of a slot is not one. It is not secret: browsers show it.
    if let Some(uri) = oauth.get("redirectUri").and_then(Value::as_str).filter(|uri| !uri.contains(['@', '?'])) {
        masked.insert("redirectUri".to_owned(), Value::from(uri));
    }
    masked
}

#[cfg(test)]
mod tests;
