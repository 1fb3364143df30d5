//! One entry of `mcpServers`.

use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;
use url::Url;

use super::oauth;
use super::part::{Part, address};
use crate::settings::model::{DEFAULT_ACCOUNT, Server, ServerEntry, ToolSetting, Transport, TransportHint};

/// Longest name of a server.
const MAX_NAME: usize = 100;

/// Reads the entry of this name. Its faults stay with it.
pub(super) fn entry(servers: &Part<'_>, name: &str) -> ServerEntry {
    let findings = servers.findings;
    let outer = findings.take_faults();
    findings.take_unset();
    let entry = server(servers, name);
    let faults = findings.take_faults();
    findings.put_back(outer);
    match entry {
        Entry::Unsupported(sentence) => ServerEntry::Unsupported(sentence),
        Entry::Server(server) if faults.is_empty() => ServerEntry::Usable(server),
        Entry::Server(_) | Entry::Faulty => ServerEntry::Faulty(faults),
    }
}

enum Entry {
    Server(Box<Server>),
    Faulty,
    Unsupported(String),
}

fn server(servers: &Part<'_>, name: &str) -> Entry {
    let Some(part) = servers.member_object(name) else {
        servers.wrong(name, None, "is not an object", "write { \"url\": \"https://…\" }");
        return Entry::Faulty;
    };
    let kind = part.filled("type");
    if let Some(sentence) = unsupported(&part, name, kind.as_deref()) {
        return Entry::Unsupported(sentence);
    }
    if !name_is_usable(name) {
        let rule = "has characters that do not fit into an address";
        servers.wrong(name, Some(name), rule, "use letters, digits, '-', '_', '.' and spaces");
    }
    let transport = transport(&part, kind.as_deref());
    let headers = headers(&part);
    warn_of_unset(&part);
    let oauth = part.object("oauth", "write { \"clientId\": \"…\" }, or leave it out");
    let server = Server {
        fingerprint: part.fingerprint(),
        name: name.to_owned(),
        entry: name.to_owned(),
        account: DEFAULT_ACCOUNT.to_owned(),
        enabled: part.flag("enabled").unwrap_or(true),
        headers,
        has_oauth: oauth.is_some(),
        oauth: oauth.as_ref().map(oauth::read).unwrap_or_default(),
        tools: tools(&part),
        timeout: timeout(&part),
        start_timeout: start_timeout(&part),
        description: part.filled("description"),
        transport: match transport {
            Some(transport) => transport,
            None => return Entry::Faulty,
        },
    };
    Entry::Server(Box::new(server))
}

/// Why a kind of server is not served, in one sentence.
fn unsupported(part: &Part<'_>, name: &str, kind: Option<&str>) -> Option<String> {
    let kind = match kind {
        Some("openapi") => "an OpenAPI server",
        None if part.raw("openapi").is_some() && part.raw("url").is_none() && part.raw("command").is_none() => {
            "an OpenAPI server"
        }
        Some("ws" | "websocket") => "a WebSocket server",
        Some(_) | None => return None,
    };
    Some(format!("{name} is {kind}, which this hub does not serve; the other servers are not affected."))
}

fn name_is_usable(name: &str) -> bool {
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '@' | '+' | '~' | ':');
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(usable) && name.chars().any(|c| c != '.')
}

fn transport(part: &Part<'_>, kind: Option<&str>) -> Option<Transport> {
    let has = |key: &str| part.raw(key).is_some_and(|value| value.as_str() != Some(""));
    let (hint, command) = match kind {
        Some("sse") => (TransportHint::Sse, false),
        Some("streamable-http" | "streamableHttp" | "streamable_http" | "http") => {
            (TransportHint::StreamableHttp, false)
        }
        Some("stdio") => (TransportHint::Unsaid, true),
        None => (TransportHint::Unsaid, !has("url") && has("command")),
        Some(other) => {
            let remedy = "write \"stdio\", \"sse\" or \"streamable-http\", or leave it out";
            part.wrong("type", Some(other), "is no transport", remedy);
            return None;
        }
    };
    if command { stdio(part) } else { url(part).map(|url| Transport::Http { url, hint }) }
}

