//! An authorization server that issues whatever token the test sets.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use mcphub::connect::{Begin, IssuerTag, new_browser};
use mcphub::random::Random;
use mcphub::settings::Server;
use mcphub_plugins::Catalogue;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::hub::Hub;
use crate::peer::serve;

#[derive(Clone)]
pub(crate) struct Authority {
    /// The next access token. Without one, every request is refused.
    pub(crate) next: Arc<Mutex<Option<String>>>,
    pub(crate) url: String,
}

impl Authority {
    pub(crate) async fn start(next: &str) -> Self {
        let mut authority = Self { next: Arc::new(Mutex::new(Some(next.to_owned()))), url: String::new() };
        authority.url = serve(Router::new().route("/token", post(token)).with_state(authority.clone())).await;
        authority
    }

    pub(crate) fn gives(&self, token: Option<&str>) {
        *self.next.lock().expect("next") = token.map(str::to_owned);
    }

    /// Makes this the authorization server of a server.
    pub(crate) fn of(&self, server: &mut Server) {
        server.has_oauth = true;
        server.oauth.client_id = Some("hub".into());
        server.oauth.authorization_endpoint = Some(format!("{}/authorize", self.url).parse().expect("url"));
        server.oauth.token_endpoint = Some(format!("{}/token", self.url).parse().expect("url"));
    }
}

async fn token(State(authority): State<Authority>) -> (axum::http::StatusCode, Json<Value>) {
    match authority.next.lock().expect("next").clone() {
        Some(token) => {
            let answer =
                json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "again" });
            (axum::http::StatusCode::OK, Json(answer))
        }
        None => (axum::http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))),
    }
}

/// The bundled plugins, loaded once for all tests.
pub(crate) async fn plugins() -> Catalogue {
    static PLUGINS: OnceCell<Catalogue> = OnceCell::const_new();
    PLUGINS.get_or_init(async || mcphub::app::plugins(None, &[]).await.expect("plugins")).await.clone()
}

/// Logs in through a connect link, as a browser would.
pub(crate) async fn log_in(hub: &Hub, link: &str) {
    let browser = new_browser(&Random::system()).expect("browser");
    let ticket = link.rsplit('/').next().expect("ticket");
    let Begin::Redirect(login) = hub.connector.begin(ticket, &browser).await.expect("begun") else {
        panic!("a person is asked for more than a login");
    };
    let state = login.query_pairs().find(|(name, _)| name == "state").expect("state").1.into_owned();
    let params = vec![("code".to_owned(), "granted".to_owned()), ("state".to_owned(), state)];
    hub.connector.finish(IssuerTag::of_login_page(&login), params, Some(&browser)).await.expect("finished");
}
