//! Which scopes to ask for, how they are written, and what was granted (RFC 6749 §3.3, §5.1).

use crate::json::MAX_LIST;
use crate::profile::{Offline, Scopes};

mod notes;

pub use notes::{ScopeNote, notes};

/// Where the wish for scopes comes from, in the order of the MCP specification's scope selection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// What the person configured.
    pub configured: Option<&'a [String]>,
    /// What the challenge asks for.
    pub challenge: &'a [String],
    /// What the protected resource metadata lists.
    pub resource: Option<&'a [String]>,
    /// What the authorization server lists.
    pub server: Option<&'a [String]>,
    /// What is granted already: a step-up asks for it again.
    pub granted: &'a [String],
    /// Tools that the person switched off: what only these need is not asked for by default.
    pub disabled: &'a [String],
    /// The tool whose call was refused for want of scopes.
    pub tool: Option<&'a str>,
}

/// The scopes to ask for, without repetition, in the order of their sources.
#[must_use]
pub fn select(profile: &Scopes, sources: Sources<'_>) -> Vec<String> {
    if !profile.fixed.is_empty() {
        return profile.fixed.clone();
    }
    let mut scopes = Vec::new();
    match (sources.configured, sources.challenge, sources.resource) {
        (Some(configured), challenge, _) => {
            extend(&mut scopes, configured);
            extend(&mut scopes, challenge);
        }
        (None, challenge, _) if !challenge.is_empty() => extend(&mut scopes, challenge),
        (None, _, resource) => extend(&mut scopes, &by_default(profile, resource, sources.disabled)),
    }
    if let Some(tool) = sources.tool {
        let held: Vec<String> = scopes.iter().chain(sources.granted).cloned().collect();
        extend(&mut scopes, &missing_for_tool(profile, tool, &held));
    }
    extend(&mut scopes, sources.granted);
    extend(&mut scopes, &profile.always);
    match &profile.offline {
        Offline::ByMetadata if sources.server.is_some_and(|all| all.iter().any(|scope| scope == "offline_access")) => {
            extend(&mut scopes, &["offline_access".to_owned()]);
        }
        Offline::Scope(scope) => extend(&mut scopes, std::slice::from_ref(scope)),
        Offline::ByMetadata | Offline::Param(_) | Offline::Nothing => {}
    }
    scopes
}

/// The plugin's own default set, cut to what the resource lists; without one, what the resource lists. Where the person
/// switched tools off and the plugin knows what tools need, the set is the smallest one for the others.
fn by_default(profile: &Scopes, resource: Option<&[String]>, disabled: &[String]) -> Vec<String> {
    let default = || profile.catalogue.iter().filter(|entry| entry.asked_by_default).map(|entry| entry.name.clone());
    let wanted: Vec<String> = match smallest(profile, disabled) {
        Some(smallest) => smallest,
        None => default().collect(),
    };
    match resource {
        None => wanted,
        Some(listed) if wanted.is_empty() => listed.to_vec(),
        Some(listed) => wanted.into_iter().filter(|scope| listed.contains(scope)).collect(),
    }
}

/// What the tools need that are not switched off; none: nothing is switched off, or the plugin knows no tools.
fn smallest(profile: &Scopes, disabled: &[String]) -> Option<Vec<String>> {
    let known = |tool: &&String| profile.tools.iter().any(|entry| matches(&entry.name, tool));
    if !disabled.iter().any(|tool| known(&tool)) {
        return None;
    }
    let mut scopes = Vec::new();
    for entry in profile.tools.iter().filter(|entry| !disabled.contains(&entry.name)) {
        let held = closure(profile, &scopes);
        let unmet = entry.needs.iter().filter(|any_of| !any_of.iter().any(|scope| held.contains(scope)));
        let needed: Vec<String> = unmet.filter_map(|any_of| any_of.first().cloned()).collect();
        extend(&mut scopes, &needed);
    }
    Some(scopes)
}

