//! The messages of a command's output: lines, or frames with a `Content-Length` header as in the Language Server
//! Protocol.
//!
//! MCP requires lines. Programs that are built on a library for the other protocol read lines but write frames. A frame
//! is recognised by its header; whatever only looks like one is treated as lines.

use tokio::io::AsyncRead;

use super::lines::{Lines, OutputLine};
use crate::gateway::upstream::envelope::Envelope;

/// The header with the length of a frame.
const CONTENT_LENGTH: &str = "content-length";

/// The messages of a stream.
pub(super) struct Frames<R> {
    lines: Lines<R>,
    limit: usize,
    state: FrameState,
}

enum FrameState {
    /// Between messages: a line or a header may come.
    Lines,
    /// After the header of a frame of this length.
    Headers(usize),
    /// Within a frame, with this many bytes left. Of a frame that is too large, only the id is kept.
    Body { left: usize, kept: Vec<u8>, skipped: Option<Envelope> },
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) fn new(stream: R, limit: usize) -> Self {
        Self { lines: Lines::new(stream, limit), limit, state: FrameState::Lines }
    }

    /// The next line or frame; `None` at the end. May be dropped while it waits: nothing is lost.
    pub(super) async fn next(&mut self) -> Option<OutputLine> {
        loop {
            match &mut self.state {
                FrameState::Lines => match self.lines.next().await? {
                    OutputLine::Whole(line) => match length(&line) {
                        Some(length) => self.state = FrameState::Headers(length),
                        None => return Some(OutputLine::Whole(line)),
                    },
                    too_long @ OutputLine::TooLong(_) => return Some(too_long),
                },
                FrameState::Headers(left) => {
                    let left = *left;
                    match self.lines.next().await? {
                        OutputLine::Whole(line) if line.trim_ascii().is_empty() => self.state = self.body(left).await?,
                        OutputLine::Whole(line) if header(&line).is_some() => {}
                        other => {
                            self.state = FrameState::Lines;
                            return Some(other);
                        }
                    }
                }
                FrameState::Body { left: 0, kept, skipped } => {
                    let (kept, skipped) = (std::mem::take(kept), skipped.take());
                    self.state = FrameState::Lines;
                    return Some(skipped.map_or(OutputLine::Whole(kept), |skipped| OutputLine::TooLong(skipped.id())));
                }
                FrameState::Body { left, kept, skipped } => {
                    let piece = self.lines.bytes(*left).await?;
                    *left -= piece.len();
                    match skipped {
                        Some(skipped) => skipped.read(&piece),
                        None => kept.extend_from_slice(&piece),
                    }
                }
            }
        }
    }

    /// What follows the headers. A frame holds JSON; anything else means that there was no frame.
    async fn body(&mut self, left: usize) -> Option<FrameState> {
        let first = self.lines.peek().await?;
        if !matches!(first, b'{' | b'[') {
            return Some(FrameState::Lines);
        }
        let skipped = (left > self.limit).then(Envelope::default);
        Some(FrameState::Body { left, kept: Vec::new(), skipped })
    }
}

fn length(line: &[u8]) -> Option<usize> {
    let (name, value) = header(line)?;
    if name.eq_ignore_ascii_case(CONTENT_LENGTH) { value.parse().ok().filter(|length| *length > 0) } else { None }
}

fn header(line: &[u8]) -> Option<(&str, &str)> {
    let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], limit: usize) -> Vec<OutputLine> {
        let mut frames = Frames::new(text, limit);
        let mut all = Vec::new();
        while let Some(line) = frames.next().await {
            all.push(line);
        }
        all
    }

    fn whole(text: &str) -> OutputLine {
        OutputLine::Whole(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn frames_and_lines_are_distinguished() {
        let text = "a line\nContent-Length: 8\r\nContent-Type: x\r\n\r\n{\"a\":\n1}content-length:2\n\n{}{\"b\":2}\n";

        assert_eq!(
            all(text.as_bytes(), 100).await,
            [whole("a line"), whole("{\"a\":\n1}"), whole("{}"), whole("{\"b\":2}")]
        );
    }

    #[tokio::test]
    async fn what_only_looks_like_a_frame_is_read_as_lines() {
        let text = "Content-Length: 5\r\n{\"a\":1}\nContent-Length: 5\n\nhello\nContent-Length: many\n";

        let lines = [whole("{\"a\":1}"), whole("hello"), whole("Content-Length: many")];
        assert_eq!(all(text.as_bytes(), 100).await, lines);
    }

    #[tokio::test]
    async fn a_frame_over_the_limit_is_skipped_and_the_next_one_is_read() {
        let long = format!("{{\"id\":7,\"result\":\"{}\"}}", "x".repeat(200_000));
        let text = format!("Content-Length: {}\r\n\r\n{long}Content-Length: 2\r\n\r\n{{}}", long.len());

        assert_eq!(all(text.as_bytes(), 1000).await, [OutputLine::TooLong(Some(7)), whole("{}")]);
    }
}
