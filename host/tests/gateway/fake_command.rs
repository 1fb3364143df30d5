//! A scripted server on standard streams, and hubs that run it.

use std::time::Duration;

use futures::StreamExt;
use mcphub::gateway::GatewayLimits;
use mcphub::settings::{Server, Transport};
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::events;

const SCRIPT: &str = include_str!("fake_command.py");

/// Makes a server of the fake one.
pub(crate) fn fake(server: &mut Server) {
    run(server, "python3", &["-c", SCRIPT]);
}

/// Makes a server of this program.
pub(crate) fn run(server: &mut Server, command: &str, args: &[&str]) {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let (command, args) = (command.to_owned(), args.into());
    server.transport = Transport::Stdio { command, args, env: Vec::new(), inherits_environment: true, directory: None };
    server.start_timeout = Some(Duration::from_secs(20));
}

/// A hub with the fake server as `a`, and room for many sessions.
pub(crate) async fn hub(change: impl Fn(&mut Server)) -> Hub {
    let limits = GatewayLimits { sessions: 100, ..Hub::limits() };
    Hub::limited(limits, &[("a", "http://127.0.0.1:1/")], |server| {
        fake(server);
        change(server);
    })
    .await
}

/// A call in flight.
pub(crate) struct Calling(pub(crate) tokio::task::JoinHandle<Vec<Value>>);

impl Calling {
    /// The messages that answer the call.
    pub(crate) async fn answered(self) -> Vec<Value> {
        tokio::time::timeout(Duration::from_secs(20), self.0).await.expect("in time").expect("answered")
    }
}

impl Client {
    /// Calls a tool under an id and a progress token.
    pub(crate) fn calling(&self, id: &Value, tool: &str, arguments: &Value) -> Calling {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": id } });
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        let client = self.clone();
        Calling(tokio::spawn(async move {
            let response = client.post(&message).await;
            if response.headers()["content-type"] == "text/event-stream" {
                return events(response).collect().await;
            }
            vec![serde_json::from_slice(&response.bytes().await.expect("body")).expect("json")]
        }))
    }

    /// The text of a tool's result.
    pub(crate) async fn said(&self, tool: &str, arguments: Value) -> String {
        text(&self.call(tool, arguments).await).to_owned()
    }

    /// The messages of this method that the fake server received.
    pub(crate) async fn seen(&self, method: &str) -> Vec<Value> {
        serde_json::from_str(&self.said("seen", json!({ "method": method })).await).expect("JSON")
    }

    pub(crate) async fn notify(&self, method: &str, params: Value) {
        let sent = self.post(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
        assert_eq!(sent.status(), 202);
    }

    /// Waits until the fake server holds this many calls.
    pub(crate) async fn until_held(&self, hub: &Hub, count: usize) {
        hub.until_some(async || {
            let calls = self.seen("tools/call").await;
            let held = calls.iter().filter(|call| call["params"]["name"] == "hold").count();
            (held == count).then_some(())
        })
        .await;
    }
}
