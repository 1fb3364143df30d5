//! The sessions behind streams of `subscriptions/listen`. Each lives as long as its stream.

use std::sync::{Arc, Mutex, Weak};

use crate::gateway::lock::lock;
use crate::gateway::message::Message;
use crate::gateway::roster::ServerScope;
use crate::gateway::session::Session;

/// Streams that may be open at once; further ones are refused.
const MAX_LISTENING: usize = 1000;

/// All sessions that listen.
#[derive(Default)]
pub(super) struct Listeners(Mutex<Vec<Weak<Session>>>);

impl Listeners {
    /// Counts a session among those that listen. False if there are too many.
    pub(super) fn add(&self, session: &Arc<Session>) -> bool {
        let mut listening = lock(&self.0);
        listening.retain(|session| session.strong_count() > 0);
        let has_room = listening.len() < MAX_LISTENING;
        if has_room {
            listening.push(Arc::downgrade(session));
        }
        has_room
    }

    /// The sessions that listen now.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        lock(&self.0).iter().filter_map(Weak::upgrade).collect()
    }

    /// Passes on that a list changed. Some servers tell only the session in which it changed.
    pub(super) fn list_changed(&self, scope: &ServerScope, message: &Message) {
        for session in self.all().into_iter().filter(|session| session.scope == *scope) {
            session.pass_list_change(message);
        }
    }
}
