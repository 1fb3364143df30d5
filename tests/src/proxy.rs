//! A small reverse proxy, as people put in front of a hub.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, HOST, HeaderValue, TRANSFER_ENCODING};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::http;

/// What a proxy does with a request.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// It passes on the name that people use; otherwise its own idea of the hub's.
    pub keeps_host: bool,
    /// The path below which the hub is.
    pub prefix: &'static str,
    /// It takes the prefix away.
    pub strips: bool,
    /// It says for whom it asks.
    pub says_so: bool,
}

/// A running proxy, which knows its hub later.
pub struct Proxy {
    state: Arc<Shared>,
    /// Its port, on 127.0.0.1.
    pub port: u16,
}

struct Shared {
    manners: Manners,
    hub: OnceLock<String>,
}

impl Proxy {
    /// Starts one.
    pub async fn start(manners: Manners) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Shared { manners, hub: OnceLock::new() });
        let router = Router::new().fallback(pass_on).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { state, port }
    }

    /// Says where the hub is: `http://localhost:PORT`.
    pub fn lead_to(&self, hub: &str) {
        self.state.hub.set(hub.replace("localhost", "127.0.0.1")).expect("said once");
    }
}

async fn pass_on(State(state): State<Arc<Shared>>, request: Request) -> Response {
    let Some(path) = path(request.uri(), state.manners) else { return StatusCode::NOT_FOUND.into_response() };
    let hub = state.hub.get().expect("a hub");
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let mut headers = head.headers;
    let asked = headers.get(HOST).cloned().unwrap_or(HeaderValue::from_static(""));
    headers.remove(CONNECTION);
    if !state.manners.keeps_host {
        headers.remove(HOST);
    }
    if state.manners.says_so {
        headers.insert("x-forwarded-host", asked);
        headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    }
    let answer = http().request(head.method, format!("{hub}{path}")).headers(headers).body(body).send().await;
    let answer = answer.expect("the hub answers");
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(TRANSFER_ENCODING);
    headers.remove(CONNECTION);
    let body = Body::from(answer.bytes().await.unwrap_or_default());
    (status, headers, body).into_response()
}

/// What the hub is asked for. None: that is not below its path.
fn path(uri: &Uri, manners: Manners) -> Option<String> {
    let whole = uri.path_and_query()?.as_str();
    let rest = whole.strip_prefix(manners.prefix)?;
    if manners.strips { Some(format!("/{}", rest.trim_start_matches('/'))) } else { Some(whole.to_owned()) }
}
