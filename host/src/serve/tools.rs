//! `/api/tools`: what `mcphub tools` asks of a running hub. It answers a command that proved to be one, and nobody else: MCP
//! clients have endpoints of their own.
//!
//! Servers may take long. Until the answer is there a space is sent now and then, which JSON ignores. So the command knows
//! that the hub goes on, and the hub learns when the command is gone: then the call is cancelled. The status is sent before
//! the answer is known, so that a failure is a document with `error`.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use futures::stream::unfold;
use futures::{FutureExt, Stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::proof::OfCommand;
use crate::app::{App, ToolCall};

/// How often a space is sent.
const BEAT: Duration = Duration::from_secs(5);

/// Whose tools are wanted: those of all servers if none is named.
#[derive(Deserialize)]
pub(super) struct Wanted {
    server: Option<String>,
}

/// Answers with the tools, and with what a person should know about them.
pub(super) async fn list(_: OfCommand, State(app): State<App>, Query(Wanted { server }): Query<Wanted>) -> Response {
    in_time(async move { document(app.tools(server.as_deref()).await.map(|found| json!(found))) })
}

/// Calls a tool, and answers with its `result`.
pub(super) async fn call(_: OfCommand, State(app): State<App>, Json(call): Json<ToolCall>) -> Response {
    in_time(async move { document(app.call_tool(call).await.map(|result| json!({ "result": result }))) })
}

fn document(outcome: Result<Value, impl Display>) -> String {
    outcome.unwrap_or_else(|error| json!({ "error": error.to_string() })).to_string()
}

fn in_time(answer: impl Future<Output = String> + Send + 'static) -> Response {
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(beating(answer.boxed()))).into_response()
}

/// The answer, with spaces before it for as long as it takes.
fn beating(answer: BoxFuture<'static, String>) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    unfold(Some(answer), |waiting| async move {
        let mut answer = waiting?;
        match tokio::time::timeout(BEAT, &mut answer).await {
            Ok(document) => Some((Ok(Bytes::from(document)), None)),
            Err(_) => Some((Ok(Bytes::from_static(b" ")), Some(answer))),
        }
    })
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_is_awaited_with_spaces_before_it() {
        let answer = async {
            tokio::time::sleep(BEAT * 5 / 2).await;
            "{}".to_owned()
        };

        let sent: Vec<Bytes> = beating(answer.boxed()).map(|Ok(chunk)| chunk).collect().await;

        assert_eq!(sent.concat(), b"  {}");
    }
}
