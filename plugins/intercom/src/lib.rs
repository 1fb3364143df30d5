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
            &["mcp.intercom.com", "mcp.eu.intercom.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.intercom.com")]), rule("mcp", [server_host("mcp.eu.intercom.com")])]
    }

    fn scopes() -> Scopes {
        // Permissions are those of the app and of the person.
        Scopes { offline: Offline::Nothing, silence_means_requested: false, ..Scopes::default() }
    }

    fn errors() -> Vec<Row> {
        let refused = ErrorClass::ClientNotAllowlisted(None);
        let message = "Intercom takes redirect addresses on its list only; its customer support adds one";
        vec![Row { operation: Some(Operation::Registration), ..error_code("invalid_redirect_uri", refused, message) }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_on_the_list_is_intercoms_matter_and_not_a_wrong_set_up() {
        let row = Intercom::errors().remove(0);

        assert_eq!((row.operation, row.code.as_deref()), (Some(Operation::Registration), Some("invalid_redirect_uri")));
        assert_eq!(row.fault.class, ErrorClass::ClientNotAllowlisted(None));
    }

    #[test]
    fn an_answer_without_scopes_tells_nothing() {
        assert!(!Intercom::scopes().silence_means_requested);
    }
}
