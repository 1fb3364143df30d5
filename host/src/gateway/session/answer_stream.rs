//! What a client gets for a request: the answer alone, or messages as they come.

use super::forward::ServerAnswer;
use super::login_answer::{LoginAnswer, LoginOutcome};
use crate::gateway::message::Message;

/// What a client gets for a request.
pub(crate) enum ClientAnswer {
    /// The answer came alone.
    Whole(Message),
    /// Messages as they come, the answer last.
    Stream(AnswerStream),
}

/// The messages that answer one request.
pub(crate) struct AnswerStream(Source);

enum Source {
    /// The server's own messages, as they come.
    Server(Box<ServerAnswer>),
    /// The client is asked to open the page of a login. After that, the server answers.
    Login(Box<LoginAnswer>),
    Done,
}

impl AnswerStream {
    pub(super) fn of_server(answer: ServerAnswer) -> Self {
        Self(Source::Server(Box::new(answer)))
    }

    pub(super) fn after_login(answer: LoginAnswer) -> Self {
        Self(Source::Login(Box::new(answer)))
    }

    /// The next message; `None` after the answer.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            match &mut self.0 {
                Source::Server(answer) => return answer.next().await,
                Source::Done => return None,
                Source::Login(login) => match login.next().await {
                    LoginOutcome::Before(message) => return Some(message),
                    LoginOutcome::Failed(answer) => {
                        self.0 = Source::Done;
                        return Some(answer);
                    }
                    LoginOutcome::Forward(call) => {
                        let session = call.in_flight.session.clone();
                        // Boxed because the future contains itself: the server may still refuse the login.
                        match Box::pin(session.forward(&call.upstream, call.message, call.in_flight)).await {
                            ClientAnswer::Whole(answer) => {
                                self.0 = Source::Done;
                                return Some(answer);
                            }
                            ClientAnswer::Stream(next) => self.0 = next.0,
                        }
                    }
                },
            }
        }
    }
}
