//! The protocol revisions that begin with `initialize`.

/// The newest.
pub(crate) const LATEST: &str = "2025-11-25";
/// All that the hub speaks, newest first.
pub(crate) const KNOWN: [&str; 5] = [LATEST, "2025-06-18", "2025-03-26", "2024-11-05", FIRST];
/// The first: hardly another than the second, and only some SDKs name it among those that they speak.
const FIRST: &str = "2024-10-07";

/// Whether the hub speaks it.
pub(crate) fn is_known(revision: &str) -> bool {
    KNOWN.contains(&revision)
}

/// What to answer somebody who asks for this one: the same where the hub speaks it, else the newest.
pub(crate) fn negotiated(asked: Option<&str>) -> &'static str {
    KNOWN.into_iter().find(|known| Some(*known) == asked).unwrap_or(LATEST)
}

/// Whether it is one at all. A server may have chosen one that the hub does not know; what it then sends is mostly the same.
pub(crate) fn is_plausible(revision: &str) -> bool {
    let is_digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = revision.split('-');
    [4, 2, 2].into_iter().all(|count| parts.next().is_some_and(|part| is_digits(part, count))) && parts.next().is_none()
}

/// What a client is told that asked for one revision, where the server behind the hub chose another: the server's where
/// every client knows it, else the client's own.
pub(crate) fn told<'a>(chosen: &'a str, asked: Option<&str>) -> &'a str {
    if is_known(chosen) && chosen != FIRST { chosen } else { negotiated(asked) }
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

    #[test]
    fn a_date_may_be_a_revision_and_nothing_else() {
        assert!(KNOWN.into_iter().all(is_plausible) && is_plausible("2026-07-28"));
        for text in ["", "draft", "2025-06", "2025-6-18", "2025-06-18-1", "DRAFT-2025-v2"] {
            assert!(!is_plausible(text), "{text}");
        }
    }

    #[test]
    fn a_client_is_told_no_revision_that_it_may_not_know() {
        assert_eq!(told("2025-03-26", Some("2025-06-18")), "2025-03-26");
        assert_eq!(told("2024-09-01", Some("2025-06-18")), "2025-06-18");
        assert_eq!(told(FIRST, Some("2025-06-18")), "2025-06-18");
        assert_eq!(told(FIRST, Some(FIRST)), FIRST);
    }
}
