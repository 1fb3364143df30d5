//! Logins at Acme Inc. What is not said here is as the RFCs and the MCP specification say.

use mcphub_plugin::prelude::*;

struct Acme;

#[provider]
impl Provider for Acme {
    fn identity() -> Identity {
        // The hosts are all that the plugin may name; a person sees them before trusting it.
        identity("acme", env!("CARGO_PKG_VERSION"), "Acme Inc", "https://mcp.acme.example/", &["@HOSTS@"])
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.acme.example")])]
    }

    // [guide]
    fn registration() -> Registration {
        Registration { preference: vec![IdentitySource::Setup], ..Registration::default() }
    }

    fn setup() -> Vec<Guide> {
        // The steps are a guess: correct them, and the date, with the provider's page before you.
        let steps = vec![
            step("Create an application.", Some(("Name", "MCPHub"))),
            redirect_step("Enter the redirect URI.", "Redirect URI"),
            step("Copy the client ID and the client secret.", None),
        ];
        vec![guide("Application", "https://mcp.acme.example/", steps, "https://mcp.acme.example/", "2026-01-01")]
    }
    // [/guide]

    // [pkce]
    fn authorization() -> Authorization {
        // The metadata does not list S256: make sure that it works, and write down where that is said.
        Authorization { pkce: Pkce::Supported, ..Authorization::default() }
    }
    // [/pkce]

    // [scopes]
    fn scopes() -> Scopes {
        let names = ["@SCOPES@"];
        Scopes { catalogue: names.map(|name| scope(name, name, &[])).to_vec(), ..Scopes::default() }
    }
    // [/scopes]

    fn refresh() -> Refresh {
        // A guess: each refresh brings a new refresh token.
        Refresh { rotation: Rotation::SingleUse, ..Refresh::default() }
    }

    fn errors() -> Vec<Row> {
        vec![error_code("access_denied", ErrorClass::UserDenied, "the sign-in at Acme Inc was cancelled")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_serves_its_own_server() {
        assert_eq!(Acme::identity().id, "acme");
        assert_eq!(Acme::matching()[0].conditions[0].value, "mcp.acme.example");
    }

    #[test]
    fn a_refresh_token_is_used_once() {
        assert_eq!(Acme::refresh().rotation, Rotation::SingleUse);
    }
}
