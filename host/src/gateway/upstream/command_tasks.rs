//! Which client session has which task of a command that several share. A task is seen by nobody else.

use std::sync::Mutex;

use indexmap::IndexMap;

use crate::gateway::local_replies;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, MessageKind};
use crate::gateway::task_messages::{created_task, task_of, with_tasks};

/// Tasks of one process that are remembered. Beyond that, the oldest are forgotten.
const MAX_TASKS: usize = 10_000;
/// Bytes of an id; a longer one is not remembered.
const MAX_ID: usize = 1024;

/// The tasks of one process, each with the number of the client session that created it.
#[derive(Default)]
pub(super) struct CommandTasks(Mutex<IndexMap<String, u64>>);

impl CommandTasks {
    /// Remembers the task that an answer to this client session says was created.
    pub(super) fn note(&self, client: u64, answer: &Message) {
        let Some(id) = created_task(answer).filter(|id| id.len() <= MAX_ID) else { return };
        let mut owners = lock(&self.0);
        if owners.len() >= MAX_TASKS {
            owners.shift_remove_index(0);
        }
        // An id belongs to the session that had it first.
        owners.entry(id).or_insert(client);
    }

    /// The client session whose task the message is about, if it is about one that is known.
    pub(super) fn owner(&self, message: &Message) -> Option<u64> {
        let id = task_of(message)?;
        lock(&self.0).get(&id).copied()
    }

    /// The answer to a request of this client session about the task of another one.
    pub(super) fn refusal(&self, client: u64, request: &Message) -> Option<Message> {
        let MessageKind::Request { id, method } = request.kind() else { return None };
        let task = request.param("taskId").filter(|_| method.starts_with("tasks/"))?;
        let is_of_another = lock(&self.0).get(&task).is_some_and(|owner| *owner != client);
        is_of_another.then(|| local_replies::no_task(id.clone(), &task))
    }

    /// A list of tasks with those of this client session alone.
    pub(super) fn own_only(&self, client: u64, answer: Message) -> Message {
        let owners = lock(&self.0);
        with_tasks(answer, |id| owners.get(id) == Some(&client))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::local_replies::INVALID_PARAMS;
    use crate::gateway::message::{Id, fields, raw};

    fn with_task(client: u64, id: &str) -> CommandTasks {
        let tasks = CommandTasks::default();
        tasks.note(client, &Message::result(Id::of("1"), &json!({ "task": { "taskId": id } })));
        tasks
    }

    fn request(method: &str, params: &Value) -> Message {
        Message::request(Id::of("r"), method, &fields(Some(&raw(params))))
    }

    #[test]
    fn the_task_of_another_client_is_as_if_it_were_not_there() {
        let tasks = with_task(1, "t");
        let asks = |client, method| tasks.refusal(client, &request(method, &json!({ "taskId": "t" })));

        for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
            assert_eq!(asks(2, method).and_then(|answer| answer.error_code()), Some(INVALID_PARAMS), "{method}");
            assert!(asks(1, method).is_none(), "{method}");
        }
        assert!(tasks.refusal(2, &request("tasks/get", &json!({ "taskId": "unknown" }))).is_none());
    }

    #[test]
    fn a_list_holds_the_tasks_of_its_reader() {
        let tasks = with_task(1, "t");
        let list = || Message::result(Id::of("l"), &json!({ "tasks": [{ "taskId": "t" }, { "taskId": "u" }], "x": 1 }));

        let [own, other] = [1, 2].map(|client| fields(tasks.own_only(client, list()).result_raw()));

        assert_eq!(serde_json::to_value(own).expect("JSON"), json!({ "tasks": [{ "taskId": "t" }], "x": 1 }));
        assert_eq!(serde_json::to_value(other).expect("JSON"), json!({ "tasks": [], "x": 1 }));
    }

    #[test]
    fn a_message_about_a_task_names_its_owner() {
        let tasks = with_task(1, "t");

        let related = json!({ "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "t" } } });
        assert_eq!(tasks.owner(&request("elicitation/create", &related)), Some(1));
        let status = Message::notification("notifications/tasks/status", Some(&json!({ "taskId": "t" })));
        assert_eq!(tasks.owner(&status), Some(1));
        assert_eq!(tasks.owner(&request("elicitation/create", &json!({ "taskId": "t" }))), None);
    }
}
