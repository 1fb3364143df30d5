//! Members that others write in another shape: a command as a list or an object, headers and variables in several places.

use serde_json::{Map, Value, json};

use super::{Translated, plain};

/// Objects that carry `headers` inside.
const REQUESTS: &[&str] = &["requestinit", "requestoptions"];

impl Translated {
    /// `"command": ["npx", "-y"]`, and `"command": { "path": …, "args": …, "env": … }`.
    pub(super) fn unfold_command(&mut self) {
        match self.members.get("command").cloned() {
            Some(Value::Array(words)) => {
                let Some((program, arguments)) = words.split_first() else { return };
                let own = self.members.get("args").and_then(Value::as_array).cloned().unwrap_or_default();
                let all: Vec<Value> = arguments.iter().cloned().chain(own).collect();
                self.members.insert("command".to_owned(), program.clone());
                self.members.insert("args".to_owned(), Value::Array(all));
            }
            Some(Value::Object(inner)) => {
                let part = |names: &[&str]| {
                    inner.iter().find(|(key, _)| names.contains(&plain(key).as_str())).map(|(_, value)| value.clone())
                };
                self.members.shift_remove("command");
                for (key, names) in [
                    ("command", &["path", "command", "program"][..]),
                    ("args", &["args", "arguments"]),
                    ("env", &["env"]),
                ] {
                    if let Some(value) = part(names) {
                        self.replace(&format!("command.{key}"), key, value);
                    }
                }
                if self.members.contains_key("command") {
                    self.spelled.retain(|(key, _)| key != "command");
                    self.spelled.push(("command".to_owned(), "command.path".to_owned()));
                }
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
        }
    }

    /// Headers that stand within another object, or whose values are names of variables.
    pub(super) fn gather_headers(&mut self) {
        for request in REQUESTS {
            let Some((written, value)) = self.find(request) else { continue };
            if let Some(headers) = value.get("headers").filter(|headers| headers.is_object()) {
                self.replace(&format!("{written}.headers"), "headers", headers.clone());
            }
        }
        let by_variable = self.find("envhttpheaders").and_then(|(_, value)| value.as_object().cloned());
        for (name, variable) in by_variable.unwrap_or_default() {
            if let Some(variable) = variable.as_str() {
                self.add("headers", &name, format!("${{{variable}}}"));
            }
        }
        if let Some((_, Value::String(variable))) = self.find("bearertokenenvvar") {
            self.add("headers", "Authorization", format!("Bearer ${{{variable}}}"));
        }
    }

    /// Variables of the hub that a command gets under their own names.
    pub(super) fn gather_environment(&mut self) {
        for list in ["envvars", "envkeys"] {
            let names = self.find(list).and_then(|(_, value)| value.as_array().cloned()).unwrap_or_default();
            for name in names.iter().filter_map(Value::as_str) {
                self.add("env", name, format!("${{{name}}}"));
            }
        }
    }

    /// `"auth": { "CLIENT_ID": …, "CLIENT_SECRET": …, "scopes": … }`.
    pub(super) fn gather_client(&mut self) {
        let Some((written, Value::Object(auth))) = self.find("auth") else { return };
        let names =
            [("clientid", "clientId"), ("clientsecret", "clientSecret"), ("scopes", "scopes"), ("scope", "scopes")];
        let mut oauth = Map::new();
        for (key, value) in &auth {
            if let Some((_, own)) = names.iter().find(|(name, _)| *name == plain(key)) {
                oauth.insert((*own).to_owned(), value.clone());
            }
        }
        if oauth.contains_key("clientId") {
            self.members.shift_remove(&written);
            self.replace(&written, "oauth", Value::Object(oauth));
        }
    }

    /// A member of an object, unless it is there.
    fn add(&mut self, object: &str, name: &str, text: String) {
        if !self.has(object) {
            self.members.insert(object.to_owned(), json!({}));
        }
        if let Some(members) = self.members.get_mut(object).and_then(Value::as_object_mut) {
            members.entry(name).or_insert(Value::String(text));
        }
    }
}
