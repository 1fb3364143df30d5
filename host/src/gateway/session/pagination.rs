//! One server's list, page by page, within limits. Each entry is repaired or left out.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::core::Session;
use crate::gateway::error::UpstreamError;
use crate::gateway::limits::GatewayLimits;
use crate::gateway::list_cache::Entries;
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies::METHOD_NOT_FOUND;
use crate::gateway::message::{Fields, Message, fields, raw, string};
use crate::gateway::repair;
use crate::gateway::repair::{EntryFlaw, ListEntry};
use crate::gateway::upstream::{Upstream, UpstreamSession};
use crate::settings::Transport;

/// Bytes of a cursor. The list ends at a longer one.
const MAX_CURSOR: usize = 8 * 1024;

/// The pages so far.
struct ListReading<'a> {
    kind: ListKind,
    limits: &'a GatewayLimits,
    entries: Vec<ListEntry>,
    bytes: usize,
    cursors: HashSet<String>,
    repaired: Vec<String>,
    left_out: BTreeMap<EntryFlaw, Vec<String>>,
    /// What came in place of a list.
    odd: Option<String>,
    /// Whether the cursor of the next page was too long.
    is_lost: bool,
    /// The limit that ended the list.
    bound: Option<String>,
}

impl Session {
    /// One server's list, all pages. It is cached, and people get notes about whatever was wrong with it.
    pub(crate) async fn entries(
        self: &Arc<Self>,
        upstream: &Upstream,
        kind: ListKind,
    ) -> Result<Entries, UpstreamError> {
        // A server whose calls may take longer may take longer to list, too.
        let wait = self.context.limits.list.max(upstream.server.timeout.unwrap_or_default());
        let name = upstream.name();
        let upstream_session = self.opened(upstream).await.inspect_err(|error| upstream.note_failure(error))?;
        let Ok(entries) = tokio::time::timeout(wait, self.pages(&upstream_session, upstream, kind)).await else {
            self.context.lists.set_late(name);
            let error = UpstreamError::TimedOut { server: name.to_owned(), waited: wait };
            // The server has an open session and does not answer in it.
            upstream.note_hang(&error);
            return Err(error);
        };
        Ok(self.context.lists.keep(name, kind, entries?))
    }

    /// Opens the session. A command may have to be installed before it answers, so it has its own time; a server that
    /// is running answers soon or is down.
    async fn opened(self: &Arc<Self>, upstream: &Upstream) -> Result<Arc<UpstreamSession>, UpstreamError> {
        let waited = match upstream.server.transport {
            Transport::Http { .. } => self.context.limits.list.max(upstream.server.start_timeout.unwrap_or_default()),
            Transport::Stdio { .. } => return self.upstream_session(upstream).await,
        };
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited };
        tokio::time::timeout(waited, self.upstream_session(upstream)).await.map_err(timed_out)?
    }

    async fn pages(
        self: &Arc<Self>,
        upstream_session: &UpstreamSession,
        upstream: &Upstream,
        kind: ListKind,
    ) -> Result<Vec<ListEntry>, UpstreamError> {
        let capability = kind.capability();
        let is_declared = upstream_session.has(capability);
        let mut reading = ListReading::of(kind, &self.context.limits);
        if !is_declared && !upstream_session.may_have(capability) {
            return Ok(reading.entries);
        }
        let mut cursor = None::<String>;
        for _ in 0..self.context.limits.pages {
            let params: Fields = cursor.iter().map(|cursor| ("cursor".to_owned(), raw(cursor))).collect();
            let request = Message::request(self.next_id(), kind.method(), &params);
            let (upstream_session, answer) = self.answer_of(upstream, &request).await?;
            if let Some(problem) = answer.error_text() {
                if !is_declared || answer.error_code() == Some(METHOD_NOT_FOUND) {
                    upstream_session.set_lacking(capability);
                    cursor = None;
                    break;
                }
                let (server, method) = (upstream.name().to_owned(), kind.method());
                let error = UpstreamError::ListRefused { server, method, problem };
                self.context.notes.add(upstream.name(), upstream.redacted(&error));
                return Err(error);
            }
            cursor = reading.page(answer.result_raw(), is_declared);
            if cursor.is_none() {
                break;
            }
        }
        if cursor.is_some() {
            reading.bound = Some(format!("{} pages", self.context.limits.pages));
        }
        for sentence in reading.sentences(upstream.name()) {
            self.context.notes.add(upstream.name(), upstream.redacted(&sentence));
        }
        Ok(reading.entries)
    }
}

