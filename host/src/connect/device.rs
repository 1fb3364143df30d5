//! A login on another device (RFC 8628): the person enters a code there, the hub asks meanwhile.

use std::sync::Arc;
use std::time::Duration;

use mcphub_oauth::client::Client;
use mcphub_oauth::device::{self, DeviceAuthorization, Polled};
use mcphub_oauth::dpop::DpopKey;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::profile::Operation;
use mcphub_oauth::server_address::ServerAddress;
use mcphub_oauth::site::Site;
use mcphub_oauth::template::Slots;
use serde::Serialize;
use url::Url;

use super::address::address_of;
use super::begin::{Prepared, prepare, wanted_scopes};
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::exchange::{provider_error, told};
use super::finish::keep;
use super::foreign_login;
use super::hub::Hub;
use super::secrets_issuer::{self, Attendance};
use super::{lessons, machine, possession};
use crate::egress::without_query;

/// RFC 8628 §3.5: what `slow_down` adds to the pause.
const SLOWER: Duration = Duration::from_secs(5);

/// The longest pause, however often it was lengthened.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// What a person does on the other device.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceLogin {
    /// What to enter.
    pub user_code: String,
    /// Where to enter it.
    pub verification_uri: String,
    /// The same with the code in it, where there is one.
    pub verification_uri_complete: Option<String>,
    /// How long the code is good, seconds.
    pub expires_in: u64,
}

/// One login under way.
struct Waiting {
    hub: Arc<Hub>,
    entry: Arc<Entry>,
    address: ServerAddress,
    discovered: Arc<Discovered>,
    client: Client,
    wanted: Vec<String>,
    resource: Option<String>,
    key: Option<DpopKey>,
    codes: DeviceAuthorization,
}

/// Starts one; its end is an event, and a grant.
pub(super) async fn start(hub: &Arc<Hub>, entry: &Arc<Entry>) -> Result<DeviceLogin, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    let refused = |reason: String| ConnectError::NotLoggedIn { server: entry.name().to_owned(), reason };
    let (discovered, client) = match prepare(hub, entry).await? {
        Prepared::Ready(discovered, client) => (discovered, *client),
        Prepared::Setup(_, why) => return Err(refused(why)),
    };
    let Some(endpoint) = device::endpoint(&discovered.metadata) else {
        return Err(refused("its authorization server offers no login on another device".to_owned()));
    };
    // Nothing is sent to another site that the person was not told of.
    foreign_login::require(hub, entry, &discovered, &endpoint).await?;
    secrets_issuer::bind(hub, entry, &discovered, Attendance::Person).await?;
    let wanted = wanted_scopes(hub, entry, &discovered, &client).await?;
    let resource = lessons::resource(hub, entry, &discovered).await?;
    let request = {
        let slots = Slots {
            client: Some(&client),
            resource: resource.as_deref(),
            ..discovered.party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        device::request(&endpoint, &client, discovered.party.profile(), (&wanted, &slots))?
    };
    let action = entry.journal.begin(Stage::Authorization, format!("POST {}", without_query(&endpoint)));
    let response = hub.parts.egress.send_to_owner(request, discovered.reach).await?;
    let codes = match device::accept(&response, hub.parts.clock.now()) {
        Ok(codes) => codes,
        Err(error) => {
            let error = provider_error(hub, entry, &discovered, error, (Operation::Authorization, &response)).await;
            action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned));
            return Err(error);
        }
    };
    hub.parts.egress.may_lead_to(&codes.verification_uri, discovered.reach)?;
    foreign_login::require(hub, entry, &discovered, &codes.verification_uri).await?;
    action.waiting(format!("the person enters a code at {}", without_query(&codes.verification_uri)));
    let login = DeviceLogin {
        user_code: codes.user_code.clone(),
        verification_uri: codes.verification_uri.to_string(),
        verification_uri_complete: complete(&codes).map(ToString::to_string),
        expires_in: codes.expires_at.duration_since(hub.parts.clock.now()).unwrap_or_default().as_secs(),
    };
    let key = possession::key(entry, &discovered)?;
    let (hub, entry, address) = (hub.clone(), entry.clone(), address_of(entry)?);
    tokio::spawn(wait(Waiting { hub, entry, address, discovered, client, wanted, resource, key, codes }));
    Ok(login)
}

/// The page with the code in it, where it is at the site of the one without, which the person was told of.
fn complete(codes: &DeviceAuthorization) -> Option<&Url> {
    let site = Site::of(&codes.verification_uri);
    codes
        .verification_uri_complete
        .as_ref()
        .filter(|url| url.scheme() == codes.verification_uri.scheme() && Site::of(url) == site)
}

/// Asks until the person is done, has refused, or the code has ended.
async fn wait(waiting: Waiting) {
    let Waiting { hub, entry, .. } = &waiting;
    let mut interval = waiting.codes.interval;
    while hub.parts.clock.now() < waiting.codes.expires_at {
        tokio::time::sleep(interval).await;
        match ask(&waiting).await {
            Ok(Some(Polled::Pending)) => {}
            // §3.5: a server that does not answer is asked less often, too.
            Ok(None) => interval = (interval * 2).min(LONGEST_PAUSE),
            Ok(Some(Polled::SlowDown)) => interval = (interval + SLOWER).min(LONGEST_PAUSE),
            Ok(Some(Polled::Tokens(tokens))) => {
                let parts = (tokens, waiting.wanted.clone(), waiting.resource.clone());
                let bound = parts.0.bound;
                let grant = machine::grant((waiting.address.clone(), &waiting.discovered), &waiting.client, parts);
                let grant = Grant { dpop: waiting.key.clone().filter(|_| bound), ..grant };
                let action = entry.journal.begin(Stage::Exchange, "the login on another device");
                match keep(hub, entry, &grant).await {
                    Ok(()) => action.done(told(&grant)),
                    Err(error) => action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned)),
                }
                return;
            }
            Err(error) => {
                let action = entry.journal.begin(Stage::Authorization, "the login on another device");
                action.failed(error.to_string(), Some("Start the login again.".into()));
                return;
            }
        }
    }
    let action = entry.journal.begin(Stage::Authorization, "the login on another device");
    action.failed("nobody entered the code in time", Some("Start the login again.".into()));
}

/// One question. None: it was not answered, which may pass (§3.5).
async fn ask(waiting: &Waiting) -> Result<Option<Polled>, ConnectError> {
    let Waiting { hub, entry, discovered, client, .. } = waiting;
    let profile = discovered.party.profile();
    let request = {
        let slots = Slots {
            client: Some(client),
            resource: waiting.resource.as_deref(),
            ..discovered.party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        device::poll_request(&waiting.codes.device_code, client, &discovered.metadata, profile, &slots)?
    };
    let response = match possession::send(hub, discovered, request, waiting.key.as_ref()).await {
        Ok(response) => response,
        Err(error) if error.is_transient() => return Ok(None),
        Err(error) => return Err(error),
    };
    match device::poll_accept(&response, profile, hub.parts.clock.now()) {
        Ok(polled) => Ok(Some(polled)),
        Err(error) => {
            let error = provider_error(hub, entry, discovered, error, (Operation::Exchange, &response)).await;
            if error.is_transient() { Ok(None) } else { Err(error) }
        }
    }
}
