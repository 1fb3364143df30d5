//! Whether a server speaks the revision without sessions: it is asked with `server/discover`.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::client_meta::ClientMeta;
use super::error_members::offers;
use super::wire::Wire;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message, fields, object, raw};
use crate::gateway::request_meta::SERVER_INFO;
use crate::gateway::revision;
use crate::gateway::revision::ClientGeneration;
use crate::gateway::upstream::deadline::AnswerLimit;

/// The request that asks a server what it is.
const DISCOVER: &str = "server/discover";
/// The ids of that request and of its repetition. No other request of a session gets so far.
const FIRST_ID: u64 = 2_147_483_645;
const SECOND_ID: u64 = 2_147_483_646;

/// How long a server that nothing is known of may think about `server/discover`. Some never answer what they do not know.
pub(crate) const PROBE: Duration = Duration::from_secs(5);

/// What came of asking.
pub(crate) enum Discovery {
    /// The server speaks the revision without sessions.
    Found(Discovered),
    /// The server does not speak that revision.
    Refused,
    /// The server did not answer, or answered that it cannot now: that says nothing.
    Unsure,
}

/// The result of `server/discover`.
pub(crate) struct Discovered(Fields);

/// Asks a server, and once more if it refuses the revision and says that it speaks it. Err: nobody can use the server before
/// a person does something.
pub(crate) async fn discover(wire: &Wire, client: &ClientMeta, wait: Duration) -> Result<Discovery, UpstreamError> {
    let asked = async {
        let answer = ask(wire, client, FIRST_ID, wait).await?;
        if offers(&answer, revision::STATELESS) { ask(wire, client, SECOND_ID, wait).await } else { Ok(answer) }
    };
    let answer = match tokio::time::timeout(wait, asked).await {
        Err(_) => return Ok(Discovery::Unsure),
        Ok(Err(error)) => return judged(error),
        Ok(Ok(answer)) => answer,
    };
    let found = Discovered(fields(answer.result_raw()));
    let is_it = found.revisions().iter().any(|other| other == revision::STATELESS);
    Ok(if is_it { Discovery::Found(found) } else { Discovery::Refused })
}

async fn ask(wire: &Wire, client: &ClientMeta, id: u64, wait: Duration) -> Result<Message, UpstreamError> {
    let request = client.complete(&Message::request(Id::number(id), DISCOVER, &Fields::new()));
    wire.send(&request, AnswerLimit::fixed(wait)).await?.answer(|_| {}).await
}

/// What an error says about the server's generation.
fn judged(error: UpstreamError) -> Result<Discovery, UpstreamError> {
    match error {
        UpstreamError::Blocked(_)
        | UpstreamError::StillRefused { .. }
        | UpstreamError::Unusable { .. }
        | UpstreamError::Ended { .. } => Err(error),
        UpstreamError::Status { status, .. }
            if status.is_server_error()
                || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) =>
        {
            Ok(Discovery::Unsure)
        }
        UpstreamError::Unreachable { .. }
        | UpstreamError::TimedOut { .. }
        | UpstreamError::SlowStart { .. }
        | UpstreamError::Closed { .. } => Ok(Discovery::Unsure),
        // If these are about more than this request, `initialize` gets the same answer.
        UpstreamError::Status { .. }
        | UpstreamError::HeadersRefused { .. }
        | UpstreamError::Moved { .. }
        | UpstreamError::TooLarge { .. }
        | UpstreamError::NotMcp { .. }
        | UpstreamError::OddResult { .. }
        | UpstreamError::Rejected { .. }
        | UpstreamError::ListRefused { .. }
        | UpstreamError::ForeignEndpoint { .. }
        | UpstreamError::SessionEnded { .. }
        | UpstreamError::InputMissing { .. }
        | UpstreamError::DuplicateId => Ok(Discovery::Refused),
    }
}

impl Discovered {
    fn revisions(&self) -> Vec<String> {
        let listed = self.0.get("supportedVersions");
        listed.and_then(|listed| serde_json::from_str(listed.get()).ok()).unwrap_or_default()
    }

    /// Whether the server speaks a revision with sessions, too.
    pub(crate) fn has_sessions(&self) -> bool {
        self.revisions().iter().any(|revision| revision::is_known(revision))
    }

    /// The result as one of `initialize`. A client of this generation gets the other members, too.
    pub(crate) fn greeting(&self, asked: Option<&str>) -> Fields {
        let meta = object(&self.0, "_meta");
        let info = meta.get(SERVER_INFO).or_else(|| self.0.get("serverInfo")).cloned();
        let unnamed = || raw(&json!({ "name": "unnamed", "version": "0" }));
        let (revision, mut greeting) = match ClientGeneration::of(asked) {
            ClientGeneration::Stateless => (revision::STATELESS, self.0.clone()),
            ClientGeneration::Sessions => (revision::negotiated(asked), Fields::new()),
        };
        greeting.insert("protocolVersion".into(), raw(&revision));
        greeting.insert("capabilities".into(), raw(&object(&self.0, "capabilities")));
        greeting.insert("serverInfo".into(), info.unwrap_or_else(unnamed));
        if let Some(instructions) = self.0.get("instructions") {
            greeting.insert("instructions".into(), instructions.clone());
        }
        greeting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Discovered {
        Discovered(fields(Some(&raw(&json!({
            "resultType": "complete", "ttlMs": 1, "cacheScope": "public",
            "supportedVersions": [revision::STATELESS, "2025-11-25"],
            "capabilities": { "tools": {}, "resources": { "subscribe": true }, "logging": {} },
            "_meta": { SERVER_INFO: { "name": "s", "version": "2" } },
        })))))
    }

    #[test]
    fn an_older_client_gets_its_own_revision_and_all_capabilities() {
        let greeting = found().greeting(Some("2025-06-18"));

        let expected = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": { "tools": {}, "resources": { "subscribe": true }, "logging": {} },
            "serverInfo": { "name": "s", "version": "2" },
        });
        assert_eq!(serde_json::to_value(greeting).expect("JSON"), expected);
        assert!(found().has_sessions());
    }

    #[test]
    fn a_client_of_this_revision_gets_all_that_the_server_says() {
        let greeting = serde_json::to_value(found().greeting(Some(revision::STATELESS))).expect("JSON");

        assert_eq!(greeting["protocolVersion"], revision::STATELESS);
        assert_eq!((&greeting["ttlMs"], &greeting["serverInfo"]["name"]), (&json!(1), &json!("s")));
    }

    #[test]
    fn a_server_that_is_in_trouble_says_nothing_about_its_generation() {
        let status = |status| {
            let server = "s".to_owned();
            UpstreamError::Status { server, status: StatusCode::from_u16(status).expect("status"), detail: None }
        };

        assert!(matches!(judged(status(503)), Ok(Discovery::Unsure)));
        assert!(matches!(judged(status(429)), Ok(Discovery::Unsure)));
        assert!(matches!(judged(status(404)), Ok(Discovery::Refused)));
        let refused = UpstreamError::StillRefused { server: "s".into(), status: StatusCode::UNAUTHORIZED };
        assert!(judged(refused).is_err());
    }
}
