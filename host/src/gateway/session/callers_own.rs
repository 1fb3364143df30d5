//! Tasks at servers that take all callers for one: a client session sees those of its own caller.
//!
//! Apart from `tasks`, which says where a task is, not whose it is.

use super::core::Session;
use crate::gateway::local_replies;
use crate::gateway::message::{Message, MessageKind};
use crate::gateway::task_messages::{task_of, with_tasks};
use crate::gateway::upstream::Upstream;
use crate::settings::Transport;

impl Session {
    /// The answer to a request about a task of another caller at this server: that there is none.
    pub(super) fn task_refusal(&self, upstream: &Upstream, request: &Message) -> Option<Message> {
        let MessageKind::Request { id, method } = request.kind() else { return None };
        if !method.starts_with("tasks/") || !self.principal().is_told_apart() {
            return None;
        }
        let asked = request.param_text("taskId")?;
        match request.param("taskId") {
            Some(task) => self.is_task_of_another(upstream, &task).then(|| local_replies::no_task(id.clone(), &task)),
            // A server might take a number for the text of it.
            None => Some(local_replies::no_task(id.clone(), asked)),
        }
    }

    /// Whether a task of a server is known to be another caller's.
    fn is_task_of_another(&self, upstream: &Upstream, task: &str) -> bool {
        self.context.caller_tasks.is_of_another(self.principal(), upstream.name(), task)
    }

    /// A server's answer to a request of this method: a task that it created is the caller's from now on, and a list of tasks
    /// holds those that the caller may see.
    pub(super) fn with_own_tasks(&self, upstream: &Upstream, method: &str, answer: Message) -> Message {
        let (tasks, principal, server) = (&self.context.caller_tasks, self.principal(), upstream.name());
        match method {
            _ if !principal.is_told_apart() => answer,
            "tasks/list" => with_tasks(answer, |id| tasks.shows(principal, server, id)),
            // What else is asked about a task creates none.
            _ if method.starts_with("tasks/") => answer,
            _ => {
                tasks.note(principal, server, &answer);
                answer
            }
        }
    }

    /// Whether a server's request or notification may reach the client: it is not about a task that the client may not see.
    pub(super) fn may_hear(&self, server: &str, message: &Message) -> bool {
        if !self.principal().is_told_apart() {
            return true;
        }
        let Some((task, upstream)) = task_of(message).zip(self.context.upstream(server)) else { return true };
        match upstream.server.transport {
            Transport::Http { .. } => self.context.caller_tasks.shows(self.principal(), server, &task),
            // A command says who its messages are for, and may speak of a task before the answer that created it is read.
            Transport::Stdio { .. } => !self.is_task_of_another(&upstream, &task),
        }
    }
}
