//! Lists of all servers: each server's pages, its names prefixed, one after the other in the order of the settings.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::Session;
use crate::gateway::error::UpstreamError;
use crate::gateway::layout::Seen;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, fields, raw, string};
use crate::gateway::upstream::{Standing, Upstream};
use crate::settings::Server;

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Listing {
    /// Tools.
    Tools,
    /// Prompts.
    Prompts,
    /// Resources.
    Resources,
    /// Resource templates.
    Templates,
}

impl Listing {
    pub(super) fn of(method: &str) -> Option<Self> {
        [Self::Tools, Self::Prompts, Self::Resources, Self::Templates]
            .into_iter()
            .find(|listing| listing.method() == method)
    }

    const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    /// One of them.
    pub(super) const fn singular(self) -> &'static str {
        match self {
            Self::Tools => "tool",
            Self::Prompts => "prompt",
            Self::Resources => "resource",
            Self::Templates => "resource template",
        }
    }

    const fn capability(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources | Self::Templates => "resources",
        }
    }
}

impl Session {
    /// The list of all servers in scope that answer in time; one that does not is left out.
    pub(super) async fn list_all(self: &Arc<Self>, listing: Listing, id: Id) -> Message {
        let entries = self.collect(listing).await;
        Message::result(id, &HashMap::from([(listing.key(), entries)]))
    }

    pub(super) async fn collect(self: &Arc<Self>, listing: Listing) -> Vec<Fields> {
        let asked = self.shared.roster().seen(&self.scope).into_iter().map(|seen| async move {
            let entries = self.reachable_entries(&seen.upstream, listing).await;
            (seen, entries)
        });
        let mut taken = BTreeSet::new();
        let mut all = Vec::new();
        for (seen, entries) in futures::future::join_all(asked).await {
            let shown =
                |entry: &Fields| listing != Listing::Tools || seen.shows(&string(entry, "name").unwrap_or_default());
            for entry in entries.into_iter().filter(shown) {
                all.push(self.named(&seen, listing, entry, &mut taken));
            }
        }
        all
    }

    async fn reachable_entries(self: &Arc<Self>, upstream: &Upstream, listing: Listing) -> Vec<Fields> {
        match upstream.standing() {
            Standing::Unknown | Standing::Up => {}
            Standing::Down | Standing::Blocked => return Vec::new(),
        }
        self.entries(upstream, listing).await.unwrap_or_else(|error| {
            tracing::debug!(server.name = upstream.name(), "left out of a list: {}", upstream.shown(&error));
            Vec::new()
        })
    }

    /// One server's entries, all pages, without what the settings hide.
    pub(crate) async fn entries(
        self: &Arc<Self>,
        upstream: &Upstream,
        listing: Listing,
    ) -> Result<Vec<Fields>, UpstreamError> {
        let wait = self.shared.limits.list;
        let pages = tokio::time::timeout(wait, self.pages(upstream, listing)).await;
        let timed_out = |_| {
            let error = UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
            // Without a session it is still starting, which may take longer.
            if self.live_link(upstream.name()).is_some() {
                upstream.hangs(&error);
            }
            error
        };
        let mut entries = pages.map_err(timed_out)??;
        if listing == Listing::Tools {
            entries = entries.into_iter().filter_map(|tool| as_set(&upstream.server, tool)).collect();
        }
        Ok(entries)
    }

    async fn pages(self: &Arc<Self>, upstream: &Upstream, listing: Listing) -> Result<Vec<Fields>, UpstreamError> {
        let limits = &self.shared.limits;
        let (mut entries, mut cursor) = (Vec::new(), None::<Box<RawValue>>);
        let link = self.link(upstream).await?;
        let is_declared = link.has(listing.capability());
        if !is_declared && (!link.may_have(listing.capability()) || link.is_known_to_lack(listing.capability())) {
            return Ok(entries);
        }
        for _ in 0..limits.pages {
            let params: Fields = cursor.take().map(|cursor| ("cursor".to_owned(), cursor)).into_iter().collect();
            let request = Message::request(self.own_id(), listing.method(), &params);
            let (link, reply) = self.exchange(upstream, &request).await?;
            let aside =
                |message| self.outward(&link, message).into_iter().for_each(|message| self.outbox.push(message));
            let answer = reply.answer(aside).await?;
            if let Some(problem) = answer.error_text() {
                if !is_declared {
                    link.lacks(listing.capability());
                    return Ok(entries);
                }
                return Err(UpstreamError::Rejected { server: upstream.name().to_owned(), problem });
            }
            let result = fields(answer.result_raw());
            let page = result.get(listing.key()).and_then(|page| serde_json::from_str::<Vec<Fields>>(page.get()).ok());
            entries.extend(page.unwrap_or_default());
            cursor = result.get("nextCursor").filter(|cursor| cursor.get() != "null").cloned();
            if cursor.is_none() || entries.len() >= limits.entries {
                break;
            }
        }
        entries.truncate(limits.entries);
        Ok(entries)
    }

    /// An entry under the name that the client sees; a name without a prefix that is taken gets the server's own.
    fn named(&self, seen: &Seen, listing: Listing, mut entry: Fields, taken: &mut BTreeSet<String>) -> Fields {
        let server = seen.upstream.name();
        match listing {
            Listing::Tools | Listing::Prompts => {
                let own = string(&entry, "name").unwrap_or_default();
                let mut name = format!("{}{own}", seen.prefix);
                if taken.contains(&name) {
                    name = format!("{}{own}", seen.own_prefix);
                }
                if seen.prefix.is_empty() {
                    self.remember_bare((listing, name.clone()), (server.to_owned(), own));
                }
                entry.insert("name".into(), raw(&name));
                taken.insert(name);
            }
            Listing::Resources => self.remember(string(&entry, "uri"), server),
            Listing::Templates => self.remember(string(&entry, "uriTemplate"), server),
        }
        entry
    }

    fn remember_bare(&self, key: (Listing, String), place: (String, String)) {
        let mut bare = lock(&self.bare);
        if bare.len() < self.shared.limits.entries || bare.contains_key(&key) {
            bare.insert(key, place);
        }
    }

    pub(super) fn remember(&self, uri: Option<String>, server: &str) {
        let Some(uri) = uri else { return };
        let mut listed = lock(&self.listed);
        if listed.len() < self.shared.limits.entries || listed.contains_key(&uri) {
            listed.insert(uri, server.to_owned());
        }
    }
}

/// Whether the settings let a tool be seen and called.
pub(crate) fn is_shown(server: &Server, tool: &str) -> bool {
    server.tools.get(tool).is_none_or(|setting| setting.enabled != Some(false))
}

/// A server's own answer to `tools/list`, as the settings want it.
pub(crate) fn shown(server: &Server, answer: Message) -> Message {
    let mut result = fields(answer.result_raw());
    let tools = result.get("tools").and_then(|tools| serde_json::from_str::<Vec<Fields>>(tools.get()).ok());
    let Some(tools) = tools.filter(|_| !server.tools.is_empty()) else { return answer };
    let tools: Vec<Fields> = tools.into_iter().filter_map(|tool| as_set(server, tool)).collect();
    result.insert("tools".into(), raw(&tools));
    answer.with_result(&result)
}

/// A tool with the description that the settings give it; `None` if they hide it.
fn as_set(server: &Server, mut tool: Fields) -> Option<Fields> {
    let name = string(&tool, "name").unwrap_or_default();
    let Some(setting) = server.tools.get(&name) else { return Some(tool) };
    if let Some(description) = &setting.description {
        tool.insert("description".into(), raw(description));
    }
    (setting.enabled != Some(false)).then_some(tool)
}
