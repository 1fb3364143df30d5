//! Token revocation (RFC 7009).

use http::{Request, Response};
use url::Url;

use crate::build_error::BuildError;
use crate::client::Client;
use crate::client_auth;
use crate::encoding::Parts;
use crate::grant::Grant;
use crate::mask::Mask;
use crate::profile::{ClientAuthentication, Placement, WhichToken};
use crate::template::Slots;

/// One request for each token to take back, refresh tokens first: that often ends the whole grant (RFC 7009 §2.1).
pub fn requests(
    endpoint: &Url,
    which: WhichToken,
    authentication: Option<&ClientAuthentication>,
    parties: (&Grant, &Client),
    slots: &Slots<'_>,
) -> Result<Vec<Request<Vec<u8>>>, BuildError> {
    let (grant, client) = parties;
    let mut tokens = Vec::new();
    for token in grant.tokens.values() {
        let refresh = token.refresh.as_ref().map(|refresh| (refresh.secret(), "refresh_token"));
        let access = Some((token.access.secret(), "access_token"));
        match which {
            WhichToken::RefreshToken => tokens.extend(refresh.or(access)),
            WhichToken::AccessToken => tokens.extend(access),
            WhichToken::Both => tokens.extend(refresh.into_iter().chain(access)),
        }
    }
    let request = |(token, hint): (&String, &str)| {
        let params = vec![("token".to_owned(), token.clone()), ("token_type_hint".to_owned(), hint.to_owned())];
        let mut parts = Parts { params, ..Parts::default() };
        client_auth::authenticate(&mut parts, authentication, client, slots)?;
        let mask = Mask::of_slots(slots, []).with([token.clone()]);
        Ok(mask.on(parts.build(endpoint, http::Method::POST, Placement::Form)?))
    };
    tokens.into_iter().map(request).collect()
}

/// RFC 7009 §2.2: any success, also for a token that is gone already.
#[must_use]
pub fn accept(response: &Response<Vec<u8>>) -> bool {
    response.status().is_success()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth_method::AuthMethod;
    use crate::grant::GrantOrigin;
    use crate::grant::Token;
    use crate::secret::{AccessToken, RefreshToken};
    use crate::testing::slots;
    use crate::testing::{body, client};
    use std::time::UNIX_EPOCH;

    #[test]
    fn the_refresh_token_goes_before_the_access_token() {
        let token = Token {
            access: AccessToken::new("at".into()),
            refresh: Some(RefreshToken::new("rt".into())),
            expires_at: None,
            obtained_at: UNIX_EPOCH,
        };
        let grant = Grant {
            address: crate::server_address::ServerAddress::parse("https://a.example/").expect("address"),
            origin: GrantOrigin::Issuer("https://as.example".into()),
            client_id: Some("c".into()),
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
        };
        let endpoint = Url::parse("https://as.example/revoke").expect("url");

        let requests = requests(&endpoint, WhichToken::Both, None, (&grant, &client(AuthMethod::None, None)), &slots());

        let bodies: Vec<_> = requests.expect("requests").iter().map(body).collect();
        assert_eq!(
            bodies,
            [
                "token=rt&token_type_hint=refresh_token&client_id=id%3A1",
                "token=at&token_type_hint=access_token&client_id=id%3A1"
            ]
        );
    }
}
