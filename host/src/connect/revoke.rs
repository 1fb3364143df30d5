//! Logging out: the grant is taken back at the provider where that is possible, and forgotten here in any case.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::mask::Mask;
use mcphub_oauth::plan;
use mcphub_oauth::profile::Revocation;
use mcphub_oauth::revocation;
use mcphub_oauth::template::{Slots, fill};

use super::address::address_of;
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::guide::web_page;
use super::hub::{Change, Hub};
use super::refresh::{attendance_of, client_of, metadata_of};
use super::secrets_issuer;
use super::sharing;
use super::status::Status;
use super::steps::{self, Run};
use crate::egress::without_query;
use crate::store::{Lesson, StoreError, Stored};

/// What a logout did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// In words.
    pub sentence: String,
}

/// How taking back went at the provider.
enum TakenBack {
    Yes,
    Page(String),
    NotPossible(String),
}

/// Logs a server out.
pub(super) async fn logout(hub: &Hub, entry: &Entry) -> Result<LoggedOut, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    let _lease = hub.lease(entry).await?;
    let address = address_of(entry)?;
    let stored = match hub.grant(entry).await {
        Err(StoreError::Sealed { .. }) => return forget_sealed(hub, entry).await,
        stored => stored?,
    };
    let Some(stored) = stored else {
        if hub.parts.store.delete_grant(&entry.key, &address).await? {
            let name = entry.name();
            return Ok(LoggedOut {
                sentence: format!("The login that {name} had at another address is forgotten here."),
            });
        }
        return Ok(LoggedOut { sentence: format!("{} was not logged in.", entry.name()) });
    };
    let taken_back =
        take_back(hub, entry, &stored).await.unwrap_or_else(|error| TakenBack::NotPossible(error.to_string()));
    let sharers = sharing::sharers(hub, entry).await?;
    hub.parts.store.delete_grant(&entry.key, &address).await?;
    if let Some(issuer) = stored.value.issuer() {
        hub.parts.store.put_lesson(issuer, &Lesson::default()).await?;
    }
    entry.update(|state| state.forced = None);
    entry.set_status(Status::LoginRequired, None);
    hub.tell(Change::Dropped(entry.name().to_owned()));
    for sharer in &sharers {
        hub.tell(Change::Dropped(sharer.clone()));
    }
    let names = [entry.name().to_owned()].into_iter().chain(sharers).collect::<Vec<_>>();
    let name = match names.as_slice() {
        [one] => format!("{one} is"),
        several => format!("{} (they share one login) are", several.join(" and ")),
    };
    let tokens = if names.len() == 1 { "its" } else { "their" };
    Ok(LoggedOut {
        sentence: match taken_back {
            TakenBack::Yes => format!("{name} logged out, and the provider has taken {tokens} tokens back."),
            TakenBack::Page(url) => format!("{name} logged out here. To take the tokens back too, open {url}"),
            TakenBack::NotPossible(why) => {
                format!("{name} logged out here; {tokens} tokens end by themselves ({why}).")
            }
        },
    })
}

/// A login whose key is lost: nobody can take its tokens back, and a person wants to begin anew.
async fn forget_sealed(hub: &Hub, entry: &Entry) -> Result<LoggedOut, ConnectError> {
    hub.parts.store.delete_grant(&entry.key, &address_of(entry)?).await?;
    entry.set_status(Status::LoginRequired, None);
    hub.tell(Change::Dropped(entry.name().to_owned()));
    let sentence = format!(
        "{} is logged out here; its login was sealed and could not be opened, so its tokens end by themselves.",
        entry.name()
    );
    Ok(LoggedOut { sentence })
}

async fn take_back(hub: &Hub, entry: &Entry, stored: &Stored<Grant>) -> Result<TakenBack, ConnectError> {
    let grant = &stored.value;
    let discovered = metadata_of(hub, entry, grant.issuer()).await?;
    // A grant that the person wrote, and the client's secret, are shown to no issuer that may not have them.
    secrets_issuer::check(hub, entry, &discovered, attendance_of(stored)).await?;
    let Some(client) = client_of(hub, entry, &discovered, grant).await? else {
        return Ok(TakenBack::NotPossible("the client that it was made for is gone".to_owned()));
    };
    if discovered.party.plugin.handles(FlowOperation::Revoke) {
        steps::run(hub, entry, &discovered, run_of(grant, &client)).await?;
        return Ok(TakenBack::Yes);
    }
    let requests = match requests(hub, entry, &discovered, (grant, &client))? {
        Requests::These(requests) => requests,
        Requests::Page(url) => return Ok(TakenBack::Page(url)),
        Requests::None => return Ok(TakenBack::NotPossible("the provider offers no revocation".to_owned())),
    };
    for request in requests {
        let shown = url::Url::parse(&request.uri().to_string()).map(|url| without_query(&url)).unwrap_or_default();
        // A token may stand in the path.
        let shown = request.extensions().get::<Mask>().cloned().unwrap_or_default().text(&shown);
        let action = entry.journal.begin(Stage::Revocation, format!("{} {shown}", request.method()));
        let response = match hub.parts.egress.send(request, discovered.reach).await {
            Ok(response) => response,
            Err(error) => {
                action.failed(error.to_string(), None);
                return Err(error.into());
            }
        };
        let status = response.status().as_u16();
        if !revocation::accept(&response) {
            action.failed(format!("status {status}"), None);
            return Ok(TakenBack::NotPossible(format!("the provider answered {status}")));
        }
        action.done(format!("status {status}"));
    }
    Ok(TakenBack::Yes)
}

enum Requests {
    These(Vec<http::Request<Vec<u8>>>),
    Page(String),
    None,
}

fn requests(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    (grant, client): (&Grant, &Client),
) -> Result<Requests, ConnectError> {
    let party = &discovered.party;
    let slots = Slots {
        captured: &grant.captured,
        client: Some(client),
        tokens: Some(&grant.tokens),
        ..party.slots(hub.parts.clock.now(), &hub.parts.random)
    };
    Ok(match &party.profile().revocation {
        Revocation::Rfc7009 { tokens, authentication } => match &discovered.metadata.revocation_endpoint {
            Some(endpoint) => Requests::These(revocation::requests(
                endpoint,
                *tokens,
                authentication.as_ref(),
                (grant, client),
                &slots,
            )?),
            None => Requests::None,
        },
        Revocation::Plan(plan) => Requests::These(vec![plan::request(plan, &discovered.allowed_hosts(entry), &slots)?]),
        Revocation::Page(template) => web_page(fill(template, &slots)?).map_or(Requests::None, Requests::Page),
        Revocation::None => Requests::None,
    })
}

fn run_of<'a>(grant: &'a Grant, client: &'a Client) -> Run<'a> {
    Run {
        operation: FlowOperation::Revoke,
        stage: Stage::Revocation,
        client,
        grant: Some(grant),
        code: None,
        verifier: None,
        state: None,
        resource: grant.resource.as_deref(),
        requested: &grant.requested_scopes,
        captured: &grant.captured,
        asker: None,
    }
}
