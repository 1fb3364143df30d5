//! A login that has started, as JSON. This is the only place where its secrets are written out for the store.

use mcphub_oauth::authorization::PendingAuthorization;
use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::secret::PkceCodeVerifier;
use mcphub_oauth::server_address::ServerAddress;
use serde_json::{Map, Value, json};

use crate::connect::core::address::address_of;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::target::Discovered;

/// How a login was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LoginAttempt {
    /// By a person at a terminal, whose browser may be on another machine.
    pub(crate) at_terminal: bool,
    /// By the hub itself, after the first try taught it something. There is no third try.
    pub(crate) is_retry: bool,
}

/// The stored data of a login, checked. The client is named by its id only.
pub(crate) struct StoredLogin {
    pub(crate) address: ServerAddress,
    pub(crate) issuer: String,
    /// The issuer as its metadata spells it.
    pub(crate) spelling: Issuer,
    pub(crate) issuer_promised: bool,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) resource: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) verifier: Option<PkceCodeVerifier>,
    pub(crate) browser: BrowserId,
    pub(crate) is_bound: bool,
    pub(crate) attempt: LoginAttempt,
}

/// What is stored of a login that waits or stopped at a question.
#[derive(Clone, Copy)]
pub(crate) struct StoredParts<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) discovered: &'a Discovered,
    pub(crate) authorization: &'a PendingAuthorization,
    pub(crate) is_bound: bool,
    pub(crate) attempt: LoginAttempt,
}

/// The members of a login, without the `state` that identifies it.
pub(crate) fn to_json(parts: StoredParts<'_>) -> Result<Map<String, Value>, ConnectError> {
    let StoredParts { entry, discovered, authorization, is_bound, attempt } = parts;
    let members = [
        ("address", json!(address_of(entry)?.as_str())),
        ("issuer", json!(discovered.metadata.issuer.as_str())),
        ("spelling", json!(authorization.issuer.as_str())),
        ("issuerPromised", json!(authorization.issuer_promised)),
        ("clientId", json!(authorization.client.id)),
        ("redirectUri", json!(authorization.client.redirect_uri)),
        ("resource", json!(authorization.resource)),
        ("scopes", json!(authorization.scopes)),
        ("verifier", json!(authorization.verifier.as_ref().map(PkceCodeVerifier::secret))),
        ("browser", json!(authorization.browser.as_str())),
        ("isBound", json!(is_bound)),
        ("atTerminal", json!(attempt.at_terminal)),
        ("isRetry", json!(attempt.is_retry)),
    ];
    Ok(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The client of a stored login.
pub(crate) fn client_id(data: &Value) -> Option<&str> {
    data.get("clientId")?.as_str()
}

impl StoredLogin {
    /// Reads a login. `None` means that the data is not a login, and that the person has to log in again.
    pub(crate) fn read(data: &Value) -> Option<Self> {
        let is = |name: &str| data.get(name).and_then(Value::as_bool);
        let scopes = data.get("scopes")?.as_array()?.iter().map(|scope| scope.as_str().map(str::to_owned));
        Some(Self {
            address: ServerAddress::parse(&text(data, "address")?)?,
            issuer: text(data, "issuer")?,
            spelling: Issuer::parse(&text(data, "spelling")?).ok()?,
            issuer_promised: is("issuerPromised")?,
            client_id: text(data, "clientId")?,
            redirect_uri: text(data, "redirectUri")?,
            resource: text(data, "resource"),
            scopes: scopes.collect::<Option<_>>()?,
            verifier: text(data, "verifier").map(PkceCodeVerifier::new),
            browser: BrowserId::parse(&text(data, "browser")?)?,
            is_bound: is("isBound")?,
            attempt: LoginAttempt { at_terminal: is("atTerminal")?, is_retry: is("isRetry")? },
        })
    }
}

/// A member that is a text. `None` means that it is absent or something else.
pub(crate) fn text(data: &Value, name: &str) -> Option<String> {
    data.get(name)?.as_str().map(str::to_owned)
}
