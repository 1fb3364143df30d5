//! The headers of Streamable HTTP, each written once, and what a header repeats of its request.

use http::HeaderName;

/// The session ("Session Management").
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// The revision ("Protocol Version Header").
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The last event that arrived of a stream that broke ("Resumability and Redelivery").
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The method (revision 2026-07-28, "Standard Headers").
pub(crate) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
/// The tool, prompt, resource or task that the request is about, as [`name_key`] says ("Standard Headers").
pub(crate) const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// What the headers of a tool's arguments begin with ("Custom Headers").
pub(crate) const PARAM: &str = "mcp-param-";

/// The member of the parameters that the header [`NAME`] repeats for this method.
pub(crate) fn name_key(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}
