//! What a person's secrets and consent are bound to: the issuer that what they configured was first used with, and the login
//! pages of other sites that they agreed to.

use mcphub_oauth::server_address::ServerAddress;
use serde_json::{Value, json};

use super::{Store, StoreError};

/// The only issuer that sees a secret that a person configured for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Name of the entry in the settings.
    pub server: String,
    /// The key that the secret is written under: `oauth.clientSecret`. Nothing of the secret itself.
    pub secret: String,
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
    /// What the secrets of a server are bound to.
    pub async fn pins(&self, server: &str) -> Result<Vec<Pin>, StoreError> {
        let server = server.to_owned();
        self.blocking(move |inner| {
            let obtained = inner.cache.read(&inner.file)?;
            Ok(obtained.pins.iter().filter(|pin| pin.server == server).cloned().collect())
        })
        .await
    }

    /// Binds a secret of a server to an issuer.
    pub async fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        let pin = pin.clone();
        self.blocking(move |inner| {
            let is = |entry: &Value| {
                pin_from_json(entry).is_some_and(|of| of.server == pin.server && of.secret == pin.secret)
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
    json!({ "server": pin.server, "secret": pin.secret, "issuer": pin.issuer })
}

pub(super) fn pin_from_json(entry: &Value) -> Option<Pin> {
    Some(Pin { server: text(entry, "server")?, secret: text(entry, "secret")?, issuer: text(entry, "issuer")? })
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
