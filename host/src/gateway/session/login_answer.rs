//! A call that waits for a login: the client is asked to open the page of the login (Elicitation, "URL Mode"), and the same
//! call goes to the server once the person has signed in.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::core::{Peer, Session};
use super::in_flight::InFlight;
use crate::connect::Blocked;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies;
use crate::gateway::message::{Fields, Id, Message, fields, object, raw, string};
use crate::gateway::upstream::Upstream;

/// How long a person has to sign in.
const PATIENCE: Duration = Duration::from_mins(10);

/// The question about a login, as the client gets it.
pub(super) struct LoginQuestion {
    upstream: Arc<Upstream>,
    message: Message,
    /// The id under which the client is told that the login is complete.
    elicitation: String,
    answer: oneshot::Receiver<Message>,
    logins: watch::Receiver<u64>,
}

/// A call that waits for a login.
pub(super) struct LoginAnswer {
    question: LoginQuestion,
    blocked: Blocked,
    /// `None` once it went on.
    call: Option<WaitingCall>,
    stage: LoginStage,
    ends_at: Instant,
}

/// The call and where it goes.
pub(super) struct WaitingCall {
    pub(super) upstream: Arc<Upstream>,
    pub(super) message: Message,
    pub(super) in_flight: InFlight,
}

pub(super) enum LoginOutcome {
    /// A message before the answer.
    Before(Message),
    /// The answer: there is no login.
    Failed(Message),
    /// The person has signed in.
    Forward(Box<WaitingCall>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginStage {
    Unasked,
    Asked,
    SignedIn,
}

impl Session {
    /// Whether this client can be asked to open a page before this method is answered.
    pub(super) fn can_ask_for_login(&self, method: &str) -> bool {
        let elicitation = object(&object(&self.client, "capabilities"), "elicitation");
        self.peer == Peer::Client
            && elicitation.contains_key("url")
            && matches!(method, "tools/call" | "prompts/get" | "resources/read")
    }

    /// The question that leads the person to the page.
    pub(super) fn ask_for_login(&self, upstream: &Arc<Upstream>, blocked: &Blocked) -> Option<LoginQuestion> {
        let (Blocked::Login { server, link } | Blocked::Setup { server, link }) = blocked else { return None };
        let elicitation = self.context.random.text::<16>();
        let params = json!({
            "mode": "url",
            "message": format!("{server} needs you to sign in. Open the page, sign in, and the call goes on."),
            "url": link.as_str(),
            "elicitationId": elicitation,
        });
        let logins = upstream.logins();
        let (id, answer) = self.server_requests.add_own(upstream.name());
        let message = Message::request(id, "elicitation/create", &fields(Some(&raw(&params))));
        Some(LoginQuestion { upstream: upstream.clone(), message, elicitation, answer, logins })
    }
}

impl LoginAnswer {
    pub(super) fn new(question: LoginQuestion, message: Message, in_flight: InFlight, blocked: Blocked) -> Self {
        let call = Some(WaitingCall { upstream: question.upstream.clone(), message, in_flight });
        Self { question, blocked, call, stage: LoginStage::Unasked, ends_at: Instant::now() + PATIENCE }
    }

    /// What comes next. Not called again after the answer or the end of the wait.
    pub(super) async fn next(&mut self) -> LoginOutcome {
        match self.stage {
            LoginStage::Unasked => {
                self.stage = LoginStage::Asked;
                LoginOutcome::Before(self.question.message.clone())
            }
            LoginStage::Asked => match tokio::time::timeout_at(self.ends_at, self.signed_in()).await {
                Ok(true) => {
                    self.stage = LoginStage::SignedIn;
                    let params = json!({ "elicitationId": self.question.elicitation });
                    LoginOutcome::Before(Message::notification("notifications/elicitation/complete", Some(&params)))
                }
                Ok(false) | Err(_) => self.failed(),
            },
            LoginStage::SignedIn => {
                let call = self.call.take();
                call.map_or_else(|| self.failed(), |call| LoginOutcome::Forward(Box::new(call)))
            }
        }
    }

    /// Waits for the login. False if the client does not want it.
    async fn signed_in(&mut self) -> bool {
        let cancellation = self.call.as_ref().map(|call| call.in_flight.cancellation.clone());
        let LoginQuestion { answer, logins, .. } = &mut self.question;
        let waiting = async {
            tokio::select! {
                changed = logins.changed() => return changed.is_ok(),
                // The sender is dropped where too many questions are open. The page can be opened all the same.
                answered = answer => if let Ok(answered) = answered && !is_accepted(&answered) {
                    return false;
                },
            }
            logins.changed().await.is_ok()
        };
        match cancellation {
            Some(cancellation) => tokio::select! {
                is_signed_in = waiting => is_signed_in,
                () = cancellation.cancelled() => false,
            },
            None => waiting.await,
        }
    }

    fn failed(&self) -> LoginOutcome {
        let error = UpstreamError::Blocked(self.blocked.clone());
        let call = self.call.as_ref();
        let id = call.map_or_else(|| Id::of(""), |call| call.in_flight.id.clone());
        let method = call.map(|call| call.in_flight.method.clone()).unwrap_or_default();
        let shown = self.question.upstream.redacted(&error);
        LoginOutcome::Failed(local_replies::failure(id, &method, &error, &shown))
    }
}

fn is_accepted(answer: &Message) -> bool {
    let result: Fields = fields(answer.result_raw());
    string(&result, "action").as_deref() == Some("accept")
}
