//! GitLab: <https://docs.gitlab.com/user/gitlab_duo/model_context_protocol/mcp_server/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct GitLab;

#[provider]
impl Provider for GitLab {
    fn identity() -> Identity {
        identity(
            "gitlab",
            env!("CARGO_PKG_VERSION"),
            "GitLab",
            "https://docs.gitlab.com/user/gitlab_duo/model_context_protocol/mcp_server/",
            &["gitlab.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("gitlab.com", [server_host("gitlab.com")]),
            rule("gitlab.com", [issuer("https://gitlab.com")]),
            Rule { ask: true, ..rule("self-managed", []) },
        ]
    }

    fn inputs() -> Vec<Input> {
        vec![Input {
            key: "host".into(),
            title: "Host of the GitLab".into(),
            help: "Only for a GitLab of your own.".into(),
            pattern: r"[A-Za-z0-9.-]+(:[0-9]{1,5})?".into(),
            default: Some("gitlab.com".into()),
            ..Input::default()
        }]
    }

    fn scopes() -> Scopes {
        let mcp = Scope { asked_by_default: true, ..scope("mcp", "Use the MCP server", &[]) };
        Scopes { catalogue: vec![mcp], ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        Refresh { rotation: Rotation::SingleUse, ..Refresh::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "When registration by itself is refused.".into(),
            ..guide(
                "Application",
                "https://{input:host}/-/user_settings/applications",
                vec![
                    step("Preferences → Applications → Add new application.", Some(("Name", "MCPHub"))),
                    redirect_step("Redirect URI.", "Redirect URI"),
                    step("Keep Confidential on; choose the scope mcp.", None),
                    step("Save, then copy the application ID and the secret.", None),
                ],
                "https://docs.gitlab.com/integration/oauth_provider/",
                "2026-08-20",
            )
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gitlab_of_ones_own_is_served_when_it_is_named() {
        assert!(GitLab::matching().iter().any(|rule| rule.ask && rule.variant_id == "self-managed"));
    }

    #[test]
    fn the_persons_host_stands_in_a_link_only_and_no_request_goes_there_by_the_plugin() {
        assert_eq!(GitLab::identity().hosts, ["gitlab.com"]);
        assert_eq!(GitLab::metadata(), Metadata::default());
    }

    #[test]
    fn the_guide_leads_to_the_persons_own_host() {
        assert_eq!(GitLab::setup()[0].console_url, template("https://{input:host}/-/user_settings/applications"));
    }
}
