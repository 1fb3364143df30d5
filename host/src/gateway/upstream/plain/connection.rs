//! A connection, and the one request that has it.
//!
//! Whoever waits for the answer moves the connection on itself. So everything that hands over between the two halves happens
//! within one task, and needs no waking: those halves are asked again after each move.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Sent = Request<Full<Bytes>>;

/// A connection that one request has at a time. Dropping it closes it, and so cancels that request.
pub(super) struct PlainConnection {
    sender: SendRequest<Full<Bytes>>,
    connection: Box<Connection<TokioIo<TcpStream>, Full<Bytes>>>,
}

/// Why a request has no answer.
pub(super) enum Unanswered {
    /// The connection had ended, and nothing was sent: the request may be sent again.
    Unsent(Box<Sent>),
    /// It broke. The sentence says how.
    Failed(String),
}

impl PlainConnection {
    pub(super) async fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        Ok(Self { sender, connection: Box::new(connection) })
    }

    /// Moves it on. Ready once it has ended.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut *self.connection).poll(cx).map(drop)
    }

    /// Whether it is open and can take a request now.
    pub(super) fn is_ready(&mut self) -> bool {
        self.poll(&mut Context::from_waker(Waker::noop())).is_pending() && self.sender.is_ready()
    }

    /// Sends a request, and waits for the head of the answer. The connection is gone if the server closed it after that.
    pub(super) async fn exchange(mut self, request: Sent) -> Result<(Response<Incoming>, Option<Self>), Unanswered> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let mut is_open = true;
        let answered = poll_fn(|cx| {
            is_open = is_open && Pin::new(&mut *self.connection).poll(cx).is_pending();
            match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending if !is_open => Poll::Ready(None),
                polled => polled.map(Some),
            }
        })
        .await;
        match answered {
            Some(Ok(response)) => Ok((response, Some(self).filter(|_| is_open))),
            Some(Err(mut error)) => Err(match error.take_message() {
                Some(unsent) => Unanswered::Unsent(Box::new(unsent)),
                None => Unanswered::Failed(innermost(&error.into_error())),
            }),
            None => Err(Unanswered::Failed("the connection was closed".to_owned())),
        }
    }
}

/// The innermost cause says most.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
