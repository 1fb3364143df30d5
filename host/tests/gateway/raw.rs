//! An MCP server whose responses the test writes byte by byte, and whose connections end as the test says.
//!
//! It stands apart from `odd` because no HTTP library sends half an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::odd::{OddRequest, plain};

/// How a connection ends once everything is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Closed,
    /// With a reset, as where the process was killed.
    Reset,
}

/// What is written for a request.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    /// The pause before each byte; `None` writes all at once.
    pub(crate) pace: Option<Duration>,
    pub(crate) end: End,
}

/// Which revisions the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    Sessions,
    Stateless,
}

impl Generation {
    pub(crate) const BOTH: [Self; 2] = [Self::Sessions, Self::Stateless];
}

/// What is written for a call. `None`: what an ordinary server says.
type Answers = dyn Fn(&Value) -> Option<Written> + Send + Sync;

#[derive(Clone)]
pub(crate) struct RawServer {
    answers: Arc<Answers>,
    generation: Generation,
    /// The pause before each 64 KiB of a request are read.
    reading: Duration,
    seen: Arc<Mutex<Vec<String>>>,
    pub(crate) url: String,
}

impl RawServer {
    pub(crate) async fn start(answers: impl Fn(&Value) -> Option<Written> + Send + Sync + 'static) -> Self {
        Self::speaking(Generation::Sessions, answers).await
    }

    pub(crate) async fn speaking(
        generation: Generation,
        answers: impl Fn(&Value) -> Option<Written> + Send + Sync + 'static,
    ) -> Self {
        Self::run(generation, Duration::ZERO, Arc::new(answers)).await
    }

    /// An ordinary server that reads requests slowly.
    pub(crate) async fn reading_slowly(reading: Duration) -> Self {
        Self::run(Generation::Sessions, reading, Arc::new(|_| None)).await
    }

    async fn run(generation: Generation, reading: Duration, answers: Arc<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let server = Self { answers, generation, reading, seen: Arc::default(), url };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().answer(stream));
            }
        });
        server
    }

    /// How often this tool was called.
    pub(crate) fn calls(&self, tool: &str) -> usize {
        let name = format!("\"name\":\"{tool}\"");
        self.seen.lock().expect("seen").iter().filter(|body| body.contains(&name)).count()
    }

    /// The bodies of the requests that came in, as they were written.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("seen").clone()
    }

    async fn answer(self, mut stream: TcpStream) {
        let Some((is_post, text)) = self.request(&mut stream).await else { return };
        let body = serde_json::from_str(&text).unwrap_or_else(|_| envelope(&text));
        self.seen.lock().expect("seen").push(text);
        let written = if is_post { (self.answers)(&body) } else { None };
        let written = written.unwrap_or_else(|| self.ordinary(is_post, &body));
        write(&mut stream, &written).await;
        match written.end {
            End::Closed => {
                // Closed with bytes unread would be a reset.
                let _ = stream.shutdown().await;
                let _ = stream.read(&mut [0; 64]).await;
            }
            End::Reset => stream.set_zero_linger().expect("a socket"),
        }
    }

    /// Whether it is a POST, and its body.
    async fn request(&self, stream: &mut TcpStream) -> Option<(bool, String)> {
        let (mut bytes, mut part) = (Vec::new(), vec![0; 64 * 1024]);
        loop {
            if !self.reading.is_zero() {
                tokio::time::sleep(self.reading).await;
            }
            let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
            bytes.extend_from_slice(&part[..count]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            let body = &bytes[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return Some((head.starts_with("post"), String::from_utf8_lossy(body).into_owned()));
            }
        }
    }

    fn ordinary(&self, is_post: bool, body: &Value) -> Written {
        let request = OddRequest { method: http::Method::POST, session: None, body: body.clone() };
        match plain(&request) {
            _ if !is_post => empty("405 Method Not Allowed"),
            None => empty("202 Accepted"),
            Some(answer) if self.generation == Generation::Sessions => answered(&answer),
            Some(answer) => stateless(body, answer),
        }
    }
}

/// A message that is nested too deep to be parsed whole.
fn envelope(text: &str) -> Value {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let member = |key: &str| members.get(key).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    json!({ "id": member("id"), "method": member("method") })
}

async fn write(stream: &mut TcpStream, written: &Written) {
    let Some(pace) = written.pace else {
        let _ = stream.write_all(&written.bytes).await;
        return;
    };
    for byte in &written.bytes {
        tokio::time::sleep(pace).await;
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
    }
}

fn stateless(body: &Value, mut answer: Value) -> Written {
    match body["method"].as_str() {
        Some("initialize") => {
            let error = json!({ "code": -32022, "message": "no", "data": { "supported": ["2026-07-28"] } });
            let refusal = json!({ "jsonrpc": "2.0", "id": body["id"], "error": error });
            return response("400 Bad Request", "application/json", refusal.to_string().as_bytes());
        }
        Some("server/discover") => {
            answer["result"] = json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } });
        }
        _ => {}
    }
    for (key, value) in [("resultType", json!("complete")), ("ttlMs", json!(0)), ("cacheScope", json!("private"))] {
        answer["result"][key] = value;
    }
    answered(&answer)
}

/// The answer of an ordinary server to a call.
pub(crate) fn done(body: &Value) -> Value {
    let result = json!({ "content": [{ "type": "text", "text": "did" }], "resultType": "complete" });
    json!({ "jsonrpc": "2.0", "id": body["id"], "result": result })
}

/// The bytes of a response that is this message as JSON.
pub(crate) fn answered(message: &Value) -> Written {
    response("200 OK", "application/json", message.to_string().as_bytes())
}

/// The bytes of a response with its length.
pub(crate) fn response(status: &str, kind: &str, body: &[u8]) -> Written {
    closing([head(status, kind, &format!("content-length: {}\r\n", body.len())).as_bytes(), body].concat())
}

/// The head of a response. `more` are whole lines.
pub(crate) fn head(status: &str, kind: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n")
}

/// These bytes, and then the end of the connection.
pub(crate) fn closing(bytes: impl Into<Vec<u8>>) -> Written {
    Written { bytes: bytes.into(), pace: None, end: End::Closed }
}

fn empty(status: &str) -> Written {
    response(status, "text/plain", b"")
}
