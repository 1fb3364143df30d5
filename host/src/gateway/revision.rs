//! The protocol revisions that begin with `initialize`.

/// The newest.
pub(crate) const LATEST: &str = "2025-11-25";
/// All that the hub speaks, newest first.
pub(crate) const KNOWN: [&str; 4] = [LATEST, "2025-06-18", "2025-03-26", "2024-11-05"];

/// Whether the hub speaks it.
pub(crate) fn is_known(revision: &str) -> bool {
    KNOWN.contains(&revision)
}

/// What to answer somebody who asks for this one: the same where the hub speaks it, else the newest.
pub(crate) fn negotiated(asked: Option<&str>) -> &'static str {
    KNOWN.into_iter().find(|known| Some(*known) == asked).unwrap_or(LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_revision_is_kept_and_any_other_becomes_the_newest() {
        assert_eq!(negotiated(Some("2025-03-26")), "2025-03-26");
        assert_eq!(negotiated(Some("1999-01-01")), LATEST);
        assert_eq!(negotiated(None), LATEST);
    }
}
