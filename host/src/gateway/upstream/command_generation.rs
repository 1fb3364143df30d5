//! Which generation of the protocol a command speaks: what it is asked as it comes up, and what is remembered of its answers.
//!
//! `initialize` comes first, so that nothing changes for commands with sessions: some end on any other first request. A
//! command that refuses it, or ends, is asked whether it speaks the revision without sessions. A process that has begun a
//! session is not asked that any more, and all clients have sessions with it: those of the official SDKs that speak both
//! keep to what they were asked first.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::deadline::AnswerLimit;
use super::stateless::{ClientMeta, Discovered, Discovery, PROBE, Wire, discover};
use super::stdio::Stdio;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, fields, string};
use crate::gateway::revision;
use crate::gateway::revision::ClientGeneration;

/// How long a command that answered nothing is taken for one that never will. Somebody may be mending it.
const NEITHER: Duration = Duration::from_mins(1);

/// What is known of a command.
pub(super) struct KnownGeneration {
    /// How long it counts that the command spoke one generation alone.
    age: Duration,
    known: Mutex<FoundGeneration>,
}

struct FoundGeneration {
    generation: CommandGeneration,
    since: Instant,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum CommandGeneration {
    #[default]
    Unknown,
    /// It begins sessions. Whether it speaks the other revision, too, was not asked.
    Sessions,
    /// It begins sessions, and does not speak the other revision.
    OnlySessions,
    /// It was found by `server/discover`.
    Stateless,
    /// It ended before it answered anything, whatever it was asked.
    Neither,
}

/// What a process is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstQuestion {
    Initialize,
    /// `server/discover`, for as long as the process may take to come up.
    Discover,
    /// The same, but not for long: it may be a process that answers nothing that it does not know.
    Probe,
}

/// What a process is asked with.
pub(super) struct CommandAsker<'a> {
    pub(super) server: &'a str,
    pub(super) initialize: &'a Message,
    pub(super) client: ClientMeta,
    /// The wait for the first answer.
    pub(super) wait: Duration,
}

/// What a process answered.
pub(super) enum FirstAnswer {
    /// A good answer to `initialize`.
    Greeting(Message),
    Discovered(Arc<Discovered>),
}

impl FirstQuestion {
    /// The other one, for a process that ended on this.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Initialize => Self::Discover,
            Self::Discover | Self::Probe => Self::Initialize,
        }
    }
}

impl KnownGeneration {
    /// Nothing is known yet. What is found out counts for this long.
    pub(super) fn lasting(age: Duration) -> Self {
        let known = FoundGeneration { generation: CommandGeneration::Unknown, since: Instant::now() };
        Self { age, known: Mutex::new(known) }
    }

    fn get(&self) -> CommandGeneration {
        let known = lock(&self.known);
        let age = if known.generation == CommandGeneration::Neither { NEITHER } else { self.age };
        if known.since.elapsed() < age { known.generation } else { CommandGeneration::Unknown }
    }

    fn set(&self, generation: CommandGeneration) {
        let mut known = lock(&self.known);
        if known.generation != generation || self.age <= known.since.elapsed() {
            *known = FoundGeneration { generation, since: Instant::now() };
        }
    }

    /// What to ask first for a client of this generation.
    pub(super) fn first_question(&self, client: ClientGeneration) -> FirstQuestion {
        match (self.get(), client) {
            (CommandGeneration::Stateless, _) => FirstQuestion::Discover,
            (CommandGeneration::Unknown | CommandGeneration::Sessions, ClientGeneration::Stateless) => {
                FirstQuestion::Probe
            }
            (CommandGeneration::Unknown | CommandGeneration::Sessions, ClientGeneration::Sessions)
            | (CommandGeneration::OnlySessions | CommandGeneration::Neither, _) => FirstQuestion::Initialize,
        }
    }

    /// Whether a process may have ended or refused everything because of this question. Some do so on a first request that
    /// they do not know.
    pub(super) fn may_fail_on(&self, question: FirstQuestion) -> bool {
        self.get() == CommandGeneration::Unknown || question != FirstQuestion::Initialize
    }

