//! What the command line and the environment chose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The port on which the hub listens by default.
pub const PORT: u16 = 3000;

/// The choices that one hub is built from, with all defaults filled in.
#[derive(Debug, Clone)]
pub struct Options {
    /// The settings file. It may not exist yet.
    pub settings: PathBuf,
    /// The addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Directories with dropped-in plugins.
    pub plugins: Vec<PathBuf>,
    /// The directory for compiled plugins. Without one they are compiled at each start.
    pub cache: Option<PathBuf>,
    /// Whether the system browser opens when a login is first needed.
    pub open_browser: bool,
    /// Whether every dropped-in plugin serves without a person's approval.
    pub trust_plugins: bool,
    /// The hub's own program. It runs beside the servers' commands and ends them if the hub is killed.
    pub guard: Option<PathBuf>,
    /// How long requests under way may go on when the hub stops.
    pub drain: Duration,
    /// Whether the log shows the arguments of calls.
    pub log_arguments: bool,
    /// The only server to use. Without one, all servers are used.
    pub only: Option<String>,
}

/// Both loopback addresses with this port.
#[must_use]
pub fn loopback(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port), SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)]
}
