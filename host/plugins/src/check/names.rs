//! Names of parameters and headers that belong to the hub.

use mcphub_oauth::authorization::belongs_to_hub;

use super::objection::{Broken, Objection, cut};
use super::place::Place;

/// The token request's parameters that the hub sets (RFC 6749 §4.1.3, §6).
const TOKEN: &[&str] =
    &["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "resource", "scope"];

/// Client authentication (RFC 6749 §2.3.1, RFC 7523 §2.2), which has a field of its own.
const AUTHENTICATION: &[&str] = &["client_secret", "client_assertion", "client_assertion_type"];

/// What can be renamed or left out in a token request.
const TOKEN_CHANGEABLE: &str =
    "grant_type, code, redirect_uri, refresh_token, client_id, client_secret, resource, scope";

/// Headers that belong to the connection (RFC 9110 §7.6.1) or to the hub.
const HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A parameter or member where nothing belongs to the hub.
pub(crate) fn parameter(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    if name.trim().is_empty() { Err(place.object(Broken::Empty)) } else { Ok(()) }
}

/// A further authorize parameter.
pub(crate) fn authorize(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    let instead = match name {
        "scope" => Some("the interface scopes"),
        "resource" => Some("the interface resource-indicator"),
        "response_mode" => Some("authorization.response-mode"),
        _ => None,
    };
    match instead {
        Some(instead) => Err(place.object(Broken::Elsewhere { name: name.to_owned(), instead })),
        None if belongs_to_hub(name) => Err(place.object(Broken::HubsOwn { name: name.to_owned() })),
        None => Ok(()),
    }
}

/// A rename of an authorize parameter.
pub(crate) fn authorize_rename(place: &Place<'_>, from: &str, to: &str) -> Result<(), Objection> {
    if !["client_id", "redirect_uri", "scope"].contains(&from) {
        let allowed = "client_id, redirect_uri, scope";
        return Err(place.object(Broken::NotChangeable { name: cut(from), allowed }));
    }
    authorize(place, to)
}

/// A further parameter of a token request; those in `omit` are free to be said otherwise.
pub(crate) fn token(place: &Place<'_>, name: &str, omit: &[String]) -> Result<(), Objection> {
    if AUTHENTICATION.contains(&name) {
        let instead = "authentication";
        return Err(place.object(Broken::Elsewhere { name: name.to_owned(), instead }));
    }
    if TOKEN.contains(&name) && !omit.iter().any(|omitted| omitted == name) {
        return Err(place.object(Broken::HubsOwn { name: name.to_owned() }));
    }
    Ok(())
}

/// A parameter of a provider's own client authentication.
pub(crate) fn authentication(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    if name != "client_id" && TOKEN.contains(&name) {
        return Err(place.object(Broken::HubsOwn { name: name.to_owned() }));
    }
    Ok(())
}

/// A standard parameter that is renamed or left out.
pub(crate) fn token_changeable(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    let changeable = name != "code_verifier" && (TOKEN.contains(&name) || name == "client_secret");
    if changeable {
        return Ok(());
    }
    Err(place.object(Broken::NotChangeable { name: cut(name), allowed: TOKEN_CHANGEABLE }))
}

/// The name that a standard parameter gets instead.
pub(crate) fn token_rename_target(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    if TOKEN.contains(&name) || AUTHENTICATION.contains(&name) {
        return Err(place.object(Broken::HubsOwn { name: name.to_owned() }));
    }
    Ok(())
}

/// A header of a request to the provider.
pub(crate) fn header(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    let lower = name.to_ascii_lowercase();
    if http::HeaderName::try_from(lower.as_str()).is_err() {
        return Err(place.object(Broken::NotHeader { value: cut(name) }));
    }
    if HEADERS.contains(&lower.as_str()) || lower.starts_with("proxy-") {
        return Err(place.object(Broken::HubsOwn { name: lower }));
    }
    Ok(())
}

/// A header of a request to the MCP server.
pub(crate) fn request_header(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    header(place, name)?;
    let lower = name.to_ascii_lowercase();
    let own = ["authorization", "accept", "last-event-id"].contains(&lower.as_str()) || lower.starts_with("mcp-");
    if own { Err(place.object(Broken::HubsOwn { name: lower })) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use mcphub_oauth::authorization::HOST_PARAMETERS;

    use super::*;

    const PLACE: Place<'_> = Place::Interface("x");

    #[test]
    fn every_parameter_that_belongs_to_the_hub_is_refused_in_an_authorization_request() {
        let spelled = ["Redirect_URI", "redirect_uri[]", "redirect.uri"];
        for name in HOST_PARAMETERS.into_iter().chain(spelled) {
            let objection = authorize(&PLACE, name).expect_err("refused");

            assert_eq!(objection.broken(), &Broken::HubsOwn { name: name.to_owned() });
        }
    }

    #[test]
    fn a_parameter_that_is_left_out_may_be_said_otherwise() {
        assert!(token(&PLACE, "grant_type", &["grant_type".to_owned()]).is_ok());
        assert!(token(&PLACE, "grant_type", &[]).is_err());
    }

    #[test]
    fn the_verifier_can_be_neither_renamed_nor_left_out() {
        let objection = token_changeable(&PLACE, "code_verifier").expect_err("refused");

        assert!(objection.to_string().contains("cannot be changed; only grant_type"), "{objection}");
    }

    #[test]
    fn headers_of_the_connection_are_refused_in_any_case() {
        for name in ["Host", "COOKIE", "Proxy-Authorization", "content-type", "bad name", ""] {
            assert!(header(&PLACE, name).is_err(), "{name}");
        }
    }

    #[test]
    fn requests_to_the_mcp_server_keep_their_protocol_headers() {
        for name in ["Authorization", "Mcp-Session-Id", "MCP-Protocol-Version", "accept"] {
            assert!(request_header(&PLACE, name).is_err(), "{name}");
        }
    }
}
