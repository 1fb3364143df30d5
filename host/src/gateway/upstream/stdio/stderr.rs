//! The last lines of a command's standard error. They help to say why it ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::gateway::error::LastLines;
use crate::gateway::lock::lock;
use crate::settings::CommandArguments;

/// Lines that are kept.
const LINES: usize = 10;
/// Characters of a line that are kept.
const LINE: usize = 300;
/// A shorter value of `env` is not treated as a secret: it would be found in many words.
const SHORTEST_SECRET: usize = 6;

/// The last lines, without the secrets of the server's entry and without control characters.
#[derive(Clone)]
pub(super) struct StderrTail(Arc<Kept>);

struct Kept {
    server: String,
    secrets: Vec<String>,
    lines: Mutex<VecDeque<String>>,
}

impl StderrTail {
    pub(super) fn new(server: &str, args: &CommandArguments, env: &[(String, String)]) -> Self {
        let values = env.iter().map(|(_, value)| value.as_str()).chain(args.secrets());
        let mut secrets: Vec<String> = values
            .flat_map(|value| [value].into_iter().chain(value.lines()))
            .filter(|value| value.chars().count() >= SHORTEST_SECRET)
            .map(str::to_owned)
            .collect();
        // Longer secrets first, because one may contain another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(Arc::new(Kept { server: server.to_owned(), secrets, lines: Mutex::default() }))
    }

    /// Reads to the end, in bounded memory.
    pub(super) async fn read(self, mut stream: impl AsyncRead + Unpin) {
        let (mut line, mut chunk) = (Vec::new(), vec![0; 4096]);
        while let Ok(count) = stream.read(&mut chunk).await {
            let bytes = chunk.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            for byte in bytes {
                match byte {
                    b'\n' => self.keep(&std::mem::take(&mut line)),
                    // More than is kept, so that a secret that begins within it is seen as a whole.
                    _ if line.len() < LINE * 16 => line.push(*byte),
                    _ => {}
                }
            }
        }
        self.keep(&line);
    }

    /// Keeps a line of standard output that is no message: some programs complain there.
    pub(super) fn note(&self, line: &[u8]) {
        // More than is kept, so that a secret that begins within it is seen as a whole.
        let line = line.get(..LINE * 16).unwrap_or(line);
        if !line.trim_ascii().is_empty() {
            self.keep(&[b"(on standard output) ", line.trim_ascii()].concat());
        }
    }

    fn keep(&self, line: &[u8]) {
        let text = self.printable(String::from_utf8_lossy(line).trim_end());
        if text.is_empty() {
            return;
        }
        tracing::debug!(server.name = self.0.server, "standard error: {text}");
        let mut lines = lock(&self.0.lines);
        if lines.len() >= LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }

    /// The line with secrets masked and control characters escaped, cut to its limit.
    fn printable(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0.secrets {
            text = text.replace(secret, "***");
        }
        let visible = |character: char| {
            let hides = character.is_control() && character != '\t'
                || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if hides { character.escape_unicode().to_string() } else { character.to_string() }
        };
        text.chars().take(LINE).map(visible).collect()
    }

    /// The lines so far.
    pub(super) fn last(&self) -> LastLines {
        LastLines(lock(&self.0.lines).iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(tail: &StderrTail, text: &[u8]) -> Vec<String> {
        tail.clone().read(text).await;
        tail.last().0
    }

    fn tail(args: &[&str], env: &[(&str, &str)]) -> StderrTail {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let env: Vec<(String, String)> = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        StderrTail::new("a", &args.into(), &env)
    }

    #[tokio::test]
    async fn only_the_last_lines_are_kept() {
        let lines: Vec<String> = (0..5000).map(|number| format!("line {number}")).collect();
        let text = lines.join("\r\n\n");

        let kept = read(&tail(&[], &[]), text.as_bytes()).await;

        assert_eq!(kept.len(), LINES);
        assert_eq!(kept.last().map(String::as_str), Some("line 4999"));
    }

    #[tokio::test]
    async fn secrets_of_the_entry_are_masked() {
        let tail = tail(
            &["-m", "server", "--api-key", "from-an-argument", "-e", "ACME_TOKEN=in-a-variable"],
            &[("MODE", "dev"), ("KEY", "hunter2-secret")],
        );

        let kept = read(&tail, b"dev server: hunter2-secret from-an-argument in-a-variable").await;

        assert_eq!(kept, ["dev server: *** *** ***"]);
    }

    #[tokio::test]
    async fn control_characters_are_escaped_and_a_line_without_an_end_is_cut() {
        let mut text = b"\x1b[31mred\xff".to_vec();
        text.extend(vec![b'x'; 1_000_000]);

        let kept = read(&tail(&[], &[]), &text).await;

        assert!(
            kept.iter().all(|line| line.starts_with("\\u{1b}[31mred\u{fffd}x") && line.len() < 2 * LINE),
            "{kept:?}"
        );
    }
}
