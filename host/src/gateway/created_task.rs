//! What an answer says about a task that was created. Two rooms remember whose it is: by its server, and by its client.

use super::message::{Message, fields, object, string};

/// The id of the task that a result says was created: in `task` by revision 2025-11-25, in the result itself by the extension.
pub(crate) fn created_task(answer: &Message) -> Option<String> {
    const ID: &str = "taskId";
    // Parsing every result would be expensive, so most are ruled out by a search first.
    answer.result_text().filter(|result| result.contains(ID))?;
    let result = fields(answer.result_raw());
    let is_task = string(&result, "resultType").as_deref() == Some("task");
    let own = || string(&result, ID).filter(|_| is_task);
    string(&object(&result, "task"), ID).or_else(own)
}
