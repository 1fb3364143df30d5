//! One entry of `mcpServers`.

use std::path::PathBuf;

use serde_json::Value;

use super::address::{self, Address};
use super::dialect::{self, Translated, told};
use super::part::Part;
use super::switches::Kind;
use super::{headers, oauth, passing_on, slips, switches, times};
use crate::settings::arguments::CommandArguments;
use crate::settings::model::{DEFAULT_ACCOUNT, Server, ServerEntry, Transport, TransportHint};

/// Longest name of a server, characters.
const MAX_NAME: usize = 100;

/// Reads the entry of this name, which something outside of it may switch off. Its faults stay with it.
pub(super) fn entry(servers: &Part<'_>, name: &str, is_off: bool) -> ServerEntry {
    let findings = servers.findings;
    let outer = findings.take_faults();
    findings.take_unset();
    findings.take_overlooked();
    let entry = server(servers, name, is_off);
    let faults = findings.take_faults();
    findings.put_back(outer);
    match entry {
        ReadEntry::Unsupported(sentence) => ServerEntry::Unsupported(sentence),
        ReadEntry::Server(server) if faults.is_empty() => ServerEntry::Usable(server),
        ReadEntry::Server(_) | ReadEntry::Faulty => ServerEntry::Faulty(faults),
    }
}

enum ReadEntry {
    Server(Box<Server>),
    Faulty,
    Unsupported(String),
}

fn server(servers: &Part<'_>, name: &str, is_off: bool) -> ReadEntry {
    let Some(written) = servers.member_object(name) else {
        servers.wrong(name, None, "is not an object", "write { \"url\": \"https://…\" }");
        return ReadEntry::Faulty;
    };
    let mut translated = dialect::translate(written.members());
    if is_off {
        translated.switch_off();
    }
    let part = written.with(&translated.members, &translated.spelled);
    let kind = part.filled("type");
    if let Some(sentence) = unsupported(&part, name, kind.as_deref()) {
        return ReadEntry::Unsupported(sentence);
    }
    if !name_is_usable(name) {
        let rule = "is empty, too long, or has invisible characters";
        servers.wrong(
            name,
            Some(name),
            rule,
            "leave out line breaks and invisible characters, and take 100 characters at most",
        );
    }
    if holds_servers(servers, name, &part) {
        return ReadEntry::Faulty;
    }
    warn_of_words(&part, &translated);
    part.findings.take_filled();
    let reached = transport(&part, kind.as_deref());
    let filled = part.findings.take_filled();
    let headers = headers::read(&part, reached.as_ref().and_then(|reached| reached.authorization.clone()));
    warn_of_unset(&part);
    let oauth = part.object("oauth", "write { \"clientId\": \"…\" }, or leave it out");
    let times = times::read(&part);
    let server = Server {
        fingerprint: part.fingerprint(),
        name: name.to_owned(),
        entry: name.to_owned(),
        account: DEFAULT_ACCOUNT.to_owned(),
        enabled: switches::is_on(&part),
        headers,
        passthrough: passing_on::read(&part),
        has_oauth: oauth.is_some(),
        oauth: oauth.as_ref().map(oauth::read).unwrap_or_default(),
        tools: switches::of(Kind::Tools, &part),
        prompts: switches::of(Kind::Prompts, &part),
        resources: switches::of(Kind::Resources, &part),
        timeout: times.request,
        resets_timeout_on_progress: times.resets_on_progress,
        max_total_timeout: times.total,
        start_timeout: times.start,
        lifetime: times::lifetime(&part),
        description: part.filled("description"),
        transport: match reached {
            Some(reached) => reached.transport,
            None => return ReadEntry::Faulty,
        },
        filled,
    };
    ReadEntry::Server(Box::new(server))
}

/// Slips, contradictions, and what means something to other programs only.
fn warn_of_words(part: &Part<'_>, translated: &Translated) {
    for (key, rule, remedy) in &translated.contradictions {
        part.findings.warn(part.findings.fault(&format!("{}.{key}", part.at()), None, rule, remedy));
    }
    slips::warn_unless(part, slips::SERVER, |key| {
        dialect::understands(key) || told::understands(key) || switches::understands(key) || times::understands(key)
    });
    told::warn(part);
}

/// Why a kind of server is not served, in one sentence.
fn unsupported(part: &Part<'_>, name: &str, kind: Option<&str>) -> Option<String> {
    let kind = match kind {
        Some("openapi") => "an OpenAPI server",
        None if part.raw("openapi").is_some() && part.raw("url").is_none() && part.raw("command").is_none() => {
            "an OpenAPI server"
        }
        Some("ws" | "websocket") => "a WebSocket server",
        Some("builtin" | "platform" | "inMemory" | "extension" | "sdk") => "a part of another program",
        _ if part.raw("source").and_then(Value::as_str).is_some_and(|source| source == "extension") => {
            "an extension of an editor"
        }
        Some(_) | None => return None,
    };
    Some(format!("{name} is {kind}, which this hub does not serve; the other servers are not affected."))
}

