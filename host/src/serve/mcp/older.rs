//! The endpoints of the transport of revision 2024-11-05, HTTP with SSE: `GET /sse` opens a stream, whose first event names
//! the address for the client's messages.
//!
//! That address stays below the hub's base address, so that it is right behind a proxy, too.

use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{StreamExt, once, unfold};
use http::StatusCode;
use serde::Deserialize;

use super::inbound::{InboundRequest, request_id};
use super::problem::{Problem, Refused};
use super::{event_stream, outbound};
use crate::gateway::Gateway;
use crate::gateway::message::{Message, MessageKind};
use crate::serve::links::Links;
use crate::serve::paths;

/// What the address for messages carries.
#[derive(Deserialize)]
pub(in crate::serve) struct MessagesQuery {
    #[serde(rename = "sessionId")]
    session_id: Option<String>,
}

pub(in crate::serve) async fn get_all(State(gateway): State<Gateway>, request: Request) -> Response {
    outbound::answered(connect(&gateway, None, request))
}

pub(in crate::serve) async fn get_one(
    State(gateway): State<Gateway>,
    Path(server): Path<String>,
    request: Request,
) -> Response {
    outbound::answered(connect(&gateway, Some(&server), request))
}

pub(in crate::serve) async fn post_all(
    State(gateway): State<Gateway>,
    Query(query): Query<MessagesQuery>,
    request: Request,
) -> Response {
    outbound::answered(post_message(&gateway, None, query, request).await)
}

pub(in crate::serve) async fn post_one(
    State(gateway): State<Gateway>,
    Path(server): Path<String>,
    Query(query): Query<MessagesQuery>,
    request: Request,
) -> Response {
    outbound::answered(post_message(&gateway, Some(&server), query, request).await)
}

/// Opens the stream. The session begins with `initialize` on it, and ends with it.
fn connect(gateway: &Gateway, server: Option<&str>, request: Request) -> Result<Response, Refused> {
    let (head, _) = request.into_parts();
    let reading = InboundRequest::of(gateway, &head);
    let scope = reading.scope(server)?;
    reading.accepts(&["text/event-stream"])?;
    let stream = gateway.connect_older(scope, reading.principal);
    let path = server.map_or_else(|| paths::MESSAGES.to_owned(), |name| paths::filled(paths::MESSAGES_SCOPE, name));
    let path = head.extensions.get::<Links>().map_or_else(|| path.clone(), |links| links.to(&path));
    let address = format!("{path}?sessionId={}", stream.client.id);
    let endpoint = event_stream::unnumbered("endpoint", address.as_bytes());
    let rest = unfold(stream, |mut stream| async move {
        let bytes = match tokio::time::timeout(event_stream::KEEP_ALIVE, stream.next()).await {
            Ok(next) => event_stream::unnumbered("message", &next?),
            Err(_) => event_stream::alive(),
        };
        Some((bytes, stream))
    });
    Ok(event_stream::events(once(async { endpoint }).chain(rest)))
}

async fn post_message(
    gateway: &Gateway,
    server: Option<&str>,
    query: MessagesQuery,
    request: Request,
) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let reading = InboundRequest::of(gateway, &head);
    let body = reading.body(body).await?;
    take(&reading, server, query, &body).await.map_err(|problem| problem.of(request_id(&body)))
}

/// Takes a message; what answers it comes on the stream.
async fn take(
    reading: &InboundRequest<'_>,
    server: Option<&str>,
    query: MessagesQuery,
    body: &Bytes,
) -> Result<Response, Problem> {
    let scope = reading.scope(server)?;
    reading.sends_json()?;
    let message = reading.carry(Message::parse(body)?);
    let id = query.session_id.ok_or(Problem::NoStream)?;
    let client = reading.gateway.older(&id, &scope, &reading.principal).ok_or(Problem::UnknownStream)?;
    let is_initialize = message.method() == Some("initialize");
    match message.kind() {
        MessageKind::Request { .. } if is_initialize => reading.gateway.begin_older(&client, &message).await?,
        MessageKind::Request { .. } | MessageKind::Notification { .. } | MessageKind::Response { .. } => {
            client.accept(message).await;
        }
    }
    Ok(outbound::empty(StatusCode::ACCEPTED))
}
