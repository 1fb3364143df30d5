//! Finds the id of an answer that is too large to keep, while its bytes pass by.

/// Characters of a key or an id that are kept.
const KEPT: usize = 40;

/// Reads a JSON object byte by byte, in constant memory, and keeps only its `id`.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    depth: u32,
    is_string: bool,
    is_escaped: bool,
    key: Vec<u8>,
    text: Vec<u8>,
    id: Option<u64>,
    is_request: bool,
}

impl Envelope {
    /// Reads the next bytes.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    /// The id, if this is an answer and its id has passed by.
    pub(crate) fn id(&self) -> Option<u64> {
        self.id.filter(|_| !self.is_request)
    }

    fn step(&mut self, byte: u8) {
        if self.is_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.is_string = false;
                    return;
                }
                _ => {}
            }
            return self.keep(byte);
        }
        match byte {
            b'"' => {
                self.is_string = true;
                if self.depth == 1 {
                    self.text.clear();
                }
            }
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.close_member();
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => self.key = std::mem::take(&mut self.text),
            b',' => self.close_member(),
            _ if byte.is_ascii_whitespace() => {}
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.depth == 1 && self.text.len() < KEPT {
            self.text.push(byte);
        }
    }

    fn close_member(&mut self) {
        if self.depth != 1 {
            return;
        }
        let (key, value) = (std::mem::take(&mut self.key), std::mem::take(&mut self.text));
        match key.as_slice() {
            b"id" => self.id = std::str::from_utf8(&value).ok().and_then(|value| value.trim().parse().ok()),
            b"method" => self.is_request = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<u64> {
        let mut envelope = Envelope::default();
        for piece in text.as_bytes().chunks(3) {
            envelope.read(piece);
        }
        envelope.id()
    }

    #[test]
    fn only_the_id_of_the_envelope_is_found() {
        assert_eq!(id(r#"{"jsonrpc":"2.0","id":12,"result":"#), Some(12));
        assert_eq!(id(r#"{"result":{"id":1,"a":["}",{"id":2}]}, "id" : "13"}"#), Some(13));
        assert_eq!(id(r#"{"result":"\"id\":1,\"", "id":14}"#), Some(14));
        assert_eq!(id(r#"{"method":"m","id":1,"params":{}}"#), None);
        assert_eq!(id(r#"{"result":{"id":1}}"#), None);
    }
}
