//! `subscriptions/listen`: a stream with a session of its own, which listens to the servers in scope and is subscribed to
//! the resources that the client names.

use std::sync::Arc;
use std::time::Duration;

use super::clients::ModernClients;
use super::sender::Sender;
use super::subscription::{self, SubscriptionFilter};
use crate::gateway::local_replies::{INTERNAL_ERROR, INVALID_PARAMS};
use crate::gateway::message::{Id, Message, raw};
use crate::gateway::session::{ClientAnswer, ClientStream, Peer, Session};

/// How long servers are awaited before the stream begins. A server that comes later is listened to from then on.
const PATIENCE: Duration = Duration::from_secs(2);

/// The messages of one subscription. Dropping it ends the subscription.
pub(crate) struct ListenStream {
    id: Id,
    filter: SubscriptionFilter,
    session: Arc<Session>,
    stream: ClientStream,
    is_acknowledged: bool,
    is_over: bool,
}

/// Begins to listen. Nothing that happens after the acknowledgement is missed.
pub(super) async fn open(
    clients: &ModernClients,
    sender: Sender,
    message: &Message,
    id: Id,
) -> Result<ListenStream, Box<Message>> {
    let refused = |code, sentence: &str| Box::new(Message::error(Some(id.clone()), code, sentence));
    let Some(mut filter) = SubscriptionFilter::read(&message.params()) else {
        return Err(refused(INVALID_PARAMS, "notifications is not a filter of what to listen to"));
    };
    let session = Session::new(clients.context.clone(), sender.scope, Peer::Client, sender.client);
    let session = session.of_principal(sender.principal);
    session.last_headers.note(message);
    if !clients.listeners.add(&session) {
        return Err(refused(INTERNAL_ERROR, "too many clients listen at once; try again later"));
    }
    let stream = session.listen();
    session.listen_to_all(PATIENCE).await;
    filter = filter.within(&session.declared_capabilities());
    let wanted = std::mem::take(&mut filter.resource_subscriptions);
    let asked = wanted.iter().map(|uri| subscribe(&session, uri));
    let subscribed = futures::future::join_all(asked).await;
    filter.resource_subscriptions =
        wanted.into_iter().zip(subscribed).filter(|(_, is_on)| *is_on).map(|(uri, _)| uri).collect();
    Ok(ListenStream { id, filter, session, stream, is_acknowledged: false, is_over: false })
}

/// Whether a server lets the session subscribe to a resource. That says more than what the server declares.
async fn subscribe(session: &Arc<Session>, uri: &str) -> bool {
    let params = [("uri".to_owned(), raw(&uri))].into();
    let request = Message::request(session.next_id(), "resources/subscribe", &params);
    let answer = match session.request(request).await {
        ClientAnswer::Whole(answer) => answer,
        ClientAnswer::Stream(mut stream) => {
            let mut last = None;
            while let Some(message) = stream.next().await {
                last = Some(message);
            }
            let Some(last) = last else { return false };
            last
        }
    };
    answer.result_raw().is_some()
}

impl ListenStream {
    /// The next message: first the acknowledgement. `None` after the end. May be dropped while it waits: no message is lost.
    pub(super) async fn next(&mut self) -> Option<Message> {
        if !std::mem::replace(&mut self.is_acknowledged, true) {
            return Some(subscription::acknowledged(&self.filter, &self.id));
        }
        loop {
            if self.is_over {
                return None;
            }
            match self.stream.next().await {
                Some(message) if self.filter.wants(&message) => return Some(subscription::marked(message, &self.id)),
                Some(_) => {}
                None => {
                    self.is_over = true;
                    return Some(subscription::ended(&self.id));
                }
            }
        }
    }
}

impl Drop for ListenStream {
    fn drop(&mut self) {
        let session = self.session.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { session.end().await });
        }
    }
}
