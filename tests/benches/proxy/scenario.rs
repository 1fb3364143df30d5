//! The scenarios of calls: how many clients, how much is said, and which way it takes.

use std::net::SocketAddr;

use crate::answers::SIZES;
use crate::connection::Target;
use crate::fleet::Calls;

/// How many clients there are at once.
pub(crate) const CLIENTS: [usize; 3] = [1, 32, 256];

/// The way to the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `/mcp/{server}`, where there is one server.
    Plain,
    /// The same, and the server has a login.
    Login,
    /// `/mcp` with ten servers.
    Ten,
    /// The same, and each server has a login.
    TenLogins,
    /// `/mcp/{server}`, one of a hundred servers.
    Hundred,
    /// `/mcp/{server}`; client and server are of the generation without sessions.
    Stateless,
}

/// The ways, in the order of the table.
pub(crate) const WAYS: [Way; 6] = [Way::Plain, Way::Login, Way::Ten, Way::TenLogins, Way::Hundred, Way::Stateless];

impl Way {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Login => "login",
            Self::Ten => "ten",
            Self::TenLogins => "ten-logins",
            Self::Hundred => "hundred",
            Self::Stateless => "stateless",
        }
    }

    /// Where its servers are at the fast server.
    pub(crate) const fn place(self) -> &'static str {
        match self {
            Self::Plain | Self::Ten | Self::Hundred => "plain",
            Self::Login | Self::TenLogins => "login",
            Self::Stateless => "stateless",
        }
    }

    /// How many servers the hub has.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Plain | Self::Login | Self::Stateless => 1,
            Self::Ten | Self::TenLogins => 10,
            Self::Hundred => 100,
        }
    }

    const fn is_merged(self) -> bool {
        matches!(self, Self::Ten | Self::TenLogins)
    }

    /// How many tools its endpoint has.
    pub(crate) const fn tools(self) -> usize {
        if self.is_merged() { SIZES.len() * self.count() } else { SIZES.len() }
    }

    pub(crate) const fn hub_path(self) -> &'static str {
        if self.is_merged() { "/mcp" } else { "/mcp/s0" }
    }

    /// The endpoint at the hub.
    pub(crate) fn at_hub(self, hub: SocketAddr) -> Target {
        self.target(hub, self.hub_path())
    }

    /// The endpoint at nginx, which knows one server.
    pub(crate) fn at_nginx(self, nginx: SocketAddr) -> Target {
        self.target(nginx, &format!("/{}/0", self.place()))
    }

    fn target(self, address: SocketAddr, path: &str) -> Target {
        let target = Target::new(address, path);
        if self == Self::Stateless { target.stateless() } else { target }
    }

    /// The names that a tool has at the hub: one, or one for each server.
    pub(crate) fn names(self, tool: &str) -> Vec<String> {
        if !self.is_merged() {
            return vec![tool.to_owned()];
        }
        (0..self.count()).map(|server| format!("s{server}-{tool}")).collect()
    }
}

/// How a text of this length is called in the table.
pub(crate) fn size_name(length: usize) -> &'static str {
    if length < 1024 { "100B" } else { "10KiB" }
}

/// A call of one of these tools, whose text is so long.
pub(crate) fn calls(tools: &[String], length: usize) -> Calls<'_> {
    Calls { tools, expected: length }
}
