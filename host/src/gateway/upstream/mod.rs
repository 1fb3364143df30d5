//! The servers: how each is reached, and how a session with it begins.
//!
//! | what | file |
//! |---|---|
//! | how a session begins | `door` |
//! | the HTTP client | `http` |
//! | credentials on requests, one replay | `wire`, `headers` |
//! | Streamable HTTP | `streamable`, `stream`, `listen` |
//! | the same without sessions (2026-07-28) | `stateless` |
//! | HTTP with SSE (2024-11-05) | `legacy` |
//! | commands | `stdio` |
//! | several answers on one stream | `shared` |
//! | ids as the server sees them | `numbers` |
//! | what is read kindly: marks, batches, half characters | `incoming`, `envelope` |
//! | what a refusal means; has the server forgotten the session | `refusal`, `lost` |

mod door;
mod envelope;
pub(crate) mod events;
mod headers;
pub(crate) mod http;
mod incoming;
mod legacy;
pub(crate) mod link;
mod listen;
mod lost;
mod numbers;
mod refusal;
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

use self::door::Door;
use self::link::Link;
pub(crate) use self::stdio::Living;
pub use self::stdio::{GUARD, Premises, stand_guard};
use self::wire::Means;
use super::error::UpstreamError;
use super::lock::lock;
use super::message::{Fields, Message};
use crate::egress::Redaction;
use crate::settings::Server;

/// Different problems of one outage that are told.
const DIFFERENT_PROBLEMS: usize = 8;

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
    door: Arc<Door>,
    standing: Mutex<Standing>,
    /// A failure that nobody has looked into yet.
    trouble: Mutex<Option<UpstreamError>>,
    /// The problems that people were told of since it last answered.
    told: Mutex<Vec<String>>,
    /// Wakes the task that watches this server.
    pub(crate) nudge: Notify,
    /// The login changed since the last look at it.
    pub(crate) is_login_changed: AtomicBool,
}

impl Upstream {
    pub(crate) fn new(server: Server, means: &Means<'_>) -> Self {
        let door = Arc::new(Door::new(&server, means));
        let redaction = means.connector.redaction(&server.name);
        Self {
            server,
            redaction,
            door,
            standing: Mutex::new(Standing::Unknown),
            trouble: Mutex::default(),
            told: Mutex::default(),
            nudge: Notify::new(),
            is_login_changed: AtomicBool::new(false),
        }
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

    /// It has a session and does not answer in it: nobody waits for it any more until it does.
    pub(crate) fn hangs(&self, error: &UpstreamError) {
        if self.standing() == Standing::Up {
            self.stands(Standing::Down);
            *lock(&self.trouble) = Some(error.clone());
            self.nudge.notify_one();
        }
    }

    /// The failure that is to be looked into.
    pub(crate) fn take_trouble(&self) -> Option<UpstreamError> {
        lock(&self.trouble).take()
    }

    /// Whether nobody was told of this problem since the server last answered.
    pub(crate) fn is_news(&self, problem: &str) -> bool {
        let mut told = lock(&self.told);
        let is_news = told.len() < DIFFERENT_PROBLEMS && !told.iter().any(|other| other == problem);
        if is_news {
            told.push(problem.to_owned());
        }
        is_news
    }

    /// It answers. Whether people were told that it does not.
    pub(crate) fn recovered(&self) -> bool {
        !std::mem::take(&mut *lock(&self.told)).is_empty()
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
    pub(crate) fn open(
        &self,
        params: Fields,
        inbound: mpsc::Sender<Message>,
    ) -> impl Future<Output = Result<Link, UpstreamError>> + Send + use<> {
        let door = self.door.clone();
        async move { door.open(&params, inbound).await }
    }
}
