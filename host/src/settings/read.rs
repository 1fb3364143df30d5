//! From raw JSON to [`Settings`]: every value is checked, all faults are told at once.

use std::time::Duration;

use indexmap::IndexMap;
use mcphub_oauth::client::AuthMethod;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use serde_json::{Map, Value};
use url::Url;

use super::environment::Environment;
use super::expand::expand;
use super::fault::SettingsFault;
use super::model::{Server, ServerEntry, Settings, System, ToolSetting, Transport, TransportHint};
use super::oauth::{DynamicRegistration, OAuth, PkceSetting};

/// The members of `oauth` that mean something.
const OAUTH_KEYS: [&str; 22] = [
    "clientId",
    "clientSecret",
    "redirectUri",
    "scopes",
    "accessToken",
    "refreshToken",
    "resource",
    "authorizationEndpoint",
    "tokenEndpoint",
    "revocationEndpoint",
    "pendingAuthorization",
    "dynamicRegistration",
    "provider",
    "inputs",
    "accounts",
    "grantType",
    "assertion",
    "tokenEndpointAuthMethod",
    "privateKey",
    "signingAlgorithm",
    "dpop",
    "enterprise",
];

/// What was made of the file.
pub(super) struct Outcome {
    pub(super) settings: Settings,
    pub(super) faults: Vec<SettingsFault>,
    pub(super) warnings: Vec<SettingsFault>,
}

/// Reads the whole document.
pub(super) fn read(document: &Map<String, Value>, environment: &Environment) -> Outcome {
    let mut reader = Reader { environment, faults: Vec::new(), warnings: Vec::new(), unset: Vec::new() };
    let mut faults = Vec::new();
    let mut servers = IndexMap::new();
    match document.get("mcpServers") {
        Some(Value::Object(entries)) => {
            for (name, entry) in entries {
                let entry = reader.server(name, entry);
                if let ServerEntry::Faulty(found) = &entry {
                    faults.extend(found.clone());
                }
                servers.insert(name.clone(), entry);
            }
        }
        None => {}
        Some(_) => {
            faults.push(fault(
                "mcpServers",
                None,
                "is not an object",
                "write { \"name\": { \"url\": \"https://…\" } }",
            ));
        }
    }
    let system = reader.system(document.get("systemConfig"));
    faults.append(&mut reader.faults);
    Outcome { settings: Settings { servers, system }, faults, warnings: reader.warnings }
}

fn fault(key: &str, value: Option<&str>, rule: &str, remedy: &str) -> SettingsFault {
    let value = value.map(|value| format!("{:?}", value.chars().take(200).collect::<String>()));
    SettingsFault { key: key.to_owned(), value, rule: rule.to_owned(), remedy: remedy.to_owned() }
}

struct Reader<'a> {
    environment: &'a Environment,
    faults: Vec<SettingsFault>,
    warnings: Vec<SettingsFault>,
    unset: Vec<String>,
}

