//! Scopes of the MCP server (`read`, `write`) and of the API, which are finer.

use mcphub_plugin::hooks::Need;
use mcphub_plugin::{Risk, Scope, Tool, any_of, scope, tool};

/// The catalogue. `read` is always there, says the documentation; that `write` includes the targeted scopes is implied by
/// its "use a more targeted scope" (unverified). Nothing else is said to include another.
pub(crate) fn catalogue() -> Vec<Scope> {
    let risky = |risk, scope| Scope { risk, ..scope };
    let default = |scope| Scope { asked_by_default: true, ..scope };
    vec![
        default(scope("read", "Read", &[])),
        default(risky(Risk::Medium, scope("write", "Read and write", &["read", "issues:create", "comments:create"]))),
        risky(Risk::Medium, scope("issues:create", "Create issues", &["read"])),
        risky(Risk::Medium, scope("comments:create", "Create comments", &["read"])),
        risky(Risk::Medium, scope("timeSchedule:write", "Write time schedules", &["read"])),
        risky(Risk::High, scope("admin", "Administer the workspace", &["read"])),
        scope("customer:read", "Read customers", &[]),
        risky(Risk::Medium, scope("customer:write", "Write customers", &[])),
        scope("initiative:read", "Read initiatives", &[]),
        risky(Risk::Medium, scope("initiative:write", "Write initiatives", &[])),
        risky(Risk::Medium, scope("app:assignable", "Be assigned to issues as an app", &[])),
        risky(Risk::Medium, scope("app:mentionable", "Be mentioned as an app", &[])),
    ]
}

/// Tools by the verb in their name; the MCP server knows `read` and `write` only.
pub(crate) fn tools() -> Vec<Tool> {
    let writes = ["create_*", "update_*", "delete_*", "save_*"].map(|name| tool(name, [any_of(&["write"])]));
    let reads = ["list_*", "get_*", "search_*"].map(|name| tool(name, [any_of(&["read"])]));
    writes.into_iter().chain(reads).collect()
}

/// API scopes in a challenge are asked for by what the MCP server calls them.
pub(crate) fn asked(need: Need) -> Vec<String> {
    let scopes = match need {
        Need::Default => Vec::new(),
        Need::Challenge(scopes) => scopes,
    };
    let mut asked: Vec<String> = Vec::new();
    for scope in &scopes {
        let known = mcp_name(scope);
        if !asked.iter().any(|other| other == known) {
            asked.push(known.to_owned());
        }
    }
    asked
}

fn mcp_name(scope: &str) -> &str {
    match scope {
        "issues:create" | "comments:create" => "write",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_scopes_in_a_challenge_become_those_of_the_mcp_server_once() {
        let asked = asked(Need::Challenge(vec!["read".into(), "issues:create".into(), "comments:create".into()]));

        assert_eq!(asked, ["read", "write"]);
    }

    #[test]
    fn only_what_the_documentation_implies_is_included() {
        let implied: Vec<_> = catalogue()
            .into_iter()
            .flat_map(|Scope { name, implies, .. }| implies.into_iter().map(move |other| format!("{name} > {other}")))
            .filter(|edge| !edge.ends_with("> read"))
            .collect();

        assert_eq!(implied, ["write > issues:create", "write > comments:create"]);
    }

    #[test]
    fn a_tool_that_writes_needs_write() {
        let needs = |name: &str| {
            let tool = tools().into_iter().find(|tool| name.starts_with(tool.name.trim_end_matches('*')));
            tool.map(|tool| tool.needs)
        };

        assert_eq!(needs("create_issue"), Some(vec![any_of(&["write"])]));
        assert_eq!(needs("list_issues"), Some(vec![any_of(&["read"])]));
        assert_eq!(needs("ping"), None);
    }
}
