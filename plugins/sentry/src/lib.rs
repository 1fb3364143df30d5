//! Sentry: <https://docs.sentry.io/product/sentry-mcp/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Sentry;

#[provider]
impl Provider for Sentry {
    fn identity() -> Identity {
        identity(
            "sentry",
            env!("CARGO_PKG_VERSION"),
            "Sentry",
            "https://docs.sentry.io/product/sentry-mcp/",
            &["mcp.sentry.dev"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.sentry.dev")]), rule("mcp", [issuer("https://mcp.sentry.dev")])]
    }

    fn scopes() -> Scopes {
        Scopes {
            catalogue: vec![
                Scope { asked_by_default: true, ..scope("org:read", "Read organisations", &[]) },
                Scope { risk: Risk::Medium, ..scope("project:write", "Change projects", &[]) },
                Scope { risk: Risk::Medium, ..scope("team:write", "Change teams", &[]) },
                Scope { risk: Risk::Medium, ..scope("event:write", "Change issues and events", &[]) },
            ],
            // Skills are chosen on the consent page.
            silence_means_requested: false,
            ..Scopes::default()
        }
    }

    fn refresh() -> Refresh {
        // The end of a grant is set at the login; refreshing does not move it.
        const MONTH: u32 = 30 * 24 * 60 * 60;
        Refresh { rotation: Rotation::Grace, absolute_lifetime_seconds: Some(MONTH), ..Refresh::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reading_is_asked_for_unless_somebody_says_more() {
        let asked = Sentry::scopes().catalogue.into_iter().filter(|scope| scope.asked_by_default);

        assert_eq!(asked.map(|scope| scope.name).collect::<Vec<_>>(), ["org:read"]);
    }

    #[test]
    fn the_old_refresh_token_lives_until_the_new_one_is_used() {
        assert_eq!(Sentry::refresh().rotation, Rotation::Grace);
    }
}
