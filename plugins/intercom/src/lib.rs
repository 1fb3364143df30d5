//! Intercom: <https://developers.intercom.com/docs/guides/mcp>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Intercom;

#[provider]
impl Provider for Intercom {
    fn identity() -> Identity {
        identity(
            "intercom",
            env!("CARGO_PKG_VERSION"),
            "Intercom",
            "https://developers.intercom.com/docs/guides/mcp",
            &["mcp.intercom.com", "app.intercom.com", "api.intercom.io"],
        )
    }

    fn rules() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.intercom.com")])]
    }

    fn scopes() -> Scopes {
        // Permissions are those of the app and of the person.
        Scopes { offline: Offline::Nothing, silence_means_requested: false, ..Scopes::default() }
    }

    fn errors() -> Vec<Row> {
        vec![error_code("access_denied", ErrorClass::UserDenied, "the sign-in at Intercom was cancelled")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refresh_token_is_asked_for_and_none_is_missed() {
        assert_eq!(Intercom::scopes().offline, Offline::Nothing);
    }

    #[test]
    fn an_answer_without_scopes_tells_nothing() {
        assert!(!Intercom::scopes().silence_means_requested);
    }
}
