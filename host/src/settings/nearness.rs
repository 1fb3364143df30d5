//! How near two names are, to say which one was probably meant.

/// Longer names are no slips of one another, bytes.
const LONGEST: usize = 128;

/// The candidate that a name is probably a slip of.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = (written.len() / 3).min(4);
    let is_short = |name: &&str| name.len() <= LONGEST && name.len().abs_diff(written.len()) <= allowed;
    let near = candidates.into_iter().filter(is_short).map(|name| (distance(name, written), name));
    near.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}

/// Letters to change, add, leave out or swap with their neighbour.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&row, j) + usize::from(x != y);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            let swap = if swapped { at(&before, j - 1) + 1 } else { usize::MAX };
            next.push(changed.min(at(&row, j + 1) + 1).min(at(&next, j) + 1).min(swap));
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_change() {
        assert_eq!((distance("client", "cleint"), distance("", "abc"), distance("abc", "abc")), (1, 3, 0));
    }

    #[test]
    fn the_nearest_name_is_told_and_none_where_none_is_near() {
        let tools = ["create_issue", "delete_issue", "search"];

        assert_eq!(nearest("deleteIssue", tools), Some("delete_issue"));
        assert_eq!(nearest("serach", tools), Some("search"));
        assert_eq!(nearest("list_projects", tools), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
