//! One client session's part of a process that has no sessions. Each of its requests says all that the process has to know, so
//! nothing of the client is kept there.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::process::SharedProcess;
use crate::gateway::message::{Fields, Message};
use crate::gateway::upstream::request_ids::RequestIds;
use crate::gateway::upstream::stateless::{Discovered, Wire};

/// What a session with such a process is made of.
pub(crate) struct StatelessPart {
    pub(crate) found: Arc<Discovered>,
    pub(crate) wire: Wire,
    pub(crate) request_ids: RequestIds,
}

impl StatelessPart {
    /// The part of a shared process of a client with these parameters of `initialize`.
    pub(super) fn new(
        process: &SharedProcess,
        found: Arc<Discovered>,
        initialize: &Fields,
        inbound: mpsc::Sender<Message>,
    ) -> Self {
        let client = process.clients.apart(initialize, inbound);
        let (wire, request_ids) = (Wire::shared(process.stdio.clone(), client), RequestIds::after(process.ids.clone()));
        Self { found, wire, request_ids }
    }
}
