//! The levels of log messages (Logging, "Log Levels"). Both generations of the protocol have the same.

/// A level. The more verbose is the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl LogLevel {
    const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The level of this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The name of the level.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_its_name_and_the_more_verbose_is_the_smaller() {
        let names = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

        let levels = names.map(|name| LogLevel::named(name).expect("a level"));

        assert_eq!(levels.map(LogLevel::name), names);
        assert!(levels.is_sorted() && LogLevel::named("Debug").is_none() && LogLevel::named("loud").is_none());
    }
}
