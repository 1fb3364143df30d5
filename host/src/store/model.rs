//! The values that a store keeps besides grants and clients, and the version that a kept value has.
//!
//! They stand apart from the verbs so that every kind of store uses the same ones.

use std::collections::BTreeSet;

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::server_address::ServerAddress;

/// A stored value and its version.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// What is kept, as it was put.
    pub value: T,
    /// Grows with every change. 0 means that the person wrote the value into the settings (it is preset).
    pub version: u64,
}

/// What the hub has learned about an issuer by trying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// The resource indicators (RFC 8707) that it refused; the hub leaves them out since.
    pub refused_resources: BTreeSet<String>,
    /// The authentication method that it accepted after it had refused another one.
    pub auth_method: Option<AuthMethod>,
}

/// A plugin from a file that may serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The id that the plugin gives itself.
    pub id: String,
    /// Digest of its file, in lower-case hexadecimal.
    pub sha256: String,
    /// The hosts that it names.
    pub hosts: Vec<String>,
    /// True: a person approved this build or the one before it. False: it may serve as long as it takes over no server.
    pub is_approved: bool,
    /// What the person approved.
    pub scope: ApprovedScope,
}

/// What a person was shown when they approved a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovedScope {
    /// Addresses of the servers that it serves.
    pub servers: Vec<String>,
    /// Its rules, in words.
    pub rules: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
}

/// The only issuer that may see a secret that a person configured for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Name of the server in the settings.
    pub server: String,
    /// The key that the secret is written under, such as `oauth.clientSecret`. Never the secret itself.
    pub secret: String,
    /// The issuer that alone may see the secret.
    pub issuer: String,
}

/// A login page on another site that a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Address of the server that sends people there.
    pub address: ServerAddress,
    /// The site of the login page.
    pub login: String,
    /// The site of the token endpoint.
    pub token: String,
}