impl<'a> ListReading<'a> {
    fn of(kind: ListKind, limits: &'a GatewayLimits) -> Self {
        Self {
            kind,
            limits,
            entries: Vec::new(),
            bytes: 0,
            cursors: HashSet::new(),
            repaired: Vec::new(),
            left_out: BTreeMap::new(),
            odd: None,
            is_lost: false,
            bound: None,
        }
    }

    /// Adds a page, and returns the cursor of the next one. `None` at the end, or if the cursors repeat.
    fn page(&mut self, result: Option<&RawValue>, is_declared: bool) -> Option<String> {
        let key = self.kind.key();
        let members = fields(result);
        let page = members.get(key).map(|page| page.get());
        match (result.map(RawValue::get), page) {
            (Some(result), _) if !result.starts_with('{') => {
                self.odd = Some(format!("the result is {}", json_type(result)))
            }
            (_, Some(page)) if !page.starts_with('[') => self.odd = Some(format!("{key} is {}", json_type(page))),
            // A server that did not declare this list may say so by answering without one.
            (_, None) if is_declared => self.odd = Some(format!("{key} is missing")),
            (_, Some(_) | None) => {}
        }
        for entry in serde_json::from_str::<Vec<&RawValue>>(page.unwrap_or_default()).unwrap_or_default() {
            self.bytes = self.bytes.saturating_add(entry.get().len());
            if self.bytes > self.limits.list_bytes {
                self.bound = Some(format!("{} bytes", self.limits.list_bytes));
                return None;
            }
            if self.entries.len() >= self.limits.entries {
                self.bound = Some(format!("{} entries", self.limits.entries));
                return None;
            }
            self.take(entry);
        }
        let cursor = string(&members, "nextCursor").filter(|cursor| !cursor.is_empty())?;
        if cursor.len() > MAX_CURSOR {
            self.is_lost = true;
            return None;
        }
        self.cursors.insert(cursor.clone()).then_some(cursor)
    }

    fn take(&mut self, from: &RawValue) {
        match repair::entry(self.kind, from) {
            Ok((entry, is_changed)) => {
                if is_changed {
                    self.repaired.push(entry.own.clone());
                }
                self.entries.push(entry);
            }
            Err(flaw) => {
                let name = string(&fields(Some(from)), self.kind.identity()).unwrap_or_default();
                self.left_out.entry(flaw).or_default().push(name.chars().take(64).collect());
            }
        }
    }

    /// The notes on this list, one sentence for each kind of fault.
    fn sentences(&self, server: &str) -> Vec<String> {
        let what = self.kind.singular();
        let mut sentences = Vec::new();
        if let Some(first) = self.repaired.first() {
            let others = others(self.repaired.len());
            sentences.push(format!(
                "{server} describes the {what} {first:?}{others} in a way that clients refuse; the hub repairs it, and the \
                 server should be fixed"
            ));
        }
        for (flaw, names) in &self.left_out {
            let named = names.iter().find(|name| !name.is_empty());
            let first = named.map_or_else(|| format!("a {what}"), |name| format!("the {what} {name:?}"));
            let others = others(names.len());
            sentences.push(format!(
                "{server} lists {first}{others}, which {flaw}; it is left out, and the server should be fixed"
            ));
        }
        if let Some(odd) = &self.odd {
            let method = self.kind.method();
            sentences.push(format!(
                "{server} does not answer {method} with a list: {odd}; it counts as empty, and the server should be fixed"
            ));
        }
        if self.is_lost {
            let key = self.kind.key();
            sentences.push(format!(
                "{server} names the next page of its {key} with a cursor of more than {MAX_CURSOR} bytes; the rest is left out"
            ));
        }
        if let Some(bound) = &self.bound {
            let key = self.kind.key();
            sentences.push(format!("{server} lists more than {bound} of {key}; the rest is left out"));
        }
        sentences
    }
}

/// What a JSON text is, for a sentence.
fn json_type(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b'n') => "null",
        Some(_) | None => "no list",
    }
}

fn others(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}
