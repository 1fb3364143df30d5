//! What every server of a gateway is made with.

use std::sync::Arc;

use super::http::Http;
use super::stdio::{CommandContext, RunningCommands};
use crate::connect::Connector;
use crate::gateway::budget::Budget;
use crate::gateway::limits::GatewayLimits;
use crate::telemetry::Traffic;

/// The parts that all servers share.
pub(crate) struct UpstreamParts<'a> {
    pub(crate) http: &'a Http,
    pub(crate) connector: &'a Connector,
    pub(crate) limits: &'a GatewayLimits,
    /// Bytes that wait for the readers of streams, over all sessions.
    pub(crate) waiting: &'a Arc<Budget>,
    pub(crate) command_context: &'a CommandContext,
    pub(crate) running_commands: &'a RunningCommands,
    pub(crate) traffic: &'a Traffic,
}
