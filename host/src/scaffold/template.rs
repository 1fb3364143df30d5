//! Templates: files that are real but for their names, with parts that stand between marks.

/// What a template is filled with.
pub(super) struct Filling<'a> {
    pub(super) id: &'a str,
    /// For people.
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
    let scopes: Vec<String> = filling.scopes.iter().map(|scope| format!("{scope:?}")).collect();
    // An address is no name that a plugin may claim; the login's own hosts need no claim.
    let is_address = filling.host.starts_with('[') || filling.host.parse::<std::net::IpAddr>().is_ok();
    let hosts = if is_address { String::new() } else { format!("{:?}", filling.host) };
    kept.replace("mcp.acme.example", filling.host)
        .replace("Acme Inc", filling.title)
        .replace("Acme", filling.type_name)
        .replace("acme", filling.id)
        .replace("\"@SCOPES@\"", &scopes.join(", "))
        .replace("\"@HOSTS@\"", &hosts)
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
}
