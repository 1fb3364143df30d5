//! One client session's part of a shared process. Its requests carry ids of the process, its level and its subscriptions
//! are counted with those of the others, and its end leaves nothing of it behind.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::mpsc;

use super::call::SharedCall;
use super::process::SharedProcess;
use super::subscribing;
use super::subscribing::Leaving;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::open_questions::OpenQuestions;
use crate::gateway::upstream::reply::Reply;

/// A session with a shared process. Dropping it leaves the process.
pub(crate) struct SharedSession {
    process: Arc<SharedProcess>,
    client: Arc<CommandClient>,
}

impl SharedSession {
    /// The part of a client with these parameters of `initialize`.
    pub(super) async fn join(process: Arc<SharedProcess>, initialize: &Fields, inbound: mpsc::Sender<Message>) -> Self {
        let client = process.clients.add(initialize, inbound);
        let roots = Message::request(Id::number(0), "roots/list", &Fields::new());
        if process.clients.brings_roots(&client, &roots) {
            let changed = Message::notification("notifications/roots/list_changed", None);
            // If the command does not read any more, the next request finds out.
            drop(process.stdio.notify(&changed).await);
        }
        Self { process, client }
    }

    /// The counter of request ids, which all sessions of the process share.
    pub(crate) fn ids(&self) -> Arc<AtomicU64> {
        self.process.ids.clone()
    }

    /// The questions that the process has asked this session.
    pub(crate) fn questions(&self) -> &Arc<OpenQuestions> {
        &self.client.questions
    }

    /// Whether the process has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.process.stdio.is_ended()
    }

    /// Sends a request, in its turn. The level and the end of a subscription are sent as they are right for all sessions.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let (process, client) = (&self.process, &self.client);
        let uri = || message.param("uri").unwrap_or_default();
        // Boxed, so that what is rarely sent does not make every request larger.
        match message.method() {
            Some("resources/subscribe") => Box::pin(subscribing::subscribe(process, client, message, uri())).await,
            Some("resources/unsubscribe") => Box::pin(subscribing::unsubscribe(process, client, message, &uri())).await,
            Some("logging/setLevel") => Box::pin(subscribing::set_level(process, client, message)).await,
            Some(_) | None => match SharedCall::begin(message, client, &process.clients, &process.stdio).await {
                Ok(call) => Ok(call.reply(process.stdio.request_of(message, client).await?)),
                Err(refusal) => Ok(Reply::Whole(refusal)),
            },
        }
    }

    /// Sends a notification or an answer.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        self.process.stdio.notify(message).await
    }

    /// Leaves the process: what the session had in flight there is given up.
    pub(crate) async fn close(&self) {
        if let Some(leaving) = Leaving::of(&self.process, &self.client) {
            // A command that does not read any more has nothing to give up.
            drop(leaving.tell(&self.process).await);
        }
    }
}

impl Drop for SharedSession {
    fn drop(&mut self) {
        let Some(leaving) = Leaving::of(&self.process, &self.client).filter(|leaving| !leaving.is_nothing()) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let process = self.process.clone();
            runtime.spawn(async move { drop(leaving.tell(&process).await) });
        }
    }
}
