//! What a component prints, on standard output and standard error alike: the first bytes are kept, the rest is taken without
//! a fault, so that printing never changes what a plugin does.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use mcphub_oauth::mask::Mask;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::check::text::is_unprintable;

/// Bytes that may be written at a time.
const AT_A_TIME: usize = 64 << 10;

/// What a component printed during one call: at most the first 4 KiB, made printable.
#[derive(Clone)]
pub(crate) struct Printed {
    limit: usize,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Printed {
    /// Keeps so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, bytes: Arc::default() }
    }

    /// What was printed, line by line and fit for a log: control characters can be seen, and what looks like a secret is
    /// masked.
    pub(crate) fn lines(&self) -> Vec<String> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        drop(bytes);
        let mask = Mask::default();
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(|line| mask.text(&visible(line))).collect()
    }
}

/// Control characters as they are written in a program.
fn visible(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        if c != '\t' && is_unprintable(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, written: Bytes) -> StreamResult<()> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.limit.saturating_sub(bytes.len());
        bytes.extend(written.iter().take(room));
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(AT_A_TIME)
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only later versions of the interface ask for this one, and none is linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(limit: usize, text: &'static str) -> Vec<String> {
        let mut printed = Printed::new(limit);
        printed.write(Bytes::from_static(text.as_bytes())).expect("taken");
        printed.lines()
    }

    #[test]
    fn control_characters_can_be_seen_and_secrets_cannot() {
        let lines = printed(1000, "a\u{1b}[31mred\r\n\nAuthorization: Bearer abcdef123456\n");

        assert_eq!(lines, ["a\\u{1b}[31mred", "Authorization: Bearer ***"]);
    }

    #[test]
    fn what_is_too_much_is_taken_and_let_go() {
        assert_eq!(printed(3, "abcdef"), ["abc"]);
    }
}
