//! How a client session opens its session with a server: with the client's own capabilities, when it is first needed, and
//! again when the server has forgotten it.

use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::core::{Peer, Session};
use super::upstream_sessions::OpeningSlot;
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message, raw};
use crate::gateway::upstream::{Upstream, UpstreamSession};

/// Messages of a server that wait to be passed to the client session.
const INBOUND: usize = 64;

impl Session {
    /// The session with a server. Opens one if there is none, or if it is known to have ended.
    pub(crate) async fn upstream_session(
        self: &Arc<Self>,
        upstream: &Upstream,
    ) -> Result<Arc<UpstreamSession>, UpstreamError> {
        let server = upstream.name();
        if let Some(upstream_session) = self.upstream_sessions.open(server) {
            if !upstream_session.is_ended() {
                return Ok(upstream_session);
            }
            self.upstream_sessions.forget(&upstream_session);
        }
        let slot = self.upstream_sessions.slot(server, || self.begin_opening(upstream));
        let opened = slot.clone().await;
        if opened.is_err() {
            self.upstream_sessions.forget_failed(server, &slot);
        }
        opened
    }

    fn begin_opening(self: &Arc<Self>, upstream: &Upstream) -> OpeningSlot {
        let (sender, receiver) = mpsc::channel(INBOUND);
        let opening = upstream.open(self.client.clone(), sender, self.last_headers.clone());
        // Weak: an opening that takes long must not keep a session that has ended.
        let session = Arc::downgrade(self);
        let server = upstream.name().to_owned();
        let (work, slot) = async move {
            let begun = Instant::now();
            let upstream_session = Arc::new(opening.await?);
            let gone = || UpstreamError::SessionEnded { server: server.clone() };
            let session = session.upgrade().ok_or_else(gone)?;
            session.context.note_opened(&server, &upstream_session.greeting);
            session.set_up(&upstream_session, receiver).await;
            // Lists may have been answered without this server in the meantime.
            if begun.elapsed() >= session.context.limits.list {
                session.assume_changed(&server);
            }
            Ok(upstream_session)
        }
        .remote_handle();
        // A task of its own, so that the opening goes on when the request that needed it is dropped.
        tokio::spawn(work);
        slot.shared()
    }

    async fn set_up(self: &Arc<Self>, upstream_session: &Arc<UpstreamSession>, inbound: mpsc::Receiver<Message>) {
        *lock(&upstream_session.reader) = Some(self.read(upstream_session, inbound));
        if self.is_listening() || self.peer == Peer::Hub {
            upstream_session.listen();
        }
        self.restore(upstream_session).await;
    }

    /// Repeats what the client set before: its log level and its subscriptions. A subscription to a resource that the client may
    /// not have any more is forgotten.
    async fn restore(&self, upstream_session: &UpstreamSession) {
        let level = lock(&self.level).clone().filter(|_| upstream_session.has("logging"));
        if let Some(params) = level {
            self.send_quietly(upstream_session, "logging/setLevel", &params).await;
        }
        let subscribed = lock(&self.subscribed).at(&upstream_session.server);
        for uri in subscribed {
            if !self.may_have_resource(&upstream_session.server, &uri) {
                self.forget_subscription(&uri);
                continue;
            }
            let params = [("uri".to_owned(), raw(&uri))].into();
            self.send_quietly(upstream_session, "resources/subscribe", &params).await;
        }
    }

    async fn send_quietly(&self, upstream_session: &UpstreamSession, method: &str, params: &Fields) {
        if let Ok(reply) = upstream_session.request(&Message::request(self.next_id(), method, params)).await {
            // The client got its answer when it set this. A failure now concerns nobody.
            drop(reply.answer(|_| {}).await);
        }
    }

    /// Passes messages of the server that belong to no request on to the client.
    fn read(
        self: &Arc<Self>,
        upstream_session: &Arc<UpstreamSession>,
        mut inbound: mpsc::Receiver<Message>,
    ) -> BackgroundTask {
        // Weak on both sides: the task is owned by the upstream session, which the client session owns.
        let (session, upstream_session) = (Arc::downgrade(self), Arc::downgrade(upstream_session));
        BackgroundTask::spawn(async move {
            while let Some(message) = inbound.recv().await {
                let Some((session, upstream_session)) = session.upgrade().zip(upstream_session.upgrade()) else {
                    break;
                };
                if let Some(message) = session.pass_to_client(&upstream_session, message) {
                    let upstream = session.context.upstream(&upstream_session.server);
                    session.queue_for_client(match upstream {
                        Some(upstream) => upstream.without_secrets(message),
                        None => message,
                    });
                }
            }
        })
    }
}
