//! Atlassian: <https://support.atlassian.com/rovo/docs/getting-started-with-the-atlassian-remote-mcp-server/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Atlassian;

#[provider]
impl Provider for Atlassian {
    fn identity() -> Identity {
        identity(
            "atlassian",
            env!("CARGO_PKG_VERSION"),
            "Atlassian",
            "https://support.atlassian.com/rovo/docs/getting-started-with-the-atlassian-remote-mcp-server/",
            &["mcp.atlassian.com", "cf.mcp.atlassian.com", "auth.atlassian.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("mcp", [server_host("mcp.atlassian.com")]),
            rule("mcp", [condition(Field::IssuerHost, Comparison::Exact, "mcp.atlassian.com")]),
        ]
    }

    fn metadata() -> Metadata {
        // What the metadata was seen to call itself when it was asked of mcp.atlassian.com, and of a path below the other.
        let seen = ["https://cf.mcp.atlassian.com", "https://auth.atlassian.com"];
        Metadata { issuer_aliases: seen.map(str::to_owned).to_vec(), ..Metadata::default() }
    }

    fn scopes() -> Scopes {
        Scopes { offline: Offline::Scope("offline_access".into()), ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        const QUARTER: u32 = 90 * 24 * 60 * 60;
        Refresh { rotation: Rotation::FamilyRevoking, idle_lifetime_seconds: Some(QUARTER), ..Refresh::default() }
    }

    fn errors() -> Vec<Row> {
        let page = "https://admin.atlassian.com";
        let refused = error_text(
            "redirect",
            ErrorClass::ClientNotAllowlisted(Some(page.into())),
            "your organisation does not allow this hub's address; an admin adds it under Rovo, Rovo MCP server, Add domain",
        );
        vec![Row { operation: Some(Operation::Authorization), ..refused }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_the_metadata_was_seen_to_give_itself_is_known_and_its_host_named() {
        let hosts = Atlassian::identity().hosts;
        let aliases = Atlassian::metadata().issuer_aliases;

        assert_eq!(aliases, ["https://cf.mcp.atlassian.com", "https://auth.atlassian.com"]);
        assert!(aliases.iter().all(|alias| hosts.contains(&alias.replace("https://", ""))));
    }

    #[test]
    fn a_refresh_token_is_asked_for_by_scope() {
        assert_eq!(Atlassian::scopes().offline, Offline::Scope("offline_access".into()));
    }

    #[test]
    fn a_refused_address_is_an_admins_matter_and_says_where() {
        let row = Atlassian::errors().remove(0);

        assert_eq!(row.operation, Some(Operation::Authorization));
        assert_eq!(row.fault.class, ErrorClass::ClientNotAllowlisted(Some("https://admin.atlassian.com".into())));
    }
}
