//! Messages of servers that came on no stream of a call. A hidden session serves many calls, and they may be of several
//! clients, so each such message goes to the call that it can only belong to, or to none.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use super::listeners::Listeners;
use crate::gateway::background::BackgroundTask;
use crate::gateway::local_replies::METHOD_NOT_FOUND;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::session::Session;

/// The calls of one hidden session that are running, oldest first.
#[derive(Default)]
pub(super) struct Asides(Mutex<Vec<Listening>>);

struct Listening {
    id: Id,
    sender: mpsc::Sender<Message>,
    wants: Wants,
}

/// What a call takes of that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wants {
    pub(super) logs: bool,
    /// Whether its client can be asked something by its answer (Multi Round-Trip Requests).
    pub(super) questions: bool,
}

/// A call's place among those that are running. Dropping it leaves the place.
pub(super) struct AsidePlace {
    asides: Arc<Asides>,
    id: Id,
}

impl Asides {
    /// From now on, the call of this id gets messages that can only be for it.
    pub(super) fn enter(self: &Arc<Self>, id: Id, sender: mpsc::Sender<Message>, wants: Wants) -> AsidePlace {
        lock(&self.0).push(Listening { id: id.clone(), sender, wants });
        AsidePlace { asides: self.clone(), id }
    }

    /// Passes messages on for as long as the session lives.
    pub(super) fn follow(self: &Arc<Self>, session: &Arc<Session>, listeners: Arc<Listeners>) -> BackgroundTask {
        let (asides, stream) = (self.clone(), session.listen());
        let session = Arc::downgrade(session);
        BackgroundTask::spawn(async move {
            while let Some(message) = stream.next().await {
                let Some(session) = session.upgrade() else { return };
                if message.method().is_some_and(|method| method.ends_with("/list_changed")) {
                    listeners.list_changed(&session.scope, &message);
                    continue;
                }
                asides.pass(&session, message).await;
            }
        })
    }

    async fn pass(&self, session: &Session, message: Message) {
        let sender = match message.kind() {
            MessageKind::Request { id, .. } => self.asked(session, id),
            MessageKind::Notification { method } if method == "notifications/message" => self.only_one_with_logs(),
            // Resources are for those who listen, and they have a session of their own.
            MessageKind::Notification { .. } | MessageKind::Response { .. } => return,
        };
        let unsent = match sender {
            Some(sender) => sender.try_send(message).err().map(mpsc::error::TrySendError::into_inner),
            None => Some(message),
        };
        if let Some(MessageKind::Request { id, .. }) = unsent.as_ref().map(Message::kind) {
            let sentence = "nothing says which request this belongs to; ask on the stream of its answer";
            session.accept(Message::error(Some(id.clone()), METHOD_NOT_FOUND, sentence)).await;
        }
    }

    /// The call that a server's question belongs to: the only one at that server that can be asked.
    fn asked(&self, session: &Session, question: &Id) -> Option<mpsc::Sender<Message>> {
        let server = session.server_of_question(question)?;
        let running = lock(&self.0);
        let mut able = running.iter().filter(|call| call.wants.questions && session.is_at(&call.id, &server));
        let first = able.next()?;
        able.next().is_none().then(|| first.sender.clone())
    }

    /// Nothing says which call a log message is about, so it goes to the only one that wants any. All calls of a hidden session
    /// are of one caller.
    fn only_one_with_logs(&self) -> Option<mpsc::Sender<Message>> {
        let running = lock(&self.0);
        let mut wanting = running.iter().filter(|call| call.wants.logs);
        let first = wanting.next()?;
        wanting.next().is_none().then(|| first.sender.clone())
    }
}

impl Drop for AsidePlace {
    fn drop(&mut self) {
        lock(&self.asides.0).retain(|call| call.id != self.id);
    }
}
