//! The log's way to standard error while the hub serves: lines wait in memory and a thread of their own writes them, so that a
//! terminal or a pipe that is slow holds no request up.
//!
//! What waits is bounded. Lines for which there is no room are dropped and counted, and the log says how many.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::visible::entry;

/// Bytes of lines that wait.
const WAITING: usize = 4 * 1024 * 1024;
/// How long the thread waits for more lines before it writes: under load many lines cost one wake-up and one write.
const GATHER: Duration = Duration::from_millis(5);
/// How long the end of the program waits for the last lines.
const LAST: Duration = Duration::from_secs(1);

/// Lines that were dropped since the program started.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines of the log were dropped, because standard error was too slow.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Where lines go in.
#[derive(Clone)]
pub struct LogQueue(Arc<Shared>);

/// Writes what still waits when it is dropped, for at most a second.
pub struct LastLines {
    queue: LogQueue,
    done: Receiver<()>,
}

struct Shared {
    waiting: Mutex<WaitingLines>,
    arrived: Condvar,
}

#[derive(Default)]
struct WaitingLines {
    bytes: Vec<u8>,
    dropped: u64,
    is_over: bool,
}

impl LogQueue {
    /// Starts the thread, which writes to `output`.
    pub fn start(output: impl Write + Send + 'static) -> io::Result<(Self, LastLines)> {
        let queue = Self(Arc::new(Shared { waiting: Mutex::default(), arrived: Condvar::new() }));
        let (shared, (told, done)) = (queue.0.clone(), channel());
        std::thread::Builder::new().name("log".into()).spawn(move || {
            shared.write_on(output);
            // Nobody waits where the program ends in another way.
            let _ = told.send(());
        })?;
        Ok((queue.clone(), LastLines { queue, done }))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, WaitingLines> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > WAITING {
            waiting.dropped += 1;
            DROPPED.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let was_empty = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        drop(waiting);
        if was_empty {
            self.arrived.notify_one();
        }
    }

    fn write_on(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.bytes.is_empty() && !waiting.is_over {
                waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            if !waiting.is_over {
                drop(waiting);
                std::thread::sleep(GATHER);
                waiting = self.lock();
            }
            lines.clear();
            std::mem::swap(&mut lines, &mut waiting.bytes);
            let (dropped, is_over) = (std::mem::take(&mut waiting.dropped), waiting.is_over);
            drop(waiting);
            if dropped > 0 {
                let told =
                    format!("{dropped} lines of the log were dropped, because they could not be written in time\n");
                lines.extend_from_slice(told.as_bytes());
            }
            // A closed log is no reason to stop.
            let _ = output.write_all(&lines).and_then(|()| output.flush());
            if is_over && self.lock().bytes.is_empty() {
                return;
            }
        }
    }
}

impl Drop for LastLines {
    fn drop(&mut self) {
        self.queue.0.lock().is_over = true;
        self.queue.0.arrived.notify_one();
        // Standard error may be stuck for good.
        let _ = self.done.recv_timeout(LAST);
    }
}

/// Takes one entry of the log at a time.
pub struct QueuedEntry<'q>(&'q Shared);

impl<'w> MakeWriter<'w> for LogQueue {
    type Writer = QueuedEntry<'w>;

    fn make_writer(&'w self) -> QueuedEntry<'w> {
        QueuedEntry(&self.0)
    }
}

impl Write for QueuedEntry<'_> {
    /// An entry comes whole, in one piece.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nearly every entry is one line of plain text: it is taken as it is.
        let line = bytes.strip_suffix(b"\n").unwrap_or_default();
        if !line.is_empty() && line.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            self.0.push(bytes);
        } else {
            self.0.push(entry(bytes).as_bytes());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, sync_channel};

    use super::*;

    /// Hands on what is written, once it may.
    struct Slow {
        may_write: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Nobody to ask: it may.
            let _ = self.may_write.recv();
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_slow_reader_holds_nobody_up_and_what_is_dropped_is_told() {
        let ((allow, may_write), (written, read)) = (sync_channel(10), channel());
        let (queue, last) = LogQueue::start(Slow { may_write, written }).expect("a thread");
        let line = vec![b'x'; 1024 * 1024];

        for _ in 0..10 {
            queue.make_writer().write_all(&line).expect("taken");
        }
        drop(allow);
        drop(last);

        let all: Vec<u8> = read.iter().flatten().collect();
        let text = String::from_utf8(all).expect("text");
        assert!(text.contains(" lines of the log were dropped"), "{}", text.len());
        assert!(text.len() < 9 * line.len());
        assert!(dropped() > 0);
    }

    #[test]
    fn an_entry_is_one_line_without_what_steers_a_terminal() {
        let ((allow, may_write), (written, read)) = (sync_channel(10), channel());
        let (queue, last) = LogQueue::start(Slow { may_write, written }).expect("a thread");
        drop(allow);

        queue.make_writer().write_all(b"one\x1b[2J\ntwo\n").expect("taken");
        drop(last);

        assert_eq!(read.iter().flatten().collect::<Vec<u8>>(), b"one\\u001b[2J\\ntwo\n");
    }
}
