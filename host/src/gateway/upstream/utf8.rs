//! Bytes that come in chunks as UTF-8. What is none becomes U+FFFD: half a character in a text must not cost the answer.

use bytes::{Bytes, BytesMut};

/// What stands for bytes that are no UTF-8: U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Makes UTF-8 of the chunks of a stream. A character may span chunks.
#[derive(Default)]
pub(super) struct Utf8Chunks {
    /// The beginning of a character: at most three bytes.
    begun: Vec<u8>,
}

impl Utf8Chunks {
    /// The chunk as UTF-8. The beginning of a character at its end comes with the next one.
    pub(super) fn pass(&mut self, chunk: Bytes) -> Bytes {
        if self.begun.is_empty() && std::str::from_utf8(&chunk).is_ok() {
            return chunk;
        }
        let bytes = [std::mem::take(&mut self.begun).as_slice(), &chunk].concat();
        let mut passed = BytesMut::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while let Err(error) = std::str::from_utf8(rest) {
            let (good, bad) = rest.split_at(error.valid_up_to());
            passed.extend_from_slice(good);
            let Some(length) = error.error_len() else {
                self.begun = bad.to_vec();
                return passed.freeze();
            };
            passed.extend_from_slice(REPLACEMENT);
            rest = bad.get(length..).unwrap_or_default();
        }
        passed.extend_from_slice(rest);
        passed.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(chunks: &[&[u8]]) -> String {
        let mut utf8 = Utf8Chunks::default();
        let passed: Vec<u8> = chunks.iter().flat_map(|chunk| utf8.pass(Bytes::copy_from_slice(chunk))).collect();
        String::from_utf8(passed).expect("UTF-8")
    }

    #[test]
    fn a_character_may_span_chunks() {
        let text = "a\u{e9}\u{20ac}\u{1f600}b";
        for size in 1..=text.len() {
            assert_eq!(passed(&text.as_bytes().chunks(size).collect::<Vec<_>>()), text, "{size}");
        }
    }

    #[test]
    fn what_is_no_utf8_is_replaced_and_the_rest_stays() {
        assert_eq!(passed(&[b"a\xffb", b"c"]), "a\u{fffd}bc");
        assert_eq!(passed(&[b"a\xe2\x82", b"b\n"]), "a\u{fffd}b\n");
        assert_eq!(passed(&[b"\xf0", b"\x9f", b"\x98", b"\x80"]), "\u{1f600}");
    }
}
