//! What the file's `obtained` section holds, checked.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey, GrantOrigin, Token};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::bindings::{ACKNOWLEDGED, Acknowledged, PINS, Pin, acknowledged_from_json, pin_from_json};
use super::record::{
    Share, client_from_json, grant_from_json, grant_key, key_of, lesson_from_json, share_from_json, trusted_from_json,
};
use super::seal::{CLIENT, Closed, GRANT, Keys, Kind, Opened};
use super::{Lesson, Stored, Trusted};
use crate::settings::{Loaded, ResourceSetting, Server, ServerEntry};

/// The lists of the section.
pub(super) const GRANTS: (&str, &str) = ("obtained", "grants");
pub(super) const CLIENTS: (&str, &str) = ("obtained", "clients");
/// Servers that use the grant of another one.
pub(super) const SHARED: (&str, &str) = ("obtained", "shared");
/// What was learned about issuers.
pub(super) const LEARNED: (&str, &str) = ("obtained", "learned");
/// Plugins from files that may serve.
pub(super) const PLUGINS: (&str, &str) = ("obtained", "plugins");
/// Tokens that the person brought along and that are not to be used any more, by their digest.
pub(super) const DROPPED: (&str, &str) = ("obtained", "dropped");

/// The slot of a token that the person brought along.
const MAIN: &str = "main";

/// Everything that can be used, and what cannot.
#[derive(Default)]
pub(super) struct Obtained {
    pub(super) grants: Vec<(GrantKey, Stored<Grant>)>,
    pub(super) clients: Vec<(String, Client)>,
    pub(super) shares: Vec<Share>,
    pub(super) lessons: Vec<(String, Lesson)>,
    pub(super) plugins: Vec<Trusted>,
    pub(super) pins: Vec<Pin>,
    pub(super) acknowledged: Vec<Acknowledged>,
    pub(super) malformed: Vec<Malformed>,
    /// Grants that are sealed and cannot be opened.
    pub(super) closed: Vec<ClosedGrant>,
    /// Servers whose clients are sealed and cannot be opened.
    pub(super) closed_clients: Vec<(String, Closed)>,
}

/// A grant that is sealed and cannot be opened: what can be read of it.
pub(super) struct ClosedGrant {
    key: GrantKey,
    why: Closed,
    issuer: String,
    client_id: String,
}

impl ClosedGrant {
    fn of(key: GrantKey, entry: &Value, why: Closed) -> Self {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { key, why, issuer: text("issuer"), client_id: text("clientId") }
    }
}

/// An entry that is none.
pub(super) struct Malformed {
    /// `obtained.grants[2]`.
    pub(super) place: String,
    /// Tells it apart from others, without its secrets.
    pub(super) digest: String,
}

impl Obtained {
    /// From the section and the rest of the file.
    pub(super) fn of(section: &Value, loaded: &Loaded, keys: &Keys) -> Self {
        let mut obtained = Self::default();
        let of = |list, kind: &'static Kind| entries(section, list).iter().map(move |entry| (kind, entry));
        keys.settle(of(GRANTS, &GRANT).chain(of(CLIENTS, &CLIENT)));
        for (index, entry) in entries(section, GRANTS).iter().enumerate() {
            obtained.take_grant(index, entry, keys);
        }
        for (index, entry) in entries(section, CLIENTS).iter().enumerate() {
            obtained.take_client(index, entry, keys);
        }
        obtained.shares = entries(section, SHARED).iter().filter_map(share_from_json).collect();
        obtained.lessons = entries(section, LEARNED).iter().filter_map(lesson_from_json).collect();
        obtained.plugins = entries(section, PLUGINS).iter().filter_map(trusted_from_json).collect();
        obtained.pins = entries(section, PINS).iter().filter_map(pin_from_json).collect();
        obtained.acknowledged = entries(section, ACKNOWLEDGED).iter().filter_map(acknowledged_from_json).collect();
        let dropped = entries(section, DROPPED);
        for server in loaded.settings.servers.values() {
            if let ServerEntry::Usable(server) = server {
                obtained.bring_along(server, dropped);
            }
        }
        obtained
    }

