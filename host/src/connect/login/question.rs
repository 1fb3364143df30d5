//! A question of a plugin's steps to the person who logs in. For example, one token opens several sites: which one is
//! meant?
//!
//! The login stops at the question and is stored as a whole, because the answer may come after a restart. The answer is
//! kept with the grant and in `oauth.inputs`, so that the person is asked once.

use std::time::Duration;

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::AcceptedCallback;
use mcphub_oauth::profile::Pair;

use super::accepted::{AcceptedLogin, Choice, Finish, OpenQuestion};
use super::pending::{Logins, PendingLogin};
use super::stored_question::{self, StoredQuestion};
use crate::connect::core::error::{ConnectError, LinkError, LoginError};
use crate::connect::core::event::Stage;
use crate::store::{Pending, PendingKind};

/// How long a person has to answer.
const PATIENCE: Duration = Duration::from_mins(10);

/// Stores the login with its question, and returns what to ask.
pub(crate) async fn put(logins: &Logins, login: &AcceptedLogin, open: OpenQuestion) -> Result<Finish, ConnectError> {
    let core = &logins.core;
    let redaction = core.parts.egress.redaction();
    let action = login.entry.journal.begin(Stage::Exchange, open.question.title.clone());
    let ticket = core.parts.random.text::<32>();
    let pending = Pending {
        server: login.entry.name().to_owned(),
        data: stored_question::to_json(login, &open)?,
        ends_at: core.now() + PATIENCE,
    };
    core.parts.store.put_pending(PendingKind::Question, &ticket, &pending).await?;
    logins.remember_beginning(&login.discovered, &login.accepted.pending, pending.ends_at);
    action.waiting("the person chooses");
    let shown = |(value, label): Pair| (value, redaction.shown(&label));
    Ok(Finish::Choose(Choice {
        server: login.entry.name().to_owned(),
        ticket,
        title: redaction.shown(&open.question.title),
        options: open.question.options.into_iter().map(shown).collect(),
    }))
}

/// Takes the answer to a question, and returns the login that it belongs to. An answer that is not offered, or that
/// comes from another browser, leaves the question open.
pub(crate) async fn answered(
    logins: &Logins,
    ticket: &str,
    browser: Option<&BrowserId>,
    value: &str,
) -> Result<AcceptedLogin, ConnectError> {
    let (core, kind) = (&logins.core, PendingKind::Question);
    let waiting = core.parts.store.pending(kind, ticket, core.now()).await?.ok_or(LinkError::Unknown)?;
    let stored = StoredQuestion::read(&waiting.data).ok_or(LinkError::Unknown)?;
    if browser != Some(&stored.login.browser) {
        return Err(LinkError::OtherBrowser.into());
    }
    if !stored.question.options.iter().any(|(option, _)| option == value) {
        let question = core.parts.egress.redaction().shown(&stored.question.title);
        return Err(LoginError::NotAnAnswer { value: value.to_owned(), question }.into());
    }
    let taken = core.parts.store.take_pending(kind, ticket, core.now()).await?.ok_or(LinkError::Unknown)?;
    let entry = core.entry(&taken.server)?;
    let StoredQuestion { question, mut answers, code, captured, point, state, .. } = stored;
    answers.push((question.key, value.to_owned()));
    let PendingLogin { entry, discovered, authorization, attempt } = logins.resumed(entry, state, &taken).await?;
    let accepted = AcceptedCallback { code, pending: authorization, captured };
    Ok(AcceptedLogin { entry, discovered, attempt, accepted, answers, point })
}
