//! The id of an event: which stream it is of, and which event of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;

use crate::gateway::message::Id;

/// Bytes of a request's id that an event's id carries; a longer one is left out.
const REQUEST_BYTES: usize = 64;
/// Bytes of an event's id that are read.
const MAX_BYTES: usize = 256;

/// The id of an event. It also carries the id of the request that its stream answers: a client that resumes a stream which
/// the hub has forgotten, after a restart for example, still learns what became of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventId {
    /// Tells sessions apart, and this one from the same session before the hub was restarted.
    pub(super) mark: String,
    /// 0 is the stream that answers no request.
    pub(crate) stream: u64,
    /// 0 is the event that stands before the first message.
    pub(crate) number: u64,
    pub(crate) request: Option<Id>,
}

impl EventId {
    /// Reads an id. `None` if it is none of the hub's.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = Some(text).filter(|text| text.len() <= MAX_BYTES)?.split('.');
        let mark = parts.next().filter(|mark| !mark.is_empty())?.to_owned();
        let (stream, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let request = match parts.next() {
            Some(encoded) => Some(request_of(encoded)?),
            None => None,
        };
        parts.next().is_none().then_some(Self { mark, stream, number, request })
    }

    /// The id of another event of the same stream.
    pub(crate) fn of_event(&self, number: u64) -> Self {
        Self { number, ..self.clone() }
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.mark, self.stream, self.number)?;
        let request = self.request.as_ref().map(Id::to_raw);
        match request.filter(|request| request.get().len() <= REQUEST_BYTES) {
            Some(request) => write!(f, ".{}", URL_SAFE_NO_PAD.encode(request.get())),
            None => Ok(()),
        }
    }
}

fn request_of(encoded: &str) -> Option<Id> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    Id::read(&RawValue::from_string(text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        for request in [None, Some(Id::number(7)), Some(Id::of("a.b \u{e9}"))] {
            let id = EventId { mark: "m-_".into(), stream: 3, number: 12, request };

            assert_eq!(EventId::read(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn a_long_id_of_a_request_is_left_out() {
        let id = EventId { mark: "m".into(), stream: 1, number: 0, request: Some(Id::of(&"x".repeat(100))) };

        assert_eq!(id.to_string(), "m.1.0");
    }

    #[test]
    fn what_the_hub_never_wrote_is_no_id() {
        for text in ["", "7", "m.1", "m.1.x", "m.-1.2", ".1.2", "m.1.2.!", "m.1.2.e30", "m.1.2.Nw.x"] {
            assert_eq!(EventId::read(text), None, "{text}");
        }
        assert_eq!(EventId::read(&format!("{}.1.2", "m".repeat(1000))), None);
    }
}
