//! A question of a plugin's steps to the person who logs in. For example, one token opens several sites: which one is
//! meant?
//!
//! The login stops at the question and is stored as a whole, because the answer may come after a restart. The answer is
//! kept with the grant and in `oauth.inputs`, so that the person is asked once.

use std::sync::Arc;
use std::time::Duration;

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::AcceptedCallback;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::profile::Pair;

use super::accepted::{AcceptedLogin, Choice, Finish, OpenQuestion, Point};
use super::pending::{Logins, PendingLogin};
use super::stored_question::{self, StoredQuestion};
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, LinkError, LoginError};
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::grant::keep::keep;
use crate::store::{Pending, PendingKind};

/// How long a person has to answer.
const PATIENCE: Duration = Duration::from_mins(10);
/// How much longer the login is stored, so that it is still there when nobody has answered.
const GRACE: Duration = Duration::from_mins(1);

/// Stores the login with its question, and returns what to ask.
pub(crate) async fn put(logins: &Logins, login: &AcceptedLogin, open: OpenQuestion) -> Result<Finish, ConnectError> {
    let core = &logins.core;
    let redaction = core.parts.egress.redaction();
    let action = login.entry.journal.begin(Stage::Exchange, open.question.title.clone());
    let ticket = core.parts.random.text::<32>();
    let pending = Pending {
        server: login.entry.name().to_owned(),
        data: stored_question::to_json(login, &open)?,
        ends_at: core.now() + PATIENCE + GRACE,
    };
    core.parts.store.put_pending(PendingKind::Question, &ticket, &pending).await?;
    logins.remember_beginning(&login.discovered, &login.accepted.pending, pending.ends_at);
    action.waiting("the person chooses");
    if let Point::Lookup(grant, _) = &open.point {
        tokio::spawn(keep_unanswered(core.clone(), login.entry.clone(), grant.clone(), ticket.clone()));
    }
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
    let entry = core.entry(&waiting.server).map_err(|_| LinkError::Unknown)?;
    let StoredQuestion { question, mut answers, code, captured, mut point, state, .. } = stored;
    // Restored before it is taken: what fails here for a passing reason can be tried again.
    let PendingLogin { entry, discovered, authorization, is_bound, attempt } =
        logins.resumed(entry, state, &waiting).await?;
    // Another answer may have been faster.
    core.parts.store.take_pending(kind, ticket, core.now()).await?.ok_or(LinkError::Unknown)?;
    let redaction = core.parts.egress.redaction();
    redaction.learn(code.secret());
    point.tokens().for_each(|token| redaction.learn(token.access.secret()));
    // The contract: the answer comes back to the plugin as a captured value.
    point.progress().captured.push((question.key.clone(), value.to_owned()));
    answers.push((question.key, value.to_owned()));
    let accepted = AcceptedCallback { code, pending: authorization, captured };
    Ok(AcceptedLogin { entry, discovered, attempt, is_bound, accepted, answers, point })
}

/// Keeps the grant of a login whose question about the account nobody answers: the login itself went well.
async fn keep_unanswered(core: Arc<Core>, entry: Arc<Entry>, grant: Box<Grant>, ticket: String) {
    tokio::time::sleep(PATIENCE).await;
    let taken = core.parts.store.take_pending(PendingKind::Question, &ticket, core.now()).await;
    if !matches!(taken, Ok(Some(_))) {
        return;
    }
    let action = entry.journal.begin(Stage::Exchange, "whose account it is");
    action.failed("the question was not answered", Some("The login works all the same.".into()));
    if let Err(error) = keep(&core, &entry, &grant).await {
        tracing::warn!(server.name = entry.name(), "{}", entry.shown("its login is not kept", &error));
    }
}
