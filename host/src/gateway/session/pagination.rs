//! One server's list, page by page.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::core::Session;
use super::list_reading::ListReading;
use crate::gateway::audience::ListChange;
use crate::gateway::error::UpstreamError;
use crate::gateway::list_cache::{Entries, Keeping, KeptList};
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies::METHOD_NOT_FOUND;
use crate::gateway::message::{Fields, Message, raw};
use crate::gateway::upstream::{Upstream, UpstreamSession};
use crate::settings::Transport;

impl Session {
    /// One server's list, all pages. Clients that would see another list now are notified.
    pub(crate) async fn entries(
        self: &Arc<Self>,
        upstream: &Upstream,
        kind: ListKind,
    ) -> Result<Entries, UpstreamError> {
        let keeping = self.read_list(upstream, kind, None).await?;
        if keeping.is_changed {
            let server = Some(upstream.name().to_owned());
            self.context.audience.announce(ListChange { server, kinds: vec![kind] });
        }
        Ok(keeping.list)
    }

    /// Reads a server's list and keeps it. People get notes about whatever was wrong with it. `meta` is the `_meta` of the
    /// client's request, if the list is read for that request alone.
    pub(crate) async fn read_list(
        self: &Arc<Self>,
        upstream: &Upstream,
        kind: ListKind,
        meta: Option<&RawValue>,
    ) -> Result<Keeping, UpstreamError> {
        // A server whose calls may take longer may take longer to list, too.
        let wait = self.context.limits.list.max(upstream.server.timeout.unwrap_or_default());
        let name = upstream.name();
        // Before anything is awaited: another request of the client may come with other headers meanwhile.
        let class = self.list_class(upstream);
        let upstream_session = self.opened(upstream).await.inspect_err(|error| match error {
            // Others may have open sessions with it, and it will not answer in those either.
            UpstreamError::TimedOut { .. } => upstream.note_hang(error),
            _ => upstream.note_failure(error),
        })?;
        let Ok(list) = tokio::time::timeout(wait, self.pages(&upstream_session, upstream, kind, meta)).await else {
            self.context.lists.set_late(name);
            let error = UpstreamError::TimedOut { server: name.to_owned(), waited: wait };
            // The server has an open session and does not answer in it.
            upstream.note_hang(&error);
            return Err(error);
        };
        Ok(self.context.lists.keep(name, kind, &class, list?))
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
        meta: Option<&RawValue>,
    ) -> Result<KeptList, UpstreamError> {
        let capability = kind.capability();
        let is_declared = upstream_session.has(capability);
        let mut reading = ListReading::of(kind, &self.context.limits);
        reading.mirrors_headers = upstream_session.mirrors_headers();
        reading.structure = upstream_session.structure();
        if !is_declared && !upstream_session.may_have(capability) {
            return Ok(reading.into_list());
        }
        let mut cursor = None::<String>;
        for _ in 0..self.context.limits.pages {
            let cursor_param = cursor.iter().map(|cursor| ("cursor".to_owned(), raw(cursor)));
            let meta_param = meta.iter().map(|meta| ("_meta".to_owned(), (*meta).to_owned()));
            let params: Fields = cursor_param.chain(meta_param).collect();
            let request = Message::request(self.next_id(), kind.method(), &params);
            let (upstream_session, answer) = self.answer_of(upstream, &request).await?;
            if let Some(problem) = answer.error_text() {
                if !is_declared || answer.error_code() == Some(METHOD_NOT_FOUND) {
                    upstream_session.set_lacking(capability);
                    cursor = None;
                    break;
                }
                return Err(self.list_refused(upstream, kind, problem, answer));
            }
            cursor = reading.page(answer.result_raw(), is_declared);
            if cursor.is_none() {
                break;
            }
        }
        if cursor.is_some() {
            reading.stop();
        }
        for sentence in reading.sentences(upstream.name()) {
            self.context.notes.add(upstream.name(), upstream.redacted(&sentence));
        }
        Ok(reading.into_list())
    }

    /// The error for a server that answers a list with an error, which is noted, too.
    fn list_refused(&self, upstream: &Upstream, kind: ListKind, problem: String, answer: Message) -> UpstreamError {
        let (server, answer) = (upstream.name().to_owned(), Box::new(upstream.without_secrets(answer)));
        let error = UpstreamError::ListRefused { server, method: kind.method(), problem, answer };
        self.context.notes.add(upstream.name(), upstream.redacted(&error));
        error
    }
}
