//! What stands behind base64 and hexadecimal digits in a text. Where the encoding began is not known, so each beginning is
//! tried: a secret may stand anywhere within what was encoded.

use super::decoded::Unit;

/// The shortest run of digits that is looked into: six bytes in base64.
const SHORTEST_RUN: usize = 8;

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
    /// Every run of digits, decoded from each place where it may have begun.
    pub(super) fn parts(&self, text: &str) -> Vec<Vec<Unit>> {
        let runs = self.runs(text);
        let begun = runs.iter().flat_map(|run| (0..self.group).filter_map(|start| run.get(start..)));
        begun.map(|digits| self.decoded(digits)).collect()
    }

    /// Digits in a row, with their places; line breaks may stand between them.
    fn runs(&self, text: &str) -> Vec<Vec<(u32, usize)>> {
        let mut runs = vec![Vec::new()];
        for (at, character) in text.char_indices() {
            let Some(run) = runs.last_mut() else { break };
            match (self.worth)(character) {
                Some(worth) => run.push((worth, at)),
                None if matches!(character, '\r' | '\n') => {}
                None if run.len() >= SHORTEST_RUN => runs.push(Vec::new()),
                None => run.clear(),
            }
        }
        runs.retain(|run| run.len() >= SHORTEST_RUN);
        runs
    }

    /// The bytes behind digits, each with the digits that it is made of.
    fn decoded(&self, digits: &[(u32, usize)]) -> Vec<Unit> {
        let (mut units, mut held, mut bits, mut start) = (Vec::new(), 0_u32, 0, None);
        for &(worth, at) in digits {
            start = start.or(Some(at));
            held = (held << self.bits) | worth;
            bits += self.bits;
            if bits >= 8 {
                bits -= 8;
                let byte = u8::try_from((held >> bits) & 0xff).unwrap_or_default();
                units.push(Unit { character: char::from(byte), start: start.unwrap_or(at), end: at + 1 });
                held &= (1 << bits) - 1;
                start = (bits > 0).then_some(at);
            }
        }
        units
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(encoding: &Encoding, text: &str) -> Vec<String> {
        let text_of = |units: Vec<Unit>| units.iter().map(|unit| unit.character).collect();
        encoding.parts(text).into_iter().map(text_of).collect()
    }

    #[test]
    fn one_of_the_beginnings_is_the_right_one() {
        // "Bearer token" with one byte before it.
        assert!(texts(&BASE64, "got eEJlYXJlciB0b2tlbg==!").iter().any(|text| text.contains("Bearer token")));
        assert!(texts(&HEX, "got 0x42656172657220746f6b656e.").iter().any(|text| text.contains("Bearer token")));
        assert!(texts(&BASE64, "QmVhcmVy\r\nIHRva2Vu").iter().any(|text| text == "Bearer token"));
    }

    #[test]
    fn short_words_are_not_looked_into() {
        assert!(texts(&BASE64, "a few short words").is_empty());
    }
}
