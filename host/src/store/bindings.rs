//! What a person's secrets and consent are bound to: the issuer that what they configured was first used with, and the login
//! pages of other sites that they agreed to.

use mcphub_oauth::server_address::ServerAddress;
use serde_json::{Value, json};

use super::{Store, StoreError};

/// The only issuer that sees what a person configured for a server with this client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Name of the entry in the settings.
    pub server: String,
    /// `oauth.clientId`; empty: none was written.
    pub client_id: String,
    /// The issuer.
    pub issuer: String,
}

/// A login page of another site that a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Where the server is that sends people there.
    pub address: ServerAddress,
    /// The site of the login page.
    pub login: String,
    /// The site of the token endpoint.
    pub token: String,
}

pub(super) const PINS: (&str, &str) = ("obtained", "issuers");
pub(super) const ACKNOWLEDGED: (&str, &str) = ("obtained", "acknowledged");

impl Store {
    /// The issuer that what was configured for a server and client is bound to.
    pub async fn pin(&self, server: &str, client_id: &str) -> Result<Option<String>, StoreError> {
        let (server, client_id) = (server.to_owned(), client_id.to_owned());
        self.blocking(move |inner| {
            let obtained = inner.cache.read(&inner.file)?;
            let pin = obtained.pins.iter().find(|pin| pin.server == server && pin.client_id == client_id);
            Ok(pin.map(|pin| pin.issuer.clone()))
        })
        .await
    }

    /// Binds what was configured for a server and client to an issuer.
    pub async fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        let pin = pin.clone();
        self.blocking(move |inner| {
            let is = |entry: &Value| {
                pin_from_json(entry).is_some_and(|of| of.server == pin.server && of.client_id == pin.client_id)
            };
            inner.file.edit(|document| inner.put(document, PINS, is, &pin_to_json(&pin)))
        })
        .await
    }

    /// Whether a person agreed to this login page.
    pub async fn is_acknowledged(&self, asked: &Acknowledged) -> Result<bool, StoreError> {
        let asked = asked.clone();
        self.blocking(move |inner| Ok(inner.cache.read(&inner.file)?.acknowledged.contains(&asked))).await
    }

    /// Remembers that a person agreed to this login page.
    pub async fn acknowledge(&self, agreed: &Acknowledged) -> Result<(), StoreError> {
        let agreed = agreed.clone();
        self.blocking(move |inner| {
            let is = |entry: &Value| acknowledged_from_json(entry).as_ref() == Some(&agreed);
            inner.file.edit(|document| inner.put(document, ACKNOWLEDGED, is, &acknowledged_to_json(&agreed)))
        })
        .await
    }
}

fn pin_to_json(pin: &Pin) -> Value {
    json!({ "server": pin.server, "clientId": pin.client_id, "issuer": pin.issuer })
}

pub(super) fn pin_from_json(entry: &Value) -> Option<Pin> {
    Some(Pin { server: text(entry, "server")?, client_id: text(entry, "clientId")?, issuer: text(entry, "issuer")? })
}

fn acknowledged_to_json(agreed: &Acknowledged) -> Value {
    json!({ "address": agreed.address.as_str(), "login": agreed.login, "token": agreed.token })
}

pub(super) fn acknowledged_from_json(entry: &Value) -> Option<Acknowledged> {
    let address = ServerAddress::parse(&text(entry, "address")?)?;
    Some(Acknowledged { address, login: text(entry, "login")?, token: text(entry, "token")? })
}

fn text(entry: &Value, name: &str) -> Option<String> {
    entry.get(name)?.as_str().map(str::to_owned)
}
