//! Logging out: the grant is revoked at the provider if that is possible (RFC 7009), and deleted here in any case.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::mask::Mask;
use mcphub_oauth::plan;
use mcphub_oauth::profile::Revocation;
use mcphub_oauth::revocation;
use mcphub_oauth::template::{Slots, fill};

use super::bound_to::{attendance_of, client_of, metadata_of};
use super::plugin_steps::{self, StepRun};
use super::sharing;
use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::{Change, Core};
use crate::connect::core::web_page::web_page;
use crate::connect::discovery::issuer_binding;
use crate::egress::without_query;
use crate::store::{Learned, StoreError, Stored};

/// What a logout did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// What happened, in one sentence for the person.
    pub sentence: String,
}

/// The result of the revocation at the provider.
enum TakenBack {
    Yes,
    /// The person can revoke it on this page.
    Page(String),
    /// It was not revoked, for this reason.
    NotPossible(String),
}

/// Logs a server out, and the servers that share its login with it.
#[tracing::instrument(name = "grant.revoke", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn logout(core: &Core, entry: &Entry) -> Result<LoggedOut, ConnectError> {
    // First the lock of the login, then the lease. A refused request takes them in the same order, so neither blocks
    // the other.
    let _one_at_a_time = entry.flow.lock().await;
    let _lease = core.lease(entry).await?;
    let address = address_of(entry)?;
    let name = entry.name();
    let stored = match core.grant(entry).await {
        Err(StoreError::Sealed { .. }) => return forget_sealed(core, entry).await,
        stored => stored?,
    };
    let Some(stored) = stored else {
        let sentence = if core.parts.store.delete_grant(&entry.key, &address).await? {
            format!("The login that {name} had at another address is forgotten here.")
        } else {
            format!("{name} was not logged in.")
        };
        return Ok(LoggedOut { sentence });
    };
    // A provider that does not cooperate must not keep the person logged in here.
    let taken_back =
        take_back(core, entry, &stored).await.unwrap_or_else(|error| TakenBack::NotPossible(error.to_string()));
    // Read before the grant is deleted: afterwards the store no longer knows who shared it.
    let sharers = sharing::sharers(core, entry).await?;
    core.parts.store.delete_grant(&entry.key, &address).await?;
    if let Some(issuer) = stored.value.issuer() {
        core.parts.store.put_learned(issuer, &Learned::default()).await?;
    }
    entry.remember(|memory| memory.refreshed_by_force = None);
    entry.login_required(None);
    let names: Vec<String> = [name.to_owned()].into_iter().chain(sharers).collect();
    for name in &names {
        core.tell(Change::Dropped(name.clone()));
    }
    Ok(LoggedOut { sentence: sentence(&names, taken_back) })
}

fn sentence(names: &[String], taken_back: TakenBack) -> String {
    let name = match names {
        [one] => format!("{one} is"),
        several => format!("{} (they share one login) are", several.join(" and ")),
    };
    let tokens = if names.len() == 1 { "its" } else { "their" };
    match taken_back {
        TakenBack::Yes => format!("{name} logged out, and the provider has taken {tokens} tokens back."),
        TakenBack::Page(url) => format!("{name} logged out here. To take the tokens back too, open {url}"),
        TakenBack::NotPossible(why) => format!("{name} logged out here; {tokens} tokens end by themselves ({why})."),
    }
}

/// Deletes a grant whose sealing key is lost. Its tokens cannot be revoked, and the person wants to start again.
async fn forget_sealed(core: &Core, entry: &Entry) -> Result<LoggedOut, ConnectError> {
    core.parts.store.delete_grant(&entry.key, &address_of(entry)?).await?;
    entry.login_required(None);
    core.tell(Change::Dropped(entry.name().to_owned()));
    let sentence = format!(
        "{} is logged out here; its login was sealed and could not be opened, so its tokens end by themselves.",
        entry.name()
    );
    Ok(LoggedOut { sentence })
}

async fn take_back(core: &Core, entry: &Entry, stored: &Stored<Grant>) -> Result<TakenBack, ConnectError> {
    let grant = &stored.value;
    let discovered = metadata_of(core, entry, grant.issuer()).await?;
    let at = AtIssuer { core, entry, discovered: &discovered };
    // An issuer must not see a grant that the person wrote, or the client's secret, unless they belong to it.
    issuer_binding::check(at, attendance_of(stored)).await?;
    let Some(client) = client_of(at, grant).await? else {
        return Ok(TakenBack::NotPossible("the client that it was made for is gone".to_owned()));
    };
    if discovered.provider.plugin.handles(FlowOperation::Revoke) {
        let run = StepRun::of_grant(FlowOperation::Revoke, Stage::Revocation, &client, grant);
        plugin_steps::run_unattended(at, run, &grant.captured).await?;
        return Ok(TakenBack::Yes);
    }
    match requests(at, grant, &client)? {
        RevocationRequests::These(requests) => send(at, requests).await,
        RevocationRequests::Page(url) => Ok(TakenBack::Page(url)),
        RevocationRequests::None => Ok(TakenBack::NotPossible("the provider offers no revocation".to_owned())),
    }
}

async fn send(at: AtIssuer<'_>, requests: Vec<http::Request<Vec<u8>>>) -> Result<TakenBack, ConnectError> {
    for request in requests {
        let shown = url::Url::parse(&request.uri().to_string()).map(|url| without_query(&url)).unwrap_or_default();
        // The path may hold a token.
        let shown = request.extensions().get::<Mask>().cloned().unwrap_or_default().text(&shown);
        let action = at.entry.journal.begin(Stage::Revocation, format!("{} {shown}", request.method()));
        let response = match at.core.parts.egress.send(request, at.discovered.policy).await {
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

/// The way to revoke a grant at the provider.
enum RevocationRequests {
    These(Vec<http::Request<Vec<u8>>>),
    Page(String),
    None,
}

fn requests(at: AtIssuer<'_>, grant: &Grant, client: &Client) -> Result<RevocationRequests, ConnectError> {
    let slots = Slots { captured: &grant.captured, client: Some(client), tokens: Some(&grant.tokens), ..at.slots() };
    Ok(match &at.profile().revocation {
        Revocation::Rfc7009 { tokens, authentication } => match &at.discovered.metadata.revocation_endpoint {
            Some(endpoint) => {
                let authentication = authentication.as_ref();
                let requests = revocation::requests(endpoint, *tokens, authentication, (grant, client), &slots)?;
                RevocationRequests::These(requests)
            }
            None => RevocationRequests::None,
        },
        Revocation::Plan(plan) => {
            let allowed = at.discovered.allowed_hosts(at.entry.url());
            RevocationRequests::These(vec![plan::request(plan, &allowed, &slots)?])
        }
        Revocation::Page(template) => {
            web_page(fill(template, &slots)?).map_or(RevocationRequests::None, RevocationRequests::Page)
        }
        Revocation::None => RevocationRequests::None,
    })
}
