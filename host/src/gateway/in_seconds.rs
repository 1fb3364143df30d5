//! A length of time as people read it.

use std::time::Duration;

/// Shows a length of time in seconds, with as many decimals as it needs: `2 minutes` is `120 seconds`, half a second `0.5
/// seconds`.
pub(crate) struct InSeconds(pub(crate) Duration);

impl std::fmt::Display for InSeconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, thousandths) = (self.0.as_secs(), self.0.subsec_millis());
        match (whole, thousandths) {
            (0, 0) => f.write_str("0.001 seconds"),
            (1, 0) => f.write_str("1 second"),
            (whole, 0) => write!(f, "{whole} seconds"),
            (whole, thousandths) => {
                let decimals = format!("{thousandths:03}");
                write!(f, "{whole}.{} seconds", decimals.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_of_a_second_are_shown() {
        let shown = [1, 50, 500, 1000, 1250, 300_000]
            .map(|milliseconds| InSeconds(Duration::from_millis(milliseconds)).to_string());

        assert_eq!(shown, ["0.001 seconds", "0.05 seconds", "0.5 seconds", "1 second", "1.25 seconds", "300 seconds"]);
    }
}
