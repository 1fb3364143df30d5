//! What messages say about tasks (MCP, "Tasks"). Several rooms remember whose a task is: its server's, its client session's at a
//! shared command, and its caller's.

use super::message::{Fields, Message, fields, object, raw, string};

/// Names a task in messages and in lists.
const ID: &str = "taskId";
/// Names the task that a message is about (Tasks, "Related Task Metadata").
const RELATED: &str = "io.modelcontextprotocol/related-task";

/// The id of the task that a result says was created: in `task` by revision 2025-11-25, in the result itself by the extension.
pub(crate) fn created_task(answer: &Message) -> Option<String> {
    // Parsing every result would be expensive, so most are ruled out by a search first.
    answer.result_text().filter(|result| result.contains(ID))?;
    let result = fields(answer.result_raw());
    let is_task = string(&result, "resultType").as_deref() == Some("task");
    let own = || string(&result, ID).filter(|_| is_task);
    string(&object(&result, "task"), ID).or_else(own)
}

/// The id of the task that a server's request or notification is about.
pub(crate) fn task_of(message: &Message) -> Option<String> {
    let params = message.params();
    let is_status = message.method().is_some_and(|method| method.starts_with("notifications/tasks"));
    let own = || string(&params, ID).filter(|_| is_status);
    string(&object(&object(&params, "_meta"), RELATED), ID).or_else(own)
}

/// A list of tasks with those alone whose id is shown. One without an id has the id `""`. If nothing is left out, it stays the
/// text that it came as.
pub(crate) fn with_tasks(answer: Message, is_shown: impl Fn(&str) -> bool) -> Message {
    let mut result = fields(answer.result_raw());
    let Some(tasks) = result.get("tasks") else { return answer };
    let listed = serde_json::from_str::<Vec<Fields>>(tasks.get());
    // What is no list of tasks may hold anybody's.
    let (all, shown) = listed.map_or((1, Vec::new()), |mut tasks| {
        let all = tasks.len();
        tasks.retain(|task| is_shown(&string(task, ID).unwrap_or_default()));
        (all, tasks)
    });
    if shown.len() == all {
        return answer;
    }
    result.insert("tasks".into(), raw(&shown));
    answer.with_result(&result)
}
