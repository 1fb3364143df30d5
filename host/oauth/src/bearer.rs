//! Requests to the MCP server (RFC 6750 §2.1): where the token goes.

use crate::grant::Grant;
use crate::profile::{Pair, Requests, TokenPlace};
use crate::template::{FillError, Slots, fill};

/// What is added to a request to the MCP server. Holds the token: no `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bearer {
    /// Headers to add to every request, the token's among them.
    pub headers: Vec<Pair>,
    /// Query parameters to add to every request.
    pub query: Vec<Pair>,
}

/// What the profile wants on every request, with the grant's token. None: the grant has no token in its primary slot.
pub fn request(profile: &Requests, grant: &Grant, slots: &Slots<'_>) -> Result<Option<Bearer>, FillError> {
    let Some(token) = grant.primary() else {
        return Ok(None);
    };
    let token = token.access.secret();
    let mut bearer = Bearer::default();
    match &profile.token {
        // RFC 9449 §7.1.
        TokenPlace::Authorization(_) if grant.dpop.is_some() => {
            bearer.headers.push(("authorization".into(), format!("DPoP {token}")));
        }
        TokenPlace::Authorization(scheme) => bearer.headers.push(("authorization".into(), format!("{scheme} {token}"))),
        TokenPlace::Header(name) => bearer.headers.push((name.clone(), token.clone())),
        TokenPlace::Query(name) => bearer.query.push((name.clone(), token.clone())),
    }
    for header in &profile.headers {
        bearer.headers.push((header.name.clone(), fill(&header.value, slots)?));
    }
    for param in &profile.query {
        bearer.query.push((param.name.clone(), fill(&param.value, slots)?));
    }
    Ok(Some(bearer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::GrantOrigin;
    use crate::grant::Token;
    use crate::secret::AccessToken;
    use crate::testing::slots;
    use std::time::UNIX_EPOCH;

    fn grant() -> Grant {
        let token =
            Token { access: AccessToken::new("at".into()), refresh: None, expires_at: None, obtained_at: UNIX_EPOCH };
        Grant {
            address: crate::server_address::ServerAddress::parse("https://a.example/").expect("address"),
            origin: GrantOrigin::Preset,
            client_id: None,
            resource: None,
            logged_in_at: None,
            tokens: [("main".to_owned(), token)].into(),
            primary: "main".into(),
            dpop: None,
            requested_scopes: Vec::new(),
            granted_scopes: None,
            captured: Vec::new(),
            account_label: None,
            account_id: None,
        }
    }

    #[test]
    fn the_scheme_is_spelled_as_the_rfc_spells_it() {
        let bearer = request(&Requests::default(), &grant(), &slots()).expect("filled").expect("token");

        assert_eq!(bearer.headers, [("authorization".to_owned(), "Bearer at".to_owned())]);
    }

    #[test]
    fn a_grant_without_its_primary_token_carries_nothing() {
        let empty = Grant { primary: "session".into(), ..grant() };

        assert!(request(&Requests::default(), &empty, &slots()).expect("filled").is_none());
    }
}
