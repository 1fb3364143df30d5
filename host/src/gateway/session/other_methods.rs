//! Requests beyond the features that the hub knows, where several servers are in scope: they go to the one server that
//! declares what they belong to. Requests about a task go to the server that has it.

use std::sync::Arc;

use super::answer_stream::ClientAnswer;
use super::core::Session;
use super::in_flight::InFlight;
use crate::gateway::local_replies::{INVALID_PARAMS, METHOD_NOT_FOUND};
use crate::gateway::merged::greeting::KnownGreeting;
use crate::gateway::message::{Fields, Message, fields, object, raw, string};
use crate::gateway::upstream::Upstream;

/// The capability of servers that have tasks, and the extension that took its place.
const TASKS: &str = "tasks";
/// Tasks of one server that a merged list holds.
const MAX_TASKS: usize = 1000;

impl Session {
    /// Answers a request that no other part of the hub knows.
    pub(super) async fn other_method(self: &Arc<Self>, message: Message, in_flight: InFlight) -> ClientAnswer {
        match in_flight.method.as_str() {
            "tasks/list" => return self.list_tasks(&message, &in_flight).await,
            "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update" => {
                return self.request_task(message, in_flight).await;
            }
            _ => {}
        }
        let candidates = self.declaring(|greeting| declares(greeting, &in_flight.method));
        match candidates.as_slice() {
            [upstream] => self.forward(upstream, message, in_flight).await,
            [] => refuse(&in_flight, "no server behind this endpoint declares it"),
            several => {
                let names: Vec<&str> = several.iter().map(|upstream| upstream.name()).collect();
                refuse(&in_flight, &format!("several servers declare it ({})", names.join(", ")))
            }
        }
    }

    /// The servers in scope whose greeting fits. One that is alone is asked whatever it declares.
    fn declaring(&self, fits: impl Fn(&Fields) -> bool) -> Vec<Arc<Upstream>> {
        let known = self.known_greetings();
        let is_alone = known.len() == 1;
        let fitting = known.into_iter().filter(|KnownGreeting { greeting, .. }| {
            is_alone || greeting.as_ref().is_some_and(|greeting| fits(greeting))
        });
        fitting.filter_map(|known| self.context.upstream(&known.server)).collect()
    }

    /// Forwards a request about a task to the server that has it. Where nobody knows which that is, each server with tasks
    /// is asked.
    async fn request_task(self: &Arc<Self>, message: Message, in_flight: InFlight) -> ClientAnswer {
        let task = message.param("taskId").unwrap_or_default();
        let owner = self.tasks.server(&task).filter(|server| self.reaches(server));
        let owner = owner.and_then(|server| self.context.upstream(&server));
        let mut may_have = match owner {
            Some(upstream) => vec![upstream],
            None => self.declaring(|greeting| declares(greeting, TASKS)),
        };
        // To each of the others the task is unknown, which is what the answer says then.
        if may_have.len() > 1 {
            may_have.retain(|upstream| self.task_refusal(upstream, &message).is_none());
        }
        if may_have.len() == 1
            && let Some(upstream) = may_have.pop()
        {
            return self.forward(&upstream, message, in_flight).await;
        }
        let mut refused = None;
        for upstream in may_have {
            match tokio::time::timeout(self.context.limits.patience, self.answer_of(&upstream, &message)).await {
                Ok(Ok((_, answer))) if answer.error_text().is_none() => {
                    self.tasks.add(&task, upstream.name());
                    return ClientAnswer::Whole(answer);
                }
                Ok(Ok((_, answer))) => refused = refused.or(Some(upstream.without_secrets(answer))),
                Ok(Err(_)) | Err(_) => {}
            }
        }
        let unknown = || {
            let sentence = format!("no server behind this endpoint has the task {task:?}");
            Message::error(Some(in_flight.id.clone()), INVALID_PARAMS, &sentence)
        };
        ClientAnswer::Whole(refused.unwrap_or_else(unknown))
    }

