//! The servers: how each is reached, and how a session with it begins.
//!
//! | what | file |
//! |---|---|
//! | the HTTP client | `http` |
//! | credentials on requests, one replay | `wire` |
//! | Streamable HTTP | `streamable`, `stream`, `listen` |
//! | the same without sessions (2026-07-28) | `stateless` |
//! | HTTP with SSE (2024-11-05) | `legacy` |
//! | commands | `stdio` |
//! | several answers on one stream | `shared` |

pub(crate) mod events;
pub(crate) mod http;
mod legacy;
pub(crate) mod link;
mod listen;
pub(crate) mod reply;
mod shared;
mod stateless;
mod stdio;
mod stream;
mod streamable;
pub(crate) mod task;
pub(crate) mod wire;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, mpsc};

use self::legacy::Legacy;
use self::link::{Carrier, Link};
use self::stdio::{Program, Stdio};
use self::streamable::{Opened, Streamable};
use self::wire::{Dialect, Means, Wire};
use super::error::UpstreamError;
use super::lock::lock;
use super::message::{Fields, Id, Message, fields, string};
use super::revision;
use crate::egress::Redaction;
use crate::settings::{Server, Transport, TransportHint};

/// The id of the request that opens a session.
const OPENING: &str = "mcphub-initialize";

/// How a server was found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not tried yet, or not since something changed.
    Unknown,
    /// It answers.
    Up,
    /// It does not.
    Down,
    /// A login is missing.
    Blocked,
}

/// A server that is switched on.
pub(crate) struct Upstream {
    pub(crate) server: Server,
    redaction: Redaction,
    route: Route,
    standing: Mutex<Standing>,
    /// Wakes the task that watches this server.
    pub(crate) nudge: Notify,
    /// The login changed since the last look at it.
    pub(crate) is_login_changed: AtomicBool,
}

enum Route {
    Http(Arc<Wire>),
    Command(Box<Program>),
    /// Its entry cannot be used.
    None(String),
}

impl Upstream {
    pub(crate) fn new(server: Server, means: &Means<'_>) -> Self {
        let route = match &server.transport {
            Transport::Http { url, hint } => match Wire::new(&server, url, *hint, means) {
                Ok(wire) => Route::Http(Arc::new(wire)),
                Err(problem) => Route::None(problem),
            },
            Transport::Stdio { command, args, env, .. } => Route::Command(Box::new(Program {
                name: server.name.clone(),
                command: command.clone(),
                args: args.clone(),
                env: env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
                limits: means.limits.clone(),
                wait: server.timeout.unwrap_or(means.limits.answer),
            })),
        };
        let standing = Mutex::new(Standing::Unknown);
        let redaction = means.connector.redaction(&server.name);
        Self { redaction, server, route, standing, nudge: Notify::new(), is_login_changed: AtomicBool::new(false) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.server.name
    }

    /// What is told of this server, without what it was sent and what its entry of the settings holds.
    pub(crate) fn shown(&self, what: &impl ToString) -> String {
        self.redaction.shown(&what.to_string())
    }

    /// Its message without the same, where it tells of a failure.
    pub(crate) fn without_secrets(&self, message: Message) -> Message {
        message.with_failure(|text| self.redaction.hide(text))
    }

    pub(crate) fn standing(&self) -> Standing {
        *lock(&self.standing)
    }

    /// Sets the standing, and says what it was.
    pub(crate) fn stands(&self, standing: Standing) -> Standing {
        std::mem::replace(&mut lock(&self.standing), standing)
    }

    /// Takes note of a request's failure: an outage is looked into at once.
    pub(crate) fn failed(&self, error: &UpstreamError) {
        if error.is_outage() && self.standing() == Standing::Up {
            self.nudge.notify_one();
        }
    }

    /// Takes note of an answer: what was thought to be missing is there.
    pub(crate) fn answered(&self) {
        if matches!(self.standing(), Standing::Down | Standing::Blocked) {
            self.nudge.notify_one();
        }
    }

    /// The login came or went.
    pub(crate) fn login_changed(&self) {
        self.is_login_changed.store(true, Ordering::Relaxed);
        self.stands(Standing::Unknown);
        self.nudge.notify_one();
    }

    /// Begins a session with these parameters of `initialize`; what the server says unasked goes to `inbound`.
    pub(crate) async fn open(&self, params: &Fields, inbound: mpsc::Sender<Message>) -> Result<Link, UpstreamError> {
        let initialize = Message::request(Id::of(OPENING), "initialize", params);
        let (mut carrier, answer) = match &self.route {
            Route::Http(wire) => open_http(wire, &initialize, &inbound).await?,
            Route::Command(program) => {
                let started = Stdio::open(program, inbound.clone())?;
                greet(Carrier::Stdio(Box::new(started)), &initialize).await?
            }
            Route::None(problem) => {
                return Err(UpstreamError::Unusable { server: self.name().to_owned(), problem: problem.clone() });
            }
        };
        let greeting = self.greeting(&answer)?;
        let revision = string(&greeting, "protocolVersion").unwrap_or_default();
        if let Carrier::Streamable(session) = &mut carrier {
            session.agree(&revision);
        }
        // A server that does not care for it says so at the next request.
        drop(carrier.notify(&Message::notification("notifications/initialized", None)).await);
        Ok(Link { server: self.name().to_owned(), carrier, greeting, inbound, reader: Mutex::default() })
    }

    /// The checked result of `initialize`.
    fn greeting(&self, answer: &Message) -> Result<Fields, UpstreamError> {
        let rejected = |problem| UpstreamError::Rejected { server: self.name().to_owned(), problem };
        if let Some(problem) = answer.error_text() {
            return Err(rejected(problem));
        }
        let greeting = fields(answer.result_raw());
        match string(&greeting, "protocolVersion") {
            Some(revision) if revision::is_known(&revision) => Ok(greeting),
            Some(revision) => Err(rejected(format!("it wants revision {revision:?}, which the hub does not speak"))),
            None => Err(rejected("its answer to initialize names no protocolVersion".to_owned())),
        }
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
            return Ok((Carrier::Streamable(session), answer));
        }
        Ok(Opened::Refused(error)) => error,
        Err(error @ UpstreamError::Status { .. }) if wire.hint == TransportHint::Sse => error,
        Err(error) => return Err(error),
    };
    if let Some(opened) = open_stateless(wire, initialize).await? {
        return Ok(opened);
    }
    match open_legacy(wire, initialize, inbound).await {
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
