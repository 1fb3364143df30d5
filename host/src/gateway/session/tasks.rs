//! Which server has which task. A client that created one asks for it by an id alone.

use std::sync::Mutex;

use indexmap::IndexMap;

use crate::gateway::lock::lock;
use crate::gateway::message::{Message, fields, object, string};

/// Tasks that a session remembers. Beyond that, the oldest are forgotten.
const MAX_TASKS: usize = 1000;
/// Bytes of an id; a longer one is not remembered.
const MAX_ID: usize = 1024;

/// The tasks of one session, each with its server.
#[derive(Default)]
pub(super) struct TaskOwners(Mutex<IndexMap<String, String>>);

impl TaskOwners {
    /// Remembers the task that a result says was created: in `task` by revision 2025-11-25, in the result itself by the
    /// extension.
    pub(super) fn note(&self, server: &str, answer: &Message) {
        const ID: &str = "taskId";
        // Parsing every result would be expensive, so most are ruled out by a search first.
        let Some(result) = answer.result_raw().filter(|result| result.get().contains(ID)) else { return };
        let result = fields(Some(result));
        let is_task = string(&result, "resultType").as_deref() == Some("task");
        let own = || string(&result, ID).filter(|_| is_task);
        if let Some(id) = string(&object(&result, "task"), ID).or_else(own) {
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