    fn take_grant(&mut self, index: usize, entry: &Value, keys: &Keys) {
        match keys.open(&GRANT, entry) {
            Opened::Closed(why) => match grant_key(entry) {
                Some(key) => self.closed.push(ClosedGrant::of(key, entry, why)),
                None => self.note(GRANTS, index, entry),
            },
            Opened::Clear(opened) | Opened::Current(opened) | Opened::Previous(opened) => {
                match grant_from_json(&opened) {
                    Some((key, grant)) => self.grants.push((key, grant)),
                    None => self.note(GRANTS, index, entry),
                }
            }
        }
    }

    fn take_client(&mut self, index: usize, entry: &Value, keys: &Keys) {
        match keys.open(&CLIENT, entry) {
            Opened::Closed(why) => match entry.get("server").and_then(Value::as_str) {
                Some(server) => self.closed_clients.push((server.to_owned(), why)),
                None => self.note(CLIENTS, index, entry),
            },
            Opened::Clear(opened) | Opened::Current(opened) | Opened::Previous(opened) => {
                match client_from_json(&opened) {
                    Some(client) => self.clients.push(client),
                    None => self.note(CLIENTS, index, entry),
                }
            }
        }
    }

    /// Why the grant that serves this key at this address cannot be opened, if that is so.
    pub(super) fn closed(&self, key: &GrantKey, address: &ServerAddress) -> Option<Closed> {
        let of = |key: &GrantKey| self.closed.iter().find(|closed| closed.key == *key).map(|closed| closed.why);
        let shared = || self.shares.iter().find(|share| share.key == *key).and_then(|share| of(&share.with));
        of(key).or_else(|| shared().filter(|_| self.own_grant(key, address).is_none()))
    }

    /// All that cannot be opened, in a sentence for each reason.
    pub(super) fn told_of_closed(&self) -> impl Iterator<Item = (String, Closed)> {
        let grants = self.closed.iter().map(|closed| (&closed.key.server, closed.why));
        let mut servers: BTreeMap<Closed, BTreeSet<&str>> = BTreeMap::new();
        for (server, why) in grants.chain(self.closed_clients.iter().map(|(server, why)| (server, *why))) {
            servers.entry(why).or_default().insert(server);
        }
        servers.into_iter().map(|(why, names)| {
            let names: Vec<&str> = names.into_iter().collect();
            (format!("what was obtained for {} is sealed, and {why}; it is kept as it is", names.join(", ")), why)
        })
    }

    /// The grant that serves this key at this address: its own, else the one it shares. One that was obtained for another
    /// address is never given.
    pub(super) fn grant(&self, key: &GrantKey, address: &ServerAddress) -> Option<&Stored<Grant>> {
        self.own_grant(&self.place_of(key, address), address)
    }

    fn own_grant(&self, key: &GrantKey, address: &ServerAddress) -> Option<&Stored<Grant>> {
        let own = self.grants.iter().find(|(of, _)| of == key).map(|(_, grant)| grant);
        own.filter(|grant| grant.value.address == *address)
    }

    /// The key under which that grant is kept. A share holds only while the other grant is what it was when it was shared.
    pub(super) fn place_of(&self, key: &GrantKey, address: &ServerAddress) -> GrantKey {
        if self.own_grant(key, address).is_some() {
            return key.clone();
        }
        let share = self.shares.iter().find(|share| share.key == *key);
        let holds =
            |share: &&Share| self.own_grant(&share.with, address).is_some_and(|of| of.value.binding() == share.binding);
        share.filter(holds).map_or_else(|| key.clone(), |share| share.with.clone())
    }

    /// Who else uses the grant of this key.
    pub(super) fn sharers(&self, key: &GrantKey, address: &ServerAddress) -> Vec<GrantKey> {
        let place = self.place_of(key, address);
        let others = self.shares.iter().map(|share| &share.key).chain([&place]);
        others.filter(|other| *other != key && self.place_of(other, address) == place).cloned().collect()
    }

