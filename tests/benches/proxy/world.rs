//! What all scenarios share: the fast server, and nginx in front of it.

use std::net::SocketAddr;

use crate::nginx::{self, Nginx};
use crate::upstream;

/// The fast server and nginx.
pub(crate) struct World {
    pub(crate) fast: SocketAddr,
    pub(crate) nginx: Nginx,
}

impl World {
    /// Starts both; none where nginx is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let program = nginx::program()?;
        let fast = upstream::start();
        Some(Self { fast, nginx: Nginx::start(program, fast).await })
    }
}
