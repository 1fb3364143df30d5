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
use crate::gateway::message::{Message, MessageKind};
use crate::gateway::principal::Principal;
use crate::gateway::roster::ServerScope;
use crate::gateway::sessions::{OpenError, Sessions};

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
    pub(crate) fn connect(self: &Arc<Self>, id: String, scope: ServerScope, principal: Principal) -> OlderStream {
        let (outlet, outgoing) = Outlet::new();
        let client = Arc::new(OlderClient::new(id, scope, principal, outlet));
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

    /// The client of this id, if this caller opened its stream at an endpoint of this scope.
    pub(crate) fn get(&self, id: &str, scope: &ServerScope, principal: &Principal) -> Option<Arc<OlderClient>> {
        let is_theirs = |client: &&Arc<OlderClient>| client.scope == *scope && client.principal == *principal;
        lock(&self.open).get(id).filter(is_theirs).cloned()
    }

    /// Ends the streams of callers for whom this holds.
    pub(crate) fn forget(&self, is_gone: impl Fn(&Principal) -> bool) {
        let gone: Vec<Arc<OlderClient>> =
            lock(&self.open).values().filter(|client| is_gone(&client.principal)).cloned().collect();
        for client in gone {
            tokio::spawn(async move { client.outlet.end().await });
        }
    }

    /// Opens the session of a client, and answers its `initialize` on its stream.
    pub(crate) async fn begin(&self, client: &Arc<OlderClient>, initialize: &Message) -> Result<(), OpenError> {
        let MessageKind::Request { id, .. } = initialize.kind() else { return Ok(()) };
        if client.session().is_some() {
            client.refuse_again(id.clone()).await;
            return Ok(());
        }
        let (scope, principal) = (client.scope.clone(), client.principal.clone());
        let (session, greeting) = self.sessions.open(scope, principal, id.clone(), initialize).await?;
        if !client.begin(&session, &greeting).await {
            client.refuse_again(id.clone()).await;
            self.sessions.close(&session).await;
        } else if self.get(&client.id, &client.scope, &client.principal).is_none() {
            // The stream ended meanwhile, and with it the session.
            self.sessions.close(&session).await;
        }
        Ok(())
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
