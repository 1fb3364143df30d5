//! A login whose callback was accepted, up to its grant. All of it is data: it can stop at a question and go on after a restart.

use std::sync::Arc;

use mcphub_oauth::callback::AcceptedCallback;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::Question;
use mcphub_oauth::profile::Pair;
use url::Url;

use super::stored::Attempt;
use crate::connect::core::entry::Entry;
use crate::connect::core::target::Discovered;
use crate::connect::grant::plugin_steps::Progress;

/// A login that has its code.
pub(crate) struct AcceptedLogin {
    pub(crate) entry: Arc<Entry>,
    pub(crate) discovered: Arc<Discovered>,
    pub(crate) attempt: Attempt,
    /// The code, and what was asked for. Its `captured` holds what the callback carried besides.
    pub(crate) accepted: AcceptedCallback,
    /// What the person answered so far, the latest last.
    pub(crate) answers: Vec<Pair>,
    /// Where it goes on.
    pub(crate) point: Point,
}

/// Where a login goes on.
pub(crate) enum Point {
    /// At the exchange of its code.
    Exchange(Box<Progress>),
    /// It has its tokens; whose account it is comes next.
    Lookup(Box<Grant>, Box<Progress>),
}

/// A question that a login stops at, and where it goes on with the answer.
pub(crate) struct OpenQuestion {
    pub(crate) question: Question,
    pub(crate) point: Point,
}

/// A step of a login: done, or stopped at a question.
pub(crate) enum Step<T> {
    Done(T),
    Asks(OpenQuestion),
}

/// What a callback or an answer leads to.
#[derive(Debug)]
pub enum Finish {
    /// The person is signed in.
    Done(Finished),
    /// The first try taught the hub something: the person goes to the login page once more, most often without noticing.
    Again(Url),
    /// The person must answer a question first.
    Choose(Choice),
}

/// A login that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The server it was for.
    pub server: String,
    /// The name of the account, where the provider tells it.
    pub account: Option<String>,
}

/// A question, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The server whose login waits.
    pub server: String,
    /// Names the question in the answer.
    pub ticket: String,
    /// The question.
    pub title: String,
    /// Values and their labels.
    pub options: Vec<Pair>,
}
