//! The path that a request means: clients write a slash at its end, and a proxy may pass on the path of the base address.

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

use crate::app::App;
use crate::app::names::prefix;

/// What paths of this hub begin with.
const OURS: &[&str] = &["api", "assets", "connect", "health", "mcp", "messages", "metrics", "oauth", "ready", "sse"];
/// Where a slash at the end is forgiven.
const ENDPOINTS: &[&str] = &["mcp", "messages", "sse"];

/// Puts the path that is meant in the place of the one that was asked for, before anything else looks at it.
pub(super) async fn straighten(State(app): State<App>, mut request: Request) -> Request {
    let path = meant(request.uri().path(), prefix(&app.base_url));
    if path != request.uri().path()
        && let Some(uri) = with_path(request.uri(), path)
    {
        *request.uri_mut() = uri;
    }
    request
}

fn meant<'p>(path: &'p str, prefix: &str) -> &'p str {
    let path = below(path, prefix).unwrap_or(path);
    if ENDPOINTS.contains(&first(path)) { path.trim_end_matches('/') } else { path }
}

/// The path behind the prefix, where it is one of the hub's own. A prefix may look like one of them, as `/mcp` does.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
    match rest {
        "" | "/" if OURS.contains(&first(prefix)) => None,
        "" | "/" => Some("/"),
        rest => OURS.contains(&first(rest)).then_some(rest).filter(|rest| rest.starts_with('/')),
    }
}

/// The first segment of a path.
fn first(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_an_endpoint_is_forgiven_and_nowhere_else() {
        for (asked, is_meant) in [
            ("/mcp/", "/mcp"),
            ("/mcp/notes/", "/mcp/notes"),
            ("/mcp//", "/mcp"),
            ("/sse/", "/sse"),
            ("/sse/notes/", "/sse/notes"),
            ("/messages/", "/messages"),
            ("/mcp/notes", "/mcp/notes"),
            ("/", "/"),
            ("/connect/", "/connect/"),
            ("/mcpx/", "/mcpx/"),
        ] {
            assert_eq!(meant(asked, ""), is_meant, "{asked}");
        }
    }

    #[test]
    fn the_path_of_the_base_address_may_be_passed_on_or_not() {
        for (asked, prefix, is_meant) in [
            ("/hub", "/hub", "/"),
            ("/hub/", "/hub", "/"),
            ("/hub/mcp/", "/hub", "/mcp"),
            ("/hub/connect/t", "/hub", "/connect/t"),
            ("/connect/t", "/hub", "/connect/t"),
            ("/hubconnect/t", "/hub", "/hubconnect/t"),
            ("/hub/other", "/hub", "/hub/other"),
            ("/a/b/api/servers", "/a/b", "/api/servers"),
            ("/mcp", "/mcp", "/mcp"),
            ("/mcp/notes", "/mcp", "/mcp/notes"),
            ("/mcp/mcp/notes", "/mcp", "/mcp/notes"),
        ] {
            assert_eq!(meant(asked, prefix), is_meant, "{asked} below {prefix}");
        }
    }
}
