//! What is measured of logins: their steps, their ends, and the grants that are there.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Connector;
use super::core::entry::Entry;
use super::core::event::Stage;
use super::core::parts::Core;
use super::core::state::ServerState;
use super::view;
use crate::telemetry::{Exposition, MetricKind};

/// A grant that a person must renew within this time is near its end.
const NEAR: Duration = Duration::from_hours(24);

/// What there is of a server's login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GrantState {
    /// Nothing says that it ended or ends soon.
    Valid,
    /// It ends soon, and only a person can renew it.
    NearEnd,
    /// There was one; a person must log in again.
    Lost,
    /// Nobody has logged in yet.
    Missing,
}

impl GrantState {
    const fn text(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NearEnd => "near_end",
            Self::Lost => "lost",
            Self::Missing => "missing",
        }
    }
}

impl Connector {
    /// Writes what is measured of all logins. This reads the store and changes nothing.
    pub(crate) async fn measure(&self, text: &mut Exposition) {
        let entries = self.core.entries();
        let logins: Vec<_> = entries.iter().filter(|entry| entry.server.uses_oauth()).collect();
        text.family("mcphub_servers", MetricKind::Gauge, "Servers in the settings, with their state.");
        for entry in &entries {
            let status = serde_json::to_value(entry.state().status()).unwrap_or_default();
            let labels = [("server", entry.name()), ("state", status.as_str().unwrap_or_default())];
            text.sample("mcphub_servers", &labels, 1);
        }
        steps(text, &entries.iter().map(|entry| &**entry).collect::<Vec<_>>());
        let mut ends = Vec::new();
        text.family("mcphub_grants", MetricKind::Gauge, "Logins of servers that use OAuth, with their state.");
        for entry in logins {
            let (state, end) = grant(&self.core, entry).await;
            text.sample("mcphub_grants", &[("server", entry.name()), ("state", state.text())], 1);
            ends.extend(end.map(|end| (entry.clone(), end)));
        }
        let name = "mcphub_login_end_timestamp_seconds";
        text.family(name, MetricKind::Gauge, "When a person must log in again, where that is known.");
        for (entry, end) in ends {
            let seconds = end.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            text.sample(name, &[("server", entry.name())], seconds);
        }
    }
}

fn steps(text: &mut Exposition, entries: &[&Entry]) {
    let name = "mcphub_logins_total";
    text.family(name, MetricKind::Counter, "Logins that ended, by outcome.");
    for entry in entries {
        for (outcome, count) in ["failed", "granted"].into_iter().zip(entry.journal.counts().logins()) {
            if count > 0 {
                text.sample(name, &[("server", entry.name()), ("outcome", outcome)], count);
            }
        }
    }
    let name = "mcphub_refreshes_total";
    text.family(name, MetricKind::Counter, "Refreshes of access tokens, by outcome.");
    for entry in entries {
        for (_, outcome, count) in entry.journal.counts().steps().filter(|(stage, _, _)| *stage == Stage::Refresh) {
            text.sample(name, &[("server", entry.name()), ("outcome", outcome.text())], count);
        }
    }
    let name = "mcphub_login_steps_total";
    text.family(name, MetricKind::Counter, "Steps of logins, by stage and outcome.");
    for entry in entries {
        for (stage, outcome, count) in entry.journal.counts().steps() {
            let labels = [("server", entry.name()), ("stage", &stage.to_string()), ("outcome", outcome.text())];
            text.sample(name, &labels, count);
        }
    }
}

/// What there is of a server's login, and when a person must renew it.
async fn grant(core: &Core, entry: &Entry) -> (GrantState, Option<SystemTime>) {
    // A grant that cannot be read is told of in the log and the API.
    let stored = core.grant(entry).await.ok().flatten();
    let Some(stored) = stored else {
        let lost = matches!(entry.state(), ServerState::LoginRequired { why: Some(_) });
        return (if lost { GrantState::Lost } else { GrantState::Missing }, None);
    };
    let token = stored.value.primary();
    let cannot_be_refreshed = token.filter(|token| token.refresh.is_none()).and_then(|token| token.expires_at);
    let end = view::login_end(entry, &stored.value).or(cannot_be_refreshed);
    let is_near = end.is_some_and(|end| end <= core.now() + NEAR);
    (if is_near { GrantState::NearEnd } else { GrantState::Valid }, end)
}
