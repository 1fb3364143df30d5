//! `mcphub tools` with the hub that runs: it has the servers' lists, and their commands run already.
//!
//! Apart from `tools`, because of one rule: a tool is never called twice. Where it is certain that the hub called nothing,
//! the command goes on by itself. Everywhere else it ends with a sentence.

use http::{Method, StatusCode};
use serde_json::Value;

use super::error::CliError;
use super::local::Local;
use super::output::note;
use crate::app::{FoundTools, ToolCall};
use crate::serve::paths;

/// The tools that the running hub knows. `None` if no hub runs that can be asked.
pub(super) async fn list(local: &Local, server: Option<&str>) -> Result<Option<FoundTools>, CliError> {
    let path = server.map_or_else(|| paths::API_TOOLS.to_owned(), |server| paths::filled(paths::API_TOOLS_OF, server));
    let answer = asked(local, Method::GET, &path, Vec::new()).await?;
    answer.map(|answer| serde_json::from_value(answer).map_err(|_| CliError::OtherVersion)).transpose()
}

/// The result of a tool that the running hub called. `None` if no hub runs that can be asked; then nothing was called.
pub(super) async fn call(local: &Local, call: &ToolCall) -> Result<Option<Value>, CliError> {
    let body = serde_json::to_vec(call).unwrap_or_default();
    let answer = asked(local, Method::POST, paths::API_CALL, body).await.map_err(|error| match error {
        CliError::Hub(cause) => CliError::Unanswered(cause),
        other => other,
    })?;
    answer.map(|mut answer| answer.get_mut("result").map(Value::take).ok_or(CliError::OtherVersion)).transpose()
}

async fn asked(local: &Local, method: Method, path: &str, body: Vec<u8>) -> Result<Option<Value>, CliError> {
    let Some(hub) = local.running().await else { return Ok(None) };
    tracing::info!("the running hub is asked");
    let (status, answer) = hub.ask_patiently(method, path, body).await?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    match (status, text("error")) {
        (_, Some(error)) => Err(CliError::Refused(error)),
        // No such path: a hub of this version answers with a document.
        (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, None) => {
            note(
                "the running hub is of another version and cannot be asked for tools, so this command starts the servers \
                 itself; restart the hub to avoid that",
            );
            Ok(None)
        }
        (status, None) if !status.is_success() => Err(CliError::Status(status)),
        (_, None) => Ok(Some(answer)),
    }
}
