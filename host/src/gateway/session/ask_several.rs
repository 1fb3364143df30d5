//! One request to several servers, of which one may have what it is about.
//!
//! The next one is asked when the one before refuses or takes long, so that a server that hangs holds up nobody. Of several
//! answers, that of the server counts which stands first.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::core::Session;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies::{INVALID_PARAMS, RESOURCE_NOT_FOUND};
use crate::gateway::message::Message;
use crate::gateway::upstream::{Health, Upstream};

/// How long servers that stand before one that has answered are awaited.
const PRECEDENCE: Duration = Duration::from_millis(200);

/// What came of asking several servers.
pub(super) enum AskOutcome {
    /// This server gave an answer that is no error.
    Answered(Arc<Upstream>, Message),
    /// No server gave such an answer.
    Refused {
        /// The error that says most.
        error: Option<Message>,
        /// Why a server was not asked, as the end of a sentence.
        not_asked: String,
    },
}

/// The answers so far, by the place of their server.
#[derive(Default)]
struct Answers {
    best: Option<(usize, Message)>,
    error: Option<Message>,
    blocked: Option<String>,
}

impl Session {
    /// Asks servers, except those that are down. Each one is asked once the one before has refused, or has not answered for
    /// as long as `pause`. `wait` is the wait for all of them.
    pub(super) async fn ask_staggered(
        self: &Arc<Self>,
        upstreams: &[Arc<Upstream>],
        message: &Message,
        pause: Duration,
        wait: Duration,
    ) -> AskOutcome {
        let mut left = reachable(upstreams);
        let (mut asked, mut pending) = (FuturesUnordered::new(), Vec::new());
        let mut answers = Answers::default();
        let mut until = Instant::now() + wait;
        let mut next_at = Instant::now();
        loop {
            let is_next_due = answers.best.is_none() && Instant::now() >= next_at;
            if is_next_due && let Some((place, upstream)) = left.next() {
                pending.push(place);
                asked.push(async move { (place, self.ask(upstream, message, wait).await) });
                next_at = Instant::now() + pause;
                continue;
            }
            let is_one_left = answers.best.is_none() && left.clone().next().is_some();
            let next_look = if is_one_left { until.min(next_at) } else { until };
            match tokio::time::timeout_at(next_look, asked.next()).await {
                Ok(Some((place, answer))) => {
                    pending.retain(|other| *other != place);
                    if let Some(upstream) = upstreams.get(place)
                        && answers.take(place, upstream, answer)
                    {
                        until = until.min(Instant::now() + PRECEDENCE);
                    }
                    next_at = Instant::now();
                }
                Ok(None) if !is_one_left => break,
                Ok(None) | Err(_) if Instant::now() >= until => break,
                Ok(None) | Err(_) => {}
            }
            if answers.best.as_ref().is_some_and(|(best, _)| pending.iter().all(|other| other > best)) {
                break;
            }
        }
        answers.into_outcome(upstreams)
    }

    /// Asks one server after the other, except those that are down, until one answers without an error.
    pub(super) async fn ask_in_turn(
        self: &Arc<Self>,
        upstreams: &[Arc<Upstream>],
        message: &Message,
        wait: Duration,
    ) -> AskOutcome {
        let mut answers = Answers::default();
        for (place, upstream) in reachable(upstreams) {
            let answer = self.ask(upstream, message, wait).await;
            if answers.take(place, upstream, answer) {
                break;
            }
        }
        answers.into_outcome(upstreams)
    }

    /// A server's answer, which may be an error. `None` if the server has no resources.
    async fn ask(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: &Message,
        wait: Duration,
    ) -> Result<Option<Message>, UpstreamError> {
        let asked = async {
            if !self.upstream_session(upstream).await?.has("resources") {
                return Ok(None);
            }
            let (_, answer) = self.answer_of(upstream, message).await?;
            Ok(Some(upstream.without_secrets(answer)))
        };
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        tokio::time::timeout(wait, asked).await.map_err(timed_out)?
    }
}

fn reachable(upstreams: &[Arc<Upstream>]) -> impl Iterator<Item = (usize, &Arc<Upstream>)> + Clone {
    upstreams.iter().enumerate().filter(|(_, upstream)| upstream.health() != Health::Down)
}

impl Answers {
    /// Takes a server's answer. Returns whether it is one that is no error.
    fn take(&mut self, place: usize, upstream: &Upstream, answer: Result<Option<Message>, UpstreamError>) -> bool {
        match answer {
            Ok(Some(answer)) if answer.error_text().is_some() => {
                if self.error.as_ref().is_none_or(|before| rank(&answer) > rank(before)) {
                    self.error = Some(answer);
                }
            }
            Ok(Some(answer)) => {
                if self.best.as_ref().is_none_or(|(best, _)| place < *best) {
                    self.best = Some((place, answer));
                }
                return true;
            }
            Ok(None) => {}
            Err(error @ UpstreamError::Blocked(_)) => {
                self.blocked = self.blocked.take().or_else(|| Some(upstream.redacted(&error)));
            }
            Err(error) => {
                let (server, shown) = (upstream.name(), upstream.redacted(&error));
                tracing::debug!(server.name = server, "{server} was asked for a resource and failed: {shown}");
            }
        }
        false
    }

    fn into_outcome(self, upstreams: &[Arc<Upstream>]) -> AskOutcome {
        let best = self.best.and_then(|(place, answer)| Some((upstreams.get(place)?.clone(), answer)));
        match best {
            Some((upstream, answer)) => AskOutcome::Answered(upstream, answer),
            // Where a login is missing, the person should know: the resource may be there.
            None => AskOutcome::Refused {
                error: self.error.filter(|_| self.blocked.is_none()),
                not_asked: self.blocked.map(|reason| format!(" (not asked: {reason})")).unwrap_or_default(),
            },
        }
    }
}

/// How much an error says: that the resource is not there, and what the server adds to that.
fn rank(error: &Message) -> u8 {
    let is_missing = matches!(error.error_code(), Some(RESOURCE_NOT_FOUND | INVALID_PARAMS));
    u8::from(is_missing) * 2 + u8::from(error.has_error_data())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(code: i64, data: bool) -> Message {
        let mut error = json!({ "code": code, "message": "m" });
        if data {
            error["data"] = json!({ "uri": "x://1" });
        }
        Message::parse(json!({ "jsonrpc": "2.0", "id": 1, "error": error }).to_string().as_bytes()).expect("an error")
    }

    #[test]
    fn an_error_with_data_says_more_and_a_missing_resource_most() {
        let ranks = [error(-32603, false), error(-32603, true), error(-32002, false), error(-32602, true)];

        assert_eq!(ranks.each_ref().map(rank), [0, 1, 2, 3]);
    }
}
