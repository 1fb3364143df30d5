//! The text of `/metrics`: Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write};

use super::histogram::HistogramReading;

/// The media type of the text.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The kind of a family of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricKind {
    /// It only grows, until the hub is restarted.
    Counter,
    /// It goes up and down.
    Gauge,
    Histogram,
}

/// The text as it is written, family by family.
#[derive(Default)]
pub(crate) struct Exposition(String);

impl Exposition {
    /// Begins a family. Its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: MetricKind, help: &str) {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// Writes one sample of the family.
    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (number, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", if number == 0 { '{' } else { ',' }, Escaped(text));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{close} {value}");
    }

    /// A family of one sample without labels.
    pub(crate) fn alone(&mut self, name: &str, kind: MetricKind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// Writes the samples of one histogram.
    pub(crate) fn histogram(&mut self, name: &str, labels: &[(&str, &str)], reading: &HistogramReading) {
        let bucket = format!("{name}_bucket");
        for (bound, count) in &reading.buckets {
            self.sample(&bucket, &[labels, &[("le", bound)]].concat(), count);
        }
        self.sample(&format!("{name}_sum"), labels, reading.seconds);
        self.sample(&format!("{name}_count"), labels, reading.count);
    }

    /// All that was written.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// The value of a label.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                plain => f.write_char(plain)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_label_stays_inside_its_quotes() {
        let mut text = Exposition::default();

        text.sample("a_total", &[("server", "x\"} 1\n\\y"), ("b", "")], 7);

        assert_eq!(text.into_text(), "a_total{server=\"x\\\"} 1\\n\\\\y\",b=\"\"} 7\n");
    }

    #[test]
    fn a_family_says_what_it_is() {
        let mut text = Exposition::default();

        text.alone("a", MetricKind::Gauge, "How many.", 1.5);

        assert_eq!(text.into_text(), "# HELP a How many.\n# TYPE a gauge\na 1.5\n");
    }
}
