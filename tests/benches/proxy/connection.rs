//! One client: a connection of its own, its session, and a call that is ready to be sent again and again.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::wire::{Wire, find};

/// The key that clients show.
pub(crate) const KEY: &str = "a-key-that-opens-the-hub-to-the-benchmark";
/// How long an answer may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a list is asked for until it is whole.
const LOOKS: usize = 400;
/// The first id. All have as many digits, so that a request is changed in place.
const FIRST: u64 = 10_000_000;
const META: &str = "io.modelcontextprotocol/";

#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) generation: Generation,
}

/// The generation of the protocol that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// 2025-11-25.
    Sessions,
    /// 2026-07-28.
    Stateless,
}

pub(crate) struct Connection {
    wire: Wire,
    target: Target,
    session: String,
    id: u64,
    request: Vec<u8>,
    /// Where the digits of the id begin in the request.
    id_at: usize,
    /// How long an answer is at least.
    expected: usize,
}

impl Target {
    pub(crate) fn new(address: SocketAddr, path: &str) -> Self {
        Self { address, path: path.to_owned(), generation: Generation::Sessions }
    }

    pub(crate) fn stateless(self) -> Self {
        Self { generation: Generation::Stateless, ..self }
    }

    /// A request without its body.
    fn head(&self, method: &str, length: usize, headers: &str) -> String {
        format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n{headers}\r\n",
            self.path, self.address
        )
    }
}

impl Connection {
    /// Connects, and begins a session where there are sessions.
    pub(crate) async fn open(target: &Target) -> Self {
        let stream = TcpStream::connect(target.address).await.expect("a connection");
        let wire = Wire::new(stream).expect("a socket");
        let mut opened = Self {
            wire,
            target: target.clone(),
            session: String::new(),
            id: FIRST,
            request: Vec::new(),
            id_at: 0,
            expected: 0,
        };
        if target.generation == Generation::Sessions {
            opened.begin().await;
        }
        opened
    }

    async fn begin(&mut self) {
        let info = json!({"name": "benchmark", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info});
        self.prepare("initialize", params);
        self.exchange().await;
        let told = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
        let request = self.target.head("POST", told.len(), &self.headers("", "")) + &told;
        assert_eq!(self.send(request.as_bytes()).await, 202, "a notification is accepted");
    }

    pub(crate) async fn close(mut self) {
        if self.target.generation == Generation::Sessions {
            let request = self.target.head("DELETE", 0, &self.headers("", ""));
            let status = self.send(request.as_bytes()).await;
            assert!(status == 200 || status == 204, "a session ends: {status}");
        }
    }

    /// Makes a call of this tool ready, whose answer is at least so long.
    pub(crate) fn prepare_call(&mut self, tool: &str, expected: usize) {
        self.prepare("tools/call", json!({"name": tool, "arguments": {"text": "what is to be said", "count": 1}}));
        self.expected = expected;
    }

    /// Makes the request for the list of tools ready, of which there are so many.
    pub(crate) fn prepare_list(&mut self, tools: usize) {
        self.prepare("tools/list", json!({}));
        // Each of the tools here is longer than this.
        self.expected = tools * 100;
    }

    /// Makes a request ready.
    pub(crate) fn prepare(&mut self, method: &str, mut params: Value) {
        if self.target.generation == Generation::Stateless {
            params["_meta"] = json!({
                format!("{META}protocolVersion"): "2026-07-28",
                format!("{META}clientCapabilities"): {},
                format!("{META}clientInfo"): {"name": "benchmark", "version": "1"},
            });
        }
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let body = json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}).to_string();
        let head = self.target.head("POST", body.len(), &self.headers(method, &name));
        self.request = (head + &body).into_bytes();
        self.id_at = find(&self.request, self.id.to_string().as_bytes()).expect("the id");
        self.expected = 0;
    }

    fn headers(&self, method: &str, name: &str) -> String {
        match self.target.generation {
            Generation::Sessions if self.session.is_empty() => String::new(),
            Generation::Sessions => {
                format!("Mcp-Session-Id: {}\r\nMCP-Protocol-Version: 2025-11-25\r\n", self.session)
            }
            Generation::Stateless => {
                let name = if name.is_empty() { String::new() } else { format!("Mcp-Name: {name}\r\n") };
                format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}")
            }
        }
    }

    async fn send(&mut self, request: &[u8]) -> u16 {
        self.wire.write(request).await.expect("sent");
        self.wire.message().await.expect("an answer").expect("an answer before the end").status()
    }

    /// Sends what is ready, with the next id, and checks that its answer comes.
    pub(crate) async fn exchange(&mut self) {
        let answered = self.try_exchange().await;
        answered.unwrap_or_else(|wrong| panic!("{} at {}: {wrong}", self.target.path, self.target.address));
    }

    /// Sends what is ready, with the next id. An error says what came in place of its answer.
    pub(crate) async fn try_exchange(&mut self) -> Result<(), String> {
        tokio::time::timeout(PATIENCE, self.once()).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn once(&mut self) -> Result<(), String> {
        self.id += 1;
        let digits = self.id.to_string();
        self.request[self.id_at..self.id_at + digits.len()].copy_from_slice(digits.as_bytes());
        self.wire.write(&self.request).await.map_err(|error| error.to_string())?;
        let answer = self.wire.message().await.map_err(|error| error.to_string())?.ok_or("the connection ended")?;
        let is_told = answer.status() == 200 && answer.body.len() >= self.expected;
        if !is_told || !has_result(answer.body, &digits) {
            return Err(format!("{}\n{}", answer.head, answer.text()));
        }
        if self.session.is_empty()
            && let Some(session) = answer.header("mcp-session-id")
        {
            session.clone_into(&mut self.session);
        }
        Ok(())
    }

    /// Asks until a list has so many tools: servers may still be on their way.
    pub(crate) async fn until_tools(&mut self, count: usize) {
        self.prepare_list(count);
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..LOOKS {
            if self.try_exchange().await.is_ok() {
                return;
            }
            pace.tick().await;
        }
        self.exchange().await;
    }
}

/// Whether this is the result of the request with this id. The id is looked for where it is, near one of the ends.
fn has_result(body: &[u8], id: &str) -> bool {
    let id = format!("\"id\":{id}");
    let near = 256.min(body.len());
    let (first, last) = (&body[..near], &body[body.len() - near..]);
    let has = |bytes: &[u8]| find(first, bytes).is_some() || find(last, bytes).is_some();
    has(id.as_bytes()) && has(b"\"result\":") && !has(b"\"isError\":true")
}
