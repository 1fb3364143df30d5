//! The login core in this process, its time in the test's hand: for what takes months, or ten thousand calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use mcphub::clock::Clock;
use mcphub::connect::{
    Blocked, Connector, ConnectorParts, Finish, IssuerTag, MetadataDocument, Refusal, RequestCredential, new_browser,
};
use mcphub::egress::Egress;
use mcphub::random::Random;
use mcphub::settings::{Environment, SettingsFile};
use mcphub::store::Store;
use reqwest::StatusCode;
use serde_json::json;

use crate::{Browser, Home};

/// A date at which the tests begin; seconds since 1970.
pub const START: u64 = 1_800_000_000;

/// A connector with one server, `notes`.
pub struct Core {
    /// The logins.
    pub connector: Connector,
    home: Arc<Home>,
    time: Arc<AtomicU64>,
}

impl Core {
    /// For the server at this address.
    pub async fn start(server: &str) -> Self {
        Self::within(server, Egress::new()).await
    }

    /// The same in a network of the test's.
    pub async fn within(server: &str, egress: Egress) -> Self {
        let settings = json!({"mcpServers": {"notes": {"url": server}}});
        Self::of(Arc::new(Home::new(&settings.to_string())), Arc::new(AtomicU64::new(START)), egress).await
    }

    async fn of(home: Arc<Home>, time: Arc<AtomicU64>, egress: Egress) -> Self {
        let settings = SettingsFile::open(&home.settings(), Environment::default()).expect("settings");
        let servers = settings.load().expect("settings").settings.usable();
        let seconds = time.clone();
        let clock = Clock::of(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed)));
        let cache = std::env::temp_dir().join("mcphub-tests-cache");
        let parts = ConnectorParts {
            store: Store::new(settings.clone()),
            settings,
            egress,
            catalogue: mcphub::app::plugins(Some(&cache), &[]).await.expect("plugins"),
            clock,
            random: Random::system(),
            base_url: "http://localhost:3000/".parse().expect("an address"),
            loopback: "http://127.0.0.1:3000/".parse().expect("an address"),
            metadata_document: MetadataDocument::None("a test"),
            observer: None,
        };
        Self { connector: Connector::new(servers, parts), home, time }
    }

    /// Forgets all but what is in the file, as a restart does.
    pub async fn restart(self) -> Self {
        Self::of(self.home, self.time, Egress::new()).await
    }

    /// Another hub on the same file.
    pub async fn beside(&self) -> Self {
        Self::of(self.home.clone(), self.time.clone(), Egress::new()).await
    }

    /// Time passes; seconds.
    pub fn advance(&self, seconds: u64) {
        self.time.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The clock is set back; seconds.
    pub fn set_back(&self, seconds: u64) {
        self.time.fetch_sub(seconds, Ordering::Relaxed);
    }

    /// Signs in once.
    pub async fn sign_in(&self) {
        let terminal = new_browser(&Random::system()).expect("an id");
        let url = crate::begin(&self.connector, "notes", &terminal).await.expect("a login page");
        let callback = Browser::new().up_to_the_callback(url.as_str()).await;
        let finish = self
            .connector
            .finish(
                IssuerTag::in_redirect_uri(callback.as_str()),
                callback.query_pairs().into_owned().collect(),
                Some(&terminal),
            )
            .await;
        assert!(matches!(finish, Ok(Finish::Done(_))), "{finish:?}");
    }

    /// What a call carries, as the gateway gets it: once more where it is refused.
    pub async fn call(&self, opens: impl Fn(&str) -> bool) -> Result<RequestCredential, Blocked> {
        let used = self.connector.credential("notes").await?;
        if used.as_ref().is_some_and(|used| opens(authorization(used))) {
            return Ok(used.expect("a credential"));
        }
        let refusal = Refusal {
            status: StatusCode::UNAUTHORIZED,
            challenges: vec!["Bearer error=\"invalid_token\"".to_owned()],
            body: String::new(),
            tool: None,
        };
        let fresh = self.connector.refused("notes", refusal, used.as_ref()).await?;
        if opens(authorization(&fresh)) {
            self.connector.accepted("notes", &fresh);
        }
        Ok(fresh)
    }
}

/// The header that opens the server.
#[must_use]
pub fn authorization(credential: &RequestCredential) -> &str {
    let header = credential.headers.iter().find(|(name, _)| name == "authorization");
    header.and_then(|(_, value)| value.to_str().ok()).unwrap_or_default()
}
