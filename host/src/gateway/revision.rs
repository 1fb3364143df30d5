//! The protocol revisions, each written once.
//!
//! All but [`STATELESS`] begin a session with `initialize`.

/// The newest revision with sessions.
pub(crate) const LATEST: &str = "2025-11-25";
/// The revision without sessions and without `initialize`.
pub(crate) const STATELESS: &str = "2026-07-28";
/// The revisions with sessions that the hub speaks with clients, newest first.
pub(crate) const KNOWN: [&str; 5] = [LATEST, "2025-06-18", "2025-03-26", "2024-11-05", FIRST];
/// The first revision. It hardly differs from the second, and only some SDKs accept it.
const FIRST: &str = "2024-10-07";

/// All revisions that the hub speaks with clients, newest first.
pub(crate) fn supported() -> Vec<&'static str> {
    [STATELESS].into_iter().chain(KNOWN).collect()
}

/// Whether the hub speaks a revision with sessions with clients.
pub(crate) fn is_known(revision: &str) -> bool {
    KNOWN.contains(&revision)
}

/// The revision to answer a client with that asked for one: the same if the hub speaks it, else the newest.
pub(crate) fn negotiated(asked: Option<&str>) -> &'static str {
    KNOWN.into_iter().find(|known| Some(*known) == asked).unwrap_or(LATEST)
}

/// Whether a text has the form of a revision. A server may choose one that the hub does not know; most of what it then
/// sends is the same.
pub(crate) fn is_plausible(revision: &str) -> bool {
    let is_digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = revision.split('-');
    [4, 2, 2].into_iter().all(|count| parts.next().is_some_and(|part| is_digits(part, count))) && parts.next().is_none()
}

/// Whether a revision is later than all with sessions, as far as is known.
pub(crate) fn is_after_sessions(revision: &str) -> bool {
    is_plausible(revision) && revision > LATEST
}

/// The two generations of the protocol, as a client speaks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientGeneration {
    /// The client began a session with `initialize`: revision 2025-11-25 or an earlier one.
    Sessions,
    /// The client speaks [`STATELESS`]: every request says by itself what the server needs to know.
    Stateless,
}

impl ClientGeneration {
    /// The generation of a client with this `protocolVersion` in its parameters of `initialize`.
    pub(crate) fn of(revision: Option<&str>) -> Self {
        if revision == Some(STATELESS) { Self::Stateless } else { Self::Sessions }
    }
}

/// What the structured content of a tool's result may be, and what its `outputSchema` may describe (Tools, "Structured
/// Content").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Structure {
    /// An object: the revisions with sessions.
    Object,
    /// Any JSON value: [`STATELESS`].
    Any,
}

impl Structure {
    /// What a client with this `protocolVersion` in its parameters of `initialize` can read.
    pub(crate) fn of(revision: Option<&str>) -> Self {
        match ClientGeneration::of(revision) {
            ClientGeneration::Sessions => Self::Object,
            ClientGeneration::Stateless => Self::Any,
        }
    }
}

/// The revision to answer a client with, where the server behind the hub chose one itself: the server's if every client
/// knows it and it is no later one than the client's own, else the client's own.
pub(crate) fn for_client<'a>(chosen: &'a str, asked: Option<&str>) -> &'a str {
    let own = negotiated(asked);
    if is_known(chosen) && chosen != FIRST && chosen <= own { chosen } else { own }
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
    fn only_a_date_is_plausible() {
        assert!(KNOWN.into_iter().all(is_plausible) && is_plausible(STATELESS));
        for text in ["", "draft", "2025-06", "2025-6-18", "2025-06-18-1", "DRAFT-2025-v2"] {
            assert!(!is_plausible(text), "{text}");
        }
    }

    #[test]
    fn a_client_gets_no_revision_that_it_may_not_know() {
        assert_eq!(for_client("2025-03-26", Some("2025-06-18")), "2025-03-26");
        assert_eq!(for_client("2024-09-01", Some("2025-06-18")), "2025-06-18");
        assert_eq!(for_client(FIRST, Some("2025-06-18")), "2025-06-18");
        assert_eq!(for_client(FIRST, Some(FIRST)), FIRST);
    }
}
