//! Which caller's calls created which task of a server.
//!
//! All callers share the hub's one login at a server, so a server takes them for one and shows each the tasks of all. The hub
//! tells them apart, by what it saw: an id is a caller's if an answer to a call of that caller said that it was created. Servers
//! may number the tasks of each session, so one id may be several callers'.
//!
//! What created a task is not known after a restart of the hub, nor where its answer was lost. Such a task is shown to callers
//! without limits alone; whoever knows its id may ask for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use indexmap::IndexSet;
use sha2::{Digest, Sha256};

use super::lock::lock;
use super::message::Message;
use super::principal::Principal;
use super::task_messages::created_task;

/// Tasks of all callers that are remembered. Beyond that, the caller with the most loses its oldest, so that nobody can make
/// the hub forget another one's.
const MAX_TASKS: usize = 10_000;

/// The tasks of each caller that is told apart by name.
#[derive(Default)]
pub(crate) struct CallerTasks(Mutex<HashMap<Arc<str>, IndexSet<TaskDigest>>>);

/// A task of a server. A digest, because a server may give ids of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TaskDigest([u8; 32]);

impl TaskDigest {
    fn of(server: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(server.len().to_be_bytes());
        hash.update(server.as_bytes());
        hash.update(id.as_bytes());
        Self(hash.finalize().into())
    }
}

impl CallerTasks {
    /// Remembers the task that an answer to this caller says was created.
    pub(crate) fn note(&self, principal: &Principal, server: &str, answer: &Message) {
        if !principal.is_told_apart() {
            return;
        }
        let Some(id) = created_task(answer) else { return };
        let mut all = lock(&self.0);
        if all.values().map(IndexSet::len).sum::<usize>() >= MAX_TASKS
            && let Some(most) = all.values_mut().max_by_key(|tasks| tasks.len())
        {
            most.shift_remove_index(0);
        }
        all.retain(|_, tasks| !tasks.is_empty());
        all.entry(principal.name().into()).or_default().insert(TaskDigest::of(server, &id));
    }

    /// Whether a task is known to be another caller's, and not this one's, too.
    pub(crate) fn is_of_another(&self, principal: &Principal, server: &str, id: &str) -> bool {
        principal.is_told_apart() && {
            let (task, all) = (TaskDigest::of(server, id), lock(&self.0));
            let is_own = all.get(principal.name()).is_some_and(|tasks| tasks.contains(&task));
            !is_own && all.values().any(|tasks| tasks.contains(&task))
        }
    }

    /// Whether a caller is shown a task that it did not name: its own, and one that is nobody's if all servers are the caller's.
    pub(crate) fn shows(&self, principal: &Principal, server: &str, id: &str) -> bool {
        if principal.limit().is_none() {
            return !self.is_of_another(principal, server, id);
        }
        lock(&self.0).get(principal.name()).is_some_and(|tasks| tasks.contains(&TaskDigest::of(server, id)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::message::Id;

    fn limited(name: &str) -> Principal {
        Principal::of(name.into(), true)
    }

    fn note(tasks: &CallerTasks, principal: &Principal, id: &str) {
        tasks.note(principal, "s", &Message::result(Id::of("1"), &json!({ "task": { "taskId": id } })));
    }

    #[test]
    fn a_task_is_its_callers_and_one_that_is_nobodys_is_shown_to_those_without_a_limit() {
        let (tasks, all, own, other) =
            (CallerTasks::default(), Principal::named("all"), limited("own"), limited("other"));
        note(&tasks, &own, "t");

        let refused = [&all, &own, &other].map(|caller| tasks.is_of_another(caller, "s", "t"));
        let shown = [&all, &own, &other].map(|caller| tasks.shows(caller, "s", "t"));
        let nobodys = [&all, &own, &other].map(|caller| tasks.shows(caller, "s", "u"));

        assert_eq!((refused, shown, nobodys), ([true, false, true], [false, true, false], [true, false, false]));
        assert!(!tasks.is_of_another(&other, "s", "u") && !tasks.is_of_another(&other, "another server", "t"));
    }

    #[test]
    fn an_id_that_the_server_gave_to_two_callers_is_a_task_of_both() {
        let (tasks, one, two) = (CallerTasks::default(), limited("one"), limited("two"));
        note(&tasks, &one, "1");
        note(&tasks, &two, "1");

        assert!([&one, &two].iter().all(|caller| tasks.shows(caller, "s", "1")));
    }

    #[test]
    fn a_caller_that_creates_many_tasks_makes_the_hub_forget_its_own() {
        let (tasks, quiet, busy) = (CallerTasks::default(), limited("quiet"), limited("busy"));
        note(&tasks, &quiet, "t");
        for number in 0..=MAX_TASKS {
            note(&tasks, &busy, &number.to_string());
        }

        assert!(tasks.is_of_another(&busy, "s", "t") && !tasks.shows(&busy, "s", "0"));
        assert_eq!(lock(&tasks.0).values().map(IndexSet::len).sum::<usize>(), MAX_TASKS);
    }

    #[test]
    fn callers_that_are_not_told_apart_have_all_tasks_in_common() {
        let (tasks, anybody) = (CallerTasks::default(), Principal::default());
        note(&tasks, &anybody, "t");
        note(&tasks, &limited("one"), "u");

        assert!(["t", "u"].iter().all(|id| tasks.shows(&anybody, "s", id)));
        assert!(!tasks.is_of_another(&limited("two"), "s", "t"));
    }
}
