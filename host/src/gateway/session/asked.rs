//! Requests that servers make of the client (sampling, elicitation, roots): each gets an id of the hub's, because two
//! servers may use the same; the client's answer goes back under the original one. So does what it says of its progress.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Kind, Message, object, raw};
use crate::gateway::upstream::link::Link;

/// Open questions of one session; the oldest is forgotten first.
const MAX_OPEN: usize = 1000;

/// Bytes of a server's progress token: for a longer one there is no progress.
const MAX_TOKEN: usize = 1024;

/// The open questions of a session.
#[derive(Default)]
pub(crate) struct Asked {
    open: Mutex<IndexMap<Id, Question>>,
    last: AtomicU64,
}

struct Question {
    link: Weak<Link>,
    id: Id,
    /// What it calls its progress itself.
    progress: Option<Box<RawValue>>,
}

impl Asked {
    /// The request as the client sees it.
    pub(crate) fn ask(&self, link: &Arc<Link>, request: Message) -> Message {
        let Kind::Request { id, .. } = request.kind() else { return request };
        let own = Id::of(&format!("mcphub-{}", self.last.fetch_add(1, Ordering::Relaxed) + 1));
        let id = id.clone();
        let mut params = request.params();
        let mut meta = object(&params, "_meta");
        let token = meta.shift_remove("progressToken");
        let is_asked_for = token.is_some();
        let progress = token.filter(|token| token.get().len() <= MAX_TOKEN);
        let request = if is_asked_for {
            if progress.is_some() {
                meta.insert("progressToken".into(), own.to_raw());
            }
            params.insert("_meta".into(), raw(&meta));
            request.with_params(&params)
        } else {
            request
        };
        let mut open = lock(&self.open);
        if open.len() >= MAX_OPEN {
            open.shift_remove_index(0);
        }
        open.insert(own.clone(), Question { link: Arc::downgrade(link), id, progress });
        drop(open);
        request.with_id(own)
    }

    /// Where an answer goes, under the id it goes by there; at most once.
    pub(crate) fn answered(&self, id: &Id) -> Option<(Arc<Link>, Id)> {
        let question = lock(&self.open).shift_remove(id)?;
        Some((question.link.upgrade()?, question.id))
    }

    /// The server takes its question back: what the client is told.
    pub(crate) fn withdrawn(&self, link: &Arc<Link>, params: &Fields) -> Option<Id> {
        let id = Id::read(params.get("requestId")?)?;
        let mut open = lock(&self.open);
        let is_it = |question: &Question| question.id == id && question.link.as_ptr() == Arc::as_ptr(link);
        let own = open.iter().find(|(_, question)| is_it(question)).map(|(own, _)| own.clone())?;
        open.shift_remove(&own);
        Some(own)
    }

    /// What the client says of its progress, as the server that asked calls it.
    pub(crate) fn progress(&self, message: Message) -> Option<(Arc<Link>, Message)> {
        let mut params = message.params();
        let own = Id::read(params.get("progressToken")?)?;
        let (link, token) = {
            let open = lock(&self.open);
            let question = open.get(&own)?;
            (question.link.upgrade()?, question.progress.clone()?)
        };
        params.insert("progressToken".into(), token);
        Some((link, message.with_params(&params)))
    }
}
