//! The surroundings of a case while it is played: settings with one server, a clock that stands still, and randomness that
//! is the same every time.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use mcphub_plugins::Catalogue;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

use super::mock_provider::MockProvider;
use crate::cases::case::{Case, CaseError};
use crate::cases::slots::CaseSlots;
use crate::clock::Clock;
use crate::connect::{BrowserId, Connector, ConnectorParts, LoginObserver, LoginStep, MetadataDocument, new_browser};
use crate::egress::Egress;
use crate::random::Random;
use crate::settings::{Environment, SettingsFile};
use crate::store::Store;

/// The server's name in the settings of a case.
pub(super) const SERVER: &str = "server";
/// The time at which a case begins that does not say when.
const NOW: &str = "2026-01-01T00:00:00Z";

/// The login code under test, and the person who uses it.
pub(super) struct World {
    pub(super) connector: Connector,
    /// The time of the case, in seconds since 1970. A waiting step adds to it.
    pub(super) time: Arc<AtomicU64>,
    pub(super) person: BrowserId,
    /// The directory of the settings. It is deleted when this is dropped.
    pub(super) home: TempDir,
}

impl World {
    pub(super) fn of(case: &Case, catalogue: Catalogue, provider: &MockProvider) -> Result<Self, CaseError> {
        let home = tempfile::tempdir().map_err(|error| failed(&error))?;
        let settings = settings(case, &home, &mut provider.scene().slots)?;
        let servers = settings.load().map_err(|error| failed(&error))?;
        let wrong: Vec<String> = servers.faults.iter().map(ToString::to_string).collect();
        if !wrong.is_empty() {
            return Err(CaseError::Settings(wrong.join(" ")));
        }
        let time = Arc::new(AtomicU64::new(begin(case.now.as_deref().unwrap_or(NOW))?));
        let (seconds, random) = (time.clone(), seeded());
        let parts = ConnectorParts {
            store: Store::new(settings.clone()),
            settings,
            egress: Egress::answered_by(provider.clone()),
            catalogue,
            clock: Clock::of(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed))),
            random: random.clone(),
            base_url: address("http://localhost:3000/")?,
            loopback: address("http://127.0.0.1:3000/")?,
            metadata_document: match &case.metadata_document {
                Some(url) => MetadataDocument::At(url.clone()),
                None => MetadataDocument::None("the case has none"),
            },
            observer: Some(observer(provider)),
        };
        let person = new_browser(&random).ok_or_else(|| failed(&"no browser"))?;
        Ok(Self { connector: Connector::new(servers.settings.usable(), parts), time, person, home })
    }
}

fn failed(error: &dyn Display) -> CaseError {
    CaseError::Play(error.to_string())
}

/// The time in seconds since 1970. An earlier time is refused.
fn begin(now: &str) -> Result<u64, CaseError> {
    let time = humantime::parse_rfc3339(now).ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    time.map(|time| time.as_secs()).ok_or_else(|| CaseError::Time(now.to_owned()))
}

fn address(text: &str) -> Result<Url, CaseError> {
    Url::parse(text).map_err(|error| failed(&error))
}

/// Tells the mock provider which scopes were granted.
fn observer(provider: &MockProvider) -> Arc<LoginObserver> {
    let provider = provider.clone();
    Arc::new(move |step| {
        if let LoginStep::Granted(scopes) = step {
            provider.scene().granted = scopes.map(<[String]>::to_vec);
        }
    })
}

fn settings(case: &Case, home: &TempDir, slots: &mut CaseSlots) -> Result<SettingsFile, CaseError> {
    let oauth = slots.fill(&Value::Object(case.oauth.clone()).to_string());
    let oauth: Value = serde_json::from_str(&oauth).map_err(|error| failed(&error))?;
    let path = home.path().join("mcp_settings.json");
    let document = json!({"mcpServers": {SERVER: {"url": case.server, "oauth": oauth}}});
    std::fs::write(&path, document.to_string()).map_err(|error| failed(&error))?;
    SettingsFile::open(&path, Environment::default()).map_err(|error| failed(&error))
}

/// Randomness that gives the same bytes in every run, and never the same bytes twice in one.
fn seeded() -> Random {
    let drawn = AtomicU64::new(0);
    Random::of(move |bytes| {
        for chunk in bytes.chunks_mut(32) {
            let digest = Sha256::digest(drawn.fetch_add(1, Ordering::Relaxed).to_le_bytes());
            for (byte, random) in chunk.iter_mut().zip(digest) {
                *byte = random;
            }
        }
    })
}