    /// Records that the command ends, whatever it is asked.
    pub(super) fn note_neither(&self) {
        self.set(CommandGeneration::Neither);
    }

    /// Asks a process that has just been started. It must answer in time.
    pub(super) async fn ask(
        &self,
        stdio: &Arc<Stdio>,
        asker: &CommandAsker<'_>,
        question: FirstQuestion,
    ) -> Result<FirstAnswer, UpstreamError> {
        match tokio::time::timeout(asker.wait, self.asked(stdio, asker, question)).await {
            Ok(answer) => answer,
            Err(_) => Err(stdio.too_slow(asker.wait)),
        }
    }

    async fn asked(
        &self,
        stdio: &Arc<Stdio>,
        asker: &CommandAsker<'_>,
        question: FirstQuestion,
    ) -> Result<FirstAnswer, UpstreamError> {
        let (wire, probe) = (Wire::command(stdio.clone()), PROBE.min(asker.wait / 2));
        let mut known = CommandGeneration::Sessions;
        // Where the outer wait is the limit, it is the one that ends: only its error has the last lines.
        let asked_for = match question {
            FirstQuestion::Initialize => None,
            FirstQuestion::Discover => Some(asker.wait * 2),
            FirstQuestion::Probe => Some(probe),
        };
        if let Some(wait) = asked_for {
            match discover(&wire, &asker.client, wait).await? {
                Discovery::Found(found) => return Ok(self.found(found)),
                Discovery::Refused => known = CommandGeneration::OnlySessions,
                Discovery::Unsure => {}
            }
        }
        let limit = AnswerLimit::fixed(asker.wait * 2);
        let greeting = stdio.request_within(asker.initialize, limit).await?.answer(|_| {}).await?;
        let revision = string(&fields(greeting.result_raw()), "protocolVersion");
        // If the process ends on that, its first answer says more.
        if revision.is_none_or(|revision| revision::is_after_sessions(&revision))
            && let Ok(Discovery::Found(found)) = discover(&wire, &asker.client, probe).await
        {
            return Ok(self.found(found));
        }
        match greeting.error_text() {
            Some(problem) => Err(UpstreamError::Rejected { server: asker.server.to_owned(), problem }),
            None => {
                self.set(known);
                Ok(FirstAnswer::Greeting(greeting))
            }
        }
    }

    fn found(&self, found: Discovered) -> FirstAnswer {
        self.set(CommandGeneration::Stateless);
        FirstAnswer::Discovered(Arc::new(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[tokio::test(start_paused = true)]
    async fn what_is_known_of_a_command_is_asked_again_in_time() {
        let known = KnownGeneration::lasting(DAY);

        known.note_neither();
        assert!(!known.may_fail_on(FirstQuestion::Initialize));
        tokio::time::advance(NEITHER).await;
        assert!(known.may_fail_on(FirstQuestion::Initialize));
        known.set(CommandGeneration::OnlySessions);
        assert_eq!(known.first_question(ClientGeneration::Stateless), FirstQuestion::Initialize);
        tokio::time::advance(DAY).await;
        assert_eq!(known.first_question(ClientGeneration::Stateless), FirstQuestion::Probe);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_is_greeted_first_unless_it_or_its_client_has_no_sessions() {
        let known = KnownGeneration::lasting(DAY);
        assert_eq!(known.first_question(ClientGeneration::Sessions), FirstQuestion::Initialize);
        assert_eq!(known.first_question(ClientGeneration::Stateless), FirstQuestion::Probe);
        assert_eq!(FirstQuestion::Initialize.other(), FirstQuestion::Discover);

        known.set(CommandGeneration::Stateless);
        assert_eq!(known.first_question(ClientGeneration::Sessions), FirstQuestion::Discover);
        assert!(known.may_fail_on(FirstQuestion::Discover) && !known.may_fail_on(FirstQuestion::Initialize));

        known.note_neither();
        assert_eq!(known.first_question(ClientGeneration::Stateless), FirstQuestion::Initialize);
    }
}
