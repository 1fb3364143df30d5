//! What a server's message says about the request on whose stream it comes.

/// The request for a stream on which a server tells of changes (revision 2026-07-28, "Subscriptions").
pub(super) const LISTEN: &str = "subscriptions/listen";

/// Whether a notification is about the server itself, not about a request.
pub(super) fn is_about_server(method: &str) -> bool {
    method.ends_with("/list_changed") || method == "notifications/resources/updated"
}

/// Whether a URI is that of a resource or of a part of it ("Subscriptions").
pub(super) fn is_part_of(uri: &str, whole: &str) -> bool {
    let rest = uri.strip_prefix(whole);
    rest.is_some_and(|rest| rest.is_empty() || whole.ends_with('/') || rest.starts_with(['/', '?', '#']))
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
