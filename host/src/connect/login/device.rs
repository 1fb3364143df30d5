//! A login on another device (RFC 8628). The person enters a code there, while the hub polls for the tokens.

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
use mcphub_oauth::token::Tokens;
use serde::Serialize;
use url::Url;

use super::foreign;
use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, LoginError};
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::connect::discovery::issuer_binding::{self, Attendance};
use crate::connect::discovery::learned;
use crate::connect::grant::keep::keep;
use crate::connect::grant::token_answer::{provider_error, summary};
use crate::connect::grant::{dpop, fresh};
use crate::connect::prepare::preparation::{Prepared, prepare};
use crate::connect::prepare::scopes::wanted_scopes;
use crate::egress::without_query;

/// What `slow_down` adds to the pause (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The longest pause, however often it was increased.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// What a person needs on the other device.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceLogin {
    /// The code to enter.
    pub user_code: String,
    /// The page to enter it on.
    pub verification_uri: String,
    /// The page with the code already filled in, if there is one.
    pub verification_uri_complete: Option<String>,
    /// How long the code is valid, in seconds.
    pub expires_in: u64,
}

/// A login that waits for the person to enter the code.
struct WaitingDevice {
    core: Arc<Core>,
    entry: Arc<Entry>,
    address: ServerAddress,
    discovered: Arc<Discovered>,
    client: Client,
    scopes: Vec<String>,
    resource: Option<String>,
    key: Option<DpopKey>,
    codes: DeviceAuthorization,
}

/// Starts a login. When it ends, the server gets an event and, if it succeeded, a grant.
#[tracing::instrument(name = "login.begin_on_device", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn start(core: &Arc<Core>, entry: &Arc<Entry>) -> Result<DeviceLogin, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    let server = || entry.name().to_owned();
    let (discovered, client) = match prepare(core, entry).await? {
        Prepared::Ready(discovered, client) => (discovered, *client),
        Prepared::Setup(_, why) => return Err(LoginError::SetupNeeded { server: server(), why }.into()),
    };
    let at = AtIssuer { core, entry, discovered: &discovered };
    let endpoint = device::endpoint(&discovered.metadata);
    let endpoint = endpoint.ok_or_else(|| LoginError::NoDeviceLogin { server: server() })?;
    // Nothing is sent to another site before the person has agreed to that site.
    foreign::require(at, &endpoint).await?;
    issuer_binding::bind(at, Attendance::Person).await?;
    let scopes = wanted_scopes(at, &client).await?;
    let resource = learned::resource(at).await?;
    let request = {
        let slots = Slots { client: Some(&client), resource: resource.as_deref(), ..at.slots() };
        device::request(&endpoint, &client, at.profile(), &scopes, &slots)?
    };
    let codes = ask_for_codes(at, &endpoint, request).await?;
    let key = dpop::key(dpop::is_wanted(at))?;
    let login = shown(core, &codes);
    let (core, entry, address) = (core.clone(), entry.clone(), address_of(entry)?);
    // The person may take minutes. The caller shows the code now, and the task ends when the code does.
    tokio::spawn(wait(WaitingDevice { core, entry, address, discovered, client, scopes, resource, key, codes }));
    Ok(login)
}

async fn ask_for_codes(
    at: AtIssuer<'_>,
    endpoint: &Url,
    request: http::Request<Vec<u8>>,
) -> Result<DeviceAuthorization, ConnectError> {
    let egress = &at.core.parts.egress;
    let action = at.entry.journal.begin(Stage::Authorization, format!("POST {}", without_query(endpoint)));
    let response = match egress.send_to_owner(request, at.discovered.policy).await {
        Ok(response) => response,
        Err(error) => {
            let error = ConnectError::from(error);
            action.failed_with(&error);
            return Err(error);
        }
    };
    let codes = match device::accept(&response, at.core.now()) {
        Ok(codes) => codes,
        Err(error) => {
            let error = provider_error(at, error, Operation::Authorization, &response).await;
            action.failed_with(&error);
            return Err(error);
        }
    };
    egress.may_lead_to(&codes.verification_uri, at.discovered.policy)?;
    foreign::require(at, &codes.verification_uri).await?;
    action.waiting(format!("the person enters a code at {}", without_query(&codes.verification_uri)));
    Ok(codes)
}

