//! The login core without a network: something in this process answers in its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use mcphub::clock::Clock;
use mcphub::connect::{Connector, ConnectorParts, MetadataDocument, Refusal};
use mcphub::egress::{Egress, StandIn};
use mcphub::random::Random;
use mcphub::settings::{Environment, SettingsFile};
use mcphub::store::Store;
use mcphub_plugins::Catalogue;
use reqwest::StatusCode;

use crate::Home;

/// A connector for the servers of these settings, with these plugins, this world and this time.
#[must_use]
pub fn connector(
    home: &Home,
    catalogue: Catalogue,
    world: impl StandIn + 'static,
    seconds: Arc<AtomicU64>,
) -> Connector {
    let settings = SettingsFile::open(&home.settings(), Environment::default()).expect("settings");
    let servers = settings.load().expect("settings").settings.usable();
    let parts = ConnectorParts {
        store: Store::new(settings.clone()),
        settings,
        egress: Egress::answered_by(world),
        catalogue,
        clock: Clock::of(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed))),
        random: Random::system(),
        base_url: "http://localhost:3000/".parse().expect("an address"),
        loopback: "http://127.0.0.1:3000/".parse().expect("an address"),
        metadata_document: MetadataDocument::None("a test"),
        observer: None,
    };
    Connector::new(servers, parts)
}

/// A 401 with this challenge.
#[must_use]
pub fn unauthorized(challenge: &str) -> Refusal {
    Refusal {
        status: StatusCode::UNAUTHORIZED,
        challenges: vec![challenge.to_owned()],
        body: String::new(),
        tool: None,
    }
}
