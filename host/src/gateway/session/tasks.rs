//! Which server has which task. A client that created one asks for it by an id alone.

use std::sync::Mutex;

use indexmap::IndexMap;

use crate::gateway::lock::lock;
use crate::gateway::message::Message;
use crate::gateway::task_messages::created_task;

/// Tasks that a session remembers. Beyond that, the oldest are forgotten.
const MAX_TASKS: usize = 1000;
/// Bytes of an id; a longer one is not remembered.
const MAX_ID: usize = 1024;

/// The tasks of one session, each with its server.
#[derive(Default)]
pub(super) struct TaskOwners(Mutex<IndexMap<String, String>>);

impl TaskOwners {
    /// Remembers the task that a result says was created.
    pub(super) fn note(&self, server: &str, answer: &Message) {
        if let Some(id) = created_task(answer) {
            self.add(&id, server);
        }
    }

    /// Remembers which server has a task, so that requests about it go there.
    pub(super) fn add(&self, id: &str, server: &str) {
        let mut owners = lock(&self.0);
        owners.shift_remove(id);
        if id.len() > MAX_ID {
            return;
        }
        if owners.len() >= MAX_TASKS {
            owners.shift_remove_index(0);
        }
        owners.insert(id.to_owned(), server.to_owned());
    }

    /// The server that has a task.
    pub(super) fn server(&self, id: &str) -> Option<String> {
        lock(&self.0).get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::Id;

    fn note(owners: &TaskOwners, server: &str, result: &Value) {
        owners.note(server, &Message::result(Id::of("1"), result));
    }

    #[test]
    fn a_task_of_either_form_leads_to_its_server_and_other_results_do_not() {
        let owners = TaskOwners::default();

        note(&owners, "a", &json!({ "task": { "taskId": "1", "status": "working" } }));
        note(&owners, "b", &json!({ "resultType": "task", "taskId": "2" }));
        note(&owners, "c", &json!({ "content": [], "taskId": "3" }));

        let servers = ["1", "2", "3"].map(|id| owners.server(id));
        assert_eq!(servers.each_ref().map(Option::as_deref), [Some("a"), Some("b"), None]);
    }

    #[test]
    fn the_oldest_tasks_are_forgotten_and_long_ids_are_not_kept() {
        let owners = TaskOwners::default();
        for number in 0..=MAX_TASKS {
            owners.add(&number.to_string(), "a");
        }
        owners.add(&"x".repeat(MAX_ID + 1), "a");

        assert_eq!((owners.server("0"), lock(&owners.0).len()), (None, MAX_TASKS));
    }
}
