//! Templates: files that are real but for their names, with parts that stand between marks.

use std::cmp::Reverse;

/// What a template is filled with.
pub(super) struct Filling<'a> {
    pub(super) id: &'a str,
    /// The title that people see.
    pub(super) title: &'a str,
    /// Of a Rust type.
    pub(super) type_name: &'a str,
    pub(super) host: &'a str,
    pub(super) scopes: &'a [String],
    /// The parts that are kept.
    pub(super) parts: &'a [&'a str],
}

/// The text with the names in their places, without the parts that are not wanted and without the marks.
pub(super) fn fill(template: &str, filling: &Filling<'_>) -> String {
    let mut kept = String::new();
    let mut skipping: Option<&str> = None;
    for line in template.lines() {
        match (mark(line), skipping) {
            (Some((false, part)), None) if !filling.parts.contains(&part) => skipping = Some(part),
            (Some((true, part)), Some(skipped)) if part == skipped => skipping = None,
            (Some(_), _) | (None, Some(_)) => {}
            (None, None) => {
                // What was left out leaves no gap.
                if !(line.is_empty() && (kept.ends_with("\n\n") || kept.is_empty())) {
                    kept.push_str(line);
                    kept.push('\n');
                }
            }
        }
    }
    // What RFC 6749 §3.3 allows in a scope reads the same in every language.
    let scopes = filling.scopes.iter().map(|scope| format!("\"{scope}\"")).collect::<Vec<_>>().join(", ");
    // The login's own hosts need no claim.
    let hosts = if is_name(filling.host) { format!("\"{}\"", filling.host) } else { String::new() };
    let names = [
        ("mcp.acme.example", filling.host),
        ("Acme Inc", filling.title),
        ("Acme", filling.type_name),
        ("acme", filling.id),
        ("\"@SCOPES@\"", scopes.as_str()),
        ("\"@HOSTS@\"", hosts.as_str()),
    ];
    replaced(&kept, &names)
}

/// Every name replaced, the longest where several begin; what was put in stays as it is.
fn replaced(text: &str, names: &[(&str, &str)]) -> String {
    let (mut done, mut rest) = (String::new(), text);
    let next = |rest: &str| {
        let found = names.iter().filter_map(|name| Some((rest.find(name.0)?, *name)));
        found.min_by_key(|(at, (name, _))| (*at, Reverse(name.len())))
    };
    while let Some((at, (name, value))) = next(rest) {
        done.extend(rest.get(..at));
        done.push_str(value);
        rest = rest.get(at + name.len()..).unwrap_or_default();
    }
    done + rest
}

/// Whether a plugin may claim a host: the contract takes names of two or more labels, and no addresses.
fn is_name(host: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(is_plain)
    };
    let last_is_number = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    host.len() <= 253 && host.contains('.') && !last_is_number && host.split('.').all(is_label)
}

/// Whether a line is a mark: `// [part]` and `// [/part]`, or with `#`.
fn mark(line: &str) -> Option<(bool, &str)> {
    // With a blank, which `#[attributes]` do not have.
    let text = line.trim().strip_prefix("// [").or_else(|| line.trim().strip_prefix("# ["))?;
    let name = text.strip_suffix(']')?;
    Some(name.strip_prefix('/').map_or((false, name), |part| (true, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_or_left_out_and_names_are_put_in() {
        let template = "#[acme]\nAcme Inc\n\n// [guide]\nacme guide\n// [/guide]\n\n# [scopes]\nnames = [\"@SCOPES@\"]\n# [/scopes]\n";
        let scopes = ["read".to_owned(), "write".to_owned()];
        let filling = Filling {
            id: "my-tool",
            title: "My Tool",
            type_name: "MyTool",
            host: "mcp.tool.example",
            scopes: &scopes,
            parts: &["scopes"],
        };

        assert_eq!(fill(template, &filling), "#[my-tool]\nMy Tool\n\nnames = [\"read\", \"write\"]\n");
    }

    #[test]
    fn names_are_not_looked_for_in_what_was_put_in() {
        let filled = |id, host| {
            let filling = Filling { id, title: "Acme Crm", type_name: "AcmeCrmPlugin", host, scopes: &[], parts: &[] };
            fill("acme Acme at mcp.acme.example by Acme Inc", &filling)
        };

        assert_eq!(
            filled("acme-crm", "mcp.acme-crm.example"),
            "acme-crm AcmeCrmPlugin at mcp.acme-crm.example by Acme Crm\n"
        );
        assert_eq!(filled("crm", "mcp.acme.com"), "crm AcmeCrmPlugin at mcp.acme.com by Acme Crm\n");
    }

    #[test]
    fn only_names_are_claimed_as_hosts() {
        let claimed = |host| {
            let filling = Filling { id: "x", title: "X", type_name: "X", host, scopes: &[], parts: &[] };
            fill("[\"@HOSTS@\"]", &filling)
        };

        assert_eq!(claimed("mcp.example.com"), "[\"mcp.example.com\"]\n");
        for host in ["localhost", "127.0.0.1", "[::1]", "example.com.", "a_b.example.com", "-a.example.com", ""] {
            assert_eq!(claimed(host), "[]\n", "{host}");
        }
    }
}
