//! GitHub's scopes and what they include.

use mcphub_plugin::{Risk, Scope, scope};

/// The catalogue, hierarchy included. Asked for by default is what the server asks for itself, less what another scope
/// includes and `write:packages`, which no tool needs.
pub(crate) fn catalogue() -> Vec<Scope> {
    let default = |scope| Scope { asked_by_default: true, ..scope };
    let risky = |risk, scope| Scope { risk, ..scope };
    let (medium, high) = (Risk::Medium, Risk::High);
    vec![
        default(risky(
            high,
            scope(
                "repo",
                "Full control of repositories",
                &["public_repo", "security_events", "repo:status", "repo_deployment", "repo:invite"],
            ),
        )),
        risky(medium, scope("public_repo", "Public repositories", &[])),
        risky(medium, scope("security_events", "Security alerts", &[])),
        scope("repo:status", "Commit statuses", &[]),
        risky(medium, scope("repo_deployment", "Deployment statuses", &[])),
        risky(medium, scope("repo:invite", "Repository invitations", &[])),
        risky(high, scope("delete_repo", "Delete repositories", &[])),
        risky(high, scope("admin:org", "Administer organisations", &["write:org"])),
        risky(high, scope("write:org", "Write organisations and teams", &["read:org"])),
        default(scope("read:org", "Read organisations and teams", &[])),
        risky(medium, scope("user", "Profile", &["read:user", "user:email", "user:follow"])),
        default(scope("read:user", "Read your profile", &[])),
        default(scope("user:email", "Read your e-mail addresses", &[])),
        risky(medium, scope("user:follow", "Follow people", &[])),
        risky(medium, scope("write:packages", "Write packages", &["read:packages"])),
        default(scope("read:packages", "Read packages", &[])),
        default(risky(medium, scope("project", "Projects", &["read:project"]))),
        scope("read:project", "Read projects", &[]),
        default(risky(medium, scope("gist", "Gists", &[]))),
        default(risky(medium, scope("notifications", "Notifications", &[]))),
        risky(high, scope("workflow", "Change workflow files", &[])),
        risky(high, scope("codespace", "Codespaces", &[])),
        risky(high, scope("admin:repo_hook", "Administer webhooks", &["write:repo_hook"])),
        risky(medium, scope("write:repo_hook", "Write webhooks", &["read:repo_hook"])),
        scope("read:repo_hook", "Read webhooks", &[]),
        risky(high, scope("admin:public_key", "Administer SSH keys", &["write:public_key"])),
        risky(high, scope("write:public_key", "Write SSH keys", &["read:public_key"])),
        scope("read:public_key", "Read SSH keys", &[]),
        risky(high, scope("admin:gpg_key", "Administer GPG keys", &["write:gpg_key"])),
        risky(high, scope("write:gpg_key", "Write GPG keys", &["read:gpg_key"])),
        scope("read:gpg_key", "Read GPG keys", &[]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dangerous_scopes_are_not_asked_for_by_default() {
        let asked: Vec<_> =
            catalogue().into_iter().filter(|scope| scope.asked_by_default).map(|scope| scope.name).collect();

        let dangerous = ["delete_repo", "workflow", "codespace", "write:packages"];
        assert!(!asked.iter().any(|scope| dangerous.contains(&scope.as_str())));
    }

    #[test]
    fn every_implied_scope_is_in_the_catalogue() {
        let all = catalogue();

        for implied in all.iter().flat_map(|scope| &scope.implies) {
            assert!(all.iter().any(|scope| &scope.name == implied), "{implied}");
        }
    }
}
