//! What answers on one connection: it knows whether a request is under way, and answers a refused connection with the
//! reason.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, FutureExt};
use hyper::Request;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::answering::Answering;
use super::places::{Busy, ConnectionPlace};
use super::timed::in_time;
use crate::serve::forwarded::Peer;
use crate::serve::paths;

/// What is answered also where there is no place: who looks after the hub asks for it.
const ALWAYS: &[&str] = &[paths::HEALTH, paths::READY];

/// What answers, and the place of the connection.
pub(super) struct Attended<A> {
    pub(super) hub: Arc<A>,
    pub(super) place: Arc<ConnectionPlace>,
    pub(super) peer: Option<Peer>,
    /// How long the body of a request may take.
    pub(super) body: Duration,
}

/// Why a request is turned away.
#[derive(Debug, thiserror::Error)]
enum Full {
    #[error("the hub is busy with as many connections as it takes; try again")]
    Connections,
    #[error("the hub has as many open streams as it takes; close those that are not used, or try again")]
    Streams,
}

impl<A: Answering> Service<Request<Incoming>> for Attended<A> {
    type Response = Response<HeldBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<HeldBody>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let Some(busy) = self.place.begin() else {
            // The connection ends at this moment.
            return std::future::pending().boxed();
        };
        if self.place.is_in_reserve() && !ALWAYS.contains(&request.uri().path()) {
            return turned_away(&Full::Connections, busy);
        }
        let stream = if asks_for_stream(&request) {
            match self.place.places().stream() {
                None => return turned_away(&Full::Streams, busy),
                stream => stream,
            }
        } else {
            None
        };
        let in_reserve = self.place.is_in_reserve();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let (hub, request) = (self.hub.clone(), in_time(request, self.body));
        async move {
            let answer = hub.answer(request).await;
            let mut answer = answer.map(|body| HeldBody { body, _busy: busy, _stream: stream });
            if in_reserve {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer)
        }
        .boxed()
    }
}

fn turned_away(why: &Full, busy: Busy) -> BoxFuture<'static, Result<Response<HeldBody>, Infallible>> {
    let headers = [(CONNECTION, "close"), (RETRY_AFTER, "5")];
    let answer = (StatusCode::SERVICE_UNAVAILABLE, headers, axum::Json(json!({ "error": why.to_string() })));
    let answer = answer.into_response().map(|body| HeldBody { body, _busy: busy, _stream: None });
    std::future::ready(Ok(answer)).boxed()
}

/// Whether what is asked for goes on until the client ends it.
fn asks_for_stream<B>(request: &Request<B>) -> bool {
    let accepts = request.headers().get_all(ACCEPT).into_iter().filter_map(|accept| accept.to_str().ok());
    *request.method() == Method::GET && accepts.into_iter().any(|accept| accept.contains("text/event-stream"))
}

/// The body of an answer, and what is held until it has gone.
pub(super) struct HeldBody {
    body: Body,
    _busy: Busy,
    _stream: Option<OwnedSemaphorePermit>,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
