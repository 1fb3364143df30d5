//! What stands behind base64 and hexadecimal digits in a text. Where the encoding began is not known, so each beginning is
//! tried: a secret may stand anywhere within what was encoded.

use super::decoded::Unit;

/// How bytes are written as digits.
pub(super) struct Encoding {
    /// What a digit is worth; none: it is no digit.
    worth: fn(char) -> Option<u32>,
    /// Bits of a digit.
    bits: usize,
    /// Digits after which bytes and digits meet again.
    group: usize,
}

/// RFC 4648 §4 and §5, in lines or not.
pub(super) const BASE64: Encoding = Encoding { worth: base64, bits: 6, group: 4 };
/// RFC 4648 §8, in either case.
pub(super) const HEX: Encoding = Encoding { worth: |digit| digit.to_digit(16), bits: 4, group: 2 };

fn base64(digit: char) -> Option<u32> {
    let digit_in = |first: char, offset: u32| u32::from(digit) - u32::from(first) + offset;
    match digit {
        'A'..='Z' => Some(digit_in('A', 0)),
        'a'..='z' => Some(digit_in('a', 26)),
        '0'..='9' => Some(digit_in('0', 52)),
        '+' | '-' => Some(62),
        '/' | '_' => Some(63),
        _ => None,
    }
}

impl Encoding {
    /// A text as it reads from each digit on with which an encoded part may begin. Nothing of it is kept: texts are long.
    pub(super) fn readings<'t>(&'static self, text: &'t str) -> impl Iterator<Item = impl Iterator<Item = Unit> + 't> {
        (0..self.group).map(move |skipped| self.reading(text, skipped))
    }

    /// What stands behind the digits, as if each run of them began after some that are `skipped`. Line breaks may stand
    /// within a run.
    fn reading<'t>(&'static self, text: &'t str, skipped: usize) -> impl Iterator<Item = Unit> + 't {
        let mut run = DigitRun::default();
        text.char_indices().filter_map(move |(at, character)| match (self.worth)(character) {
            Some(worth) => run.take(worth, at, self.bits, skipped),
            None if matches!(character, '\r' | '\n') => None,
            None => std::mem::take(&mut run).end(at),
        })
    }
}

/// Digits in a row, so far.
#[derive(Default)]
struct DigitRun {
    digits: usize,
    /// What is not yet a byte.
    held: u32,
    bits: usize,
    /// Where the digits of the next byte begin.
    start: Option<usize>,
    has_bytes: bool,
}

impl DigitRun {
    /// The byte that this digit completes, with the digits that it is made of.
    fn take(&mut self, worth: u32, at: usize, bits: usize, skipped: usize) -> Option<Unit> {
        self.digits += 1;
        if self.digits <= skipped {
            return None;
        }
        let start = *self.start.get_or_insert(at);
        self.held = (self.held << bits) | worth;
        self.bits += bits;
        self.bits.checked_sub(8).map(|left| {
            let byte = u8::try_from((self.held >> left) & 0xff).unwrap_or_default();
            self.held &= (1 << left) - 1;
            self.bits = left;
            self.start = (left > 0).then_some(at);
            self.has_bytes = true;
            Unit { character: char::from(byte), start, end: at + 1 }
        })
    }

    /// What keeps the bytes of this run apart from those of the next.
    fn end(self, at: usize) -> Option<Unit> {
        self.has_bytes.then_some(Unit { character: '\0', start: at, end: at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(encoding: &'static Encoding, text: &str) -> Vec<String> {
        encoding.readings(text).map(|units| units.map(|unit| unit.character).collect()).collect()
    }

    #[test]
    fn one_of_the_beginnings_is_the_right_one() {
        // "Bearer token" with one byte before it.
        assert!(texts(&BASE64, "got eEJlYXJlciB0b2tlbg==!").iter().any(|text| text.contains("Bearer token")));
        assert!(texts(&HEX, "got 0x42656172657220746f6b656e.").iter().any(|text| text.contains("Bearer token")));
        assert!(texts(&BASE64, "QmVhcmVy\r\nIHRva2Vu").iter().any(|text| text == "Bearer token"));
    }

    #[test]
    fn what_is_encoded_apart_is_read_apart() {
        assert!(texts(&BASE64, "QmVhcmVy IHRva2Vu").iter().any(|text| text == "Bearer\0 token"));
    }
}