fn extend(scopes: &mut Vec<String>, more: &[String]) {
    for scope in more {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
}

/// The scopes of each list as the authorization request writes them: the main one first, then the buckets by parameter.
#[must_use]
pub fn write(profile: &Scopes, scopes: &[String]) -> Vec<(String, String)> {
    let bucket_of = |scope: &String| {
        profile.catalogue.iter().find(|entry| &entry.name == scope).and_then(|entry| entry.bucket.as_deref())
    };
    let join = |bucket: Option<&str>| {
        let own: Vec<&str> = scopes.iter().filter(|scope| bucket_of(scope) == bucket).map(String::as_str).collect();
        own.join(&profile.separator)
    };
    let mut lists = vec![("scope".to_owned(), join(None))];
    lists.extend(profile.buckets.iter().map(|bucket| (bucket.parameter.clone(), join(Some(&bucket.id)))));
    lists
}

/// Reads the scopes of an answer.
#[must_use]
pub fn read(profile: &Scopes, text: &str) -> Vec<String> {
    let separates = |character: char| character == ' ' || profile.answer_separators.contains(character);
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(separates).filter(|scope| !scope.is_empty()).take(MAX_LIST) {
        extend(&mut scopes, &[scope.to_owned()]);
    }
    scopes
}

/// A set of scopes with everything they imply, transitively.
#[must_use]
pub fn closure(profile: &Scopes, scopes: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    extend(&mut all, scopes);
    let mut next = 0;
    while let Some(scope) = all.get(next).cloned() {
        if let Some(entry) = profile.catalogue.iter().find(|entry| entry.name == scope) {
            extend(&mut all, &entry.implies);
        }
        next += 1;
    }
    all
}

/// What a tool needs and a grant lacks: the first scope of every list of which none is granted.
#[must_use]
pub fn missing_for_tool(profile: &Scopes, tool: &str, granted: &[String]) -> Vec<String> {
    let held = closure(profile, granted);
    let needs = profile.tools.iter().find(|entry| matches(&entry.name, tool)).map_or(&[][..], |entry| &entry.needs);
    let unmet = needs.iter().filter(|any_of| !any_of.iter().any(|scope| held.contains(scope)));
    unmet.filter_map(|any_of| any_of.first().cloned()).collect()
}

/// Whether a name fits a pattern in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Bucket, Risk, ScopeEntry, ToolNeeds};

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn entry(name: &str, implies: &str, bucket: Option<&str>) -> ScopeEntry {
        ScopeEntry {
            name: name.into(),
            title: String::new(),
            description: String::new(),
            implies: words(implies),
            bucket: bucket.map(str::to_owned),
            asked_by_default: false,
            risk: Risk::Low,
            review_needed: false,
        }
    }

    #[test]
    fn a_challenge_is_added_to_what_was_configured() {
        let (configured, challenge) = (words("read"), words("read write"));
        let sources = Sources { configured: Some(&configured), challenge: &challenge, ..Sources::default() };

        assert_eq!(select(&Scopes::default(), sources), ["read", "write"]);
    }

    #[test]
    fn the_challenge_goes_before_the_metadata_and_without_both_none_is_asked() {
        let (challenge, resource) = (words("a"), words("b c"));

        let both = Sources { challenge: &challenge, resource: Some(&resource), ..Sources::default() };
        let metadata = Sources { resource: Some(&resource), ..Sources::default() };

        assert_eq!(select(&Scopes::default(), both), ["a"]);
        assert_eq!(select(&Scopes::default(), metadata), ["b", "c"]);
        assert!(select(&Scopes::default(), Sources::default()).is_empty());
    }

    #[test]
    fn offline_access_is_added_when_the_server_lists_it() {
        let server = words("openid offline_access");
        let challenge = words("mcp");
        let sources = Sources { challenge: &challenge, server: Some(&server), ..Sources::default() };

        assert_eq!(select(&Scopes::default(), sources), ["mcp", "offline_access"]);
    }

    #[test]
    fn a_second_list_has_its_own_parameter_and_separator() {
        let profile = Scopes {
            separator: ",".into(),
            buckets: vec![Bucket { id: "user".into(), parameter: "user_scope".into() }],
            catalogue: vec![entry("chat", "", None), entry("me", "", Some("user"))],
            ..Scopes::default()
        };

        let written = write(&profile, &words("chat me files"));

        assert_eq!(written, [("scope".into(), "chat,files".into()), ("user_scope".into(), "me".into())]);
    }

    #[test]
    fn implications_are_followed_to_the_end_even_in_a_circle() {
        let profile = Scopes { catalogue: vec![entry("a", "b", None), entry("b", "c a", None)], ..Scopes::default() };

        assert_eq!(closure(&profile, &words("a")), ["a", "b", "c"]);
    }

    #[test]
    fn a_tool_that_needs_all_of_any_of_names_what_is_lacking() {
        let tool = ToolNeeds { name: "delete_*".into(), needs: vec![words("delete"), words("repo admin")] };
        let profile = Scopes { catalogue: vec![entry("owner", "admin", None)], tools: vec![tool], ..Scopes::default() };

        assert_eq!(missing_for_tool(&profile, "delete_file", &words("owner")), ["delete"]);
        assert_eq!(missing_for_tool(&profile, "delete_file", &[]), ["delete", "repo"]);
        assert!(missing_for_tool(&profile, "list_files", &[]).is_empty());
    }

    #[test]
    fn a_refused_tool_asks_for_what_it_lacks_beside_what_is_granted() {
        let tool = ToolNeeds { name: "push".into(), needs: vec![words("repo")] };
        let profile = Scopes { tools: vec![tool], ..Scopes::default() };
        let granted = words("read");

        let wanted = select(&profile, Sources { tool: Some("push"), granted: &granted, ..Sources::default() });

        assert_eq!(wanted, ["repo", "read"]);
    }

    #[test]
    fn tools_that_are_switched_off_are_not_asked_for() {
        let tool = |name: &str, needs: &str| ToolNeeds { name: name.into(), needs: vec![words(needs)] };
        let all = ScopeEntry { asked_by_default: true, ..entry("repo", "", None) };
        let catalogue = vec![all, ScopeEntry { asked_by_default: true, ..entry("gist", "", None) }];
        let profile =
            Scopes { catalogue, tools: vec![tool("push", "repo"), tool("paste", "gist")], ..Scopes::default() };
        let disabled = words("push");

        let every = select(&profile, Sources::default());
        let fewer = select(&profile, Sources { disabled: &disabled, ..Sources::default() });

        assert_eq!((every, fewer), (words("repo gist"), words("gist")));
    }

    #[test]
    fn answers_may_separate_with_commas() {
        let profile = Scopes { answer_separators: ",".into(), ..Scopes::default() };

        assert_eq!(read(&profile, "repo,gist, repo"), ["repo", "gist"]);
    }
}
