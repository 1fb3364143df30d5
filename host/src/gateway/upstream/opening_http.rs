//! How a session is opened over HTTP: in the generation and over the transport that the server turns out to speak.
//!
//! A server that nothing is known of is asked first whether it speaks the revision without sessions. Whatever else it
//! answers, `initialize` comes next, and after that the transport of 2024-11-05. What worked is remembered; a server with
//! sessions is asked again from time to time.

use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc;

use super::authorized::AuthorizedHttp;
use super::http::{HeadWait, HttpRequest};
use super::known_transport::HttpTransport;
use super::legacy::Legacy;
use super::opening_request::OpeningRequest;
use super::request_ids::RequestIds;
use super::session::TransportSession;
use super::stateless::{ClientMeta, Discovered, Discovery, PROBE, StatelessParts, StatelessSession, Wire, discover};
use super::streamable::{OpenOutcome, Streamable};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Message, fields, string};
use crate::gateway::revision;
use crate::gateway::revision::ClientGeneration;
use crate::settings::TransportHint;

/// An open transport, and the answer to `initialize` or one made of the server's other words.
pub(super) struct OpenedTransport {
    pub(super) session: TransportSession,
    pub(super) greeting: Message,
}

/// Opens a session with the server at an address.
pub(super) async fn open(
    http: &Arc<AuthorizedHttp>,
    request: &OpeningRequest,
    inbound: &mpsc::Sender<Message>,
) -> Result<OpenedTransport, UpstreamError> {
    match (http.transport().get(), request.generation) {
        (Some(HttpTransport::Sse), _) => match open_legacy(http, request, inbound).await {
            Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => http.transport().remember(None),
            other => return other,
        },
        (Some(HttpTransport::Stateless), _) | (Some(HttpTransport::Both), ClientGeneration::Stateless) => {
            if let Discovery::Found(found) = ask(http, request, http.server.start).await? {
                return Ok(stateless(http, request, &found, inbound));
            }
            http.transport().remember(None);
        }
        (Some(HttpTransport::Both | HttpTransport::StreamableHttp), _) => {
            let opened = open_sessions(http, request, inbound, &Discovery::Unsure).await;
            if opened.is_ok() && http.transport().is_to_be_asked() {
                ask_again(http.clone(), ClientMeta::of(&request.params));
            }
            return opened;
        }
        (None, _) => {}
    }
    match ask(http, request, PROBE.min(http.server.start)).await? {
        Discovery::Found(found) => open_found(http, request, inbound, &found).await,
        other @ (Discovery::Refused | Discovery::Unsure) => open_sessions(http, request, inbound, &other).await,
    }
}

/// Opens a session with a server that speaks the revision without sessions. If both sides have sessions, those are used:
/// then nothing has to be translated.
async fn open_found(
    http: &Arc<AuthorizedHttp>,
    request: &OpeningRequest,
    inbound: &mpsc::Sender<Message>,
    found: &Discovered,
) -> Result<OpenedTransport, UpstreamError> {
    let may_have_sessions = found.has_sessions() || offers_stream(http).await;
    http.transport().remember(Some(if may_have_sessions { HttpTransport::Both } else { HttpTransport::Stateless }));
    if may_have_sessions && request.generation == ClientGeneration::Sessions {
        if let Ok(OpenOutcome::Session(session, greeting)) = Streamable::open(http.clone(), &request.initialize).await
            && is_of_sessions(&greeting)
        {
            return Ok(OpenedTransport { session: TransportSession::Streamable(*session), greeting });
        }
        http.transport().remember(Some(HttpTransport::Stateless));
    }
    Ok(stateless(http, request, found, inbound))
}

/// Whether the server may have sessions, too. Most that have name only the other revision in their answer, but one without
/// sessions refuses GET (Streamable HTTP, "Earlier Revisions").
async fn offers_stream(http: &AuthorizedHttp) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let (url, wait) = (http.server.url.clone(), PROBE.min(http.server.start));
    match http
        .send_optional(HttpRequest { method: Method::GET, url, headers, body: None, wait: HeadWait::Fixed(wait) })
        .await
    {
        Ok(response) => {
            response.status.is_success()
                || matches!(response.status, StatusCode::BAD_REQUEST | StatusCode::NOT_ACCEPTABLE)
        }
        // Some send nothing before there is something to say.
        Err(error) => matches!(error, UpstreamError::TimedOut { .. }),
    }
}

