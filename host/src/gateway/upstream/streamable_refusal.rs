//! What an error status means in a session over Streamable HTTP: the end of the session, an error in the protocol's own
//! words, or a status and nothing more.

use http::StatusCode;

use super::http::HeadWait;
use super::http::HttpResponse;
use super::reply::Reply;
use super::server_http::{ERROR_BYTES, ERROR_WAIT};
use super::session_lost;
use super::streamable::Streamable;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message};

/// The id of the ping that finds out whether the session still exists. No other request of a session gets so far.
const PROBE: u64 = 2_147_483_647;

impl Streamable {
    /// What an error status is to the request of this id.
    pub(super) async fn refusal(&self, response: HttpResponse, id: &Id) -> Result<Reply, UpstreamError> {
        let status = response.status;
        let is_json = response.is("application/json");
        let body = response.read_start(self.http.server.limits.message_bytes, ERROR_WAIT).await;
        let message = Message::parse(body.as_bytes()).ok().filter(|message| is_json && message.error_text().is_some());
        let sentence = message.as_ref().and_then(Message::error_text);
        if session_lost::by_code(message.as_ref().and_then(Message::error_code)) {
            return Err(self.note_lost());
        }
        let start = || body.chars().take(ERROR_BYTES).collect();
        if self.is_about_session(status, &sentence.unwrap_or_else(start)).await {
            return Err(self.note_lost());
        }
        match message {
            Some(message) => Ok(Reply::Whole(message.with_id(id.clone()))),
            None => Err(UpstreamError::Status { server: self.http.server.name.clone(), status, detail: None }),
        }
    }

    /// Whether a refusal means that the server does not know the session. A refusal without words means it only if a ping is
    /// refused in the same way: a server that dislikes one request still knows the session.
    async fn is_about_session(&self, status: StatusCode, text: &str) -> bool {
        if session_lost::by_status(status, text, self.session.is_some()) {
            return true;
        }
        if self.session.is_none() || !session_lost::is_unsaid(status, text) {
            return false;
        }
        let ping = Message::request(Id::number(PROBE), "ping", &Fields::new());
        match self.post(&ping, HeadWait::Fixed(ERROR_WAIT)).await {
            Ok(response) => response.status == status || response.status == StatusCode::NOT_FOUND,
            Err(error) => matches!(error, UpstreamError::SessionEnded { .. }),
        }
    }
}