fn shown(core: &Core, codes: &DeviceAuthorization) -> DeviceLogin {
    DeviceLogin {
        user_code: codes.user_code.clone(),
        verification_uri: codes.verification_uri.to_string(),
        verification_uri_complete: complete(codes).map(ToString::to_string),
        expires_in: codes.expires_at.duration_since(core.now()).unwrap_or_default().as_secs(),
    }
}

/// The page with the code filled in, if it is at the same site as the page without it. The person has agreed to that
/// site only.
fn complete(codes: &DeviceAuthorization) -> Option<&Url> {
    let site = Site::of(&codes.verification_uri);
    codes
        .verification_uri_complete
        .as_ref()
        .filter(|url| url.scheme() == codes.verification_uri.scheme() && Site::of(url) == site)
}

/// Polls until the person is done or has refused, or the code has expired.
async fn wait(waiting: WaitingDevice) {
    let WaitingDevice { core, entry, .. } = &waiting;
    let begun = || entry.journal.begin(Stage::Authorization, "the login on another device");
    let mut interval = waiting.codes.interval;
    while core.now() < waiting.codes.expires_at {
        tokio::time::sleep(interval).await;
        match ask(&waiting).await {
            Ok(Some(Polled::Pending)) => {}
            // A server that does not answer is also polled less often (§3.5).
            Ok(None) => interval = (interval * 2).min(LONGEST_PAUSE),
            Ok(Some(Polled::SlowDown)) => interval = (interval + SLOWER).min(LONGEST_PAUSE),
            Ok(Some(Polled::Tokens(tokens))) => return finish(&waiting, tokens).await,
            Err(error) => return begun().failed(error.to_string(), Some("Start the login again.".into())),
        }
    }
    begun().failed("nobody entered the code in time", Some("Start the login again.".into()));
}

async fn finish(waiting: &WaitingDevice, tokens: Tokens) {
    let dpop = waiting.key.clone().filter(|_| tokens.bound);
    let request = fresh::Request {
        address: waiting.address.clone(),
        discovered: &waiting.discovered,
        client: &waiting.client,
        resource: waiting.resource.clone(),
        scopes: waiting.scopes.clone(),
    };
    let grant = Grant { dpop, ..fresh::grant(request, tokens) };
    let action = waiting.entry.journal.begin(Stage::Exchange, "the login on another device");
    match keep(&waiting.core, &waiting.entry, &grant).await {
        Ok(()) => action.done(summary(&grant)),
        Err(error) => action.failed_with(&error),
    }
}

/// Polls once. `None` means that there was no answer, and a later one may succeed (§3.5).
async fn ask(waiting: &WaitingDevice) -> Result<Option<Polled>, ConnectError> {
    let WaitingDevice { core, entry, discovered, client, .. } = waiting;
    let at = AtIssuer { core, entry, discovered };
    let request = {
        let slots = Slots { client: Some(client), resource: waiting.resource.as_deref(), ..at.slots() };
        device::poll_request(&waiting.codes.device_code, client, &discovered.metadata, at.profile(), &slots)?
    };
    let response = match dpop::send(core, discovered, request, waiting.key.as_ref()).await {
        Ok(response) => response,
        Err(error) if error.is_transient() => return Ok(None),
        Err(error) => return Err(error),
    };
    match device::poll_accept(&response, at.profile(), core.now()) {
        Ok(polled) => Ok(Some(polled)),
        Err(error) => {
            let error = provider_error(at, error, Operation::Exchange, &response).await;
            if error.is_transient() { Ok(None) } else { Err(error) }
        }
    }
}