    pub(super) fn clients(&self, issuer: &str) -> Vec<(String, Client)> {
        self.clients.iter().filter(|(_, client)| client.issuer == issuer).cloned().collect()
    }

    /// Whether a grant was issued to this client: without it, it can be neither refreshed nor taken back.
    pub(super) fn needs_client(&self, client: &Client) -> bool {
        let open = self.grants.iter().map(|(_, grant)| (grant.value.issuer(), grant.value.client_id.as_deref()));
        let closed = self.closed.iter().map(|closed| (Some(closed.issuer.as_str()), Some(closed.client_id.as_str())));
        open.chain(closed).any(|(issuer, id)| issuer == Some(client.issuer.as_str()) && id == client.id.as_deref())
    }

    pub(super) fn lesson(&self, issuer: &str) -> Lesson {
        self.lessons.iter().find(|(of, _)| of == issuer).map(|(_, lesson)| lesson.clone()).unwrap_or_default()
    }

    pub(super) fn trusted(&self, id: &str) -> Option<Trusted> {
        self.plugins.iter().find(|plugin| plugin.id == id).cloned()
    }

    /// Tokens that the person wrote into the server's own entry: a grant of an unknown issuer, until there is another.
    fn bring_along(&mut self, server: &Server, dropped: &[Value]) {
        let key = GrantKey::of_server(&server.name);
        let (Some(access), Some(address)) = (server.oauth.access_token.clone(), server.address()) else {
            return;
        };
        let marked = mark(&key, access.secret());
        let is_kept = self.grant(&key, &address).is_some() || self.closed(&key, &address).is_some();
        if is_kept || dropped.contains(&marked) {
            return;
        }
        let refresh = server.oauth.refresh_token.clone();
        let token = Token { access, refresh, expires_at: None, obtained_at: std::time::SystemTime::UNIX_EPOCH };
        let grant = Grant {
            address,
            origin: GrantOrigin::Preset,
            client_id: server.oauth.client_id.clone().filter(|id| !id.is_empty()),
            resource: match &server.oauth.resource {
                ResourceSetting::Indicator(resource) => Some(resource.clone()),
                ResourceSetting::Unsaid | ResourceSetting::Omit => None,
            },
            logged_in_at: None,
            tokens: BTreeMap::from([(MAIN.to_owned(), token)]),
            primary: MAIN.to_owned(),
            dpop: None,
            requested_scopes: server.oauth.scopes.clone().unwrap_or_default(),
            granted_scopes: None,
            captured: Vec::new(),
            account_label: None,
            account_id: None,
        };
        // One that was obtained for an earlier address of the server stands behind it.
        self.grants.insert(0, (key, Stored { value: grant, version: 0 }));
    }

    fn note(&mut self, (section, list): (&str, &str), index: usize, entry: &Value) {
        let digest = digest(&entry.to_string());
        self.malformed.push(Malformed { place: format!("{section}.{list}[{index}]"), digest });
    }
}

/// The entry of `obtained.dropped` for the token that a server's own entry brings along, if it brings one.
pub(super) fn mark_of(loaded: &Loaded, key: &GrantKey) -> Option<Value> {
    let Some(ServerEntry::Usable(server)) = loaded.settings.servers.get(&key.server) else {
        return None;
    };
    let token = server.oauth.access_token.as_ref()?;
    (*key == GrantKey::of_server(&server.name)).then(|| mark(key, token.secret()))
}

fn mark(key: &GrantKey, token: &str) -> Value {
    let mut entry = key_of(key);
    entry.insert("accessTokenDigest".to_owned(), Value::from(digest(token)));
    Value::Object(entry)
}

fn digest(text: &str) -> String {
    format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(text)))
}

fn entries<'v>(section: &'v Value, (_, list): (&str, &str)) -> &'v [Value] {
    section.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
