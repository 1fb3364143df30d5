//! The hub as people run it: with keys checked and its requests in the log.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use mcphub_tests::home::{binary, use_binary};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::child::{Listening, Proxy, free_address};
use crate::connection::{Connection, KEY, Target};
use crate::scenario::Way;

pub(crate) struct Hub {
    pub(crate) proxy: Proxy,
    _directory: TempDir,
}

/// Which binary is measured: the one that `MCPHUB_BENCH_HUB` names, or the release build of these sources.
pub(crate) fn choose_binary() {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the benchmark")]
    if let Some(named) = std::env::var_os("MCPHUB_BENCH_HUB") {
        use_binary(PathBuf::from(named));
    }
}

/// The servers `s0`, `s1`, … of the fast server's place.
pub(crate) fn servers(fast: SocketAddr, place: &str, count: usize) -> Value {
    let login = json!({"grantType": "client_credentials", "clientId": "benchmark", "clientSecret": "a-secret"});
    let server = |number: usize| {
        let mut entry = json!({"url": format!("http://{fast}/{place}/{number}")});
        if place == "login" {
            entry["oauth"] = login.clone();
        }
        (format!("s{number}"), entry)
    };
    Value::Object((0..count).map(server).collect::<Map<String, Value>>())
}

impl Hub {
    /// Starts one with the servers of this way, and waits until they are connected.
    pub(crate) async fn of(way: Way, fast: SocketAddr) -> Self {
        let hub = Self::start(&servers(fast, way.place(), way.count())).await;
        hub.until_tools(way.hub_path(), way.tools()).await;
        hub
    }

    /// Starts one with these servers.
    pub(crate) async fn start(servers: &Value) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let key = json!({"id": "1", "name": "benchmark", "token": KEY, "enabled": true, "accessType": "all"});
        let settings = json!({"mcpServers": servers, "bearerKeys": [key]});
        std::fs::write(directory.path().join("mcp_settings.json"), format!("{settings:#}\n")).expect("written");
        let address = free_address();
        let listening = Listening { address, path: "/ready" };
        let proxy = Proxy::start(&mut command(&directory, address), directory.path(), &listening).await;
        Self { proxy, _directory: directory }
    }

    /// Waits until this endpoint has so many tools.
    pub(crate) async fn until_tools(&self, path: &str, count: usize) {
        let mut client = Connection::open(&Target::new(self.proxy.address, path)).await;
        client.until_tools(count).await;
        client.close().await;
    }
}

fn command(directory: &TempDir, address: SocketAddr) -> Command {
    let mut command = Command::new(binary());
    command.arg("--settings").arg(directory.path().join("mcp_settings.json"));
    command.args(["--no-browser", "--listen", &address.to_string(), "serve"]);
    for variable in ["PORT", "RUST_LOG", "MCPHUB_SETTING_PATH", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(variable);
    }
    // Plugins are compiled once for all hubs of all runs.
    command.env("XDG_CACHE_HOME", binary().with_file_name("test-cache"));
    command.current_dir(directory.path());
    command
}
