//! Requests that take as long as they take, as long as something comes now and then.
//!
//! Apart from the usual ones, which are answered at once by whoever is asked: a command that asks a running hub waits for
//! what servers do.

use std::future::Future;
use std::time::Duration;

use super::connections::failure;
use super::error::EgressError;

/// The longest that nothing may come.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest that everything may take.
const TOTAL: Duration = Duration::from_hours(24);
/// The largest answer that is read, bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Marks a request, in its extensions, as one that is patient.
#[derive(Debug, Clone, Copy)]
pub struct Patient;

/// Sends a request, and waits for the beginning of its answer.
pub(super) async fn send(
    client: &reqwest::Client,
    mut request: reqwest::Request,
    asked: &str,
) -> Result<reqwest::Response, EgressError> {
    *request.timeout_mut() = Some(TOTAL);
    let answer = spoken(client.execute(request), asked).await?;
    answer.map_err(|error| failure(&error, asked.to_owned()))
}

/// Reads an answer to its end.
pub(super) async fn read(mut answer: reqwest::Response, asked: &str) -> Result<Vec<u8>, EgressError> {
    let mut body = Vec::new();
    while let Some(chunk) = spoken(answer.chunk(), asked).await?.map_err(|error| failure(&error, asked.to_owned()))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(EgressError::Huge(asked.to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

async fn spoken<T>(next: impl Future<Output = T>, asked: &str) -> Result<T, EgressError> {
    tokio::time::timeout(SILENCE, next).await.map_err(|_| EgressError::Silent(asked.to_owned()))
}