    /// The tasks of all servers, one server's after the other.
    async fn list_tasks(self: &Arc<Self>, message: &Message, in_flight: &InFlight) -> ClientAnswer {
        let has_list = |greeting: &Fields| object(&object(greeting, "capabilities"), TASKS).contains_key("list");
        let servers = self.declaring(has_list);
        if servers.is_empty() {
            return refuse(in_flight, "no server behind this endpoint declares it");
        }
        let mut params = message.params();
        // The hub has one page.
        params.shift_remove("cursor");
        let asked = servers.iter().map(|upstream| self.tasks_of(upstream, &params));
        let tasks: Vec<Fields> = futures::future::join_all(asked).await.into_iter().flatten().collect();
        let result: Fields = [(TASKS.to_owned(), raw(&tasks))].into();
        ClientAnswer::Whole(Message::result(in_flight.id.clone(), &result))
    }

    async fn tasks_of(self: &Arc<Self>, upstream: &Arc<Upstream>, params: &Fields) -> Vec<Fields> {
        let mut tasks: Vec<Fields> = Vec::new();
        let mut params = params.clone();
        let limits = &self.context.limits;
        for _ in 0..limits.pages {
            let request = Message::request(self.next_id(), "tasks/list", &params);
            let answer = tokio::time::timeout(limits.list, self.answer_of(upstream, &request)).await;
            let Ok(Ok((_, answer))) = answer else { break };
            let result = fields(self.with_own_tasks(upstream, "tasks/list", answer).result_raw());
            let page = result.get(TASKS).and_then(|tasks| serde_json::from_str::<Vec<Fields>>(tasks.get()).ok());
            tasks.extend(page.unwrap_or_default());
            let Some(cursor) = string(&result, "nextCursor").filter(|_| tasks.len() < MAX_TASKS) else { break };
            if params.insert("cursor".into(), raw(&cursor)).is_some_and(|before| before.get() == raw(&cursor).get()) {
                break;
            }
        }
        tasks.truncate(MAX_TASKS);
        for id in tasks.iter().filter_map(|task| string(task, "taskId")) {
            self.tasks.add(&id, upstream.name());
        }
        tasks
    }
}

/// Whether a server declares what a method belongs to: a capability, an extension or an experiment of the name before the
/// method's slash, or whose id ends in it.
fn declares(greeting: &Fields, method: &str) -> bool {
    let family = method.split('/').next().unwrap_or_default();
    let capabilities = object(greeting, "capabilities");
    let fits = |id: &String| {
        id == family || id == method || id.rsplit('/').next() == Some(family) || method.starts_with(&format!("{id}/"))
    };
    let of_extensions = |key: &str| object(&capabilities, key).keys().any(fits);
    !family.is_empty()
        && (capabilities.keys().any(fits) || of_extensions("extensions") || of_extensions("experimental"))
}

fn refuse(in_flight: &InFlight, why: &str) -> ClientAnswer {
    let method = &in_flight.method;
    let sentence = format!("{method:?} cannot be sent to one of several servers: {why}; use /mcp/<server>");
    ClientAnswer::Whole(Message::error(Some(in_flight.id.clone()), METHOD_NOT_FOUND, &sentence))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_method_belongs_to_the_capability_or_extension_of_its_family() {
        let capabilities = json!({
            "tasks": {}, "extensions": { "io.modelcontextprotocol/ui": {}, "com.example/search": {} },
            "experimental": { "notes": {} },
        });
        let greeting = fields(Some(&raw(&json!({ "capabilities": capabilities }))));

        for method in ["tasks/get", "ui/open", "com.example/search/run", "search/run", "notes/add"] {
            assert!(declares(&greeting, method), "{method}");
        }
        for method in ["other/x", "io.modelcontextprotocol", "", "/", "tools/call"] {
            assert!(!declares(&greeting, method), "{method}");
        }
    }
}
