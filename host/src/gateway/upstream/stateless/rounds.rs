//! A request that a server answers in rounds ("Multi Round-Trip Requests"): it says what it needs, the client is asked for
//! that as by a server with sessions, and the request goes out again with the answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use serde_json::value::RawValue;

use super::exchange::Exchange;
use super::older_form;
use super::questions::{NeededInput, OpenQuestion, Questions, answers, missing};
use crate::gateway::declared;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message, MessageKind, raw};
use crate::gateway::revision::ClientGeneration;
use crate::gateway::upstream::deadline::AnswerDeadline;
use crate::gateway::upstream::reply::{Reply, ReplyStream};

/// How often a request goes out.
const MOST: u32 = 16;
/// The pause before a request goes out again only because the server wants that.
const PAUSE: Duration = Duration::from_millis(250);
/// Requests that may be answered in rounds.
const IN_ROUNDS: [&str; 3] = ["tools/call", "prompts/get", "resources/read"];

/// One request of a client on its way through the rounds.
pub(super) struct Rounds {
    pub(super) exchange: Arc<Exchange>,
    pub(super) questions: Arc<Questions>,
    pub(super) generation: ClientGeneration,
    pub(super) request: Message,
    count: u32,
    step: RoundStep,
    /// Bounds all rounds together.
    deadline: AnswerDeadline,
}

enum RoundStep {
    /// The server works on the request, and its messages are read.
    Reading(ReplyStream),
    /// The client is asked.
    Asking {
        requests: VecDeque<Message>,
        open: Vec<OpenQuestion>,
        state: Option<Box<RawValue>>,
        responses: bool,
    },
    Done,
}

/// What an answer leads to.
enum RoundOutcome {
    Final(Message),
    Again(NeededInput),
}

impl Rounds {
    pub(super) fn new(
        exchange: &Arc<Exchange>,
        questions: &Arc<Questions>,
        generation: ClientGeneration,
        request: &Message,
    ) -> Self {
        let deadline = exchange.limit.begin();
        let (exchange, questions, request) = (exchange.clone(), questions.clone(), request.clone());
        Self { exchange, questions, generation, request, count: 1, step: RoundStep::Done, deadline }
    }

    /// Sends the request, and returns what comes back for it from first to last.
    pub(super) async fn reply(mut self) -> Result<Reply, UpstreamError> {
        match self.exchange.send(&self.request, self.deadline.of_next_round()).await? {
            Reply::Whole(answer) => match self.judge(answer) {
                RoundOutcome::Final(answer) => Ok(Reply::Whole(answer)),
                RoundOutcome::Again(input) => {
                    self.ask(input)?;
                    Ok(Reply::driven(self.into_stream(), true))
                }
            },
            Reply::Stream(stream) => {
                let is_own = stream.is_own_stream();
                self.step = RoundStep::Reading(stream);
                Ok(Reply::driven(self.into_stream(), is_own))
            }
        }
    }

    fn into_stream(self) -> futures::stream::BoxStream<'static, Result<Message, UpstreamError>> {
        futures::stream::unfold(self, async |mut rounds| {
            let next = rounds.next().await?;
            Some((next, rounds))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        loop {
            match self.advance().await {
                Ok(Some(message)) => return Some(Ok(message)),
                Ok(None) if matches!(self.step, RoundStep::Done) => return None,
                Ok(None) => {}
                Err(error) => {
                    self.step = RoundStep::Done;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Goes on until there is a message for the client or another step to take.
    async fn advance(&mut self) -> Result<Option<Message>, UpstreamError> {
        match &mut self.step {
            RoundStep::Done => Ok(None),
            RoundStep::Reading(stream) => {
                let closed = || UpstreamError::Closed { server: self.exchange.server.clone() };
                let message = stream.next().await.ok_or_else(closed)??;
                match message.kind() {
                    MessageKind::Response { .. } => self.take(message),
                    MessageKind::Request { .. } | MessageKind::Notification { .. } => Ok(Some(message)),
                }
            }
            RoundStep::Asking { requests, open, state, responses } => {
                if let Some(request) = requests.pop_front() {
                    return Ok(Some(request));
                }
                let server = &self.exchange.server;
                let mut params = self.request.params();
                if *responses {
                    let given = self.deadline.for_client(answers(server, open)).await;
                    let late = || missing(server, "input", "the client did not answer in time");
                    params.insert("inputResponses".into(), raw(&given.ok_or_else(late)??));
                } else {
                    tokio::time::sleep(PAUSE).await;
                }
                if let Some(state) = state {
                    params.insert("requestState".into(), state.clone());
                }
                self.send_again(&params).await
            }
        }
    }

    async fn send_again(&mut self, params: &Fields) -> Result<Option<Message>, UpstreamError> {
        self.count += 1;
        let id = Id::number(self.exchange.request_ids.next_number());
        let request = self.request.clone().with_params(params).with_id(id);
        match self.exchange.send(&request, self.deadline.of_next_round()).await? {
            Reply::Whole(answer) => self.take(answer),
            Reply::Stream(stream) => {
                self.step = RoundStep::Reading(stream);
                Ok(None)
            }
        }
    }

    /// Ends with an answer, or begins to ask for what it needs.
    fn take(&mut self, answer: Message) -> Result<Option<Message>, UpstreamError> {
        match self.judge(answer) {
            RoundOutcome::Final(answer) => {
                self.step = RoundStep::Done;
                Ok(Some(answer))
            }
            RoundOutcome::Again(input) => self.ask(input).map(|()| None),
        }
    }

    fn judge(&self, answer: Message) -> RoundOutcome {
        self.exchange.note(&self.request, &answer);
        let method = self.request.method().unwrap_or_default();
        match self.generation {
            ClientGeneration::Stateless => RoundOutcome::Final(answer),
            ClientGeneration::Sessions => match NeededInput::of(&answer).filter(|_| IN_ROUNDS.contains(&method)) {
                Some(input) => RoundOutcome::Again(input),
                None => RoundOutcome::Final(older_form::answer(method, answer)),
            },
        }
    }

    fn ask(&mut self, input: NeededInput) -> Result<(), UpstreamError> {
        let server = &self.exchange.server;
        if self.count >= MOST {
            return Err(missing(server, "input", &format!("it asked for more, {MOST} times in a row")));
        }
        let next = || self.exchange.request_ids.next_number();
        let (requests, open) = self.questions.open(server, &input, next)?;
        let capabilities = self.exchange.client.capabilities();
        if let Some(question) = requests.iter().find(|asked| declared::answers(&capabilities, asked) == Some(false)) {
            let method = question.method().unwrap_or_default();
            return Err(missing(server, method, "the client did not declare the capability for it"));
        }
        let responses = !input.is_empty();
        self.step = RoundStep::Asking { requests: requests.into(), open, state: input.state, responses };
        Ok(())
    }
}
