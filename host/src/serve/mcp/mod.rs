//! The MCP endpoints: Streamable HTTP for all servers (`/mcp`) and for one (`/mcp/{server}`).
//!
//! What a request must look like is checked in `inbound`; how answers and streams leave stands in `outbound`. Nothing of
//! an inbound request but its message travels on.

mod header_value;
mod inbound;
mod modern;
mod modern_headers;
mod outbound;

use axum::body::Body;
use axum::extract::{FromRef, Path, Request, State};
use axum::response::Response;
use http::StatusCode;

use self::inbound::{InboundRequest, Problem};
use crate::app::App;
use crate::gateway::Gateway;
use crate::gateway::message::MessageKind;
use crate::gateway::session::ClientAnswer;

impl FromRef<App> for Gateway {
    fn from_ref(app: &App) -> Self {
        app.gateway.clone()
    }
}

pub(super) async fn post_all(State(gateway): State<Gateway>, request: Request) -> Response {
    outbound::answered(post_message(&gateway, None, request).await)
}

pub(super) async fn post_one(State(gateway): State<Gateway>, Path(server): Path<String>, request: Request) -> Response {
    outbound::answered(post_message(&gateway, Some(&server), request).await)
}

pub(super) async fn get_all(State(gateway): State<Gateway>, request: Request) -> Response {
    outbound::answered(get_stream(&gateway, None, &request))
}

pub(super) async fn get_one(State(gateway): State<Gateway>, Path(server): Path<String>, request: Request) -> Response {
    outbound::answered(get_stream(&gateway, Some(&server), &request))
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
async fn post_message(gateway: &Gateway, server: Option<&str>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let reading = InboundRequest { gateway, headers: &head.headers };
    let scope = reading.scope(server)?;
    reading.accepts(&["application/json", "text/event-stream"])?;
    reading.sends_json()?;
    let message = reading.message(body).await?;
    if modern::is_meant(&head.headers, &message) {
        return Ok(modern::answered(gateway, scope, &head.headers, message).await);
    }
    if let (MessageKind::Request { id, .. }, Some("initialize")) = (message.kind(), message.method()) {
        let (session, greeting) = gateway.open(scope, id.clone(), &message).await?;
        return Ok(outbound::greeting(&session.id, &greeting));
    }
    reading.speaks_known_revision()?;
    let session = reading.session(&scope)?;
    match message.kind() {
        MessageKind::Request { .. } => match session.request(message).await {
            ClientAnswer::Whole(answer) => Ok(outbound::json(StatusCode::OK, &answer)),
            ClientAnswer::Stream(outflow) => Ok(outbound::stream(outflow)),
        },
        MessageKind::Notification { .. } | MessageKind::Response { .. } => {
            session.accept(message).await;
            Ok(outbound::empty(StatusCode::ACCEPTED))
        }
    }
}

/// "Listening for Messages from the Server".
fn get_stream(gateway: &Gateway, server: Option<&str>, request: &Request<Body>) -> Result<Response, Problem> {
    if modern::is_named(request.headers()) {
        return Ok(modern::no_such_method());
    }
    let reading = InboundRequest { gateway, headers: request.headers() };
    let scope = reading.scope(server)?;
    reading.accepts(&["text/event-stream"])?;
    reading.speaks_known_revision()?;
    let session = reading.session(&scope)?;
    Ok(outbound::listening(session.listen()))
}

/// "Session Management": the client needs it no longer.
async fn delete_session(gateway: &Gateway, server: Option<&str>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    if modern::is_named(&head.headers) {
        return Ok(modern::no_such_method());
    }
    let reading = InboundRequest { gateway, headers: &head.headers };
    let scope = reading.scope(server)?;
    let session = reading.session(&scope)?;
    gateway.close(&session).await;
    Ok(outbound::empty(StatusCode::NO_CONTENT))
}
