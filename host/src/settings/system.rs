//! The settings of the hub itself: `systemConfig`.

use std::time::Duration;

use url::Url;

/// `systemConfig`, as far as the hub uses it.
#[derive(Debug, Clone)]
pub struct System {
    /// Where people reach this hub: `install.baseUrl`, else `INSTALL_BASE_URL`.
    pub base_url: Option<Url>,
    /// Between server and tool in a name.
    pub name_separator: String,
    /// `oauthClient.clientIdMetadataUrl`: a Client ID Metadata Document that is not served by this hub.
    pub client_id_metadata_url: Option<Url>,
    /// `install.allowedHosts`: more host names that the hub answers to, lower case, without a port.
    pub allowed_hosts: Vec<String>,
    /// `routing.enableGlobalRoute`: whether there is an endpoint for all servers together.
    pub has_global_route: bool,
    /// `routing.enableGroupNameRoute`: whether groups are reached by their names, too, and not by their ids alone.
    pub has_group_names: bool,
    /// `routing.skipAuth`: a proxy in front of the hub authenticates everybody who reaches it.
    pub skips_authentication: bool,
    /// `egress.allowPrivate`: names whose servers may be at private addresses, lower case.
    pub allow_private: Vec<String>,
    /// `sessions`: those of clients.
    pub sessions: SessionSettings,
}

/// How many client sessions there may be, and how long they last. What is not written is the gateway's to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionSettings {
    /// `max`: sessions at once.
    pub max: Option<usize>,
    /// `idleMinutes`: a session that nobody used for this long is ended.
    pub idle: Option<Duration>,
    /// `maxAgeHours`: a session that was opened longer ago is not begun again; zero: none is.
    pub age: Option<Duration>,
}

impl SessionSettings {
    /// Whether sessions are begun again after a restart of the hub.
    #[must_use]
    pub fn outlive_restarts(&self) -> bool {
        self.age.is_none_or(|age| !age.is_zero())
    }
}

impl Default for System {
    fn default() -> Self {
        Self {
            base_url: None,
            name_separator: "-".to_owned(),
            client_id_metadata_url: None,
            allowed_hosts: Vec::new(),
            has_global_route: true,
            has_group_names: true,
            skips_authentication: false,
            allow_private: Vec::new(),
            sessions: SessionSettings::default(),
        }
    }
}
