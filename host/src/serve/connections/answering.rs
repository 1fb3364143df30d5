//! What answers the requests of connections: the hub, and in tests anything.

use axum::extract::Request;
use axum::response::Response;

/// Whatever gives every request an answer; a failure is an answer, too.
pub(in crate::serve) trait Answering: Send + Sync + 'static {
    /// The answer to one.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}
