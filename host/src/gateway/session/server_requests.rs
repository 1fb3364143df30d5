//! Requests that servers make of the client (sampling, elicitation, roots). Two servers may use the same id, so each
//! request gets an id of the hub's; the client's answer and its progress notifications go back under the server's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use indexmap::IndexMap;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, MessageKind, object, raw};
use crate::gateway::upstream::UpstreamSession;

/// Open requests of one session. Beyond that, the oldest is forgotten.
const MAX_OPEN: usize = 1000;
/// Bytes of a server's progress token. A request with a longer one gets no progress notifications.
const MAX_TOKEN: usize = 1024;

/// The open requests of the servers of one session, by the hub's id.
#[derive(Default)]
pub(crate) struct ServerRequests {
    open: Mutex<IndexMap<Id, OpenRequest>>,
    last: AtomicU64,
}

struct OpenRequest {
    asker: Asker,
    id: Id,
    /// The server's own progress token.
    progress: Option<Box<RawValue>>,
}

enum Asker {
    /// A server. Weak: an unanswered request must not keep a session alive that has ended.
    Server(Weak<UpstreamSession>),
    /// The hub, about this server.
    Hub(String, oneshot::Sender<Message>),
}

/// Where an answer of the client goes.
pub(crate) enum Answered {
    /// To a server, under its own id for the request.
    Server(Arc<UpstreamSession>, Id),
    /// To the hub, which asked itself.
    Hub(oneshot::Sender<Message>),
}

impl Asker {
    fn server(&self) -> Option<Arc<UpstreamSession>> {
        match self {
            Self::Server(upstream_session) => upstream_session.upgrade(),
            Self::Hub(..) => None,
        }
    }
}

impl ServerRequests {
    /// Opens a request of the hub's own about a server. The receiver gets the answer.
    pub(super) fn add_own(&self, server: &str) -> (Id, oneshot::Receiver<Message>) {
        let own = Id::of(&format!("mcphub-{}", self.last.fetch_add(1, Ordering::Relaxed) + 1));
        let (sender, receiver) = oneshot::channel();
        let asker = Asker::Hub(server.to_owned(), sender);
        self.insert(own.clone(), OpenRequest { asker, id: own.clone(), progress: None });
        (own, receiver)
    }

    fn insert(&self, own: Id, request: OpenRequest) {
        let mut open = lock(&self.open);
        if open.len() >= MAX_OPEN {
            open.shift_remove_index(0);
        }
        open.insert(own, request);
    }

    /// Opens a request, and returns it as the client is to see it.
    pub(crate) fn add(&self, upstream_session: &Arc<UpstreamSession>, request: Message) -> Message {
        let MessageKind::Request { id, .. } = request.kind() else { return request };
        let own = Id::of(&format!("mcphub-{}", self.last.fetch_add(1, Ordering::Relaxed) + 1));
        let id = id.clone();
        let mut params = request.params();
        let mut meta = object(&params, "_meta");
        let token = meta.shift_remove("progressToken");
        let has_token = token.is_some();
        let progress = token.filter(|token| token.get().len() <= MAX_TOKEN);
        let request = if has_token {
            if progress.is_some() {
                meta.insert("progressToken".into(), own.to_raw());
            }
            params.insert("_meta".into(), raw(&meta));
            request.with_params(&params)
        } else {
            request
        };
        let asker = Asker::Server(Arc::downgrade(upstream_session));
        self.insert(own.clone(), OpenRequest { asker, id, progress });
        request.with_id(own)
    }

    /// Closes a request, and returns where its answer goes. `None` if it is not open.
    pub(crate) fn take(&self, id: &Id) -> Option<Answered> {
        let request = lock(&self.open).shift_remove(id)?;
        match request.asker {
            Asker::Server(upstream_session) => Some(Answered::Server(upstream_session.upgrade()?, request.id)),
            Asker::Hub(_, sender) => Some(Answered::Hub(sender)),
        }
    }

    /// The server of an open request.
    pub(crate) fn server(&self, id: &Id) -> Option<String> {
        match &lock(&self.open).get(id)?.asker {
            Asker::Server(upstream_session) => Some(upstream_session.upgrade()?.server.clone()),
            Asker::Hub(server, _) => Some(server.clone()),
        }
    }

    /// Closes a request that its server cancels, and returns the client's id for it.
    pub(crate) fn cancel(&self, upstream_session: &Arc<UpstreamSession>, params: &Fields) -> Option<Id> {
        let id = Id::read(params.get("requestId")?)?;
        let mut open = lock(&self.open);
        let is_it = |request: &OpenRequest| {
            request.id == id && request.asker.server().is_some_and(|asker| Arc::ptr_eq(&asker, upstream_session))
        };
        let own = open.iter().find(|(_, request)| is_it(request)).map(|(own, _)| own.clone())?;
        open.shift_remove(&own);
        Some(own)
    }

    /// A progress notification of the client under the server's token, and where it goes.
    pub(crate) fn progress(&self, message: Message) -> Option<(Arc<UpstreamSession>, Message)> {
        let mut params = message.params();
        let own = Id::read(params.get("progressToken")?)?;
        let (upstream_session, token) = {
            let open = lock(&self.open);
            let request = open.get(&own)?;
            (request.asker.server()?, request.progress.clone()?)
        };
        params.insert("progressToken".into(), token);
        Some((upstream_session, message.with_params(&params)))
    }
}
