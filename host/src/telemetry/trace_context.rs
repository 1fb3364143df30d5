//! The place of a span in a trace, and the header that carries it (W3C Trace Context).

use std::fmt::Write;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::random::Random;

pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A span: the trace that it is part of, and its own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceContext {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
}

/// What a client says of the trace that its request is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TraceParent {
    /// The request has a span of its own, which servers are told.
    Sampled(TraceContext),
    /// It does not want the request to be traced.
    Unsampled,
    /// Nothing that can be read.
    None,
}

impl TraceContext {
    /// The first span of a new trace.
    pub(super) fn first(random: &Random) -> Self {
        Self { trace: random.bytes(), span: random.bytes() }
    }

    /// Another span of the same trace.
    pub(super) fn another(self, random: &Random) -> Self {
        Self { span: random.bytes(), ..self }
    }

    /// These headers, with this span in place of another.
    pub(super) fn in_headers(self, mut headers: Arc<HeaderMap>) -> Arc<HeaderMap> {
        if let Ok(value) = HeaderValue::from_str(&self.traceparent()) {
            Arc::make_mut(&mut headers).insert(TRACEPARENT, value);
        }
        headers
    }

    /// The value of the header for whoever works below this span (§3.2).
    pub(super) fn traceparent(self) -> String {
        format!("00-{}-{}-01", hexadecimal(&self.trace), hexadecimal(&self.span))
    }
}

impl TraceParent {
    /// Reads the header. A later version may have more at its end.
    pub(super) fn read(header: &[u8]) -> Self {
        let parts: Vec<&[u8]> = header.split(|byte| *byte == b'-').collect();
        let [version, trace, span, flags, more @ ..] = parts.as_slice() else { return Self::None };
        let (Some([version]), Some(trace), Some(span), Some([flags])) =
            (bytes(version), bytes(trace), bytes(span), bytes(flags))
        else {
            return Self::None;
        };
        if version == 0xff || version == 0 && !more.is_empty() || trace == [0; 16] || span == [0; 8] {
            return Self::None;
        }
        if flags & 1 == 1 { Self::Sampled(TraceContext { trace, span }) } else { Self::Unsampled }
    }
}

/// Bytes as lower-case digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let is_digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 2 * N || !digits.iter().all(is_digit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_written_as_it_came() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

        let TraceParent::Sampled(context) = TraceParent::read(header.as_bytes()) else { panic!("sampled") };

        assert_eq!(context.traceparent(), header);
    }

    #[test]
    fn what_is_no_header_or_not_sampled_is_told_apart() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(TraceParent::read(format!("00-{trace}-00f067aa0ba902b7-00").as_bytes()), TraceParent::Unsampled);
        let later = format!("cc-{trace}-00f067aa0ba902b7-03-more");
        assert!(matches!(TraceParent::read(later.as_bytes()), TraceParent::Sampled(_)));
        for wrong in [
            String::new(),
            format!("00-{trace}-00f067aa0ba902b7"),
            format!("00-{trace}-0000000000000000-01"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
        ] {
            assert_eq!(TraceParent::read(wrong.as_bytes()), TraceParent::None, "{wrong}");
        }
    }
}
