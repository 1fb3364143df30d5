//! `bearerKeys`, what `systemConfig.routing` says about keys, and the hub's own keys under `obtained`.
//!
//! A key that is wrong in any way is not used, and requests need a key all the same.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::findings::Findings;
use super::groups::names_server;
use super::key_routing::{header, is_demanded, rate_of};
use super::part::Part;
use crate::settings::document::OBTAINED;
use crate::settings::group::{Group, Member, Only};
use crate::settings::keys::{ClientKey, ClientKeys, KeyDigest, KeyReach, RateLimit, digest_of};
use crate::settings::model::ServerEntry;
use crate::settings::nearness::nearest;

/// Keys that are used. Each request is compared with all of them.
const MAX_KEYS: usize = 1000;
/// A token with fewer characters may be guessed.
const SHORT: usize = 16;
/// What stands before a digest.
const DIGEST: &str = "sha256:";
const ACCESS: &[&str] = &["all", "groups", "servers", "custom"];

/// What keys may name.
#[derive(Clone, Copy)]
pub(super) struct Nameable<'a> {
    pub(super) servers: &'a IndexMap<String, ServerEntry>,
    pub(super) groups: &'a IndexMap<String, Group>,
}

pub(super) fn read(root: &Part<'_>, nameable: Nameable<'_>, findings: &Findings<'_>) -> ClientKeys {
    let routing = root.member_object("systemConfig").and_then(|system| system.member_object("routing"));
    let routing = routing.as_ref();
    let rate = routing.and_then(|routing| rate_of(routing));
    let mut reading = KeyReading { nameable, findings, rate, usable: Vec::new(), names: BTreeSet::new() };
    let own = root.member_object(OBTAINED);
    let own = own.as_ref().and_then(|own| own.raw("keys")).and_then(Value::as_array);
    let own = own.map(Vec::as_slice).unwrap_or_default();
    let written = written(root);
    reading.all("bearerKeys", written.unwrap_or_default(), false);
    reading.all("obtained.keys", own, true);
    let has_legacy = routing.is_some_and(|routing| routing.raw("bearerAuthKey").is_some_and(|key| key != ""));
    if let (true, Some(routing)) = (has_legacy, routing) {
        reading.legacy(routing, written.is_none_or(|written| !written.is_empty()) && root.raw("bearerKeys").is_some());
    }
    let is_any = has_legacy || !own.is_empty() || written.is_none_or(|written| !written.is_empty());
    let usable = reading.usable;
    ClientKeys { are_demanded: is_demanded(routing, is_any), header: header(routing), usable }
}

struct KeyReading<'a> {
    nameable: Nameable<'a>,
    findings: &'a Findings<'a>,
    /// Of keys that have none of their own.
    rate: Option<RateLimit>,
    usable: Vec<ClientKey>,
    names: BTreeSet<String>,
}

