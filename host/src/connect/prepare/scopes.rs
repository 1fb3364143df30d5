//! The scopes that a login asks for (MCP, Scope Selection Strategy).

use mcphub_oauth::client::Client;
use mcphub_oauth::hook::Need;
use mcphub_oauth::scopes::{self, Sources};

use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::ConnectError;
use crate::connect::core::provider::HookInput;
use crate::settings::ToolSetting;

/// Selects the scopes: what the person configured, or else the challenge, or else the published metadata. The plugin's
/// hook may name others.
#[tracing::instrument(name = "prepare.select_scopes", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn wanted_scopes(at: AtIssuer<'_>, client: &Client) -> Result<Vec<String>, ConnectError> {
    let (entry, discovered) = (at.entry, at.discovered);
    let demand = entry.memory().demand;
    let challenge = demand.challenge.unwrap_or_default();
    let off = |(name, setting): (&String, &ToolSetting)| (setting.enabled == Some(false)).then(|| name.clone());
    let disabled: Vec<String> = entry.server.tools.iter().filter_map(off).collect();
    let granted = if challenge.wants_more_scopes() { granted_now(at).await? } else { Vec::new() };
    let server = discovered.metadata.list("scopes_supported");
    let published = discovered.protected_resource.as_ref().and_then(|found| found.scopes.clone());
    let published = published.or_else(|| (!discovered.scopes_hint.is_empty()).then(|| discovered.scopes_hint.clone()));
    let need = if challenge.scope.is_empty() { Need::Default } else { Need::Challenge(challenge.scope.clone()) };
    let input = HookInput { client: Some(client), ..discovered.hook_input(&client.redirect_uri) };
    let asked = discovered.provider.plugin.scopes_for(&at.context(&input)?, &need).await?;
    let sources = Sources {
        configured: entry.server.oauth.scopes.as_deref(),
        challenge: asked.as_deref().unwrap_or(&challenge.scope),
        resource: published.as_deref(),
        server: server.as_deref(),
        granted: &granted,
        disabled: &disabled,
        tool: demand.tool.as_deref().filter(|_| challenge.wants_more_scopes()),
    };
    Ok(scopes::select(&at.profile().scopes, sources))
}

/// The scopes of the server's current grant. A step-up keeps them.
async fn granted_now(at: AtIssuer<'_>) -> Result<Vec<String>, ConnectError> {
    let stored = at.core.grant(at.entry).await?;
    Ok(stored.map(|stored| stored.value.granted_scopes.unwrap_or(stored.value.requested_scopes)).unwrap_or_default())
}
