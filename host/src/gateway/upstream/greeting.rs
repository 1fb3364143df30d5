//! Whether an answer to `initialize` begins a session.

use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Message, fields, string};
use crate::gateway::revision;

/// The result of `initialize`, if it names a revision that the hub can speak.
pub(super) fn accepted(server: &str, answer: &Message) -> Result<Fields, UpstreamError> {
    let rejected = |problem| UpstreamError::Rejected { server: server.to_owned(), problem };
    if let Some(problem) = answer.error_text() {
        return Err(rejected(problem));
    }
    let greeting = fields(answer.result_raw());
    match string(&greeting, "protocolVersion") {
        Some(revision) if revision::is_known(&revision) || revision == revision::STATELESS => Ok(greeting),
        Some(revision) if revision::is_plausible(&revision) => {
            tracing::info!(
                server.name = server,
                "{server} speaks revision {revision}, which the hub does not know; most of it works all the same"
            );
            Ok(greeting)
        }
        Some(revision) => Err(rejected(format!("it wants revision {revision:?}, which the hub does not speak"))),
        None => Err(rejected("its answer to initialize names no protocolVersion".to_owned())),
    }
}

/// As [`accepted`], but not if the revision has no sessions.
pub(super) fn of_sessions(server: &str, answer: &Message) -> Result<Fields, UpstreamError> {
    let greeting = accepted(server, answer)?;
    match string(&greeting, "protocolVersion").filter(|revision| revision::is_after_sessions(revision)) {
        Some(revision) => {
            let problem = format!("it begins a session in revision {revision:?}, which has none");
            Err(UpstreamError::Rejected { server: server.to_owned(), problem })
        }
        None => Ok(greeting),
    }
}
