//! What the fast server answers. Results are made once, and the request's id is put before them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::wire::find;

/// The token that its authorization server gives, and that opens what needs a login.
pub(crate) const TOKEN: &str = "a-token-that-opens-the-server-of-the-benchmark";
/// How long the texts are that the tools `small` and `large` return.
pub(crate) const SIZES: [(&str, usize); 2] = [("small", 100), ("large", 10 * 1024)];
/// How many tools a server with many has.
pub(crate) const MANY: usize = 100;

/// An answer before it is written.
pub(crate) struct Reply<'a> {
    status: &'static str,
    header: String,
    before: Vec<u8>,
    result: &'a [u8],
}

/// Everything that is answered.
pub(crate) struct Answers {
    origin: String,
    begun: Vec<u8>,
    discovered: Vec<u8>,
    tools: [Vec<u8>; 2],
    many: Vec<u8>,
    small: [Vec<u8>; 2],
    large: [Vec<u8>; 2],
}

impl<'a> Reply<'a> {
    pub(crate) fn empty(status: &'static str) -> Self {
        Self { status, header: String::new(), before: Vec::new(), result: b"" }
    }

    fn document(status: &'static str, document: &Value) -> Self {
        Self { before: document.to_string().into_bytes(), ..Self::empty(status) }
    }

    /// The result of the request with this id.
    fn result(id: &[u8], result: &'a [u8]) -> Self {
        let mut before = Vec::with_capacity(64);
        before.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        before.extend_from_slice(id);
        before.extend_from_slice(br#","result":"#);
        Self { status: "200 OK", header: String::new(), before, result }
    }

    fn with(self, header: String) -> Self {
        Self { header, ..self }
    }

    pub(crate) fn write(&self, response: &mut Vec<u8>) {
        let length = self.before.len() + self.result.len();
        let kind = if length == 0 { "" } else { "Content-Type: application/json\r\n" };
        let head = format!("HTTP/1.1 {}\r\n{kind}{}Content-Length: {length}\r\n\r\n", self.status, self.header);
        for part in [head.as_bytes(), &self.before, self.result] {
            response.extend_from_slice(part);
        }
    }
}

/// A result with the brace that ends its response.
fn prepared(result: &Value) -> Vec<u8> {
    format!("{result}}}").into_bytes()
}

fn said(length: usize) -> [Vec<u8>; 2] {
    let content = json!([{"type": "text", "text": "x".repeat(length)}]);
    [prepared(&json!({"content": content})), prepared(&json!({"content": content, "resultType": "complete"}))]
}

fn tool(name: &str) -> Value {
    let description = "Says what it was told to say, which is as long as its name promises, and does nothing else.";
    let properties = json!({"text": {"type": "string", "description": "What is said."}, "count": {"type": "integer"}});
    let schema = json!({"type": "object", "properties": properties, "required": ["text"]});
    json!({"name": name, "description": description, "inputSchema": schema})
}

fn two_tools() -> [Vec<u8>; 2] {
    let tools = Value::from_iter(SIZES.map(|(name, _)| tool(name)));
    let now = json!({"tools": tools, "resultType": "complete", "ttlMs": 600_000, "cacheScope": "public"});
    [prepared(&json!({"tools": tools})), prepared(&now)]
}

/// What a request says, found without reading it whole.
struct Asked<'a> {
    method: &'a [u8],
    /// Empty in a notification.
    id: &'a [u8],
    is_large: bool,
}

impl<'a> Asked<'a> {
    fn of(body: &'a [u8]) -> Self {
        let after = |key: &[u8]| find(body, key).map_or(&b""[..], |at| &body[at + key.len()..]);
        let to = |text: &'a [u8], ends: &[u8]| {
            text.iter().position(|byte| ends.contains(byte)).map_or(text, |end| &text[..end])
        };
        let id = after(br#""id":"#);
        // An id is a number, or a text without a comma.
        let (method, id) = (to(after(br#""method":""#), b"\""), to(id, b",}"));
        Self { method, id, is_large: find(body, br#""name":"large""#).is_some() }
    }
}

impl Answers {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let info = json!({"name": "fast", "version": "1"});
        let capabilities = json!({"tools": {}});
        let begun = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info});
        let discovered = json!({"supportedVersions": ["2026-07-28"], "capabilities": capabilities,
            "resultType": "complete", "ttlMs": 600_000, "cacheScope": "public"});
        let many: Value = (0..MANY).map(|number| tool(&format!("tool_{number}"))).collect();
        let [(_, small), (_, large)] = SIZES;
        Self {
            origin: format!("http://{address}"),
            begun: prepared(&begun),
            discovered: prepared(&discovered),
            tools: two_tools(),
            many: prepared(&json!({"tools": many})),
            small: said(small),
            large: said(large),
        }
    }

    pub(crate) fn with_sessions(&self, body: &[u8], has_many: bool) -> Reply<'_> {
        let asked = Asked::of(body);
        match asked.method {
            b"tools/call" => self.called(&asked, 0),
            b"initialize" => Reply::result(asked.id, &self.begun).with("Mcp-Session-Id: one-for-all\r\n".to_owned()),
            b"tools/list" if has_many => Reply::result(asked.id, &self.many),
            b"tools/list" => Reply::result(asked.id, &self.tools[0]),
            _ if asked.id.is_empty() => Reply::empty("202 Accepted"),
            _ => Reply::result(asked.id, b"{}}"),
        }
    }

    pub(crate) fn stateless(&self, body: &[u8]) -> Reply<'_> {
        let asked = Asked::of(body);
        match asked.method {
            b"tools/call" => self.called(&asked, 1),
            b"server/discover" => Reply::result(asked.id, &self.discovered),
            b"tools/list" => Reply::result(asked.id, &self.tools[1]),
            _ if asked.id.is_empty() => Reply::empty("202 Accepted"),
            b"initialize" => {
                let data = json!({"supported": ["2026-07-28"], "requested": "2025-11-25"});
                refused("400 Bad Request", &asked, &json!({"code": -32022, "message": "no sessions", "data": data}))
            }
            _ => refused("404 Not Found", &asked, &json!({"code": -32601, "message": "unknown"})),
        }
    }

    fn called(&self, asked: &Asked<'_>, generation: usize) -> Reply<'_> {
        let results = if asked.is_large { &self.large } else { &self.small };
        Reply::result(asked.id, &results[generation])
    }

    pub(crate) fn unauthorized(&self, path: &str) -> Reply<'_> {
        let metadata = format!("{}/.well-known/oauth-protected-resource{path}", self.origin);
        let challenge = format!("WWW-Authenticate: Bearer resource_metadata=\"{metadata}\"\r\n");
        Reply::empty("401 Unauthorized").with(challenge)
    }

    pub(crate) fn metadata(&self, path: &str) -> Reply<'_> {
        let document = match path.strip_prefix("/.well-known/oauth-protected-resource") {
            Some(resource) => {
                json!({"resource": format!("{}{resource}", self.origin), "authorization_servers": [self.origin]})
            }
            None => json!({
                "issuer": self.origin,
                "token_endpoint": format!("{}/token", self.origin),
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "response_types_supported": ["code"],
            }),
        };
        Reply::document("200 OK", &document)
    }

    pub(crate) fn token() -> Reply<'static> {
        Reply::document("200 OK", &json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86_400}))
    }
}

fn refused<'a>(status: &'static str, asked: &Asked<'_>, error: &Value) -> Reply<'a> {
    let id: Value = serde_json::from_slice(asked.id).unwrap_or_default();
    Reply::document(status, &json!({"jsonrpc": "2.0", "id": id, "error": error}))
}