fn stdio(part: &Part<'_>) -> Option<Transport> {
    let args = part.list("args", "write [\"first\", \"second\"]").unwrap_or_default();
    let env = part.pairs("env");
    let inherits_environment = part.flag("inheritEnv").unwrap_or(false);
    let directory = part.filled("cwd").map(Into::into);
    let command = needed(part, "command", "write the program to run")?;
    Some(Transport::Stdio { command, args, env, inherits_environment, directory })
}

fn url(part: &Part<'_>) -> Option<Url> {
    let text = needed(part, "url", "write the server's address, such as https://mcp.example.com/mcp")?;
    address(part.findings, &part.path("url"), &text)
}

/// A text without which nothing goes.
fn needed(part: &Part<'_>, key: &str, remedy: &str) -> Option<String> {
    part.findings.take_unset();
    let text = part.text(key);
    let unset = part.findings.take_unset();
    match &text {
        None if part.raw(key).is_some() => {}
        None => {
            part.wrong(key, None, "is missing", remedy);
        }
        Some(text) if text.is_empty() && unset.is_empty() => part.wrong(key, None, "is empty", remedy),
        Some(text) if text.is_empty() => {
            let rule = format!("is empty, because {} is not set in the environment", unset.join(" and "));
            part.wrong(key, None, &rule, "set it, or write the value here");
        }
        Some(_) => warn_of(part, &unset),
    }
    text.filter(|text| !text.is_empty())
}

/// Placeholders outside `oauth` that came to nothing: the server may well work without, or not.
fn warn_of_unset(part: &Part<'_>) {
    warn_of(part, &part.findings.take_unset());
}

fn warn_of(part: &Part<'_>, unset: &[String]) {
    for name in unset {
        let rule = format!("uses ${{{name}}}, which is not set in the environment and counts as empty");
        part.findings.warn(part.findings.fault(part.at(), None, (&rule, "set it, or take the placeholder out")));
    }
}

/// Headers for every request. One that came out empty is not sent, so that an unset credential does not stand for a login.
fn headers(part: &Part<'_>) -> Vec<(String, String)> {
    let pairs = part.pairs("headers");
    for (name, value) in &pairs {
        let key = format!("headers.{name}");
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            part.wrong(&key, None, "is no name of a header", "use letters, digits and '-'");
        }
        if HeaderValue::from_str(value).is_err() {
            part.wrong(&key, None, "has characters that no header may have", "take line breaks and the like out");
        }
    }
    pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn tools(part: &Part<'_>) -> IndexMap<String, ToolSetting> {
    let Some(tools) = part.object("tools", "write { \"name\": { \"enabled\": false } }") else {
        return IndexMap::new();
    };
    let setting = |name: &str| {
        let tool = tools.object(name, "write { \"enabled\": false }")?;
        Some((name.to_owned(), ToolSetting { enabled: tool.flag("enabled"), description: tool.filled("description") }))
    };
    tools.names().filter_map(setting).collect()
}

/// `options.timeout`, else the environment's `DEFAULT_REQUEST_TIMEOUT`.
fn timeout(part: &Part<'_>) -> Option<std::time::Duration> {
    let own = part.member_object("options").and_then(|options| options.milliseconds("timeout"));
    own.or_else(|| {
        let text = part.findings.environment.get("DEFAULT_REQUEST_TIMEOUT")?;
        text.parse().ok().filter(|time| *time > 0).map(std::time::Duration::from_millis)
    })
}

/// How long it may take to come up: `INIT_TIMEOUT` of the environment, or `options.timeout` where that is longer.
fn start_timeout(part: &Part<'_>) -> Option<std::time::Duration> {
    let text = part.findings.environment.get("INIT_TIMEOUT");
    let of_all = text.and_then(|text| text.parse().ok()).filter(|time| *time > 0).map(std::time::Duration::from_millis);
    let own = part.member_object("options").and_then(|options| options.milliseconds("timeout"));
    of_all.max(own)
}
