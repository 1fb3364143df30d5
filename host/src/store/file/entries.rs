//! The verbs of everything but grants: clients, what was learned, plugins that may serve, pins and consent.

use mcphub_oauth::client::Client;
use serde_json::Value;

use super::changes::remove;
use super::file_store::FileStore;
use super::lists::{ACKNOWLEDGED, CLIENTS, LEARNED, PINS, PLUGINS};
use super::record::{
    acknowledged_from_json, acknowledged_to_json, client_to_json, learned_to_json, pin_from_json, pin_to_json,
    trusted_to_json,
};
use super::seal::CLIENT;
use crate::store::error::StoreError;
use crate::store::model::{Acknowledged, Learned, Pin, Trusted};

impl FileStore {
    pub(in crate::store) async fn clients(&self, issuer: &str) -> Result<Vec<(String, Client)>, StoreError> {
        let issuer = issuer.to_owned();
        self.reading(move |_, obtained| Ok(obtained.clients(&issuer))).await
    }

    pub(in crate::store) async fn put_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        let (server, client) = (server.to_owned(), client.clone());
        self.reading(move |parts, obtained| {
            let is = |entry: &Value| {
                let known = parts.client(entry).filter(|(of, _)| *of == server);
                known.is_some_and(|(_, known)| obtained.grants.replaces_client(&known, &client))
            };
            let entry = parts.keys.seal(&CLIENT, &client_to_json(&server, &client));
            let entry = entry.map_err(|_| StoreError::NotSealed(server.clone()))?;
            parts.file.edit(|document| parts.put(document, CLIENTS, is, &entry))
        })
        .await
    }

    pub(in crate::store) async fn delete_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        let (server, client) = (server.to_owned(), client.clone());
        self.blocking(move |parts| {
            if parts.cache.read(&parts.file)?.grants.needs_client(&client) {
                return Ok(());
            }
            let is = |entry: &Value| {
                parts
                    .client(entry)
                    .is_some_and(|(of, known)| of == server && known.issuer == client.issuer && known.id == client.id)
            };
            parts.file.edit(|document| {
                remove(document, CLIENTS, is);
                Ok(())
            })
        })
        .await
    }

    pub(in crate::store) async fn learned(&self, issuer: &str) -> Result<Learned, StoreError> {
        let issuer = issuer.to_owned();
        self.reading(move |_, obtained| Ok(obtained.learned(&issuer))).await
    }

    pub(in crate::store) async fn put_learned(&self, issuer: &str, learned: &Learned) -> Result<(), StoreError> {
        let (issuer, learned) = (issuer.to_owned(), learned.clone());
        self.blocking(move |parts| {
            let is = |entry: &Value| entry.get("issuer").and_then(Value::as_str) == Some(&issuer);
            let entry = learned_to_json(&issuer, &learned);
            parts.file.edit(|document| {
                if learned == Learned::default() {
                    remove(document, LEARNED, is);
                    return Ok(());
                }
                parts.put(document, LEARNED, is, &entry)
            })
        })
        .await
    }

    pub(in crate::store) async fn trusted(&self, id: &str) -> Result<Option<Trusted>, StoreError> {
        let id = id.to_owned();
        self.reading(move |_, obtained| Ok(obtained.trusted(&id))).await
    }

    pub(in crate::store) async fn trust(&self, trusted: &Trusted) -> Result<(), StoreError> {
        let trusted = trusted.clone();
        self.blocking(move |parts| {
            let is = |entry: &Value| entry.get("id").and_then(Value::as_str) == Some(&trusted.id);
            parts.file.edit(|document| parts.put(document, PLUGINS, is, &trusted_to_json(&trusted)))
        })
        .await
    }

    pub(in crate::store) async fn pins(&self, server: &str) -> Result<Vec<Pin>, StoreError> {
        let server = server.to_owned();
        self.reading(move |_, obtained| Ok(obtained.pins.iter().filter(|pin| pin.server == server).cloned().collect()))
            .await
    }

    pub(in crate::store) async fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        let pin = pin.clone();
        self.blocking(move |parts| {
            let is = |entry: &Value| {
                pin_from_json(entry).is_some_and(|of| of.server == pin.server && of.secret == pin.secret)
            };
            parts.file.edit(|document| parts.put(document, PINS, is, &pin_to_json(&pin)))
        })
        .await
    }

    pub(in crate::store) async fn is_acknowledged(&self, asked: &Acknowledged) -> Result<bool, StoreError> {
        let asked = asked.clone();
        self.reading(move |_, obtained| Ok(obtained.acknowledged.contains(&asked))).await
    }

    pub(in crate::store) async fn acknowledge(&self, agreed: &Acknowledged) -> Result<(), StoreError> {
        let agreed = agreed.clone();
        self.blocking(move |parts| {
            let is = |entry: &Value| acknowledged_from_json(entry).as_ref() == Some(&agreed);
            parts.file.edit(|document| parts.put(document, ACKNOWLEDGED, is, &acknowledged_to_json(&agreed)))
        })
        .await
    }
}