impl KeyReading<'_> {
    fn all(&mut self, at: &str, items: &[Value], is_own: bool) {
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}[{index}]");
            let Some(members) = item.as_object() else {
                self.object_to(&at, "is not a key", "write { \"name\": …, \"token\": …, \"accessType\": \"all\" }");
                continue;
            };
            let findings = self.findings;
            if let Some(key) = self.key(&Part::at_place(at, members, findings), index, is_own) {
                self.usable.push(key);
            }
        }
    }

    fn key(&mut self, part: &Part<'_>, index: usize, is_own: bool) -> Option<ClientKey> {
        // A switch that nobody can read switches off.
        let is_enabled = part.raw("enabled").is_none() || part.flag("enabled") == Some(true);
        if !is_enabled || !is_of_system(part) {
            return None;
        }
        let digest = self.digest(part)?;
        let reach = self.reach(part)?;
        if self.usable.iter().any(|known| known.digest == digest) {
            part.wrong("token", None, "is the token of another key, too", "give each key a token of its own");
            return None;
        }
        if self.usable.len() >= MAX_KEYS {
            let rule = format!("is one more than the {MAX_KEYS} keys that are used");
            self.object_to(part.at(), &rule, "remove keys that nobody uses");
            return None;
        }
        Some(ClientKey {
            name: self.name(part, index),
            digest,
            reach,
            is_admin: part.flag("admin").unwrap_or(false),
            rate: rate_of(part).or(self.rate),
            is_own,
        })
    }

    /// The name, made unlike those of other keys: two keys of one name are two callers.
    fn name(&mut self, part: &Part<'_>, index: usize) -> String {
        let id = part.filled("id");
        let written = part.filled("name").or_else(|| id.clone()).unwrap_or_else(|| format!("key {}", index + 1));
        let numbered = (2..).map(|number| format!("{written} ({number})"));
        let others = id.map(|id| format!("{written} ({id})")).into_iter().chain(numbered);
        let free = std::iter::once(written.clone()).chain(others).find(|name| !self.names.contains(name));
        let name = free.unwrap_or(written);
        self.names.insert(name.clone());
        name
    }

    fn digest(&self, part: &Part<'_>) -> Option<KeyDigest> {
        if let Some(written) = part.filled("digest") {
            let digest = written.strip_prefix(DIGEST).and_then(from_hex);
            if digest.is_none() {
                part.wrong("digest", None, "is not the digest of a token", "write sha256: and 64 hexadecimal digits");
            }
            return digest;
        }
        let before = self.findings.take_unset();
        let token = part.filled("token");
        let unset = self.findings.take_unset();
        self.findings.put_back_unset(before);
        let Some(token) = token else {
            if part.raw("token").is_none_or(Value::is_string) {
                let remedy = match unset.first() {
                    Some(name) => format!("set the variable {name}"),
                    None => "write one, or make the key with `mcphub keys add NAME`".to_owned(),
                };
                part.wrong("token", None, "is missing, so that the key is not accepted", &remedy);
            }
            return None;
        };
        if token.chars().count() < SHORT {
            let remedy = "make one that nobody can guess with `mcphub keys add NAME`";
            self.findings.warn(self.findings.fault(&part.path("token"), None, "is short enough to be guessed", remedy));
        }
        Some(digest_of(token.as_bytes()))
    }

    fn reach(&self, part: &Part<'_>) -> Option<KeyReach> {
        let Some(access) = part.filled("accessType") else {
            let remedy = "write \"all\", \"groups\", \"servers\" or \"custom\"";
            part.wrong("accessType", None, "is missing, so that the key is not accepted", remedy);
            return None;
        };
        match access.as_str() {
            "all" => Some(KeyReach::All),
            "groups" => Some(KeyReach::Only(self.groups(part))),
            "servers" => Some(KeyReach::Only(self.servers(part))),
            "custom" => Some(KeyReach::Only([self.groups(part), self.servers(part)].concat())),
            other => {
                let remedy = match nearest(other, ACCESS.iter().copied()) {
                    Some(near) => format!("write \"{near}\""),
                    None => "write \"all\", \"groups\", \"servers\" or \"custom\"".to_owned(),
                };
                part.wrong("accessType", Some(other), "is no kind of access", &remedy);
                None
            }
        }
    }

    /// The members of the groups, each with what the group has of it.
    fn groups(&self, part: &Part<'_>) -> Vec<Member> {
        let mut members = Vec::new();
        for name in part.list("allowedGroups", "write [\"work\"]").unwrap_or_default() {
            match self.nameable.groups.get(&name) {
                Some(group) => members.extend(group.members.iter().cloned()),
                None => part.wrong("allowedGroups", Some(&name), "names no group", "name a group of groups"),
            }
        }
        members
    }

    fn servers(&self, part: &Part<'_>) -> Vec<Member> {
        let mut members = Vec::new();
        for server in part.list("allowedServers", "write [\"notes\"]").unwrap_or_default() {
            if names_server(self.nameable.servers, &server) {
                members.push(Member { server, alias: None, only: Only::default() });
            } else {
                let remedy = "name a server of mcpServers, or one of its accounts as server@account";
                part.wrong("allowedServers", Some(&server), "names no server", remedy);
            }
        }
        members
    }

    /// `routing.bearerAuthKey`, from before there was a list. Beside a list it counts no more.
    fn legacy(&mut self, routing: &Part<'_>, has_list: bool) {
        let token = routing.filled("bearerAuthKey");
        let digest = token.as_deref().map(|token| digest_of(token.as_bytes()));
        if digest.is_some_and(|digest| self.usable.iter().any(|known| known.digest == digest)) {
            return;
        }
        if has_list {
            let (rule, remedy) = ("does not count beside bearerKeys", "add it to bearerKeys, or remove it");
            self.findings.warn(self.findings.fault(&routing.path("bearerAuthKey"), None, rule, remedy));
            return;
        }
        let members: Map<String, Value> =
            [("token", routing.raw("bearerAuthKey").cloned().unwrap_or_default()), ("accessType", "all".into())]
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .chain([("name".to_owned(), "bearerAuthKey".into())])
                .collect();
        let spelled = [("token".to_owned(), "bearerAuthKey".to_owned())];
        let key = self.key(&routing.with(&members, &spelled), 0, false);
        self.usable.extend(key);
    }

    fn object_to(&self, key: &str, rule: &str, remedy: &str) {
        self.findings.object_to(self.findings.fault(key, None, rule, remedy));
    }
}

/// The list that a person wrote; empty without one. `None` if it is none.
fn written<'p>(root: &Part<'p>) -> Option<&'p [Value]> {
    match root.raw("bearerKeys") {
        None => Some(&[]),
        Some(Value::Array(items)) => Some(items),
        Some(_) => {
            let remedy = "write [{ \"name\": \"me\", \"token\": \"${MY_KEY}\", \"accessType\": \"all\" }]";
            root.wrong("bearerKeys", None, "is not a list", remedy);
            None
        }
    }
}

/// `kind: "user"` belongs to a person, and the hub tells no people apart.
fn is_of_system(part: &Part<'_>) -> bool {
    match part.filled("kind").as_deref() {
        None | Some("system") => true,
        Some("user") => {
            let rule = "is the key of one user, and this hub has no users, so that the key is not accepted";
            part.wrong("kind", Some("user"), rule, "write \"system\", with the servers that the key may reach");
            false
        }
        Some(other) => {
            part.wrong("kind", Some(other), "is no kind of key", "write \"system\", or leave it out");
            false
        }
    }
}

fn from_hex(text: &str) -> Option<KeyDigest> {
    let mut digest = KeyDigest::default();
    if text.len() != 2 * digest.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}
