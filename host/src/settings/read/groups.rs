//! `groups`: some servers at an address of their own. A list, or an object by name as some documentation has it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::findings::Findings;
use super::switches::Kind;
use crate::settings::group::{Group, Member, Only};
use crate::settings::model::ServerEntry;

/// Reads them; what cannot be a group or a member of one is a fault, and the rest serves.
pub(super) fn read(
    value: Option<&Value>,
    servers: &IndexMap<String, ServerEntry>,
    findings: &Findings<'_>,
) -> IndexMap<String, Group> {
    let reading = GroupReading { servers, findings };
    let mut groups = IndexMap::new();
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                reading.group(&format!("groups[{index}]"), None, item, &mut groups);
            }
        }
        Some(Value::Object(items)) => {
            for (name, item) in items {
                reading.group(&format!("groups.{name}"), Some(name), item, &mut groups);
            }
        }
        Some(_) => {
            reading.object_to("groups", None, "is not a list", "write [{ \"name\": \"work\", \"servers\": [] }]");
        }
    }
    groups
}

/// Nobody can tell which ones are meant: the group has nothing of the server.
struct Unclear;

struct GroupReading<'a> {
    servers: &'a IndexMap<String, ServerEntry>,
    findings: &'a Findings<'a>,
}

impl GroupReading<'_> {
    fn group(&self, at: &str, name: Option<&str>, item: &Value, groups: &mut IndexMap<String, Group>) {
        let text = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let names: BTreeSet<&str> = [name, text("name"), text("id")].into_iter().flatten().collect();
        let Some(first) = name.or_else(|| text("name")).or_else(|| text("id")) else {
            let remedy = "write { \"name\": \"work\", \"servers\": [\"notes\"] }";
            return self.object_to(at, None, "is not a group with a name", remedy);
        };
        let listed = item.get("servers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let members = listed.iter().enumerate();
        let members = members.filter_map(|(index, member)| self.member(&format!("{at}.servers[{index}]"), member));
        let group = Group { name: first.to_owned(), members: members.collect() };
        for name in names {
            groups.entry(name.to_owned()).or_insert_with(|| group.clone());
        }
    }

    fn member(&self, at: &str, item: &Value) -> Option<Member> {
        let none = Map::new();
        let (name, members) = match item {
            Value::String(name) => (name.as_str(), &none),
            Value::Object(members) => (members.get("name").and_then(Value::as_str).unwrap_or_default(), members),
            _ => ("", &none),
        };
        if !names_server(self.servers, name) {
            let remedy = "name a server of mcpServers, or one of its accounts as server@account";
            self.object_to(at, Some(name), "names no server", remedy);
            return None;
        }
        let alias = members.get("alias").and_then(Value::as_str).map(str::to_owned);
        let only = |kind: Kind| self.only(&format!("{at}.{}", kind.key()), members.get(kind.key()), kind);
        let (tools, prompts) = (only(Kind::Tools).ok()?, only(Kind::Prompts).ok()?);
        let only = Only { tools, prompts, resources: only(Kind::Resources).ok()? };
        Some(Member { server: name.to_owned(), alias, only })
    }

    /// The names in a list; none: all.
    fn only(&self, at: &str, value: Option<&Value>, kind: Kind) -> Result<Option<BTreeSet<String>>, Unclear> {
        let texts = |items: &Vec<Value>| items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        let listed: Option<BTreeSet<String>> = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(all)) if matches!(all.as_str(), "all" | "*") => return Ok(None),
            Some(Value::Array(items)) => texts(items),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => None,
        };
        let Some(listed) = listed else {
            let remedy = "write [\"first\", \"second\"], or leave it out";
            self.object_to(at, None, "is not a list of names", remedy);
            return Err(Unclear);
        };
        if let Some(pattern) = listed.iter().find(|name| kind.is_pattern(name)) {
            let rule = "is a pattern, and the hub compares whole names";
            self.object_to(at, Some(pattern), rule, "list them by name");
        }
        Ok((!listed.contains("*")).then_some(listed))
    }

    fn object_to(&self, key: &str, value: Option<&str>, rule: &str, remedy: &str) {
        self.findings.object_to(self.findings.fault(key, value, rule, remedy));
    }
}

/// Whether this names a server, or one of its accounts as `server@account`.
pub(super) fn names_server(servers: &IndexMap<String, ServerEntry>, name: &str) -> bool {
    let (entry, account) = name.rsplit_once('@').map_or((name, None), |(entry, account)| (entry, Some(account)));
    let has = |account: &str| match servers.get(entry) {
        Some(ServerEntry::Usable(server)) => server.oauth.accounts.iter().any(|known| known == account),
        Some(ServerEntry::Faulty(_) | ServerEntry::Unsupported(_)) => true,
        None => false,
    };
    servers.contains_key(name) || account.is_some_and(has)
}
