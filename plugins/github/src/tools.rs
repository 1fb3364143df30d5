//! What the tools of GitHub's MCP server need, from its README (read 2026-08-20).

use mcphub_plugin::{Tool, any_of, tool};

const REPO: [&str; 56] = [
    "actions_get",
    "actions_list",
    "actions_run_trigger",
    "get_job_logs",
    "get_code_quality_finding",
    "assign_copilot_to_issue",
    "request_copilot_review",
    "assign_copilot_to_issue_with_intent",
    "discussion_comment_write",
    "get_discussion",
    "get_discussion_comments",
    "list_discussion_categories",
    "list_discussions",
    "get_repository_tree",
    "add_issue_comment",
    "get_label",
    "issue_read",
    "issue_write",
    "list_issues",
    "search_issues",
    "sub_issue_write",
    "label_write",
    "list_label",
    "add_comment_to_pending_review",
    "add_reply_to_pull_request_comment",
    "create_pull_request",
    "list_pull_requests",
    "merge_pull_request",
    "pull_request_read",
    "pull_request_review_write",
    "search_pull_requests",
    "update_pull_request",
    "update_pull_request_branch",
    "create_branch",
    "create_or_update_file",
    "create_repository",
    "delete_file",
    "fork_repository",
    "get_commit",
    "get_file_contents",
    "get_latest_release",
    "get_release_by_tag",
    "get_tag",
    "list_branches",
    "list_commits",
    "list_releases",
    "list_repository_collaborators",
    "list_tags",
    "push_files",
    "search_code",
    "search_commits",
    "search_repositories",
    "list_starred_repositories",
    "star_repository",
    "unstar_repository",
    "search_users",
];

const SECURITY: [&str; 10] = [
    "get_code_scanning_alert",
    "list_code_scanning_alerts",
    "get_dependabot_alert",
    "list_dependabot_alerts",
    "get_secret_scanning_alert",
    "list_secret_scanning_alerts",
    "get_global_security_advisory",
    "list_global_security_advisories",
    "list_org_repository_security_advisories",
    "list_repository_security_advisories",
];

const NOTIFICATIONS: [&str; 6] = [
    "dismiss_notification",
    "get_notification_details",
    "list_notifications",
    "manage_notification_subscription",
    "manage_repository_notification_subscription",
    "mark_all_notifications_read",
];

/// Requirements by tool. A scope that includes a named one counts too; the hub follows the catalogue.
pub(crate) fn tools() -> Vec<Tool> {
    let all = |names: &[&str], scopes: &[&str]| -> Vec<Tool> {
        names.iter().map(|name| tool(name, [any_of(scopes)])).collect()
    };
    let mut tools = all(&REPO, &["repo"]);
    tools.extend(all(&SECURITY, &["security_events"]));
    tools.extend(all(&NOTIFICATIONS, &["notifications"]));
    tools.extend(all(&["get_team_members", "get_teams", "search_orgs"], &["read:org"]));
    tools.extend(all(&["create_gist", "update_gist"], &["gist"]));
    tools.extend(all(&["projects_get", "projects_list"], &["read:project"]));
    tools.extend(all(&["projects_write"], &["project"]));
    tools.extend(all(&["list_issue_fields", "list_issue_types"], &["repo", "read:org"]));
    tools.push(tool("delete_repository", [any_of(&["delete_repo"]), any_of(&["repo"])]));
    tools
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(name: &str) -> Vec<Vec<String>> {
        tools().into_iter().find(|tool| tool.name == name).expect("tool").needs
    }

    #[test]
    fn deleting_a_repository_needs_both_scopes_and_issue_types_either() {
        assert_eq!(needs("delete_repository"), [vec!["delete_repo".to_owned()], vec!["repo".to_owned()]]);
        assert_eq!(needs("list_issue_types"), [vec!["repo".to_owned(), "read:org".to_owned()]]);
    }

    #[test]
    fn no_tool_is_named_twice() {
        let mut names: Vec<_> = tools().into_iter().map(|tool| tool.name).collect();
        names.sort();
        let all = names.len();
        names.dedup();

        assert_eq!(names.len(), all);
    }
}
