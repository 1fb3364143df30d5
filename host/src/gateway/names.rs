//! Names as clients see them: `<server><separator><name>`, in the characters and the length that the APIs of models
//! accept.
//!
//! A name that fits stays as it is. Any other is replaced by one that depends only on itself, so that it is the same
//! after a restart.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

/// The longest name that the APIs of models accept.
const LONGEST: usize = 64;
/// The length of a mark, with the `_` before it.
const MARK: usize = 9;
/// Characters of a tool's own name that are kept if the whole name is too long.
const OWN: usize = 36;

/// Whether a name is `^[a-zA-Z0-9_-]{1,64}$`.
pub(crate) fn fits(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_plain)
}

/// The name for what a server calls `own`. The prefix must be in plain characters.
pub(crate) fn joined(prefix: &str, own: &str) -> String {
    let full = format!("{prefix}{}", plain(own));
    if own.is_ascii() && fits(&full) { full } else { marked(prefix, own, 0) }
}

/// The same with a mark that makes it unique. Each round gives another mark.
pub(crate) fn marked(prefix: &str, own: &str, round: u32) -> String {
    let mark = digest(&[prefix, own, &round.to_string()], MARK - 1);
    let own = plain(own);
    let own: String = own.chars().take(OWN.max((LONGEST - MARK).saturating_sub(prefix.len()))).collect();
    let prefix: String = prefix.chars().take((LONGEST - MARK).saturating_sub(own.len())).collect();
    format!("{prefix}{own}_{mark}")
}

/// Whether a name may be the shortened form of a longer one.
pub(crate) const fn may_be_shortened(name: &str) -> bool {
    name.len() == LONGEST
}

/// A text in plain characters: other ASCII characters become `_`, and characters of other scripts are removed.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii).map(|char| if is_plain(char) { char } else { '_' }).collect()
}

/// The plain-character form of each server's name, for its prefix. No two are equal, and they do not depend on the
/// order of the servers. Of several servers with the same plain form, the first in the alphabet gets it unchanged.
pub(crate) fn slugs<'a>(servers: impl Iterator<Item = &'a str>) -> HashMap<String, String> {
    let mut servers: Vec<&str> = servers.collect();
    servers.sort_unstable();
    let mut taken: HashSet<String> =
        servers.iter().filter(|server| server.chars().all(is_plain)).map(|server| (*server).to_owned()).collect();
    let mut slugs = HashMap::new();
    for server in servers {
        let mut slug = plain(server);
        if slug != server && (!server.is_ascii() || slug.is_empty() || taken.contains(&slug)) {
            let start = if slug.is_empty() { "server" } else { &slug };
            slug = format!("{start}_{}", digest(&[server], 6));
        }
        taken.insert(slug.clone());
        slugs.insert(server.to_owned(), slug);
    }
    slugs
}

const fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '-')
}

/// The first digits of a SHA-256, in hexadecimal.
fn digest(texts: &[&str], digits: usize) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    let value = hash.finalize().iter().take(8).fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    format!("{value:016x}").chars().take(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_is_not_changed() {
        for (prefix, own) in [("a-", "b"), ("", "list_issues"), ("My_Server-", "x-1"), ("", &"n".repeat(64))] {
            assert_eq!(joined(prefix, own), format!("{prefix}{own}"));
        }
    }

    #[test]
    fn any_other_name_becomes_a_unique_one_that_fits() {
        let long = "billing_cost_management_get_reservation_coverage";
        let cases = [
            ("a-", "b.c"),
            ("a-", "搜索"),
            ("a-", "查找"),
            ("a-", ""),
            ("", "аdmin"),
            (&"p".repeat(90), "x"),
            ("acme_cost-management-server-", long),
            ("", &"n".repeat(1000)),
        ];
        let mut names: Vec<String> = cases.iter().map(|(prefix, own)| joined(prefix, own)).collect();

        assert!(names.iter().all(|name| fits(name)), "{names:?}");
        assert_eq!(names[0], "a-b_c");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn no_two_servers_have_the_same_prefix_and_a_plain_name_is_kept() {
        let servers = ["My Server", "My_Server", "地图", "地国", "a:b", "a.b", "notes@work", "", "x"];
        let slugs = slugs(servers.into_iter());

        let different: HashSet<&String> = slugs.values().collect();
        assert_eq!(different.len(), servers.len());
        assert_eq!(
            (slugs["My_Server"].as_str(), slugs["a.b"].as_str(), slugs["notes@work"].as_str()),
            ("My_Server", "a_b", "notes_work")
        );
        assert!(slugs["My Server"].starts_with("My_Server_"));
    }

    #[test]
    fn prefixes_do_not_depend_on_the_order_of_the_settings() {
        let servers = ["a:b", "a@b", "a b", "a_c", "地图", "a:c"];
        let forwards = slugs(servers.into_iter());

        let backwards = slugs(servers.into_iter().rev());

        assert_eq!(forwards, backwards);
        assert_eq!((forwards["a b"].as_str(), forwards["a_c"].as_str()), ("a_b", "a_c"));
    }
}
