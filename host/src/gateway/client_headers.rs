//! Headers of clients' requests that go on to servers: those that the settings of a server name (`passthroughHeaders`), and
//! the trace context (W3C Trace Context). No other header of a client does.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::lock::lock;
use super::message::Message;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// Bytes of headers that are kept of one request. What is beyond them does not go on.
const MAX_BYTES: usize = 16 * 1024;

/// Headers that a request to a server has at least, with some room.
const USUAL: usize = 12;

/// Those headers of a request that some server may get. `None` if there are none.
pub(super) fn carried<'a>(
    headers: &HeaderMap,
    names: impl IntoIterator<Item = &'a HeaderName>,
) -> Option<Arc<HeaderMap>> {
    let mut carried = named(headers, names);
    if headers.get(TRACEPARENT).is_some_and(|parent| is_traceparent(parent.as_bytes())) {
        // §3.3: a state without a valid parent means nothing. Names that the settings name, too, stand there once.
        for name in [TRACEPARENT, TRACESTATE].into_iter().filter(|name| !carried.contains_key(name)).collect::<Vec<_>>()
        {
            carried.extend(named(headers, [&name]));
        }
    }
    let size: usize = carried.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > MAX_BYTES {
        tracing::debug!("headers of {size} bytes do not go on to servers: {MAX_BYTES} is the most");
        return None;
    }
    Some(carried).filter(|carried| !carried.is_empty()).map(Arc::new)
}

/// The headers of these names, each with all of its values.
pub(super) fn named<'a>(headers: &HeaderMap, names: impl IntoIterator<Item = &'a HeaderName>) -> HeaderMap {
    let mut found = HeaderMap::new();
    for name in names {
        if !found.contains_key(name) {
            for value in headers.get_all(name) {
                found.append(name, private(value));
            }
        }
    }
    found
}

/// The headers without the trace context, which is another one for each request.
pub(super) fn without_trace(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(TRACEPARENT);
    headers.remove(TRACESTATE);
    headers
}

/// What a server with these names gets for this message: of the client's headers those that it may get, and the trace
/// context. Empty for a message that no client sent.
pub(super) fn of_message(message: &Message, names: &[HeaderName]) -> HeaderMap {
    match message.headers().filter(|headers| !headers.is_empty()) {
        Some(headers) => named(headers, names.iter().chain([&TRACEPARENT, &TRACESTATE])),
        // With room for what every request carries.
        None => HeaderMap::with_capacity(USUAL),
    }
}

/// The headers of the last request of a client, for requests to servers that belong to none of its messages.
#[derive(Default)]
pub(crate) struct LastHeaders(Mutex<Option<Arc<HeaderMap>>>);

impl LastHeaders {
    /// Takes the headers of a message that just came. A message that the hub made has none, and changes nothing.
    pub(super) fn note(&self, message: &Message) {
        if let Some(headers) = message.headers() {
            *lock(&self.0) = Some(headers.clone());
        }
    }

    /// Those of these names.
    pub(super) fn of_names(&self, names: &[HeaderName]) -> HeaderMap {
        lock(&self.0).as_ref().map(|headers| named(headers, names)).unwrap_or_default()
    }
}

/// The value, which is nobody's business but that of its two ends.
fn private(value: &HeaderValue) -> HeaderValue {
    let mut value = value.clone();
    value.set_sensitive(true);
    value
}

/// Trace Context §3.2: version, trace id, parent id and flags in hexadecimal digits. A later version may have more.
fn is_traceparent(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'-').collect();
    let [version, trace, parent, flags, more @ ..] = parts.as_slice() else { return false };
    let is_hex = |part: &[u8], length| {
        part.len() == length && part.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |part: &[u8]| part.iter().all(|digit| *digit == b'0');
    let are_whole = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    are_whole && !is_zero(trace) && !is_zero(parent) && *version != b"ff" && (*version != b"00" || more.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().expect("value"));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn only_what_is_named_is_carried_and_with_all_its_values() {
        let sent = headers(&[("x-a", "1"), ("x-a", "2"), ("x-b", "3"), ("authorization", "Bearer x"), ("cookie", "c")]);
        let names = [HeaderName::from_static("x-a"), HeaderName::from_static("x-a"), HeaderName::from_static("x-c")];

        let carried = carried(&sent, &names).expect("headers");

        assert_eq!(*carried, headers(&[("x-a", "1"), ("x-a", "2")]));
        assert!(carried.values().all(HeaderValue::is_sensitive));
        assert!(super::carried(&sent, &[]).is_none());
    }

    #[test]
    fn the_trace_context_is_carried_if_it_is_one() {
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        for parent in [PARENT, later] {
            let sent = headers(&[("traceparent", parent), ("tracestate", "a=1"), ("tracestate", "b=2")]);
            assert_eq!(carried(&sent, []).as_deref(), Some(&sent), "{parent}");
        }
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            let sent = headers(&[("traceparent", wrong), ("tracestate", "a=1")]);
            assert!(carried(&sent, []).is_none(), "{wrong}");
        }
    }

    #[test]
    fn headers_beyond_the_bound_are_not_carried() {
        let sent = headers(&[("x-a", &"x".repeat(MAX_BYTES))]);

        assert!(carried(&sent, &[HeaderName::from_static("x-a")]).is_none());
    }
}
