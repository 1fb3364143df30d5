//! Every path that more than one file needs, once. The router, the guard, the pages and the commands use these.
//!
//! A path with a name in braces is a pattern; [`filled`] makes a path of it. The paths that `connect` hands out stand in
//! [`crate::addresses`].

pub(crate) use crate::addresses::{
    CALLBACK, CALLBACK_OF_ISSUER, CLIENT_METADATA, CLIENT_METADATA_OF_ISSUER, CONNECT_TICKET, filled, start_of,
};

// MCP.
pub(crate) const MCP: &str = "/mcp";
pub(crate) const MCP_SCOPE: &str = "/mcp/{scope}";
/// The transport of revision 2024-11-05: its streams, and where messages go.
pub(crate) const SSE: &str = "/sse";
pub(crate) const SSE_SCOPE: &str = "/sse/{scope}";
pub(crate) const MESSAGES: &str = "/messages";
pub(crate) const MESSAGES_SCOPE: &str = "/messages/{scope}";

// Pages.
pub(crate) const OVERVIEW: &str = "/";
pub(crate) const STYLE: &str = "/assets/style.css";
pub(crate) const SCRIPT: &str = "/assets/page.js";
pub(crate) const CHOOSE: &str = "/oauth/choose";
pub(crate) const PASTE: &str = "/oauth/paste";
pub(crate) const CONNECT: &str = "/connect";
pub(crate) const CONNECT_GO_ON: &str = "/connect/{ticket}/go-on";

/// Where a browser shows an admin key, and where it is logged out.
pub(crate) const LOGIN: &str = "/login";
pub(crate) const LOGOUT: &str = "/logout";

// For clients that look for a login.
pub(crate) const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
pub(crate) const PROTECTED_RESOURCE_OF: &str = "/.well-known/oauth-protected-resource/{*path}";
pub(crate) const REGISTER: &str = "/register";

// For whatever watches the process.
pub(crate) const HEALTH: &str = "/health";
pub(crate) const READY: &str = "/ready";
/// Names of servers are in it, so the guard lets it be read where the API may be read.
pub(crate) const METRICS: &str = "/metrics";

// The API.
pub(crate) const API_SERVERS: &str = "/api/servers";
pub(crate) const API_SERVER: &str = "/api/servers/{name}";
pub(crate) const API_LOGIN: &str = "/api/servers/{name}/login";
pub(crate) const API_LOGIN_AT_TERMINAL: &str = "/api/servers/{name}/login/terminal";
pub(crate) const API_LOGIN_ON_DEVICE: &str = "/api/servers/{name}/login/device";
pub(crate) const API_ACKNOWLEDGE: &str = "/api/servers/{name}/login/acknowledge";
pub(crate) const API_SETUP: &str = "/api/servers/{name}/setup";
pub(crate) const API_ACCOUNTS: &str = "/api/servers/{name}/accounts";
pub(crate) const API_LOGOUT: &str = "/api/servers/{name}/logout";
pub(crate) const API_CALLBACK: &str = "/api/callback";
pub(crate) const API_CHOOSE: &str = "/api/choose";
pub(crate) const API_PROOF: &str = "/api/proof/{challenge}";
pub(crate) const API_KEYS: &str = "/api/keys";
pub(crate) const API_KEY: &str = "/api/keys/{name}";
pub(crate) const API_PLUGINS: &str = "/api/plugins";
pub(crate) const API_TOOLS: &str = "/api/tools";
pub(crate) const API_TOOLS_OF: &str = "/api/tools?server={name}";
pub(crate) const API_CALL: &str = "/api/tools/call";
pub(crate) const API_APPROVE: &str = "/api/plugins/{id}/approve";

/// The first segments of all paths, by which those of a proxy are told from them.
pub(super) const FIRST_SEGMENTS: &[&str] = &[
    ".well-known",
    "api",
    "assets",
    "connect",
    "health",
    "login",
    "logout",
    "mcp",
    "messages",
    "metrics",
    "oauth",
    "ready",
    "register",
    "sse",
];

/// The first segments of MCP endpoints, where a slash at the end is forgiven.
pub(super) const ENDPOINTS: &[&str] = &["mcp", "messages", "sse"];

/// The first segments of the paths that a login needs. A public name serves these.
const FOR_LOGINS: &[&str] = &["oauth", "connect", "assets"];
/// The paths to which the cookie of a browser is sent.
pub(super) const WITH_COOKIE: &[&str] = &["/connect", "/oauth"];

/// The first segment of a path.
pub(super) fn first(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// Whether a login needs this path, or whatever watches the process.
pub(super) fn is_for_logins(path: &str) -> bool {
    path == HEALTH || FOR_LOGINS.iter().any(|start| first(path) == *start && path != format!("/{start}"))
}

/// Whether this is an MCP endpoint.
pub(super) fn is_endpoint(path: &str) -> bool {
    ENDPOINTS.contains(&first(path))
}

/// Whether nobody needs a key for this path: what a login needs, the login itself, and what watchers and clients ask first.
/// `/connect` alone is the button of a page.
pub(super) fn is_open(path: &str) -> bool {
    is_for_logins(path)
        || matches!(path, READY | LOGIN | LOGOUT | REGISTER | PROTECTED_RESOURCE)
        || first(path) == ".well-known"
        || path.starts_with(start_of(API_PROOF))
}

/// Whether a provider sends people back to this path.
pub(super) fn is_callback(path: &str) -> bool {
    path == CALLBACK || path.starts_with(start_of(CALLBACK_OF_ISSUER))
}

/// Whether people come to this path by a link from elsewhere.
pub(super) fn is_linked_page(path: &str) -> bool {
    matches!(path, OVERVIEW | PASTE | LOGIN) || path.starts_with(start_of(CONNECT_TICKET))
}

/// Whether this is where keys are listed, made and revoked.
pub(super) fn is_for_keys(path: &str) -> bool {
    path.strip_prefix(API_KEYS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
