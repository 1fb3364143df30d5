//! What a client gets for a request: the answer alone, or messages as they come.

use std::sync::Arc;

use super::forward::ServerAnswer;
use super::login_answer::{LoginAnswer, LoginOutcome};
use crate::gateway::ended;
use crate::gateway::message::Message;
use crate::telemetry::{Exchange, exchange};

/// What a client gets for a request.
pub(crate) enum ClientAnswer {
    /// The answer came alone.
    Whole(Message),
    /// Messages as they come, the answer last.
    Stream(AnswerStream),
}

/// The messages that answer one request.
pub(crate) struct AnswerStream {
    source: Source,
    /// The request that it answers, where that is a client's.
    exchange: Option<Arc<Exchange>>,
    /// Whether the answer ends that request.
    ends: bool,
}

enum Source {
    /// The server's own messages, as they come.
    Server(Box<ServerAnswer>),
    /// The client is asked to open the page of a login. After that, the server answers.
    Login(Box<LoginAnswer>),
    Done,
}

impl AnswerStream {
    pub(super) fn of_server(answer: Box<ServerAnswer>) -> Self {
        Self::of(Source::Server(answer))
    }

    pub(super) fn after_login(answer: LoginAnswer) -> Self {
        Self::of(Source::Login(Box::new(answer)))
    }

    fn of(source: Source) -> Self {
        Self { source, exchange: exchange::current(), ends: false }
    }

    /// The same stream, whose answer ends the client's request.
    pub(crate) fn ending(self) -> Self {
        Self { ends: true, ..self }
    }

    /// The next message; `None` after the answer.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let exchange = self.exchange.clone();
        let message = exchange::during(exchange, self.read()).await;
        if self.ends
            && let Some(exchange) = &self.exchange
        {
            ended::on_stream(exchange, message.as_ref());
        }
        message
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            match &mut self.source {
                Source::Server(answer) => return answer.next().await,
                Source::Done => return None,
                Source::Login(login) => match login.next().await {
                    LoginOutcome::Before(message) => return Some(message),
                    LoginOutcome::Failed(answer) => {
                        self.source = Source::Done;
                        return Some(answer);
                    }
                    LoginOutcome::Forward(call) => {
                        let session = call.in_flight.session.clone();
                        // Boxed because the future contains itself: the server may still refuse the login.
                        match Box::pin(session.forward(&call.upstream, call.message, call.in_flight)).await {
                            ClientAnswer::Whole(answer) => {
                                self.source = Source::Done;
                                return Some(answer);
                            }
                            ClientAnswer::Stream(next) => self.source = next.source,
                        }
                    }
                },
            }
        }
    }
}
