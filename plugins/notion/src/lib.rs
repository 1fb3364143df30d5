//! Notion: <https://developers.notion.com/docs/mcp>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Notion;

#[provider]
impl Provider for Notion {
    fn identity() -> Identity {
        identity(
            "notion",
            env!("CARGO_PKG_VERSION"),
            "Notion",
            "https://developers.notion.com/docs/mcp",
            &["mcp.notion.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.notion.com")]), rule("mcp", [issuer("https://mcp.notion.com")])]
    }

    fn scopes() -> Scopes {
        // What the hub may reach is chosen on the consent page.
        Scopes { silence_means_requested: false, ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        // A second use of a refresh token ends the whole grant, and a refresh ends the access tokens before it.
        Refresh { rotation: Rotation::FamilyRevoking, ..Refresh::default() }
    }

    fn errors() -> Vec<Row> {
        vec![error_text("OAuth grant revoked", ErrorClass::ReauthRequired, "Notion has ended this login")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_never_used_twice() {
        assert_eq!(Notion::refresh().rotation, Rotation::FamilyRevoking);
    }

    #[test]
    fn an_answer_without_scopes_does_not_mean_that_all_were_granted() {
        assert!(!Notion::scopes().silence_means_requested);
    }
}
