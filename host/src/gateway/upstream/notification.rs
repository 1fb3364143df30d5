//! What a server's message says about the request on whose stream it comes.

/// The request for a stream on which a server tells of changes (revision 2026-07-28, "Subscriptions").
pub(super) const LISTEN: &str = "subscriptions/listen";
/// Where a notification on such a stream names the request.
pub(super) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// Where a request of that revision says from which level on it wants log lines.
pub(super) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// Whether a notification is about the server itself, not about a request.
pub(super) fn is_about_server(method: &str) -> bool {
    method.ends_with("/list_changed") || method == "notifications/resources/updated"
}

/// Whether a server that sends this works on the request whose stream it comes on. A log line, a ping or a notification
/// about the server does not show that.
pub(super) fn is_work(method: &str) -> bool {
    !is_about_server(method) && !matches!(method, "ping" | "notifications/message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_about_a_request_show_that_it_is_being_worked_on() {
        for method in ["notifications/progress", "sampling/createMessage", "elicitation/create"] {
            assert!(is_work(method), "{method}");
        }
        for method in ["ping", "notifications/message", "notifications/tools/list_changed"] {
            assert!(!is_work(method), "{method}");
        }
    }
}
