//! One request to one server, and what comes back for it: the answer as it is, or the stream as it comes.

use std::sync::Arc;
use std::time::Duration;

use super::exchange::Exchange;
use super::{Scope, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Kind, Message, fields, raw, string};
use crate::gateway::speech;
use crate::gateway::upstream::Upstream;
use crate::gateway::upstream::link::Link;
use crate::gateway::upstream::reply::{Inflow, Reply};

/// How long a server may take to accept a cancellation.
const CANCELLATION: Duration = Duration::from_secs(5);

/// What a client gets for a request.
pub(crate) enum Answer {
    /// The answer.
    Whole(Message),
    /// Messages as they come, the answer last.
    Stream(Box<Outflow>),
}

/// A request under way; it has landed when this is dropped.
pub(crate) struct Flight {
    pub(super) session: Arc<Session>,
    pub(super) id: Id,
    pub(super) method: String,
    /// The progress token that it has at the server.
    pub(super) token: Option<u64>,
    /// The server's own URI of the resource that it is about, and the client's, where they differ.
    pub(super) alias: Option<(String, String)>,
}

impl Flight {
    /// Where its cancellation goes, and its progress comes from.
    fn heads_for(&self, upstream: &Upstream) {
        let server = Some(upstream.name().to_owned());
        let mut tokens = lock(&self.session.tokens);
        if let Some(token) = self.token.and_then(|token| tokens.get_mut(&token)) {
            token.server.clone_from(&server);
        }
        drop(tokens);
        lock(&self.session.flights).insert(self.id.clone(), server);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        lock(&self.session.flights).remove(&self.id);
        if let Some(token) = self.token {
            lock(&self.session.tokens).remove(&token);
        }
    }
}

/// The messages that answer one request.
pub(crate) struct Outflow {
    session: Arc<Session>,
    upstream: Arc<Upstream>,
    link: Arc<Link>,
    inflow: Inflow,
    flight: Flight,
    first: Option<Message>,
    /// The request, where it may be sent again.
    again: Option<Message>,
    is_done: bool,
}

impl Session {
    /// Marks a request as under way; `None` if one of its id is already.
    pub(super) fn depart(self: &Arc<Self>, id: &Id, method: &str) -> Option<Flight> {
        let mut flights = lock(&self.flights);
        if flights.contains_key(id) {
            return None;
        }
        flights.insert(id.clone(), None);
        Some(Flight { session: self.clone(), id: id.clone(), method: method.to_owned(), token: None, alias: None })
    }

    /// Sends a request on to a server.
    pub(super) async fn forward(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: Message,
        flight: Flight,
    ) -> Answer {
        flight.heads_for(upstream);
        match self.exchange(upstream, &message).await {
            Ok(Exchange { reply: Reply::Whole(answer), .. }) => Answer::Whole(shaped(upstream, &flight, answer)),
            Ok(Exchange { link, reply: Reply::Stream(inflow), is_second }) => {
                let (session, upstream) = (self.clone(), upstream.clone());
                let again = Some(message).filter(|_| inflow.is_own_stream() && !is_second);
                let outflow = Outflow { session, upstream, link, inflow, flight, first: None, again, is_done: false };
                outflow.settle().await
            }
            Err(error) => {
                self.tell_cancelled(upstream, &flight.id, &error).await;
                Answer::Whole(speech::failure(flight.id.clone(), &flight.method, (&error, &upstream.shown(&error))))
            }
        }
    }

    /// Lifecycle, "Timeouts": who stops waiting says so.
    async fn tell_cancelled(&self, upstream: &Upstream, id: &Id, error: &UpstreamError) {
        let UpstreamError::TimedOut { .. } = error else { return };
        if let Some(link) = self.live_link(upstream.name()) {
            cancel(&link, id).await;
        }
    }
}

async fn cancel(link: &Link, id: &Id) {
    let params = serde_json::json!({ "requestId": id.to_raw(), "reason": "it took too long" });
    let message = Message::notification("notifications/cancelled", Some(&params));
    // The server is slow already: it need not take this either.
    drop(tokio::time::timeout(CANCELLATION, link.notify(&message)).await);
}

