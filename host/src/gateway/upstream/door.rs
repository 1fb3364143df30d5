//! How a session with a server begins.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;

use super::legacy::Legacy;
use super::link::{Carrier, Link};
use super::numbers::{Numbers, OPENING};
use super::stdio::{Program, Stdio};
use super::streamable::{Opened, Streamable};
use super::wire::{Dialect, Means, Wire};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message, fields, string};
use crate::gateway::{revision, sound};
use crate::settings::{Server, Transport, TransportHint};

/// The way into one server.
pub(super) struct Door {
    name: String,
    route: Route,
    /// To the answer to `initialize`.
    wait: Duration,
}

enum Route {
    Http(Arc<Wire>),
    Command(Box<Program>),
    /// Its entry cannot be used.
    None(String),
}

impl Door {
    pub(super) fn new(server: &Server, means: &Means<'_>) -> Self {
        let wait = start_wait(server, means.limits.start);
        let route = match &server.transport {
            Transport::Http { url, hint } => match Wire::new(server, (url, *hint), wait, means) {
                Ok(wire) => Route::Http(Arc::new(wire)),
                Err(problem) => Route::None(problem),
            },
            Transport::Stdio { command, args, env, inherits_environment, directory } => {
                Route::Command(Box::new(Program {
                    name: server.name.clone(),
                    command: command.clone(),
                    args: args.clone(),
                    env: env.clone(),
                    inherits_environment: *inherits_environment,
                    directory: directory.clone(),
                    premises: means.premises.clone(),
                    living: means.living.clone(),
                    limits: means.limits.clone(),
                    waiting: means.waiting.clone(),
                    wait: server.timeout.unwrap_or(means.limits.answer),
                }))
            }
        };
        Self { name: server.name.clone(), route, wait }
    }

    /// Begins a session with these parameters of `initialize`; what the server says unasked goes to `inbound`.
    pub(super) async fn open(&self, params: &Fields, inbound: mpsc::Sender<Message>) -> Result<Link, UpstreamError> {
        let initialize = Message::request(Id::number(OPENING), "initialize", params);
        let (mut carrier, answer) = match &self.route {
            Route::Http(wire) => {
                let too_slow =
                    || UpstreamError::SlowStart { server: self.name.clone(), waited: self.wait, words: None };
                match tokio::time::timeout(self.wait, open_http(wire, &initialize, &inbound)).await {
                    Err(_) | Ok(Err(UpstreamError::TimedOut { .. })) => return Err(too_slow()),
                    Ok(opened) => opened?,
                }
            }
            Route::Command(program) => self.open_command(program, &initialize, &inbound).await?,
            Route::None(problem) => {
                return Err(UpstreamError::Unusable { server: self.name.clone(), problem: problem.clone() });
            }
        };
        let mut greeting = self.greeting(&answer)?;
        let is_mended = sound::greeting::put_right(&mut greeting, &self.name);
        let revision = string(&greeting, "protocolVersion").unwrap_or_default();
        if let Carrier::Streamable(session) = &mut carrier {
            session.agree(&revision);
        }
        // A server that does not care for it says so at the next request.
        drop(carrier.notify(&Message::notification("notifications/initialized", None)).await);
        Ok(Link {
            server: self.name.clone(),
            carrier,
            greeting,
            is_mended,
            lacking: Mutex::default(),
            numbers: Numbers::default(),
            inbound,
            reader: Mutex::default(),
        })
    }

