//! What the section `obtained` of the settings file holds, checked, and the tokens that the person wrote themselves.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey, GrantOrigin, Token};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::lists::{ACKNOWLEDGED, CLIENTS, DROPPED, GRANTS, LEARNED, List, PINS, PLUGINS, SHARED};
use super::record::{
    acknowledged_from_json, client_from_json, grant_from_json, grant_key, key_of, learned_from_json, pin_from_json,
    share_from_json, trusted_from_json,
};
use super::seal::{CLIENT, GRANT, Keys, Sealable, Unsealed};
use crate::settings::{Loaded, ResourceSetting, Server, ServerEntry};
use crate::store::error::SealFault;
use crate::store::model::{Acknowledged, Learned, Pin, Trusted};
use crate::store::sharing::{Grants, SealedGrant};

/// The slot of a preset token.
const MAIN: &str = "main";

/// Everything that can be used, and what cannot.
#[derive(Default)]
pub(super) struct Obtained {
    pub(super) grants: Grants,
    pub(super) clients: Vec<(String, Client)>,
    pub(super) learned: Vec<(String, Learned)>,
    pub(super) plugins: Vec<Trusted>,
    pub(super) pins: Vec<Pin>,
    pub(super) acknowledged: Vec<Acknowledged>,
    pub(super) malformed: Vec<Malformed>,
    /// Servers whose clients are sealed and cannot be opened.
    pub(super) sealed_clients: Vec<(String, SealFault)>,
}

/// An entry that makes no sense.
pub(super) struct Malformed {
    /// Where it stands, such as `obtained.grants[2]`.
    pub(super) place: String,
    /// Tells it apart from others, without its secrets.
    pub(super) digest: String,
}

impl Obtained {
    /// From the section, and from the rest of the file for preset tokens.
    pub(super) fn of(section: &Value, loaded: &Loaded, keys: &Keys) -> Self {
        let mut obtained = Self::default();
        let of = |list, kind: &'static Sealable| entries(section, list).iter().map(move |entry| (kind, entry));
        keys.settle(of(GRANTS, &GRANT).chain(of(CLIENTS, &CLIENT)));
        for (index, entry) in entries(section, GRANTS).iter().enumerate() {
            obtained.take_grant(index, entry, keys);
        }
        for (index, entry) in entries(section, CLIENTS).iter().enumerate() {
            obtained.take_client(index, entry, keys);
        }
        obtained.grants.shares = entries(section, SHARED).iter().filter_map(share_from_json).collect();
        obtained.learned = entries(section, LEARNED).iter().filter_map(learned_from_json).collect();
        obtained.plugins = entries(section, PLUGINS).iter().filter_map(trusted_from_json).collect();
        obtained.pins = entries(section, PINS).iter().filter_map(pin_from_json).collect();
        obtained.acknowledged = entries(section, ACKNOWLEDGED).iter().filter_map(acknowledged_from_json).collect();
        // Last: whether a preset token counts depends on all that was obtained.
        let dropped = entries(section, DROPPED);
        for server in loaded.settings.servers.values() {
            if let ServerEntry::Usable(server) = server {
                obtained.take_preset(server, dropped);
            }
        }
        obtained
    }

    fn take_grant(&mut self, index: usize, entry: &Value, keys: &Keys) {
        match keys.open(&GRANT, entry) {
            Unsealed::Closed(why) => match grant_key(entry) {
                Some(key) => self.grants.sealed.push(sealed_grant(key, entry, why)),
                None => self.note(GRANTS, index, entry),
            },
            Unsealed::Clear(opened) | Unsealed::Current(opened) | Unsealed::Previous(opened) => {
                match grant_from_json(&opened) {
                    Some((key, grant)) => self.grants.all.push((key, grant)),
                    None => self.note(GRANTS, index, entry),
                }
            }
        }
    }

    fn take_client(&mut self, index: usize, entry: &Value, keys: &Keys) {
        match keys.open(&CLIENT, entry) {
            Unsealed::Closed(why) => match entry.get("server").and_then(Value::as_str) {
                Some(server) => self.sealed_clients.push((server.to_owned(), why)),
                None => self.note(CLIENTS, index, entry),
            },
            Unsealed::Clear(opened) | Unsealed::Current(opened) | Unsealed::Previous(opened) => {
                match client_from_json(&opened) {
                    Some(client) => self.clients.push(client),
                    None => self.note(CLIENTS, index, entry),
                }
            }
        }
    }

    /// Tokens that the person wrote into the server's own entry: a grant of an unknown issuer.
    fn take_preset(&mut self, server: &Server, dropped: &[Value]) {
        let key = GrantKey::of_server(&server.name);
        let (Some(access), Some(address)) = (server.oauth.access_token.clone(), server.address()) else {
            return;
        };
        let is_dropped = dropped.contains(&mark(&key, access.secret()));
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
        self.grants.add_preset(key, grant, is_dropped);
    }

    fn note(&mut self, (section, list): List, index: usize, entry: &Value) {
        let digest = digest(&entry.to_string());
        self.malformed.push(Malformed { place: format!("{section}.{list}[{index}]"), digest });
    }

    /// All that cannot be opened: a sentence for each reason, and what to do about it.
    pub(super) fn sealed_notices(&self) -> impl Iterator<Item = (String, SealFault)> {
        let grants = self.grants.sealed.iter().map(|sealed| (&sealed.key.server, sealed.why));
        let mut servers: BTreeMap<SealFault, BTreeSet<&str>> = BTreeMap::new();
        for (server, why) in grants.chain(self.sealed_clients.iter().map(|(server, why)| (server, *why))) {
            servers.entry(why).or_default().insert(server);
        }
        servers.into_iter().map(|(why, names)| {
            let names: Vec<&str> = names.into_iter().collect();
            (format!("what was obtained for {} is sealed, and {why}; it is kept as it is", names.join(", ")), why)
        })
    }

    pub(super) fn clients(&self, issuer: &str) -> Vec<(String, Client)> {
        self.clients.iter().filter(|(_, client)| client.issuer == issuer).cloned().collect()
    }

    pub(super) fn learned(&self, issuer: &str) -> Learned {
        self.learned.iter().find(|(of, _)| of == issuer).map(|(_, learned)| learned.clone()).unwrap_or_default()
    }

    pub(super) fn trusted(&self, id: &str) -> Option<Trusted> {
        self.plugins.iter().find(|plugin| plugin.id == id).cloned()
    }
}

/// The entry of `obtained.dropped` for the preset token of a server, if its settings have one.
pub(super) fn dropped_by(loaded: &Loaded, key: &GrantKey) -> Option<Value> {
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

fn sealed_grant(key: GrantKey, entry: &Value, why: SealFault) -> SealedGrant {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    SealedGrant { key, why, issuer: text("issuer"), client_id: text("clientId") }
}

fn digest(text: &str) -> String {
    format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(text)))
}

fn entries(section: &Value, (_, list): List) -> &[Value] {
    section.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
