//! A session's own sessions with the servers: begun when first needed, with the client's own capabilities, and begun
//! again when a server has forgotten them.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{RemoteHandle, Shared};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Session;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, raw};
use crate::gateway::speech;
use crate::gateway::upstream::Upstream;
use crate::gateway::upstream::link::Link;
use crate::gateway::upstream::task::Task;

/// Unasked messages on their way from a server to the session.
const INBOUND: usize = 64;

/// One server's place: whoever needs the session waits for the one opening of it, which goes on while nobody waits. It ends
/// when nobody waits and its place is empty.
pub(super) type Slot = Shared<RemoteHandle<Result<Arc<Link>, UpstreamError>>>;

impl Session {
    /// The session with a server, begun if need be.
    pub(crate) async fn link(self: &Arc<Self>, upstream: &Upstream) -> Result<Arc<Link>, UpstreamError> {
        if let Some(link) = self.live_link(upstream.name()) {
            if !link.is_ended() {
                return Ok(link);
            }
            self.forget(&link);
        }
        let slot = self.slot(upstream);
        let opened = slot.clone().await;
        if opened.is_err() {
            let mut links = lock(&self.links);
            if links.get(upstream.name()).is_some_and(|other| other.ptr_eq(&slot)) {
                links.remove(upstream.name());
            }
        }
        opened
    }

    /// The opening that is under way, or a new one: one that failed while nobody waited is no answer any more.
    fn slot(self: &Arc<Self>, upstream: &Upstream) -> Slot {
        let mut links = lock(&self.links);
        if links.get(upstream.name()).is_some_and(|slot| matches!(slot.clone().now_or_never(), Some(Err(_)))) {
            links.remove(upstream.name());
        }
        links.entry(upstream.name().to_owned()).or_insert_with(|| self.begin(upstream)).clone()
    }

    /// Begins to open the session with a server.
    fn begin(self: &Arc<Self>, upstream: &Upstream) -> Slot {
        let (sender, receiver) = mpsc::channel(INBOUND);
        let opening = upstream.open(self.client.clone(), sender);
        let session = Arc::downgrade(self);
        let server = upstream.name().to_owned();
        let (work, slot) = async move {
            let begun = Instant::now();
            let link = Arc::new(opening.await?);
            let session = session.upgrade().ok_or(UpstreamError::SessionEnded { server })?;
            session.take_in(&link, receiver).await;
            // Lists were answered without it meanwhile.
            if begun.elapsed() >= session.shared.limits.list {
                for change in speech::list_changes() {
                    session.outbox.push(change);
                }
            }
            Ok(link)
        }
        .remote_handle();
        tokio::spawn(work);
        slot.shared()
    }

    /// All sessions that are open.
    pub(crate) fn live_links(&self) -> Vec<Arc<Link>> {
        lock(&self.links).values().filter_map(open_link).collect()
    }

    /// The open session with a server, if there is one.
    pub(crate) fn live_link(&self, server: &str) -> Option<Arc<Link>> {
        open_link(lock(&self.links).get(server)?)
    }

    /// Lets go of the session with a server; calls under way in it finish.
    pub(crate) fn forget_server(&self, server: &str) {
        lock(&self.links).remove(server);
    }

    /// Lets go of this one, unless another has taken its place.
    pub(super) fn forget(&self, link: &Arc<Link>) {
        let mut links = lock(&self.links);
        let is_it = links.get(&link.server).and_then(open_link).is_some_and(|other| Arc::ptr_eq(&other, link));
        if is_it {
            links.remove(&link.server);
        }
    }

    async fn take_in(self: &Arc<Self>, link: &Arc<Link>, receiver: mpsc::Receiver<Message>) {
        *lock(&link.reader) = Some(self.read(link, receiver));
        if self.is_listening() {
            link.listen();
        }
        self.restore(link).await;
    }

    /// What the client set up before: the log level and its subscriptions.
    async fn restore(&self, link: &Link) {
        let level = lock(&self.level).clone().filter(|_| link.has("logging"));
        if let Some(params) = level {
            self.quietly(link, "logging/setLevel", &params).await;
        }
        let subscribed: Vec<String> = lock(&self.subscribed)
            .iter()
            .filter(|(_, server)| **server == link.server)
            .map(|(uri, _)| uri.clone())
            .collect();
        for uri in subscribed {
            let params = [("uri".to_owned(), raw(&uri))].into();
            self.quietly(link, "resources/subscribe", &params).await;
        }
    }

    async fn quietly(&self, link: &Link, method: &str, params: &Fields) {
        if let Ok(reply) = link.request(&Message::request(self.own_id(), method, params)).await {
            // The client was answered long ago.
            drop(reply.answer(|_| {}).await);
        }
    }

    /// An id for a request of the hub's own in this session.
    pub(crate) fn own_id(&self) -> Id {
        let number = self.last_id.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Id::of(&format!("mcphub-{}-{number}", self.mark))
    }

    fn read(self: &Arc<Self>, link: &Arc<Link>, mut receiver: mpsc::Receiver<Message>) -> Task {
        let (session, link) = (Arc::downgrade(self), Arc::downgrade(link));
        Task::spawn(async move {
            while let Some(message) = receiver.recv().await {
                let Some((session, link)) = session.upgrade().zip(link.upgrade()) else { break };
                if let Some(message) = session.outward(&link, message) {
                    let upstream = session.shared.upstream(&link.server);
                    session.queue(match upstream {
                        Some(upstream) => upstream.without_secrets(message),
                        None => message,
                    });
                }
            }
        })
    }
}

/// The session that stands in a place, once it is open.
pub(super) fn open_link(slot: &Slot) -> Option<Arc<Link>> {
    // It may have come to its end while nobody waited.
    slot.clone().now_or_never()?.ok()
}
