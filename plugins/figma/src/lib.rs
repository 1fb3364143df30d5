//! Figma: <https://developers.figma.com/docs/figma-mcp-server/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Figma;

#[provider]
impl Provider for Figma {
    fn identity() -> Identity {
        identity(
            "figma",
            env!("CARGO_PKG_VERSION"),
            "Figma",
            "https://developers.figma.com/docs/figma-mcp-server/",
            &["mcp.figma.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.figma.com")]), rule("mcp", [issuer("https://api.figma.com")])]
    }

    fn registration() -> Registration {
        // The answer says `none`, and the secret is demanded.
        Registration {
            body_patch: Some(r#"{"token_endpoint_auth_method":"client_secret_post"}"#.into()),
            ..Registration::default()
        }
    }

    fn token_request() -> TokenRequest {
        let shape = RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() };
        TokenRequest { shape, ..TokenRequest::default() }
    }

    fn refresh() -> Refresh {
        let shape = RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() };
        Refresh { shape, ..Refresh::default() }
    }

    fn scopes() -> Scopes {
        let connect = Scope { asked_by_default: true, ..scope("mcp:connect", "Use the MCP server", &[]) };
        Scopes { catalogue: vec![connect], ..Scopes::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Figma lets listed clients only register; an application is made at the catalogue.".into(),
            ..guide(
                "Listed client",
                "https://www.figma.com/mcp-catalog/",
                vec![
                    step("Apply for your client at the catalogue; Figma answers by mail.", Some(("Name", "MCPHub"))),
                    redirect_step("Name the redirect URI in the application.", "Redirect URI"),
                    step("Copy the client ID and the client secret that Figma gives you.", None),
                ],
                "https://developers.figma.com/docs/figma-mcp-server/",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        let page = || ErrorClass::ClientNotAllowlisted(Some("https://www.figma.com/mcp-catalog/".into()));
        let forbidden = Row {
            operation: Some(Operation::Registration),
            status: Some(403),
            ..error_text("", page(), "Figma lets listed clients only register")
        };
        vec![Row { contains: None, ..forbidden }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_sent_although_the_answer_says_none() {
        assert_eq!(Figma::token_request().shape.authentication, Some(ClientAuthentication::Post));
        assert_eq!(Figma::refresh().shape.authentication, Some(ClientAuthentication::Post));
    }

    #[test]
    fn a_refused_registration_leads_to_the_application() {
        let row = Figma::errors().remove(0);

        assert_eq!((row.operation, row.status), (Some(Operation::Registration), Some(403)));
        assert!(matches!(row.fault.class, ErrorClass::ClientNotAllowlisted(Some(_))));
    }
}
