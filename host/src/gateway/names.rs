//! Names where several servers are in scope: `<server><separator><name>`.

use super::layout::Seen;

/// The name a client sees.
pub(crate) fn join(server: &str, separator: &str, name: &str) -> String {
    format!("{server}{separator}{name}")
}

/// Which of the servers a name belongs to, and what that server calls it. Of two that fit, the longer prefix wins.
pub(crate) fn split<'s, 'n>(seen: impl Iterator<Item = &'s Seen>, name: &'n str) -> Option<(&'s Seen, &'n str)> {
    let fits = |seen: &'s Seen| Some((seen, name.strip_prefix(seen.prefix.as_str())?));
    seen.filter_map(fits).max_by_key(|(seen, _)| seen.prefix.len())
}
