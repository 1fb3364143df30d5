//! Names where several servers are in scope: `<server><separator><name>`.

/// The name a client sees.
pub(crate) fn join(server: &str, separator: &str, name: &str) -> String {
    format!("{server}{separator}{name}")
}

/// Which of the servers a name belongs to, and what that server calls it. Of two that fit, the longer name wins.
pub(crate) fn split<'a, 'n>(
    servers: impl Iterator<Item = &'a str>,
    separator: &str,
    name: &'n str,
) -> Option<(&'a str, &'n str)> {
    let fits = |server: &'a str| Some((server, name.strip_prefix(server)?.strip_prefix(separator)?));
    servers.filter_map(fits).max_by_key(|(server, _)| server.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_name_is_split_where_it_was_joined() {
        let servers = ["a", "a-b", "c"];

        assert_eq!(split(servers.into_iter(), "-", &join("a-b", "-", "x-y")), Some(("a-b", "x-y")));
        assert_eq!(split(servers.into_iter(), "-", "a-x"), Some(("a", "x")));
        assert_eq!(split(servers.into_iter(), "-", "d-x"), None);
        assert_eq!(split(servers.into_iter(), "-", "a"), None);
    }
}
