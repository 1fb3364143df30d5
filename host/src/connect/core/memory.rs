//! What the hub remembers about a server until it restarts. All of it can be found out again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mcphub_oauth::challenge::Challenge;

use super::target::Discovered;

/// The first pause after a refresh that failed for a temporary reason. Each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, however many refreshes have failed.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What the hub remembers about one server.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    /// What the server's last refusal asked for.
    pub(crate) demand: Demand,
    /// What the last discovery found.
    pub(crate) discovered: Option<Arc<Discovered>>,
    /// What was found at the issuer of the server's grant. The server may name another issuer by now.
    pub(crate) of_grant: Option<Arc<Discovered>>,
    /// The id of the client that this server's login showed to be gone. Other servers may still use that client.
    pub(crate) gone_client: Option<String>,
    /// The client of the last login that started and did not come back: its login page may refuse that client.
    pub(crate) unfinished_client: Option<String>,
    /// Why the last login ended, for the person who is asked for the next one.
    pub(crate) ended: Option<String>,
    /// How long refreshes pause after failures.
    pub(crate) pause: Pause,
    /// The version of the grant that a forced refresh made. If the server refuses that one too, another refresh does
    /// not help.
    pub(crate) refreshed_by_force: Option<u64>,
    /// The version of the grant that the last request carried. That grant is in use, so it is refreshed ahead of time.
    pub(crate) in_use: Option<u64>,
}

/// What a server's refusal asked for: where discovery starts, and which scopes are needed.
#[derive(Clone, Default)]
pub(crate) struct Demand {
    /// The challenge of the refusal (RFC 6750 §3). `None` means that the refusal had none, or that there was no
    /// refusal.
    pub(crate) challenge: Option<Challenge>,
    /// The tool whose call was refused.
    pub(crate) tool: Option<String>,
}

/// The pause after refreshes that failed for a temporary reason.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pause {
    failures: u32,
    until: Option<SystemTime>,
}

impl Pause {
    /// The next, longer pause. It starts now and lasts at least until `at_least`.
    pub(crate) fn lengthened(self, now: SystemTime, at_least: Option<SystemTime>) -> Self {
        let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
        let until = now + doubled.min(LONGEST_PAUSE);
        Self { failures: self.failures.saturating_add(1), until: at_least.max(Some(until)) }
    }

    /// When the pause ends. `None` means that it is over.
    pub(crate) fn end(self, now: SystemTime) -> Option<SystemTime> {
        self.until.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_pause_doubles_up_to_a_minute() {
        let mut pause = Pause::default();
        let mut lengths = Vec::new();
        for _ in 0..8 {
            pause = pause.lengthened(UNIX_EPOCH, None);
            lengths.extend(pause.end(UNIX_EPOCH).and_then(|end| end.duration_since(UNIX_EPOCH).ok()));
        }

        assert_eq!(lengths.iter().map(Duration::as_secs).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_pause_ends() {
        let pause = Pause::default().lengthened(UNIX_EPOCH, None);

        assert_eq!(pause.end(UNIX_EPOCH + Duration::from_secs(1)), None);
        assert_eq!(Pause::default().end(UNIX_EPOCH), None);
    }

    #[test]
    fn a_pause_lasts_at_least_as_long_as_it_must() {
        let hour = UNIX_EPOCH + Duration::from_hours(1);

        assert_eq!(Pause::default().lengthened(UNIX_EPOCH, Some(hour)).end(UNIX_EPOCH), Some(hour));
    }
}
