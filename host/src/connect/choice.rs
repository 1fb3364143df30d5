//! A question of a plugin's steps to the person whose login it is: one token opens several sites, and which is meant?
//!
//! A login runs by itself from its callback on. Where a question comes up, whoever brought the callback is told of it, and
//! the login waits for the answer, which is asked for once: it is kept with the grant, and in `oauth.inputs`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::hook::Question;
use mcphub_oauth::profile::Pair;
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use super::document::IssuerTag;
use super::error::ConnectError;
use super::finish::{self, Finish};
use super::hub::Hub;

/// How long a person may think.
const PATIENCE: Duration = Duration::from_mins(10);
/// Questions that may be open at once.
const MAX_OPEN: usize = 100;

/// A question, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The server whose login waits.
    pub server: String,
    /// What an answer names it by.
    pub ticket: String,
    /// The question.
    pub title: String,
    /// Values and labels.
    pub options: Vec<Pair>,
}

/// Puts questions to the person.
#[derive(Clone)]
pub(super) struct Asker {
    questions: mpsc::Sender<Asked>,
    answers: Arc<Mutex<Vec<Pair>>>,
}

struct Asked {
    server: String,
    question: Question,
    answer: oneshot::Sender<String>,
}

/// A login that goes on by itself.
struct Login {
    browser: Option<BrowserId>,
    questions: mpsc::Receiver<Asked>,
    outcome: oneshot::Receiver<Result<Finish, ConnectError>>,
}

/// A login that waits for an answer.
pub(super) struct Waiting {
    choice: Choice,
    answer: oneshot::Sender<String>,
    login: Login,
}

impl Asker {
    /// Asks. None: nobody answered in time.
    pub(super) async fn ask(&self, server: &str, question: Question) -> Option<String> {
        let (answer, answered) = oneshot::channel();
        let key = question.key.clone();
        self.questions.send(Asked { server: server.to_owned(), question, answer }).await.ok()?;
        let chosen = tokio::time::timeout(PATIENCE, answered).await.ok()?.ok()?;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push((key, chosen.clone()));
        Some(chosen)
    }

    /// What was answered so far.
    pub(super) fn answers(&self) -> Vec<Pair> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Takes a callback; gives the end of the login, or the first question that comes up.
pub(super) async fn finish(
    hub: Arc<Hub>,
    callback: (Vec<Pair>, Option<IssuerTag>),
    browser: Option<BrowserId>,
) -> Result<Finish, ConnectError> {
    let (questions, receiver) = mpsc::channel(1);
    let (done, outcome) = oneshot::channel();
    let asker = Asker { questions, answers: Arc::default() };
    let (in_login, of_person) = (hub.clone(), browser.clone());
    let login = async move {
        let finished = finish::finish(&in_login, callback, of_person.as_ref(), &asker).await;
        // Whoever brought the callback may be gone; the login is done all the same.
        drop(done.send(finished));
    };
    tokio::spawn(login.in_current_span());
    next(&hub, Login { browser, questions: receiver, outcome }).await
}

/// Takes the answer to a question; gives the end of the login, or the next question.
pub(super) async fn choose(
    hub: &Hub,
    ticket: &str,
    browser: Option<&BrowserId>,
    value: &str,
) -> Result<Finish, ConnectError> {
    let waiting = hub.take_question(ticket).ok_or(ConnectError::UnknownLink)?;
    if waiting.login.browser.as_ref() != browser {
        hub.put_question(waiting);
        return Err(ConnectError::LinkInUse);
    }
    if !waiting.choice.options.iter().any(|(option, _)| option == value) {
        let complaint = format!("{:?} is not one of the answers to: {}", value, waiting.choice.title);
        hub.put_question(waiting);
        return Err(ConnectError::Form(complaint));
    }
    let Waiting { answer, login, .. } = waiting;
    answer.send(value.to_owned()).map_err(|_| ConnectError::UnknownLink)?;
    next(hub, login).await
}

async fn next(hub: &Hub, mut login: Login) -> Result<Finish, ConnectError> {
    tokio::select! {
        biased;
        outcome = &mut login.outcome => outcome.unwrap_or(Err(ConnectError::UnknownLink)),
        Some(Asked { server, question, answer }) = login.questions.recv() => {
            let ticket = hub.parts.random.text::<32>();
            let shown = |text: &str| hub.parts.egress.redaction().shown(text);
            let options = question.options.into_iter().map(|(value, label)| (value, shown(&label))).collect();
            let choice = Choice { server, ticket, title: shown(&question.title), options };
            hub.put_question(Waiting { choice: choice.clone(), answer, login });
            Ok(Finish::Choose(choice))
        }
    }
}

impl Hub {
    /// Keeps a question until it is answered; those that nobody waits for any more are let go.
    fn put_question(&self, waiting: Waiting) {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.retain(|_, waiting| !waiting.answer.is_closed());
        if questions.len() < MAX_OPEN {
            questions.insert(waiting.choice.ticket.clone(), waiting);
        }
    }

    fn take_question(&self, ticket: &str) -> Option<Waiting> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).remove(ticket)
    }
}
