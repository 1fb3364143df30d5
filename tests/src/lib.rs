//! What whole-system tests are made of: the hub's binary, a browser, an MCP client, real peers, a scriptable authority.
//!
//! Everything listens on 127.0.0.1 at a free port and ends with the value that started it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be set up ends its test"
)]

mod asking_client;
pub mod authority;
pub mod browser;
pub mod chromium;
pub mod client;
pub mod command;
pub mod core;
pub mod deviant;
pub mod gaps;
pub mod garbage;
pub mod home;
pub mod hostile;
pub mod hub;
mod hub_log;
mod installation;
pub mod offline;
pub mod ordered;
pub mod peers;
pub mod proxy;
pub mod scripted;
pub mod suite;

pub use asking_client::AskingClient;
pub use authority::{Authority, Shape};
pub use browser::{Browser, Trip};
pub use chromium::Chromium;
pub use client::Client;
pub use command::{Processes, command};
pub use core::Core;
pub use home::Home;
pub use hostile::Hostile;
pub use hub::Hub;
pub use installation::missing;
pub use ordered::{CHAMELEON, GARBLER};
pub use peers::{AuthorityPeer, ServerPeer, parsed_by_prometheus};
pub use proxy::{Manners, Proxy};

/// A JSON value's string, or nothing.
#[must_use]
pub fn text(value: &serde_json::Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// A web client without a proxy and without redirects.
#[must_use]
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// Begins a login as somebody at a terminal who agrees to a login page of another site.
pub async fn begin(
    connector: &mcphub::connect::Connector,
    server: &str,
    person: &mcphub::connect::BrowserId,
) -> Result<url::Url, mcphub::connect::ConnectError> {
    use mcphub::connect::{ConnectError, LoginError};

    match connector.begin_at_terminal(server, person).await {
        Err(ConnectError::Login(LoginError::ForeignLogin(login))) => {
            connector.acknowledge_at_terminal(server, login.sites()).await?;
            connector.begin_at_terminal(server, person).await
        }
        begun => begun,
    }
}
