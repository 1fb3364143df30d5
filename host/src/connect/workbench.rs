//! For tests of single rooms: a core over a store in memory, with the time in the test's hand, and a provider made of canned answers.

#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use http::{Request, Response};
use mcphub_oauth::browser::BrowserId;
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::core::at_issuer::AtIssuer;
use super::core::entry::Entry;
use super::core::parts::{ConnectorParts, Core, MetadataDocument};
use super::core::target::Discovered;
use super::discovery::search::discover;
use crate::bundled::BUNDLED;
use crate::clock::Clock;
use crate::egress::{Egress, EgressError, StandIn};
use crate::random::Random;
use crate::settings::{Environment, SettingsFile};
use crate::store::Store;

/// The MCP server of every workbench.
pub(crate) const SERVER: &str = "https://mcp.example/mcp";
/// Its authorization server, at the same site.
pub(crate) const ISSUER: &str = "https://as.mcp.example";

/// A core with one server, `notes`, and a provider.
pub(crate) struct Workbench {
    pub(crate) core: Arc<Core>,
    pub(crate) provider: Canned,
    time: Arc<AtomicU64>,
    _home: TempDir,
}

/// Answers by method and path; what was asked is kept.
#[derive(Clone, Default)]
pub(crate) struct Canned(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: BTreeMap<String, (u16, Value)>,
    asked: Vec<(String, String)>,
}

impl Canned {
    /// From now on a request such as `POST /token` is answered so.
    pub(crate) fn answer(&self, request: &str, status: u16, body: Value) {
        self.0.lock().expect("lock").answers.insert(request.to_owned(), (status, body));
    }

    /// The bodies of the requests of this kind, the oldest first.
    pub(crate) fn asked(&self, request: &str) -> Vec<String> {
        let state = self.0.lock().expect("lock");
        state.asked.iter().filter(|(of, _)| of == request).map(|(_, body)| body.clone()).collect()
    }
}

impl StandIn for Canned {
    fn answer(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, EgressError>> {
        let of = format!("{} {}", request.method(), request.uri().path());
        let mut state = self.0.lock().expect("lock");
        state.asked.push((of.clone(), String::from_utf8(request.into_body()).expect("text")));
        let (status, body) = state.answers.get(&of).cloned().unwrap_or((404, Value::Null));
        let response = Response::builder().status(status).header("content-type", "application/json");
        Box::pin(async move { Ok(response.body(body.to_string().into_bytes()).expect("an answer")) })
    }
}

/// Metadata of an authorization server that registers clients and does PKCE.
pub(crate) fn metadata() -> Value {
    json!({
        "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"), "registration_endpoint": format!("{ISSUER}/register"),
        "code_challenge_methods_supported": ["S256"], "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": true,
    })
}

pub(crate) fn browser(letter: &str) -> BrowserId {
    BrowserId::parse(&letter.repeat(43)).expect("a browser")
}

impl Workbench {
    /// A server with these `oauth` settings, whose authorization server works.
    pub(crate) async fn new(oauth: Value) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("mcp_settings.json");
        let document = json!({"mcpServers": {"notes": {"url": SERVER, "oauth": oauth}}});
        std::fs::write(&path, document.to_string()).expect("written");
        let settings = SettingsFile::open(&path, Environment::default()).expect("settings");
        let servers = settings.load().expect("settings").settings.usable();
        let (provider, time) = (Canned::default(), Arc::new(AtomicU64::new(1_800_000_000)));
        let seconds = time.clone();
        let parts = ConnectorParts {
            store: Store::in_memory(),
            settings,
            egress: Egress::answered_by(provider.clone()),
            catalogue: catalogue().await,
            clock: Clock::of(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed))),
            random: Random::system(),
            base_url: "https://hub.example/".parse().expect("url"),
            loopback: "http://127.0.0.1:3000/".parse().expect("url"),
            metadata_document: MetadataDocument::None("a test"),
            observer: None,
        };
        let bench = Self { core: Arc::new(Core::new(servers, parts)), provider, time, _home: home };
        bench.provider.answer(
            "GET /.well-known/oauth-protected-resource/mcp",
            200,
            json!({"resource": SERVER, "authorization_servers": [ISSUER], "scopes_supported": ["read"]}),
        );
        bench.provider.answer("GET /.well-known/oauth-authorization-server", 200, metadata());
        bench.provider.answer("POST /register", 201, json!({"client_id": "registered-1"}));
        bench.tokens("access-1", Some("refresh-1"));
        bench
    }

    /// From now on the token endpoint gives these tokens, for an hour.
    pub(crate) fn tokens(&self, access: &str, refresh: Option<&str>) {
        let body = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh, "scope": "read",
        });
        self.provider.answer("POST /token", 200, body);
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.time.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn entry(&self) -> Arc<Entry> {
        self.core.entry("notes").expect("the server")
    }

    /// What discovery finds now, remembered as a login remembers it.
    pub(crate) async fn discovered(&self) -> Arc<Discovered> {
        let found = Arc::new(discover(&self.core, &self.entry(), None).await.expect("discovered"));
        self.entry().remember(|memory| memory.discovered = Some(found.clone()));
        found
    }

    pub(crate) fn at<'a>(&'a self, entry: &'a Entry, discovered: &'a Discovered) -> AtIssuer<'a> {
        AtIssuer { core: &self.core, entry, discovered }
    }
}

/// The plugin for any provider, compiled once for all tests of this process.
async fn catalogue() -> Catalogue {
    static PLUGIN: tokio::sync::OnceCell<mcphub_plugins::Plugin> = tokio::sync::OnceCell::const_new();
    let plugin = PLUGIN.get_or_init(|| async {
        let (_, bytes) = BUNDLED.iter().find(|(name, _)| *name == "rfc8414").expect("bundled");
        let host = PluginHost::new(None, Limits::default()).expect("a host");
        host.load(Origin::Bundled, bytes.to_vec()).await.expect("loads")
    });
    let catalogue = Catalogue::new();
    drop(catalogue.add(plugin.await.clone()));
    catalogue
}
