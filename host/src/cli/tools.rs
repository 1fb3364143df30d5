//! `mcphub tools`.

use serde_json::{Map, Value};

use super::error::CliError;
use super::local::Local;
use super::output::{note, say, table};
use crate::app::App;
use crate::connect::Blocked;
use crate::gateway::{CallFailure, ToolView};
use crate::settings::ServerEntry;

/// The tools of all servers, or of one.
pub(super) async fn list(local: &Local, server: Option<&str>, json: bool) -> Result<(), CliError> {
    let app = local.app().await?;
    let tools = found(&app, server).await;
    app.gateway.stop().await;
    let tools = tools?;
    if json {
        say(&format!("{:#}", serde_json::to_value(&tools).unwrap_or(Value::Null)));
        return Ok(());
    }
    let first_line = |text: &Option<String>| {
        text.as_deref().unwrap_or_default().lines().next().unwrap_or_default().chars().take(100).collect()
    };
    let rows: Vec<Vec<String>> =
        tools.iter().map(|tool| vec![tool.server.clone(), tool.name.clone(), first_line(&tool.description)]).collect();
    say(&table(&rows));
    Ok(())
}

async fn found(app: &App, server: Option<&str>) -> Result<Vec<ToolView>, CliError> {
    if let Some(name) = server {
        return app.gateway.tools_of(name).await.map_err(|failure| CliError::Refused(sentence(name, &failure)));
    }
    let loaded = app.in_force().loaded.clone();
    let enabled = loaded.settings.servers.iter().filter(|(_, entry)| is_enabled(entry));
    // All at once: the slowest server alone says how long it takes.
    let asked = enabled.map(|(name, _)| async move { (name, app.gateway.tools_at_hand(name).await) });
    let mut tools = Vec::new();
    for (name, found) in futures::future::join_all(asked).await {
        match found {
            Ok(at_hand) => {
                at_hand.not_awaited.iter().for_each(|sentence| note(sentence));
                tools.extend(at_hand.tools);
            }
            Err(failure) => note(&sentence(name, &failure)),
        }
    }
    Ok(tools)
}

fn is_enabled(entry: &ServerEntry) -> bool {
    matches!(entry, ServerEntry::Usable(server) if server.enabled)
}

/// What the person reads. This process ends now, so a link to it would lead nowhere: the command that makes one is named.
fn sentence(server: &str, failure: &CallFailure) -> String {
    match failure {
        CallFailure::Blocked(Blocked::Login { .. } | Blocked::Setup { .. }) => {
            format!("{server} needs a login; run: mcphub auth login {server}")
        }
        CallFailure::Blocked(Blocked::Failed { .. })
        | CallFailure::UnknownServer { .. }
        | CallFailure::Answered { .. }
        | CallFailure::Server(_) => failure.to_string(),
    }
}

/// Calls a tool and prints its result.
pub(super) async fn call(local: &Local, server: &str, tool: &str, arguments: &str) -> Result<(), CliError> {
    let arguments: Map<String, Value> = serde_json::from_str(arguments).map_err(|error| {
        CliError::Refused(format!(
            "the arguments are not a JSON object ({error}); write them like '{{\"name\": \"value\"}}'"
        ))
    })?;
    let app = local.app().await?;
    let result = app.gateway.call(server, tool, arguments).await;
    app.gateway.stop().await;
    let result = result.map_err(|failure| CliError::Refused(sentence(server, &failure)))?;
    let failed = result.get("isError").and_then(Value::as_bool).unwrap_or(false);
    say(&format!("{result:#}"));
    if failed { Err(CliError::Refused(format!("{tool} of {server} answered with an error"))) } else { Ok(()) }
}