impl Reader<'_> {
    fn server(&mut self, name: &str, entry: &Value) -> ServerEntry {
        let at = format!("mcpServers.{name}");
        let Value::Object(entry) = entry else {
            return ServerEntry::Faulty(vec![fault(&at, None, "is not an object", "write { \"url\": \"https://…\" }")]);
        };
        if !name_is_usable(name) {
            let rule = "has characters that do not fit into a URL path";
            return ServerEntry::Faulty(vec![fault(&at, Some(name), rule, "use letters, digits, '-', '_' and '.'")]);
        }
        let outer = std::mem::take(&mut self.faults);
        let server = self.parts(name, &at, entry);
        let found = std::mem::replace(&mut self.faults, outer);
        match server {
            Ok(Some(server)) if found.is_empty() => ServerEntry::Usable(Box::new(server)),
            Ok(_) => ServerEntry::Faulty(found),
            Err(sentence) => ServerEntry::Unsupported(sentence),
        }
    }

    /// None: a fault was noted. Err: a kind that is not served.
    fn parts(&mut self, name: &str, at: &str, entry: &Map<String, Value>) -> Result<Option<Server>, String> {
        let kind = self.text(entry, at, "type");
        if kind.as_deref() == Some("openapi") {
            return Err(format!(
                "{name} is an OpenAPI server, which this hub does not serve; the other servers are not affected."
            ));
        }
        let transport = self.transport(at, entry, kind.as_deref());
        self.unset.clear();
        let oauth = match entry.get("oauth") {
            None | Some(Value::Null) => None,
            Some(Value::Object(oauth)) => Some(self.oauth(&format!("{at}.oauth"), oauth)),
            Some(_) => {
                self.faults.push(fault(
                    &format!("{at}.oauth"),
                    None,
                    "is not an object",
                    "write { \"clientId\": \"…\" }, or leave it out",
                ));
                None
            }
        };
        let headers = self.texts(entry, at, "headers");
        let timeout = entry.get("options").and_then(|options| options.get("timeout")).and_then(Value::as_u64);
        Ok(transport.map(|transport| Server {
            name: name.to_owned(),
            enabled: entry.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            transport,
            headers,
            has_oauth: oauth.is_some(),
            oauth: oauth.unwrap_or_default(),
            tools: tools(entry),
            timeout: timeout.map(Duration::from_millis),
            description: entry.get("description").and_then(Value::as_str).map(str::to_owned),
        }))
    }

    fn transport(&mut self, at: &str, entry: &Map<String, Value>, kind: Option<&str>) -> Option<Transport> {
        let hint = match kind {
            Some("sse") => TransportHint::Sse,
            Some("streamable-http" | "streamableHttp" | "http") => TransportHint::StreamableHttp,
            None | Some("stdio" | "") => TransportHint::Unsaid,
            Some(other) => {
                let remedy = "write stdio, sse or streamable-http, or leave it out";
                self.faults.push(fault(&format!("{at}.type"), Some(other), "is no transport", remedy));
                TransportHint::Unsaid
            }
        };
        if let Some(command) = self.text(entry, at, "command").filter(|command| !command.is_empty()) {
            let args = entry.get("args").and_then(Value::as_array).cloned().unwrap_or_default();
            let args = args.iter().filter_map(Value::as_str).map(|arg| expand(arg, self.environment).text).collect();
            return Some(Transport::Stdio { command, args, env: self.texts(entry, at, "env") });
        }
        match self.text(entry, at, "url") {
            Some(_) => self.url(entry, at, "url").map(|url| Transport::Http { url, hint }),
            None => {
                self.faults.push(fault(at, None, "has neither url nor command", "give the server's url"));
                None
            }
        }
    }

    fn oauth(&mut self, at: &str, oauth: &Map<String, Value>) -> OAuth {
        self.warn_of_slips(at, oauth);
        OAuth {
            client_id: self.text(oauth, at, "clientId"),
            client_secret: self.text(oauth, at, "clientSecret").map(ClientSecret::new),
            redirect_uri: self.url(oauth, at, "redirectUri"),
            scopes: self.scopes(oauth, at),
            access_token: self.text(oauth, at, "accessToken").filter(|token| !token.is_empty()).map(AccessToken::new),
            refresh_token: self
                .text(oauth, at, "refreshToken")
                .filter(|token| !token.is_empty())
                .map(RefreshToken::new),
            resource: self.text(oauth, at, "resource").filter(|resource| !resource.is_empty()),
            authorization_endpoint: self.url(oauth, at, "authorizationEndpoint"),
            token_endpoint: self.url(oauth, at, "tokenEndpoint"),
            revocation_endpoint: self.url(oauth, at, "revocationEndpoint"),
            provider: self.text(oauth, at, "provider").filter(|provider| !provider.is_empty()),
            inputs: self.texts(oauth, at, "inputs"),
            pkce: self.pkce(oauth, at),
            token_endpoint_auth_method: self.auth_method(oauth, at),
            dynamic_registration: self.dynamic_registration(oauth, &format!("{at}.dynamicRegistration")),
            unset: std::mem::take(&mut self.unset),
        }
    }

    fn dynamic_registration(&mut self, oauth: &Map<String, Value>, at: &str) -> Option<DynamicRegistration> {
        let Value::Object(part) = oauth.get("dynamicRegistration")? else {
            self.faults.push(fault(at, None, "is not an object", "write { \"enabled\": true }, or leave it out"));
            return None;
        };
        let metadata = match part.get("metadata") {
            Some(Value::Object(metadata)) => self.expanded(metadata),
            _ => Map::new(),
        };
        Some(DynamicRegistration {
            enabled: part.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            issuer: self.url(part, at, "issuer").and_then(|_| self.text(part, at, "issuer")),
            registration_endpoint: self.url(part, at, "registrationEndpoint"),
            initial_access_token: self
                .text(part, at, "initialAccessToken")
                .filter(|token| !token.is_empty())
                .map(ClientSecret::new),
            metadata,
        })
    }

    fn scopes(&mut self, oauth: &Map<String, Value>, at: &str) -> Option<Vec<String>> {
        match oauth.get("scopes")? {
            Value::Array(items) => {
                let texts = items.iter().filter_map(Value::as_str).map(|item| expand(item, self.environment).text);
                Some(texts.filter(|scope| !scope.is_empty()).collect())
            }
            Value::String(text) => {
                Some(expand(text, self.environment).text.split_whitespace().map(str::to_owned).collect())
            }
            Value::Null => None,
            _ => {
                self.faults.push(fault(
                    &format!("{at}.scopes"),
                    None,
                    "is no list of scopes",
                    "write [\"read\", \"write\"]",
                ));
                None
            }
        }
    }

    fn pkce(&mut self, oauth: &Map<String, Value>, at: &str) -> PkceSetting {
        match self.text(oauth, at, "pkce").as_deref() {
            None | Some("" | "required") => PkceSetting::Required,
            Some("assume") => PkceSetting::Assume,
            Some("omit") => PkceSetting::Omit,
            Some(other) => {
                let rule = "is no setting for PKCE";
                self.faults.push(fault(
                    &format!("{at}.pkce"),
                    Some(other),
                    rule,
                    "write \"assume\" or \"omit\", or leave it out",
                ));
                PkceSetting::Required
            }
        }
    }

    fn auth_method(&mut self, oauth: &Map<String, Value>, at: &str) -> Option<AuthMethod> {
        let text = self.text(oauth, at, "tokenEndpointAuthMethod").filter(|text| !text.is_empty())?;
        let method = AuthMethod::parse(&text);
        if method.is_none() {
            let remedy = "write none, client_secret_basic or client_secret_post";
            self.faults.push(fault(
                &format!("{at}.tokenEndpointAuthMethod"),
                Some(&text),
                "is no method that the hub knows",
                remedy,
            ));
        }
        method
    }

    fn warn_of_slips(&mut self, at: &str, oauth: &Map<String, Value>) {
        for key in oauth.keys().filter(|key| !OAUTH_KEYS.contains(&key.as_str()) && *key != "pkce") {
            let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
            let likely = OAUTH_KEYS.iter().find(|known| {
                let (known, written) = (plain(known), plain(key));
                known == written
                    || known.strip_suffix('s') == Some(&written)
                    || written.strip_suffix('s') == Some(&known)
            });
            if let Some(likely) = likely {
                let remedy = format!("write {likely}");
                self.warnings.push(fault(&format!("{at}.{key}"), None, "means nothing to the hub", &remedy));
            }
        }
    }

    fn system(&mut self, system: Option<&Value>) -> System {
        let none = Map::new();
        let system = system.and_then(Value::as_object).unwrap_or(&none);
        let install = system.get("install").and_then(Value::as_object).unwrap_or(&none);
        let written = self.text(install, "systemConfig.install", "baseUrl").filter(|text| !text.is_empty());
        let base_url = match (written, self.environment.get("INSTALL_BASE_URL")) {
            (Some(_), _) => self.url(install, "systemConfig.install", "baseUrl"),
            (None, Some(text)) => self.parsed("INSTALL_BASE_URL", text),
            (None, None) => None,
        };
        let separator = self.text(system, "systemConfig", "nameSeparator").filter(|text| !text.is_empty());
        System { base_url, name_separator: separator.unwrap_or_else(|| System::default().name_separator) }
    }

    fn text(&mut self, object: &Map<String, Value>, at: &str, key: &str) -> Option<String> {
        match object.get(key)? {
            Value::String(text) => {
                let expanded = expand(text, self.environment);
                self.unset.extend(expanded.unset);
                Some(expanded.text)
            }
            Value::Null => None,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.faults.push(fault(&format!("{at}.{key}"), None, "is not a text", "put it in quotation marks"));
                None
            }
        }
    }

    /// Members that are texts; numbers and switches are written as text.
    fn texts(&mut self, object: &Map<String, Value>, at: &str, key: &str) -> Vec<(String, String)> {
        let Some(Value::Object(members)) = object.get(key) else {
            return Vec::new();
        };
        let at = format!("{at}.{key}");
        let text = |reader: &mut Self, (name, value): (&String, &Value)| match value {
            Value::Number(_) | Value::Bool(_) => Some((name.clone(), value.to_string())),
            _ => reader.text(members, &at, name).map(|text| (name.clone(), text)),
        };
        members.iter().filter_map(|member| text(self, member)).collect()
    }

    fn url(&mut self, object: &Map<String, Value>, at: &str, key: &str) -> Option<Url> {
        let text = self.text(object, at, key).filter(|text| !text.is_empty())?;
        self.parsed(&format!("{at}.{key}"), &text)
    }

    fn parsed(&mut self, key: &str, text: &str) -> Option<Url> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") && url.host_str().is_some() => Some(url),
            Ok(_) | Err(_) => {
                let bare = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
                let shown = text.split(['?', '#', '@']).next().unwrap_or_default();
                let bare = bare.split(['?', '#', '@']).next().unwrap_or_default();
                self.faults.push(fault(
                    key,
                    Some(shown),
                    "has no http or https scheme",
                    &format!("write https://{bare}"),
                ));
                None
            }
        }
    }

    fn expanded(&mut self, object: &Map<String, Value>) -> Map<String, Value> {
        object.iter().map(|(name, value)| (name.clone(), self.expanded_value(value))).collect()
    }

    fn expanded_value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(expand(text, self.environment).text),
            Value::Array(items) => items.iter().map(|item| self.expanded_value(item)).collect(),
            Value::Object(object) => Value::Object(self.expanded(object)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

fn name_is_usable(name: &str) -> bool {
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    !name.is_empty() && name.len() <= 100 && name.chars().all(usable)
}

fn tools(entry: &Map<String, Value>) -> IndexMap<String, ToolSetting> {
    let Some(Value::Object(tools)) = entry.get("tools") else {
        return IndexMap::new();
    };
    let setting = |value: &Value| ToolSetting {
        enabled: value.get("enabled").and_then(Value::as_bool),
        description: value.get("description").and_then(Value::as_str).map(str::to_owned),
    };
    tools.iter().map(|(name, value)| (name.clone(), setting(value))).collect()
}
