//! A command on this machine and this hub prove to each other who they are, before the one tells the other a secret.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use serde_json::{Value, json};

use super::limits::MAX_BODY;
use crate::app::App;
use crate::presence::{HubToken, PROOF, Role, digest};

/// Proves to be the hub that wrote the file, for a challenge that says nothing.
pub(super) async fn prove(State(app): State<App>, Path(challenge): Path<String>) -> Json<Value> {
    Json(json!({ "proof": app.token.proof(Role::Hub, &[&challenge]) }))
}

/// A request of a command on this machine. The guard has checked its proof.
pub(super) struct OfCommand;

impl<S: Sync> FromRequestParts<S> for OfCommand {
    type Rejection = (StatusCode, Json<Value>);

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let only = "only mcphub on this machine may ask for this; MCP clients use /mcp";
        let refusal = || (StatusCode::FORBIDDEN, Json(json!({ "error": only })));
        if head.headers.contains_key(PROOF) { Ok(Self) } else { Err(refusal()) }
    }
}

/// A request of a command, if it was meant for this hub: as the command sent it, body included. Else its head.
pub(super) async fn proved(app: &App, request: Request) -> Result<Request, Box<Parts>> {
    let (head, body) = request.into_parts();
    // Commands speak to the API only, which takes no more.
    let body = to_bytes(body, MAX_BODY).await.ok().filter(|body| holds(&app.token, &head, body));
    match body {
        Some(body) => Ok(Request::from_parts(head, Body::from(body))),
        None => Err(Box::new(head)),
    }
}

fn holds(token: &HubToken, head: &Parts, body: &[u8]) -> bool {
    let sent = head.headers.get(PROOF).and_then(|sent| sent.to_str().ok()?.split_once('.'));
    let path = head.uri.path_and_query().map_or_else(|| head.uri.path(), PathAndQuery::as_str);
    sent.is_some_and(|(nonce, proof)| {
        token.proves(Role::Command, &[head.method.as_str(), path, nonce, &digest(body)], proof)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_proof_holds_for_the_request_it_was_made_for_only() {
        let token = HubToken::new(&Random::of(|bytes| bytes.fill(1)));
        let proof = format!("n.{}", token.proof(Role::Command, &["POST", "/api/a?b", "n", &digest(b"body")]));
        let head = |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).header(PROOF, &proof);
            request.body(Body::empty()).expect("a request").into_parts().0
        };

        assert!(holds(&token, &head("POST", "/api/a?b"), b"body"));
        assert!(!holds(&token, &head("POST", "/api/a?b"), b"another body"));
        assert!(!holds(&token, &head("POST", "/api/a"), b"body"));
        assert!(!holds(&token, &head("GET", "/api/a?b"), b"body"));
    }
}
