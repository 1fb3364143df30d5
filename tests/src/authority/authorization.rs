//! The authorization endpoint: signs everybody in, unless told to refuse.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::call::{Call, Form, get};
use super::state::Code;

impl Call<'_> {
    pub(super) fn authorize(&self) -> Response {
        self.head.uri.query().unwrap_or_default().clone_into(&mut self.state.lock().authorization);
        let Some(query) = self.query() else { return refused("a parameter comes twice") };
        let Some(redirect_uri) = self.redirect_uri(&query) else {
            return refused("the client or its redirect_uri is unknown");
        };
        let mut back = redirect_uri.clone();
        let code = match self.objection(&query) {
            Some(error) => {
                back.query_pairs_mut().append_pair("error", error);
                None
            }
            None => Some(self.state.fresh("code")),
        };
        let mut inner = self.state.lock();
        inner.secrets.push(get(&query, "state").to_owned());
        if let Some(code) = code {
            let kept = Code {
                challenge: get(&query, "code_challenge").to_owned(),
                redirect_uri: get(&query, "redirect_uri").to_owned(),
                client: get(&query, "client_id").to_owned(),
                scope: get(&query, "scope").to_owned(),
                used: None,
            };
            back.query_pairs_mut().append_pair("code", &code);
            inner.codes.insert(code, kept);
        }
        back.query_pairs_mut().append_pair("state", get(&query, "state"));
        for (name, value) in inner.callback.as_object().into_iter().flatten() {
            back.query_pairs_mut().append_pair(name, value.as_str().unwrap_or_default());
        }
        (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
    }

    /// RFC 6749 §3.1.2.4: an unknown client or address is told to the person, not sent anywhere.
    fn redirect_uri(&self, query: &Form) -> Option<Url> {
        let client = self.state.lock().clients.get(get(query, "client_id")).cloned()?;
        let uri = get(query, "redirect_uri");
        let url = Url::parse(uri).ok()?;
        let known = match &client.redirect_uris {
            Some(uris) => uris.iter().any(|known| known == uri),
            None => url.host_str().is_some_and(|host| {
                matches!(host, "localhost" | "127.0.0.1") || host.rsplit('.').next() == Some("test")
            }),
        };
        known.then_some(url)
    }

    fn objection(&self, query: &Form) -> Option<&'static str> {
        let shape = &self.state.shape;
        let scopes = get(query, "scope").split([' ', ',']).filter(|scope| !scope.is_empty());
        let challenged = get(query, "code_challenge").len() == 43 && get(query, "code_challenge_method") == "S256";
        if self.state.lock().refuses_person {
            return Some("access_denied");
        }
        if get(query, "response_type") != "code" {
            return Some("unsupported_response_type");
        }
        if !challenged || get(query, "state").len() < 22 {
            return Some("invalid_request");
        }
        if shape.resource && get(query, "resource") != self.state.resource() {
            return Some("invalid_target");
        }
        if shape.refuses_resource && query.contains_key("resource") {
            return Some("invalid_target");
        }
        scopes.into_iter().any(|scope| !shape.scopes.contains(&scope)).then_some("invalid_scope")
    }
}

fn refused(why: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, why).into_response()
}
