//! The MCP endpoints: Streamable HTTP for all servers (`/mcp`) and for one (`/mcp/{server}`).
//!
//! What a request must look like is checked in `inbound`, and what can be wrong with it stands in `problem`; how answers
//! leave stands in `outbound` and `event_stream`. Several messages in one POST are for `batch`. Clients of the revision without
//! sessions have their own rules, in `modern` and `modern_headers`; the transport of revision 2024-11-05 is in `older`. What is
//! measured of a request is noted in `observed`.

mod batch;
mod event_stream;
mod inbound;
mod modern;
mod modern_headers;
mod observed;
pub(super) mod older;
mod outbound;
mod problem;

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{FromRef, Path, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use self::inbound::{InboundRequest, request_id};
use self::problem::{Problem, Refused};
use crate::app::App;
use crate::gateway::Gateway;
use crate::gateway::message::{Message, MessageError, MessageKind};
use crate::gateway::session::{ClientAnswer, Resumed};
use crate::serve::paths;

impl FromRef<App> for Gateway {
    fn from_ref(app: &App) -> Self {
        app.gateway.clone()
    }
}

/// The endpoint for messages at a path: of all servers, or of the server or group of this name.
pub(super) struct Endpoint<'p>(Option<Cow<'p, str>>);

impl<'p> Endpoint<'p> {
    pub(super) fn at(path: &'p str) -> Option<Self> {
        let rest = path.strip_prefix(paths::MCP)?;
        if rest.is_empty() {
            return Some(Self(None));
        }
        let name = rest.strip_prefix('/').filter(|name| !name.is_empty() && !name.contains('/'))?;
        percent_decode_str(name).decode_utf8().ok().map(|name| Self(Some(name)))
    }

    /// Answers a message that was posted to it.
    pub(super) async fn post(&self, gateway: &Gateway, head: &Parts, body: Body) -> Response {
        post(gateway, self.0.as_deref(), head, body).await
    }
}

pub(super) async fn post_all(State(gateway): State<Gateway>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    post(&gateway, None, &head, body).await
}

pub(super) async fn post_one(State(gateway): State<Gateway>, Path(server): Path<String>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    post(&gateway, Some(&server), &head, body).await
}

async fn post(gateway: &Gateway, server: Option<&str>, head: &Parts, body: Body) -> Response {
    // Boxed: what is passed on as an argument has its room twice.
    observed::post(gateway, server, head, Box::pin(post_message(gateway, server, head, body))).await
}

pub(super) async fn get_all(State(gateway): State<Gateway>, request: Request) -> Response {
    outbound::answered(get_stream(&gateway, None, request).await)
}

pub(super) async fn get_one(State(gateway): State<Gateway>, Path(server): Path<String>, request: Request) -> Response {
    outbound::answered(get_stream(&gateway, Some(&server), request).await)
}

pub(super) async fn delete_all(State(gateway): State<Gateway>, request: Request) -> Response {
    outbound::answered(delete_session(&gateway, None, request).await)
}

pub(super) async fn delete_one(
    State(gateway): State<Gateway>,
    Path(server): Path<String>,
    request: Request,
) -> Response {
    outbound::answered(delete_session(&gateway, Some(&server), request).await)
}

/// "Sending Messages to the Server".
async fn post_message(gateway: &Gateway, server: Option<&str>, head: &Parts, body: Body) -> Result<Response, Refused> {
    let reading = InboundRequest::of(gateway, head);
    let body = reading.body(body).await?;
    answer_post(&reading, server, &body).await.map_err(|problem| problem.of(request_id(&body)))
}

async fn answer_post(reading: &InboundRequest<'_>, server: Option<&str>, body: &Bytes) -> Result<Response, Problem> {
    let scope = reading.scope(server)?;
    reading.accepts(&["application/json", "text/event-stream"])?;
    reading.sends_json()?;
    let message = match Message::parse(body) {
        // Boxed, as everything rare is: each call would have room for it.
        Err(MessageError::Batch) => return Box::pin(batch::post(reading, &scope, body)).await,
        message => reading.carry(message?),
    };
    observed::message(&message, body);
    if modern::is_meant(reading.headers, &message) {
        return Ok(Box::pin(modern::answered(reading, scope, message)).await);
    }
    if let (MessageKind::Request { id, .. }, Some("initialize")) = (message.kind(), message.method()) {
        let opening = reading.gateway.open(scope, reading.principal.clone(), id.clone(), &message);
        let (session, greeting) = Box::pin(opening).await?;
        observed::answered(&greeting, StatusCode::OK);
        return Ok(outbound::greeting(&reading.gateway.id_for_client(&session), &greeting));
    }
    reading.speaks_known_revision()?;
    let session = reading.session(&scope).await?;
    match message.kind().clone() {
        MessageKind::Request { id, .. } => match session.request(message).await {
            ClientAnswer::Whole(answer) => {
                observed::answered(&answer, StatusCode::OK);
                Ok(outbound::json(StatusCode::OK, &answer))
            }
            ClientAnswer::Stream(answer) => {
                Ok(event_stream::answering(session.log_answer(id, answer.ending()), session.is_primed()))
            }
        },
        MessageKind::Notification { .. } | MessageKind::Response { .. } => {
            Box::pin(session.accept(message)).await;
            observed::accepted(StatusCode::ACCEPTED);
            Ok(outbound::empty(StatusCode::ACCEPTED))
        }
    }
}

/// "Listening for Messages from the Server", and "Resumability and Redelivery".
async fn get_stream(gateway: &Gateway, server: Option<&str>, request: Request) -> Result<Response, Refused> {
    let (head, _) = request.into_parts();
    if modern::is_named(&head.headers) {
        return Ok(modern::no_such_method());
    }
    let reading = InboundRequest::of(gateway, &head);
    let scope = reading.scope(server)?;
    reading.accepts(&["text/event-stream"])?;
    reading.speaks_known_revision()?;
    let session = reading.session(&scope).await?;
    let Some(last) = reading.last_event() else {
        return Ok(event_stream::listening(session.listen_from_now(), session.is_primed()));
    };
    match session.resume(last).map_err(Problem::from)? {
        // The client knows where it stands in this stream.
        Resumed::Answer(reader) => Ok(event_stream::answering(reader, false)),
        Resumed::Listening(reader) => Ok(event_stream::listening(reader, session.is_primed())),
        Resumed::Lost(error) => Ok(event_stream::only(&error)),
    }
}

/// "Session Management": the client needs it no longer.
async fn delete_session(gateway: &Gateway, server: Option<&str>, request: Request) -> Result<Response, Refused> {
    let (head, _) = request.into_parts();
    if modern::is_named(&head.headers) {
        return Ok(modern::no_such_method());
    }
    let reading = InboundRequest::of(gateway, &head);
    let scope = reading.scope(server)?;
    let session = reading.session(&scope).await?;
    gateway.close(&session).await;
    Ok(outbound::empty(StatusCode::NO_CONTENT))
}
