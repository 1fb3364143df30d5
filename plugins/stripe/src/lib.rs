//! Stripe: <https://docs.stripe.com/mcp>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Stripe;

#[provider]
impl Provider for Stripe {
    fn identity() -> Identity {
        identity(
            "stripe",
            env!("CARGO_PKG_VERSION"),
            "Stripe",
            "https://docs.stripe.com/mcp",
            &["mcp.stripe.com", "access.stripe.com", "*.stripe.com"],
        )
    }

    fn rules() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.stripe.com")])]
    }

    fn scopes() -> Scopes {
        // Accounts and permissions are chosen on the consent form.
        Scopes { silence_means_requested: false, ..Scopes::default() }
    }

    fn errors() -> Vec<Row> {
        vec![error_code(
            "access_denied",
            ErrorClass::UserDenied,
            "Stripe was not allowed; an admin of the account switches MCP on in the Dashboard first",
        )]
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
    fn a_refusal_names_the_switch_of_the_dashboard() {
        assert!(Stripe::errors()[0].fault.message.as_ref().is_some_and(|message| message.contains("Dashboard")));
    }
}
