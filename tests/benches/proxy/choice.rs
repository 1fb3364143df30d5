//! What the command line chooses.

use std::time::Duration;

use crate::rounds::Rounds;

/// What is run, and for how long.
pub(crate) struct Choice {
    /// Whole parts of names, between slashes; everything where there is none.
    filters: Vec<String>,
    pub(crate) is_quick: bool,
    pub(crate) rounds: Rounds,
}

impl Choice {
    /// From the arguments after `--`. Cargo adds `--bench`, which says nothing.
    pub(crate) fn of(arguments: impl Iterator<Item = String>) -> Self {
        let (options, filters): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument.starts_with("--"));
        let is_quick = options.iter().any(|option| option == "--quick");
        let long = Rounds { count: 5, time: Duration::from_secs(1) };
        let short = Rounds { count: 1, time: Duration::from_millis(300) };
        Self { filters, is_quick, rounds: if is_quick { short } else { long } }
    }

    /// Whether a figure of this name is wanted.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.filters.is_empty()
            || self.filters.iter().any(|filter| format!("/{name}/").contains(&format!("/{filter}/")))
    }
}
