//! A command on this machine and this hub prove to each other who they are, before the one tells the other a secret.

use axum::Json;
use axum::extract::{Path, Request, State};
use serde_json::{Value, json};

use crate::app::App;
use crate::presence::{PROOF, Role};

/// Proves to be the hub that wrote the file, for a challenge that says nothing.
pub(super) async fn prove(State(app): State<App>, Path(challenge): Path<String>) -> Json<Value> {
    Json(json!({ "proof": app.token.proof(Role::Hub, &[&challenge]) }))
}

/// Whether a request was meant for this hub, where it says which one was meant.
pub(super) fn holds(app: &App, request: &Request) -> bool {
    let Some(sent) = request.headers().get(PROOF) else { return true };
    let Some((nonce, proof)) = sent.to_str().ok().and_then(|sent| sent.split_once('.')) else { return false };
    app.token.proves(Role::Command, &[request.method().as_str(), request.uri().path(), nonce], proof)
}
