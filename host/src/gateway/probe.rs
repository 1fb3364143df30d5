//! What the hub's own session asks a server: whether it can be used, and its lists, when it comes up and when their time
//! ends.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::audience::ListChange;
use super::core::GatewayCore;
use super::error::UpstreamError;
use super::list_kind::ListKind;
use super::upstream::Upstream;
use crate::settings::Transport;

/// A list is not read again sooner than this because its `ttlMs` has ended.
const SHORTEST_TTL: Duration = Duration::from_secs(5);
/// How often it is looked whether a list has such a time now.
const LOOK: Duration = Duration::from_mins(1);

/// Opens a new session of the hub's own and lists the tools. Opening may take longer than answering, except with a server
/// that was up and hangs: that one is soon tried again.
pub(super) async fn probe(gateway: &GatewayCore, upstream: &Upstream, is_hanging: bool) -> Result<(), UpstreamError> {
    let own_session = &gateway.own_session;
    own_session.upstream_sessions.forget_server(upstream.name());
    let wait = gateway.context.limits.list;
    let is_running = is_hanging && matches!(upstream.server.transport, Transport::Http { .. });
    if is_running {
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        tokio::time::timeout(wait, own_session.upstream_session(upstream)).await.map_err(timed_out)??;
    } else {
        own_session.upstream_session(upstream).await?;
    }
    match own_session.entries(upstream, ListKind::Tools).await {
        // An error is an answer: it is in the notes, and whatever else the server has can be used.
        Ok(_) | Err(UpstreamError::ListRefused { .. }) => {
            read_other_lists(gateway, upstream.name());
            Ok(())
        }
        Err(error) => {
            if let UpstreamError::TimedOut { .. } = error {
                upstream.end_if_unused().await;
            }
            Err(error)
        }
    }
}

/// Reads the lists that nobody waits for, so that they are there when a client asks.
fn read_other_lists(gateway: &GatewayCore, server: &str) {
    let Some(upstream) = gateway.context.upstream(server) else { return };
    let (session, context) = (gateway.own_session.clone(), gateway.context.clone());
    tokio::spawn(async move {
        let kinds = [ListKind::Prompts, ListKind::Resources, ListKind::Templates];
        let read = kinds.map(|kind| session.read_list(&upstream, kind, None));
        let read = futures::future::join_all(read).await.into_iter().zip(kinds);
        let changed = read.filter(|(read, _)| read.as_ref().is_ok_and(|keeping| keeping.is_changed));
        let change =
            ListChange { server: Some(upstream.name().to_owned()), kinds: changed.map(|(_, kind)| kind).collect() };
        context.audience.announce(change);
    });
}

/// Reads lists again when their `ttlMs` ends, as long as a client may want them. Never returns while the gateway lives.
pub(super) async fn keep_current(core: &Weak<GatewayCore>, upstream: &Arc<Upstream>) {
    while let Some(gateway) = core.upgrade() {
        let session = gateway.own_session.clone();
        let left = gateway.context.lists.ttl_left(upstream.name(), &session.class);
        drop(gateway);
        tokio::time::sleep(left.map_or(LOOK, |left| left.clamp(SHORTEST_TTL, LOOK))).await;
        let Some(gateway) = core.upgrade() else { return };
        let is_wanted = gateway.all_sessions().iter().any(|session| session.reaches(upstream.name()));
        let ended = gateway.context.lists.ended(upstream.name(), &session.class);
        drop(gateway);
        for kind in ended.into_iter().filter(|_| is_wanted) {
            // A failure is noted where it happens.
            drop(session.entries(upstream, kind).await);
        }
    }
}