/// Asks a server with sessions whether it speaks the other revision now, too. Nobody waits for that: if it does, the next
/// opening finds out the rest.
fn ask_again(http: Arc<AuthorizedHttp>, client: ClientMeta) {
    tokio::spawn(async move {
        if let Ok(Discovery::Found(_)) = discover(&wire(&http), &client, PROBE.min(http.server.start)).await {
            http.transport().remember(None);
        }
    });
}

async fn ask(http: &Arc<AuthorizedHttp>, request: &OpeningRequest, wait: Duration) -> Result<Discovery, UpstreamError> {
    discover(&wire(http), &ClientMeta::of(&request.params), wait).await
}

fn wire(http: &Arc<AuthorizedHttp>) -> Wire {
    Wire::http(http.clone(), http.tool_headers.clone())
}

fn stateless(
    http: &Arc<AuthorizedHttp>,
    request: &OpeningRequest,
    found: &Discovered,
    inbound: &mpsc::Sender<Message>,
) -> OpenedTransport {
    let greeting = found.greeting(request.revision().as_deref());
    let parts = StatelessParts {
        server: &http.server.name,
        wire: wire(http),
        request_ids: RequestIds::default(),
        limit: http.server.limit,
        greeting: &greeting,
        inbound: inbound.clone(),
    };
    let session = StatelessSession::new(ClientMeta::of(&request.params), parts);
    OpenedTransport { session: TransportSession::Stateless(session), greeting: OpeningRequest::answer(&greeting) }
}

/// Opens a session with `initialize`, in the newer transport first: most servers speak it, whatever the settings call them.
/// `asked` is what the server answered to `server/discover` before.
async fn open_sessions(
    http: &Arc<AuthorizedHttp>,
    request: &OpeningRequest,
    inbound: &mpsc::Sender<Message>,
    asked: &Discovery,
) -> Result<OpenedTransport, UpstreamError> {
    let error = match Streamable::open(http.clone(), &request.initialize).await {
        Ok(OpenOutcome::Session(session, greeting)) => {
            // Such a revision has no sessions. If the server does not speak the one that the hub knows, its answer counts.
            if !is_of_sessions(&greeting)
                && let Discovery::Found(found) = ask(http, request, http.server.start).await?
            {
                http.transport().remember(Some(HttpTransport::Stateless));
                return Ok(stateless(http, request, &found, inbound));
            }
            if http.transport().get() != Some(HttpTransport::Both) {
                http.transport().remember(Some(HttpTransport::StreamableHttp));
            }
            return Ok(OpenedTransport { session: TransportSession::Streamable(*session), greeting });
        }
        Ok(OpenOutcome::Refused(error)) => error,
        Err(error @ UpstreamError::Status { .. }) if http.hint == TransportHint::Sse => error,
        Err(error) => return Err(error),
    };
    if let Discovery::Unsure = asked
        && let Discovery::Found(found) = ask(http, request, http.server.start).await?
    {
        http.transport().remember(Some(HttpTransport::Stateless));
        return Ok(stateless(http, request, &found, inbound));
    }
    match open_legacy(http, request, inbound).await {
        // The settings name this transport, so its own error helps most.
        Err(of_stream @ UpstreamError::NotMcp { .. }) if http.hint == TransportHint::Sse => Err(of_stream),
        Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => Err(error),
        other => other,
    }
}

/// Whether an answer to `initialize` begins a session.
fn is_of_sessions(greeting: &Message) -> bool {
    let result = fields(greeting.result_raw());
    string(&result, "protocolVersion").is_none_or(|revision| !revision::is_after_sessions(&revision))
}

async fn open_legacy(
    http: &Arc<AuthorizedHttp>,
    request: &OpeningRequest,
    inbound: &mpsc::Sender<Message>,
) -> Result<OpenedTransport, UpstreamError> {
    let session = TransportSession::Legacy(Legacy::open(http.clone(), inbound.clone()).await?);
    let greeting = session.request(&request.initialize).await?.answer(|_| {}).await?;
    http.transport().remember(Some(HttpTransport::Sse));
    Ok(OpenedTransport { session, greeting })
}
