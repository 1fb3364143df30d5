//! All clients with an open stream, and what happens when a stream ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::client::OlderClient;
use super::stream::{Outgoing, Outlet};
use crate::gateway::background::BackgroundTask;
use crate::gateway::lock::lock;
use crate::gateway::roster::ServerScope;
use crate::gateway::sessions::Sessions;

/// How long a stream may be open without `initialize`.
const UNBEGUN: Duration = Duration::from_mins(1);

/// The clients by the id in the address for their messages.
pub(crate) struct OlderClients {
    open: Mutex<HashMap<String, Arc<OlderClient>>>,
    sessions: Arc<Sessions>,
}

/// The stream to one client. Dropping it ends the session.
pub(crate) struct OlderStream {
    pub(crate) client: Arc<OlderClient>,
    outgoing: mpsc::Receiver<Outgoing>,
    clients: Arc<OlderClients>,
    /// Ends a stream on which no session is begun.
    _deadline: BackgroundTask,
}

impl OlderClients {
    pub(crate) fn new(sessions: Arc<Sessions>) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), sessions })
    }

    /// Opens a stream for a client at an endpoint of this scope.
    pub(crate) fn connect(self: &Arc<Self>, id: String, scope: ServerScope) -> OlderStream {
        let (outlet, outgoing) = Outlet::new();
        let client = Arc::new(OlderClient::new(id, scope, outlet));
        lock(&self.open).insert(client.id.clone(), client.clone());
        let unbegun = Arc::downgrade(&client);
        let deadline = BackgroundTask::spawn(async move {
            tokio::time::sleep(UNBEGUN).await;
            if let Some(client) = unbegun.upgrade().filter(|client| client.session().is_none()) {
                client.outlet.end().await;
            }
        });
        OlderStream { client, outgoing, clients: self.clone(), _deadline: deadline }
    }

    /// The client of this id, if its stream was opened at an endpoint of this scope.
    pub(crate) fn get(&self, id: &str, scope: &ServerScope) -> Option<Arc<OlderClient>> {
        lock(&self.open).get(id).filter(|client| client.scope == *scope).cloned()
    }
}

impl OlderStream {
    /// The next message as one line of JSON. `None` once the session ended. May be dropped while it waits: no message is
    /// lost.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        match self.outgoing.recv().await? {
            Outgoing::Line { line, .. } => Some(line),
            Outgoing::End => None,
        }
    }
}

impl Drop for OlderStream {
    fn drop(&mut self) {
        lock(&self.clients.open).remove(&self.client.id);
        let session = self.client.session().and_then(|session| self.clients.sessions.take(&session.id));
        if let (Some(session), Ok(runtime)) = (session, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { session.end().await });
        }
    }
}
