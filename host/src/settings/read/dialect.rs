//! Entries as other programs write them, translated into the hub's own keys before they are read.
//!
//! A spelling that means the same is taken over silently. A key that has no counterpart is reported with what to write, see
//! [`told`]. The person's own spelling is kept, so that a fault names what stands in the file.

mod shape;
pub(super) mod told;

use serde_json::{Map, Value, json};

use super::slips::plain;

/// A key of the hub, and how else it is written: in lower case, letters and digits only.
const SPELLINGS: &[(&str, &[&str])] = &[
    ("url", &["url", "serverurl", "httpurl", "sseurl", "mcpurl", "uri", "endpoint", "baseurl"]),
    ("command", &["command", "cmd", "executable"]),
    ("args", &["args", "arguments"]),
    ("env", &["env", "environment", "envs"]),
    ("headers", &["headers", "httpheaders", "requestheaders", "customheaders", "extraheaders"]),
    ("cwd", &["cwd", "workingdirectory", "workingdir", "workdir"]),
    ("type", &["type", "transporttype", "servertype"]),
    ("oauth", &["oauth"]),
    ("inheritEnv", &["inheritenv"]),
];

/// Keys that are gathered into others.
const GATHERED: &[&str] =
    &["transport", "requestinit", "requestoptions", "envhttpheaders", "bearertokenenvvar", "envvars", "envkeys"];

/// Whether a key in its plain spelling is translated here.
pub(super) fn understands(key: &str) -> bool {
    GATHERED.contains(&key)
}

/// An entry in the hub's own words.
#[derive(Default)]
pub(super) struct Translated {
    pub(super) members: Map<String, Value>,
    /// Keys of the hub, and what stands in the file instead.
    pub(super) spelled: Vec<(String, String)>,
    /// Members that contradict each other: key, rule and remedy.
    pub(super) contradictions: Vec<(String, String, String)>,
}

/// Translates the members of an entry.
pub(super) fn translate(written: &Map<String, Value>) -> Translated {
    let mut entry = Translated { members: written.clone(), ..Translated::default() };
    entry.unfold_transport();
    entry.rename();
    entry.unfold_command();
    entry.gather_headers();
    entry.gather_environment();
    entry.gather_client();
    entry.name_types();
    entry
}

impl Translated {
    /// Something outside of the entry switches the server off.
    pub(super) fn switch_off(&mut self) {
        self.members.insert("disabled".to_owned(), Value::Bool(true));
        self.members.shift_remove("enabled");
    }

    /// A member by one of its spellings, with the key that stands in the file.
    fn find(&self, spelling: &str) -> Option<(String, Value)> {
        let found = self.members.iter().find(|(key, value)| plain(key) == spelling && !value.is_null());
        found.map(|(key, value)| (key.clone(), value.clone()))
    }

    fn has(&self, key: &str) -> bool {
        self.members.get(key).is_some_and(|value| !value.is_null())
    }

    /// Puts a member in another one's place, unless that says something else already.
    fn replace(&mut self, written: &str, key: &str, value: Value) {
        match self.members.get(key).filter(|value| !value.is_null()) {
            Some(known) if *known != value => {
                let rule = format!("says something else than {key}, and {key} counts");
                self.contradictions.push((written.to_owned(), rule, format!("keep {key} only")));
            }
            Some(_) => {}
            None => {
                self.members.insert(key.to_owned(), value);
                self.spelled.push((key.to_owned(), written.to_owned()));
            }
        }
    }

    /// `"transport": "sse"`, and `"transport": { "type": …, "url": … }`.
    fn unfold_transport(&mut self) {
        let Some((written, value)) = self.find("transport") else { return };
        match value {
            Value::String(_) => {
                self.members.shift_remove(&written);
                self.replace(&written, "type", value);
            }
            Value::Object(inner) => {
                self.members.shift_remove(&written);
                for (key, value) in inner {
                    let path = format!("{written}.{key}");
                    self.replace(&path, &key, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
    }

    fn rename(&mut self) {
        for (key, spellings) in SPELLINGS {
            for spelling in *spellings {
                let others = self.members.iter().filter(|(written, value)| {
                    written.as_str() != *key && plain(written) == *spelling && !value.is_null()
                });
                for (written, value) in others.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>() {
                    self.members.shift_remove(&written);
                    self.replace(&written, key, value);
                    match *spelling {
                        "httpurl" => self.hint("streamable-http"),
                        "sseurl" => self.hint("sse"),
                        _ => {}
                    }
                }
            }
        }
    }

    fn hint(&mut self, transport: &str) {
        if self.find("type").is_none() {
            self.members.insert("type".to_owned(), json!(transport));
        }
    }

    /// What others call the transports.
    fn name_types(&mut self) {
        let Some(kind) = self.members.get("type").and_then(Value::as_str) else { return };
        let named = match plain(kind).as_str() {
            "local" | "command" | "stdio" | "process" => "stdio",
            "http" | "streamablehttp" | "httpstream" | "httpstreamable" | "streaminghttp" | "streamable" => {
                "streamable-http"
            }
            "sse" | "httpsse" => "sse",
            "remote" | "url" => {
                self.members.shift_remove("type");
                return;
            }
            _ => return,
        };
        self.members.insert("type".to_owned(), json!(named));
    }
}

/// Whether an object's members look like entries of servers.
pub(super) fn looks_like_servers(value: &Value) -> bool {
    const TELLING: &[&str] = &["url", "command", "serverurl", "httpurl", "cmd", "uri", "sseurl", "mcpurl"];
    let is_server = |entry: &Value| {
        entry.as_object().is_some_and(|entry| {
            entry.iter().any(|(key, value)| {
                TELLING.contains(&plain(key).as_str()) && (value.is_string() || value.is_array() || value.is_object())
            })
        })
    };
    let members = value.as_object();
    members.is_some_and(|members| {
        members.values().any(is_server) && members.values().all(|entry| entry.is_object() || entry.is_null())
    })
}
