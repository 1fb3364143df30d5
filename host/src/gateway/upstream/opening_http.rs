//! How a session is opened over HTTP: in the generation and over the transport that the server turns out to speak.
//!
//! A server that nothing is known of is asked first whether it speaks the revision without sessions. Whatever else it
//! answers, `initialize` comes next, and after that the transport of 2024-11-05. What worked is remembered.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::authorized::{AuthorizedHttp, HttpTransport};
use super::legacy::Legacy;
use super::opening_request::OpeningRequest;
use super::session::TransportSession;
use super::stateless::{ClientMeta, Discovered, Discovery, StatelessParts, StatelessSession, Wire, discover};
use super::streamable::{OpenOutcome, Streamable};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Message, fields, string};
use crate::gateway::revision;
use crate::gateway::revision::ClientGeneration;
use crate::settings::TransportHint;

/// How long a server that nothing is known of may think about `server/discover`. Some never answer what they do not know.
pub(super) const PROBE: Duration = Duration::from_secs(5);

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
    let generation = request.generation;
    match (http.transport(), generation) {
        (Some(HttpTransport::Sse), _) => match open_legacy(http, request, inbound).await {
            Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => http.remember(None),
            other => return other,
        },
        (Some(HttpTransport::Stateless), _) | (Some(HttpTransport::Both), ClientGeneration::Stateless) => {
            if let Discovery::Found(found) = ask(http, request, http.server.start).await? {
                return Ok(stateless(http, request, &found, inbound));
            }
            http.remember(None);
        }
        (Some(HttpTransport::Both | HttpTransport::StreamableHttp), _) => {
            return open_sessions(http, request, inbound, &Discovery::Unsure).await;
        }
        (None, _) => {}
    }
    match ask(http, request, PROBE.min(http.server.start)).await? {
        Discovery::Found(found) if generation == ClientGeneration::Sessions && found.has_sessions() => {
            http.remember(Some(HttpTransport::Both));
            // Nothing is lost where both sides have sessions.
            match Streamable::open(http.clone(), &request.initialize).await {
                Ok(OpenOutcome::Session(session, greeting)) if is_of_sessions(&greeting) => {
                    Ok(OpenedTransport { session: TransportSession::Streamable(*session), greeting })
                }
                Ok(OpenOutcome::Session(..) | OpenOutcome::Refused(_)) => Ok(stateless(http, request, &found, inbound)),
                Err(error) => Err(error),
            }
        }
        Discovery::Found(found) => Ok(stateless(http, request, &found, inbound)),
        other @ (Discovery::Refused | Discovery::Unsure) => open_sessions(http, request, inbound, &other).await,
    }
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
    let is_both = found.has_sessions() && request.generation == ClientGeneration::Stateless;
    http.remember(Some(if is_both { HttpTransport::Both } else { HttpTransport::Stateless }));
    let greeting = found.greeting(request.revision().as_deref());
    let parts = StatelessParts {
        server: &http.server.name,
        wire: wire(http),
        wait: http.server.wait,
        greeting: &greeting,
        inbound: inbound.clone(),
    };
    let session = StatelessSession::new(ClientMeta::of(&request.params), parts);
    OpenedTransport { session: TransportSession::Stateless(session), greeting: request.answer(&greeting) }
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
                return Ok(stateless(http, request, &found, inbound));
            }
            http.remember(Some(HttpTransport::StreamableHttp));
            return Ok(OpenedTransport { session: TransportSession::Streamable(*session), greeting });
        }
        Ok(OpenOutcome::Refused(error)) => error,
        Err(error @ UpstreamError::Status { .. }) if http.hint == TransportHint::Sse => error,
        Err(error) => return Err(error),
    };
    if let Discovery::Unsure = asked
        && let Discovery::Found(found) = ask(http, request, http.server.start).await?
    {
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
    http.remember(Some(HttpTransport::Sse));
    Ok(OpenedTransport { session, greeting })
}