impl Outflow {
    /// A stream of the server's own is passed on as one. On a stream that is shared, nobody knows whether more comes than
    /// the answer: it is waited for a little.
    async fn settle(mut self) -> Answer {
        if self.inflow.is_own_stream() {
            return Answer::Stream(Box::new(self));
        }
        let grace = self.session.shared.limits.grace;
        match tokio::time::timeout(grace, self.next()).await {
            Ok(Some(message)) if self.is_done => Answer::Whole(message),
            Ok(first) => {
                self.first = first;
                Answer::Stream(Box::new(self))
            }
            Err(_) => Answer::Stream(Box::new(self)),
        }
    }

    /// The next message; `None` after the answer.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while !self.is_done {
            let message = match self.inflow.next().await {
                Some(Ok(message)) => message,
                Some(Err(UpstreamError::SessionEnded { .. })) if self.again.is_some() => match self.begin_again().await
                {
                    Ok(None) => continue,
                    Ok(Some(answer)) => answer,
                    Err(error) => return self.fail(&error).await,
                },
                Some(Err(error)) => return self.fail(&error).await,
                None => return self.fail(&UpstreamError::Closed { server: self.link.server.clone() }).await,
            };
            if let Kind::Response { .. } = message.kind() {
                self.land();
                return Some(shaped(&self.upstream, &self.flight, message));
            }
            if let Some(message) = self.session.outward(&self.link, message) {
                return Some(self.upstream.without_secrets(message));
            }
        }
        None
    }

    /// The server knows the session no more and did nothing for the request: it goes out again in a new one, once. Its answer,
    /// where it comes alone.
    async fn begin_again(&mut self) -> Result<Option<Message>, UpstreamError> {
        let Some(request) = self.again.take() else { return Ok(None) };
        let Exchange { link, reply, .. } = self.session.exchange_again(&self.upstream, &self.link, &request).await?;
        self.link = link;
        match reply {
            Reply::Whole(answer) => Ok(Some(answer)),
            Reply::Stream(inflow) => {
                self.inflow = inflow;
                Ok(None)
            }
        }
    }

    async fn fail(&mut self, error: &UpstreamError) -> Option<Message> {
        self.land();
        if let UpstreamError::TimedOut { .. } = error {
            cancel(&self.link, &self.flight.id).await;
        }
        Some(speech::failure(self.flight.id.clone(), &self.flight.method, (error, &self.upstream.shown(error))))
    }

    fn land(&mut self) {
        self.is_done = true;
        self.session.touch();
    }
}

/// What a client takes, and what the server says of a failure without secrets.
fn shaped(upstream: &Upstream, flight: &Flight, answer: Message) -> Message {
    let answer = upstream.without_secrets(answer);
    match (flight.method.as_str(), &flight.alias) {
        ("tools/call", _) => {
            if !matches!(flight.session.scope, Scope::One(_)) {
                flight.session.shown.note(upstream.name(), &answer);
            }
            with_structured_object(answer)
        }
        ("resources/read", Some((own, alias))) => under_alias(answer, own, alias),
        _ => answer,
    }
}

/// A result as clients take it: structured content is an object (Tools, "Structured Content"), and they refuse the whole
/// result where it is not.
fn with_structured_object(answer: Message) -> Message {
    const STRUCTURED: &str = "structuredContent";
    let Some(result) = answer.result_raw().filter(|result| result.get().contains(STRUCTURED)) else { return answer };
    let mut result = fields(Some(result));
    if result.get(STRUCTURED).is_none_or(|content| content.get().starts_with('{')) {
        return answer;
    }
    result.shift_remove(STRUCTURED);
    answer.with_result(&result)
}

/// What was read goes by the URI that the client asked for.
fn under_alias(answer: Message, own: &str, alias: &str) -> Message {
    let mut result = fields(answer.result_raw());
    let contents = result.get("contents").and_then(|contents| serde_json::from_str::<Vec<Fields>>(contents.get()).ok());
    let Some(mut contents) = contents else { return answer };
    for content in contents.iter_mut().filter(|content| string(content, "uri").as_deref() == Some(own)) {
        content.insert("uri".into(), raw(&alias));
    }
    result.insert("contents".into(), raw(&contents));
    answer.with_result(&result)
}
