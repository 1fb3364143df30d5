//! `/api/keys`: the keys of clients.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, KeyError, KeyView};
use crate::keys::WantedKey;

/// What a person asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedBody {
    name: String,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    servers: Vec<String>,
    #[serde(default)]
    admin: bool,
}

/// A key that is not made or revoked.
pub(super) struct KeyProblem(KeyError);

/// The keys that can be used, without a word about their tokens.
pub(super) async fn list(State(app): State<App>) -> Json<Vec<KeyView>> {
    Json(KeyView::all(&app.in_force().loaded))
}

/// Makes a key. The answer is the only place where its token is ever shown.
pub(super) async fn add(State(app): State<App>, Json(body): Json<WantedBody>) -> Result<Response, KeyProblem> {
    let WantedBody { name, groups, servers, admin } = body;
    let token = app.add_key(WantedKey { name: name.clone(), groups, servers, is_admin: admin }).await?;
    tracing::info!(key.name = name, "the key {name} was made");
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(json!({ "name": name, "token": token })))
        .into_response())
}

pub(super) async fn revoke(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, KeyProblem> {
    app.revoke_key(&name).await?;
    tracing::info!(key.name = name, "the key {name} was revoked");
    Ok(Json(json!({ "name": name })))
}

impl IntoResponse for KeyProblem {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            KeyError::NoName(_) | KeyError::NoGroup(_) | KeyError::NoServer(_) => StatusCode::UNPROCESSABLE_ENTITY,
            KeyError::Taken(_) | KeyError::Written(_) => StatusCode::CONFLICT,
            KeyError::Unknown(_) => StatusCode::NOT_FOUND,
            KeyError::Settings(_) | KeyError::NotFollowed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}

impl From<KeyError> for KeyProblem {
    fn from(error: KeyError) -> Self {
        Self(error)
    }
}
