//! `mcphub tools`: asks the running hub, else the servers themselves.

use serde_json::{Map, Value};

use super::error::CliError;
use super::hub_tools;
use super::local::Local;
use super::output::{note, say, table};
use crate::app::{FoundTools, ToolCall};

/// The tools of all servers, or of one.
pub(super) async fn list(local: &Local, server: Option<&str>, json: bool) -> Result<(), CliError> {
    let FoundTools { tools, notes } = match hub_tools::list(local, server).await? {
        Some(found) => found,
        None => list_alone(local, server).await?,
    };
    for sentence in &notes {
        note(sentence);
    }
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

async fn list_alone(local: &Local, server: Option<&str>) -> Result<FoundTools, CliError> {
    let app = local.app().await?;
    let found = app.tools(server).await;
    app.gateway.stop().await;
    found.map_err(|error| CliError::Refused(error.to_string()))
}

/// Calls a tool and prints its result.
pub(super) async fn call(local: &Local, server: &str, tool: &str, arguments: &str) -> Result<(), CliError> {
    let arguments: Map<String, Value> = serde_json::from_str(arguments).map_err(|error| {
        CliError::Refused(format!(
            "the arguments are not a JSON object ({error}); write them like '{{\"name\": \"value\"}}'"
        ))
    })?;
    let call = ToolCall { server: server.to_owned(), tool: tool.to_owned(), arguments };
    let result = match hub_tools::call(local, &call).await? {
        Some(result) => result,
        None => call_alone(local, call).await?,
    };
    let failed = result.get("isError").and_then(Value::as_bool).unwrap_or(false);
    say(&format!("{result:#}"));
    if failed { Err(CliError::Refused(format!("{tool} of {server} answered with an error"))) } else { Ok(()) }
}

async fn call_alone(local: &Local, call: ToolCall) -> Result<Value, CliError> {
    let app = local.app().await?;
    let result = app.call_tool(call).await;
    app.gateway.stop().await;
    result.map_err(|error| CliError::Refused(error.to_string()))
}
