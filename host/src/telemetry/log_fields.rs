//! The fields of a log line as text: `name=value`, the message first and bare. Every request leaves a line, so it is written
//! without the detours of a log that may be coloured.

use std::fmt;

use tracing_subscriber::field::{RecordFields, VisitOutput};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

use tracing::field::{Field, Visit};

/// Writes the fields of an event or span as the usual text log without colours does, byte for byte.
#[derive(Debug, Clone, Copy)]
pub struct LogFields;

impl<'w> FormatFields<'w> for LogFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut written = WrittenFields { writer, is_first: true, result: Ok(()) };
        fields.record(&mut written);
        written.finish()
    }
}

struct WrittenFields<'w> {
    writer: Writer<'w>,
    is_first: bool,
    result: fmt::Result,
}

impl WrittenFields<'_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_ok() {
            self.result = self.begin(field.name()).and_then(|()| value(&mut self.writer));
        }
    }

    fn begin(&mut self, name: &str) -> fmt::Result {
        if !std::mem::replace(&mut self.is_first, false) {
            self.writer.write_char(' ')?;
        }
        if name == "message" {
            return Ok(());
        }
        self.writer.write_str(name.strip_prefix("r#").unwrap_or(name))?;
        self.writer.write_char('=')
    }
}

impl Visit for WrittenFields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, |writer| write!(writer, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = value.bytes().all(|byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'));
        self.write(field, |writer| match (field.name(), is_plain) {
            ("message", _) => writer.write_str(value),
            (_, true) => {
                writer.write_char('"')?;
                writer.write_str(value)?;
                writer.write_char('"')
            }
            (_, false) => write!(writer, "{value:?}"),
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.write(field, |writer| write!(writer, "{value}"));
    }
}

impl VisitOutput<fmt::Result> for WrittenFields<'_> {
    fn finish(self) -> fmt::Result {
        self.result
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("lock").clone()).expect("text")
        }
    }

    fn log() {
        let span = tracing::info_span!("outer", server.name = "s \"x\"", number = 3);
        let _entered = span.enter();
        let (none, some) = (None::<&str>, Some("é\n"));
        tracing::info!(key = "a b", none, some, ms = 1.25, count = 7_u64, "{}", "hello \"you\"");
        tracing::warn!(shown = %"plain", debugged = ?Some(1), is = true);
    }

    #[test]
    fn a_line_is_what_the_usual_log_without_colours_writes() {
        let (ours, usual) = (Lines::default(), Lines::default());
        let (to_ours, to_usual) = (ours.clone(), usual.clone());
        let plain = || tracing_subscriber::fmt().with_ansi(false).without_time();

        let subscriber = plain().fmt_fields(LogFields).with_writer(move || to_ours.clone()).finish();
        tracing::subscriber::with_default(subscriber, log);
        let subscriber = plain().with_writer(move || to_usual.clone()).finish();
        tracing::subscriber::with_default(subscriber, log);

        assert_eq!(ours.text(), usual.text());
        assert!(ours.text().contains("hello \"you\""));
    }
}
