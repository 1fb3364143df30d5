//! A login between its accepted callback and its grant. It is plain data, so it can stop at a question and continue
//! after a restart.

use std::sync::Arc;

use mcphub_oauth::callback::AcceptedCallback;
use mcphub_oauth::grant::{Grant, Token};
use mcphub_oauth::hook::Question;
use mcphub_oauth::profile::Pair;
use url::Url;

use super::stored::LoginAttempt;
use crate::connect::core::entry::Entry;
use crate::connect::core::target::Discovered;
use crate::connect::grant::plugin_steps::Progress;

/// A login that has received its code.
pub(crate) struct AcceptedLogin {
    pub(crate) entry: Arc<Entry>,
    pub(crate) discovered: Arc<Discovered>,
    pub(crate) attempt: LoginAttempt,
    /// Whether its tokens are to be bound to a key (RFC 9449).
    pub(crate) is_bound: bool,
    /// The code, and what was requested. Its `captured` also holds the other values of the callback.
    pub(crate) accepted: AcceptedCallback,
    /// The person's answers so far, the latest last.
    pub(crate) answers: Vec<Pair>,
    /// The point where the login continues.
    pub(crate) point: Point,
}

/// The point where a login continues.
pub(crate) enum Point {
    /// At the exchange of its code.
    Exchange(Box<Progress>),
    /// It has its tokens. The lookup of the account comes next.
    Lookup(Box<Grant>, Box<Progress>),
}

impl Point {
    /// How far the plugin's steps have come.
    pub(crate) fn progress(&mut self) -> &mut Progress {
        match self {
            Self::Exchange(progress) | Self::Lookup(_, progress) => progress,
        }
    }

    /// The tokens that the login has so far.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        let (progress, grant) = match self {
            Self::Exchange(progress) => (progress, None),
            Self::Lookup(grant, progress) => (progress, Some(grant)),
        };
        progress.tokens.values().chain(grant.into_iter().flat_map(|grant| grant.tokens.values()))
    }
}

/// A question that a login stops at, and the point where it continues with the answer.
pub(crate) struct OpenQuestion {
    pub(crate) question: Question,
    pub(crate) point: Point,
}

/// The result of a step: it is done, or it has stopped at a question.
pub(crate) enum StepOutcome<T> {
    Done(T),
    Asks(OpenQuestion),
}

/// What the person sees after a callback or an answer.
#[derive(Debug)]
pub enum Finish {
    /// The person is signed in.
    Done(Finished),
    /// The first try taught the hub something. The person goes to the login page once more, usually without noticing.
    Again(Url),
    /// The person must answer a question first.
    Choose(Choice),
}

/// A login that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The server it was for.
    pub server: String,
    /// The name of the account, if the provider tells it.
    pub account: Option<String>,
}

/// A question, as the person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The server whose login waits for the answer.
    pub server: String,
    /// Identifies the question when the answer is sent.
    pub ticket: String,
    /// The text of the question.
    pub title: String,
    /// The values to choose from, with their labels.
    pub options: Vec<Pair>,
}
