//! Forwarding a client's request to one server: the answer is whole, or a stream that is passed on as it comes, or first a
//! question to the client about the login that is missing.

use std::sync::Arc;

use super::answer_stream::{AnswerStream, ClientAnswer};
use super::core::Session;
use super::forward::ServerAnswer;
use super::in_flight::InFlight;
use super::login_answer::LoginAnswer;
use super::results::finished;
use super::send::SentRequest;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies;
use crate::gateway::message::Message;
use crate::gateway::upstream::{Reply, Upstream};
use crate::telemetry::exchange;

impl Session {
    /// Forwards a request to a server.
    pub(super) async fn forward(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: Message,
        mut in_flight: InFlight,
    ) -> ClientAnswer {
        if let Some(refusal) = self.task_refusal(upstream, &message) {
            return ClientAnswer::Whole(refusal);
        }
        in_flight.goes_to(upstream);
        exchange::goes_to(&upstream.traffic);
        exchange::has_arguments(|| Some(upstream.redacted(&message.param_text("arguments")?)));
        in_flight.tool = message.param("name");
        match self.send(upstream, &message).await {
            Ok(SentRequest { reply: Reply::Whole(answer), .. }) => {
                ClientAnswer::Whole(finished(upstream, &in_flight, answer))
            }
            Ok(SentRequest { upstream_session, reply: Reply::Stream(reply_stream), is_second }) => {
                let again = Some(message).filter(|_| reply_stream.is_own_stream() && !is_second);
                let stream = Box::new(ServerAnswer {
                    session: self.clone(),
                    upstream: upstream.clone(),
                    upstream_session,
                    reply_stream,
                    in_flight,
                    first: None,
                    again,
                    is_done: false,
                });
                if stream.reply_stream.is_own_stream() {
                    return ClientAnswer::Stream(AnswerStream::of_server(stream));
                }
                Box::pin(into_answer(stream)).await
            }
            Err(error) => {
                if let UpstreamError::Blocked(blocked) = &error
                    && self.can_ask_for_login(&in_flight.method)
                    && let Some(question) = self.ask_for_login(upstream, blocked)
                {
                    let waiting = LoginAnswer::new(question, message, in_flight, blocked.clone());
                    return ClientAnswer::Stream(AnswerStream::after_login(waiting));
                }
                if let UpstreamError::TimedOut { .. } = error {
                    exchange::timed_out();
                }
                let shown = upstream.redacted(&error);
                ClientAnswer::Whole(local_replies::failure(in_flight.id.clone(), &in_flight.method, &error, &shown))
            }
        }
    }
}

/// On a stream that all requests share, nothing says whether more than the answer will come, so the answer is awaited for a
/// moment first: most come alone. A stream of the server's own is passed on as one.
async fn into_answer(mut answer: Box<ServerAnswer>) -> ClientAnswer {
    let grace = answer.session.context.limits.grace;
    match tokio::time::timeout(grace, answer.next()).await {
        Ok(Some(message)) if answer.is_done => return ClientAnswer::Whole(message),
        Ok(None) if answer.is_done => {
            return ClientAnswer::Whole(local_replies::cancelled(answer.in_flight.id.clone()));
        }
        Ok(first) => answer.first = first,
        Err(_) => {}
    }
    ClientAnswer::Stream(AnswerStream::of_server(answer))
}