    async fn open_command(
        &self,
        program: &Program,
        initialize: &Message,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<(Carrier, Message), UpstreamError> {
        let started = Box::new(Stdio::open(program, inbound.clone())?);
        let asked = async { started.request_within(initialize, self.wait * 2).await?.answer(|_| {}).await };
        let answer = match tokio::time::timeout(self.wait, asked).await {
            Ok(answer) => answer?,
            Err(_) => return Err(started.too_slow(self.wait)),
        };
        Ok((Carrier::Stdio(started), answer))
    }

    /// The checked result of `initialize`.
    fn greeting(&self, answer: &Message) -> Result<Fields, UpstreamError> {
        let rejected = |problem| UpstreamError::Rejected { server: self.name.clone(), problem };
        if let Some(problem) = answer.error_text() {
            return Err(rejected(problem));
        }
        let greeting = fields(answer.result_raw());
        match string(&greeting, "protocolVersion") {
            Some(revision) if revision::is_known(&revision) => Ok(greeting),
            Some(revision) if revision::is_plausible(&revision) => {
                tracing::info!(
                    server.name = self.name,
                    "{} speaks revision {revision}, which the hub does not know; most of it works all the same",
                    self.name
                );
                Ok(greeting)
            }
            Some(revision) => Err(rejected(format!("it wants revision {revision:?}, which the hub does not speak"))),
            None => Err(rejected("its answer to initialize names no protocolVersion".to_owned())),
        }
    }
}

/// `options.timeout` is about calls: it makes the wait for a start longer, but not shorter.
fn start_wait(server: &Server, usual: Duration) -> Duration {
    match server.start_timeout {
        Some(said) if server.timeout == Some(said) => said.max(usual),
        Some(said) => said,
        None => usual,
    }
}

/// What worked last goes first; else Streamable HTTP, which most servers speak whatever the settings call them.
async fn open_http(
    wire: &Arc<Wire>,
    initialize: &Message,
    inbound: &mpsc::Sender<Message>,
) -> Result<(Carrier, Message), UpstreamError> {
    match wire.dialect() {
        Some(Dialect::Sse) => match open_legacy(wire, initialize, inbound).await {
            Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => wire.remember(None),
            other => return other,
        },
        Some(Dialect::Stateless) => match open_stateless(wire, initialize).await? {
            Some(opened) => return Ok(opened),
            None => wire.remember(None),
        },
        Some(Dialect::StreamableHttp) | None => {}
    }
    let error = match Streamable::open(wire.clone(), initialize).await {
        Ok(Opened::Session(session, answer)) => {
            wire.remember(Some(Dialect::StreamableHttp));
            return Ok((Carrier::Streamable(*session), answer));
        }
        Ok(Opened::Refused(error)) => error,
        Err(error @ UpstreamError::Status { .. }) if wire.hint == TransportHint::Sse => error,
        Err(error) => return Err(error),
    };
    if let Some(opened) = open_stateless(wire, initialize).await? {
        return Ok(opened);
    }
    match open_legacy(wire, initialize, inbound).await {
        // What the settings call so says itself what is wrong.
        Err(of_stream @ UpstreamError::NotMcp { .. }) if wire.hint == TransportHint::Sse => Err(of_stream),
        Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => Err(error),
        other => other,
    }
}

/// None: the server is not of the revision without sessions.
async fn open_stateless(wire: &Arc<Wire>, initialize: &Message) -> Result<Option<(Carrier, Message)>, UpstreamError> {
    let Some((session, greeting)) = Streamable::discover(wire.clone(), initialize).await? else { return Ok(None) };
    wire.remember(Some(Dialect::Stateless));
    Ok(Some((Carrier::Streamable(session), greeting)))
}

async fn open_legacy(
    wire: &Arc<Wire>,
    initialize: &Message,
    inbound: &mpsc::Sender<Message>,
) -> Result<(Carrier, Message), UpstreamError> {
    let session = Legacy::open(wire.clone(), inbound.clone()).await?;
    let opened = greet(Carrier::Legacy(session), initialize).await?;
    wire.remember(Some(Dialect::Sse));
    Ok(opened)
}

async fn greet(carrier: Carrier, initialize: &Message) -> Result<(Carrier, Message), UpstreamError> {
    let answer = carrier.request(initialize).await?.answer(|_| {}).await?;
    Ok((carrier, answer))
}
