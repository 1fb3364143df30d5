//! Stripe: <https://docs.stripe.com/mcp>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Stripe;

#[provider]
impl Provider for Stripe {
    fn identity() -> Identity {
        identity("stripe", env!("CARGO_PKG_VERSION"), "Stripe", "https://docs.stripe.com/mcp", &["mcp.stripe.com"])
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.stripe.com")])]
    }

    fn scopes() -> Scopes {
        // Accounts and permissions are chosen on the consent form.
        Scopes { silence_means_requested: false, ..Scopes::default() }
    }

    fn errors() -> Vec<Row> {
        let listed = ErrorClass::ClientNotAllowlisted(Some("https://docs.stripe.com/mcp".into()));
        let not_listed = error_code("invalid_redirect_uri", listed, "Stripe takes redirect addresses on its list only");
        vec![
            Row { operation: Some(Operation::Registration), ..not_listed },
            error_code(
                "access_denied",
                ErrorClass::UserDenied,
                "Stripe was not allowed; an admin of the account switches MCP on in the Dashboard first",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_granted_is_not_told_by_scopes() {
        assert!(!Stripe::scopes().silence_means_requested);
    }

    #[test]
    fn an_address_that_is_not_on_the_list_is_stripes_matter() {
        let row = Stripe::errors().remove(0);

        assert_eq!(row.operation, Some(Operation::Registration));
        assert!(matches!(row.fault.class, ErrorClass::ClientNotAllowlisted(Some(_))));
    }

    #[test]
    fn a_refusal_names_the_switch_of_the_dashboard() {
        let row = Stripe::errors().into_iter().find(|row| row.code.as_deref() == Some("access_denied"));

        assert!(row.and_then(|row| row.fault.message).is_some_and(|message| message.contains("Dashboard")));
    }
}
