//! Lines of bounded length. The rest of a longer line is skipped in constant memory, while its message id is looked
//! for.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::gateway::upstream::envelope::Envelope;

/// A line of a command's output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OutputLine {
    /// A line within the limit.
    Whole(Vec<u8>),
    /// A longer line, with the id of its message if that is an answer.
    TooLong(Option<u64>),
}

/// The lines of a stream.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    limit: usize,
    line: Vec<u8>,
    skipping: Option<Skipping>,
}

struct Skipping {
    envelope: Envelope,
    is_told: bool,
}

/// What a piece of the stream led to.
enum LineStep {
    OutputLine(OutputLine),
    More,
    End,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(stream: R, limit: usize) -> Self {
        Self { reader: BufReader::with_capacity(64 * 1024, stream), limit, line: Vec::new(), skipping: None }
    }

    /// The next line; `None` at the end. May be dropped while it waits: nothing is lost.
    pub(super) async fn next(&mut self) -> Option<OutputLine> {
        loop {
            match self.step().await {
                LineStep::OutputLine(line) => return Some(line),
                LineStep::More => {}
                LineStep::End => return None,
            }
        }
    }

    /// The next byte, which is not consumed; `None` at the end.
    pub(super) async fn peek(&mut self) -> Option<u8> {
        self.reader.fill_buf().await.ok()?.first().copied()
    }

    /// Some of the next bytes, at most `most`, whatever they are; `None` at the end. May be dropped while it waits:
    /// nothing is lost.
    pub(super) async fn bytes(&mut self, most: usize) -> Option<Vec<u8>> {
        let bytes = self.reader.fill_buf().await.ok()?;
        let piece = bytes.get(..most.min(bytes.len())).filter(|piece| !piece.is_empty())?.to_vec();
        self.reader.consume(piece.len());
        Some(piece)
    }

    async fn step(&mut self) -> LineStep {
        let Ok(bytes) = self.reader.fill_buf().await else { return LineStep::End };
        if bytes.is_empty() {
            let rest = std::mem::take(&mut self.line);
            return if rest.is_empty() { LineStep::End } else { LineStep::OutputLine(OutputLine::Whole(rest)) };
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (piece, used) = match end {
            Some(end) => (bytes.get(..end).unwrap_or_default(), end + 1),
            None => (bytes, bytes.len()),
        };
        let step = match &mut self.skipping {
            Some(skipping) => skipping.take(piece, end.is_some()),
            None if self.line.len() + piece.len() > self.limit => {
                let mut skipping = Skipping { envelope: Envelope::default(), is_told: false };
                skipping.envelope.read(&std::mem::take(&mut self.line));
                let step = skipping.take(piece, end.is_some());
                self.skipping = Some(skipping);
                step
            }
            None => {
                self.line.extend_from_slice(piece);
                if end.is_some() {
                    LineStep::OutputLine(OutputLine::Whole(std::mem::take(&mut self.line)))
                } else {
                    LineStep::More
                }
            }
        };
        if end.is_some() {
            self.skipping = None;
        }
        self.reader.consume(used);
        step
    }
}

impl Skipping {
    /// Reports the line once: as soon as its id is known, else at its end.
    fn take(&mut self, piece: &[u8], is_end: bool) -> LineStep {
        self.envelope.read(piece);
        let id = self.envelope.id();
        if self.is_told || !(is_end || id.is_some()) {
            return LineStep::More;
        }
        self.is_told = true;
        LineStep::OutputLine(OutputLine::TooLong(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8], limit: usize) -> Vec<OutputLine> {
        let mut lines = Lines::new(text, limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await {
            all.push(line);
        }
        all
    }

    fn whole(text: &str) -> OutputLine {
        OutputLine::Whole(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_line_over_the_limit_is_skipped_and_the_next_one_is_read() {
        let long = format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"{}\"}}\nshort\nlast", "x".repeat(200_000));

        assert_eq!(lines(long.as_bytes(), 1000).await, [OutputLine::TooLong(Some(7)), whole("short"), whole("last")]);
    }

    #[tokio::test]
    async fn the_id_of_a_skipped_answer_is_found_wherever_it_stands() {
        let long = format!("{{\"result\":{{\"id\":1,\"x\":\"{}\\\"\"}},\"id\":\"8\"}}\nnext\n", "x".repeat(200_000));

        assert_eq!(lines(long.as_bytes(), 1000).await, [OutputLine::TooLong(Some(8)), whole("next")]);
    }

    #[tokio::test]
    async fn a_line_of_exactly_the_limit_is_whole() {
        assert_eq!(lines(b"12345\n123456\n1234", 5).await, [whole("12345"), OutputLine::TooLong(None), whole("1234")]);
    }
}
