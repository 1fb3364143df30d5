//! What can stand in the network's place, and who may look on.

use futures::future::BoxFuture;
use http::{Request, Response};

use super::EgressError;

/// Answers requests in the network's place: recorded exchanges, or an authority in the same process.
pub trait StandIn: Send + Sync {
    /// The answer to a request that the policy lets through.
    fn answer(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, EgressError>>;
}

/// Shown every request and its answer as they are, secrets included: for recordings, which take the secrets out.
pub type Witness = dyn Fn(&Request<Vec<u8>>, &Response<Vec<u8>>) + Send + Sync;