/// A name in any script, also one that looks like an address. It is a segment of addresses, encoded there, and stands in lines
/// of the log.
fn name_is_usable(name: &str) -> bool {
    // Line ends, what turns the direction of a text, and invisible tags. Joiners are part of some scripts.
    let hides = |c: char| {
        matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    // Two dots lead elsewhere, encoded or not (WHATWG URL, double-dot path segment).
    let is_said = name.chars().any(|c| c != '.' && !c.is_whitespace());
    is_said && name.chars().count() <= MAX_NAME && !name.contains(char::is_control) && !name.contains(hides)
}

/// A wrapper too many: `"mcpServers": { "servers": { … } }`.
fn holds_servers(servers: &Part<'_>, name: &str, part: &Part<'_>) -> bool {
    let holds = servers.raw(name).is_some_and(dialect::looks_like_servers);
    let is_one = ["url", "command"].into_iter().any(|key| part.raw(key).is_some_and(Value::is_string));
    if holds && !is_one {
        servers.wrong(name, None, "holds servers of its own", "move them one level up");
    }
    holds && !is_one
}

/// How a server is reached, and the `Authorization` that its address says.
struct Reached {
    transport: Transport,
    authorization: Option<String>,
}

fn transport(part: &Part<'_>, kind: Option<&str>) -> Option<Reached> {
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
            part.wrong("type", Some(other), "is not a transport", remedy);
            return None;
        }
    };
    if command {
        return stdio(part).map(|transport| Reached { transport, authorization: None });
    }
    if has("url") && has("command") {
        let rule = "is not run, because the entry has an address, too";
        let remedy = "keep one of them";
        part.findings.warn(part.findings.fault(&part.path("command"), None, rule, remedy));
    }
    let Address { url, authorization } = url(part)?;
    Some(Reached { transport: Transport::Http { url, hint }, authorization })
}

fn stdio(part: &Part<'_>) -> Option<Transport> {
    part.findings.take_filled();
    let args = part.list("args", "write [\"first\", \"second\"]").unwrap_or_default();
    let args = CommandArguments::new(args, part.findings.take_filled());
    let env = part.pairs("env");
    let inherits_environment = part.flag("inheritEnv").unwrap_or(false);
    let directory = directory(part);
    let command = needed(part, "command", "write the program to run")?;
    Some(Transport::Stdio { command, args, env, inherits_environment, directory })
}

fn url(part: &Part<'_>) -> Option<Address> {
    let text = needed(part, "url", "write the server's address, such as https://mcp.example.com/mcp")?;
    address::of_server(part.findings, &part.path("url"), &text)
}

/// `cwd`. Where it is not known, nothing is run: the command would work on another folder.
fn directory(part: &Part<'_>) -> Option<PathBuf> {
    let before = part.findings.take_unset();
    let text = part.filled("cwd");
    let unset = part.findings.take_unset();
    part.findings.put_back_unset(before);
    if let Some(name) = unset.first() {
        let (rule, remedy) = unfilled(name);
        part.wrong("cwd", None, &format!("uses {rule}"), remedy);
    }
    text.map(Into::into)
}

/// A text without which nothing goes.
fn needed(part: &Part<'_>, key: &str, remedy: &str) -> Option<String> {
    let before = part.findings.take_unset();
    let text = part.text(key);
    let unset = part.findings.take_unset();
    part.findings.put_back_unset(before);
    match &text {
        None if part.raw(key).is_some() => {}
        None => {
            part.wrong(key, None, "is missing", remedy);
        }
        Some(text) if text.is_empty() && unset.is_empty() => part.wrong(key, None, "is empty", remedy),
        Some(text) if text.is_empty() => {
            let editors = unset.iter().any(|name| is_of_editor(name));
            let why = if editors { "is for an editor to fill" } else { "is not set in the environment" };
            let rule = format!("is empty, because {} {why}", unset.join(" and "));
            let remedy = if editors { "write the value here" } else { "set it, or write the value here" };
            part.wrong(key, None, &rule, remedy);
        }
        Some(_) => warn_of(part, &unset),
    }
    text.filter(|text| !text.is_empty())
}

/// Placeholders outside `oauth` that came to nothing: the server may well work without, or not.
fn warn_of_unset(part: &Part<'_>) {
    warn_of(part, &part.findings.take_unset());
    part.warn_of_overlooked();
}

fn warn_of(part: &Part<'_>, unset: &[String]) {
    for name in unset {
        let (rule, remedy) = unfilled(name);
        part.findings.warn(part.findings.fault(part.at(), None, &format!("uses {rule} and counts as empty"), remedy));
    }
}

/// Why a placeholder came to nothing, and what to do.
fn unfilled(name: &str) -> (String, &'static str) {
    if is_of_editor(name) {
        let rule = format!("{name}, which only an editor can fill");
        return (rule, "write ${NAME} and set that variable for the hub, or write the value");
    }
    (format!("${{{name}}}, which is not set in the environment"), "set it, or take the placeholder out")
}

fn is_of_editor(name: &str) -> bool {
    name.starts_with("${")
}
