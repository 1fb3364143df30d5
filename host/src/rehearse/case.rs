//! The format of a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

/// A recorded login and what comes after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// What it shows, in one line.
    pub title: String,
    /// Where it is from, and when that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The MCP server's URL.
    pub server: Url,
    /// When it begins, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The hub's Client ID Metadata Document, where it is to have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_document: Option<Url>,
    /// The server's `oauth` as in `mcp_settings.json`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub oauth: Map<String, Value>,
    /// What happens, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "do")]
pub enum Step {
    /// The MCP server refuses a request.
    Refused {
        /// 401 or 403.
        #[serde(default = "unauthorized", skip_serializing_if = "is_unauthorized")]
        status: u16,
        /// `WWW-Authenticate`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        challenge: Option<String>,
        /// The body.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
        /// The tool that was called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool: Option<String>,
        /// What the hub makes of it.
        expect: Reaction,
        /// Text that the person is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<String>,
        /// What is asked and answered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
    /// The person signs in.
    Login {
        /// The login page, without its query.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorize: Option<String>,
        /// All parameters that it is asked with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<BTreeMap<String, String>>,
        /// The parameters that the person comes back with; none: nobody is to get that far.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        callback: BTreeMap<String, String>,
        /// The scopes of the grant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scopes: Option<Vec<String>>,
        /// Whose account it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The person is sent to the login page once more, by the next step.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
        /// What the person chooses, where the plugin asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choose: Option<String>,
        /// It fails, and the person is told this text among others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fails: Option<String>,
        /// What is asked and answered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
    /// A request to the MCP server: refreshed before, where that is due.
    Call {
        /// Headers that it carries.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// Query parameters that it carries.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        query: BTreeMap<String, String>,
        /// What is asked and answered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
    /// Time passes.
    Wait {
        /// So much of it.
        seconds: u64,
    },
    /// The person logs out.
    Logout {
        /// Text that the person is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<String>,
        /// What is asked and answered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
}

/// What the hub makes of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// The person must log in.
    Login,
    /// The person must set up a client.
    Setup,
    /// The request is sent again with a better credential.
    Retry,
    /// It is given up.
    Failed,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exchange {
    /// Method and URL.
    pub request: String,
    /// Headers of the request; `authorization` is always compared. Basic credentials are written down decoded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// All parameters of the URL's query, where they do not stand in the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<BTreeMap<String, String>>,
    /// All parameters of a form-encoded body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<BTreeMap<String, String>>,
    /// Members of a JSON body; others may be there. `null`: it must not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// Of the answer.
    #[serde(default = "ok", skip_serializing_if = "is_ok")]
    pub status: u16,
    /// Media type of the answer.
    #[serde(default = "json", rename = "type", skip_serializing_if = "is_json")]
    pub media_type: String,
    /// Further headers of the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answer_headers: BTreeMap<String, String>,
    /// The answer's body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// A text that is no case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It does not have the format.
    #[error("{0}")]
    Format(#[from] toml::de::Error),
    /// It cannot be written down.
    #[error("the case cannot be written down ({0}); write it by hand after the manual of plugins")]
    Write(#[from] toml::ser::Error),
    /// Its settings are wrong.
    #[error("oauth: {0}")]
    Settings(String),
    /// Its time is none.
    #[error("now: {0:?} is no time; write it like 2026-01-31T12:00:00Z")]
    Time(String),
    /// It cannot be played.
    #[error("the case cannot be played ({0}); see that there is room for temporary files, and try again")]
    Play(String),
}

impl Exchange {
    /// A request, and this document as its answer.
    #[must_use]
    pub fn answered(request: String, answer: &Value) -> Self {
        Self {
            request,
            headers: BTreeMap::new(),
            query: None,
            form: None,
            json: None,
            status: ok(),
            media_type: json(),
            answer_headers: BTreeMap::new(),
            // On lines of its own, so that it is written down so.
            answer: format!("{answer:#}\n"),
        }
    }

    /// A look-up of metadata.
    #[must_use]
    pub fn look_up(request: &http::Request<Vec<u8>>, document: &Map<String, Value>) -> Self {
        Self::answered(format!("{} {}", request.method(), request.uri()), &Value::Object(document.clone()))
    }
}

impl Case {
    /// Reads a case.
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        Ok(toml::from_str(text)?)
    }

    /// As text.
    pub fn to_text(&self) -> Result<String, CaseError> {
        Ok(toml::to_string_pretty(self)?)
    }
}

const fn ok() -> u16 {
    200
}

const fn unauthorized() -> u16 {
    401
}

fn json() -> String {
    "application/json".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_ok(status: &u16) -> bool {
    *status == 200
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_unauthorized(status: &u16) -> bool {
    *status == 401
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_key_is_pointed_at() {
        let text = "title = \"t\"\nserver = \"https://mcp.example/\"\n[[step]]\ndo = \"logout\"\nsay = \"x\"\n";

        let error = Case::parse(text).expect_err("refused").to_string();

        assert!(error.contains("unknown field `say`") && error.contains("line"), "{error}");
    }

    #[test]
    fn what_is_written_down_is_read_back() {
        let text = r#"
title = "t"
server = "https://mcp.example/"
[oauth]
clientId = "{{client-id}}"
[[step]]
do = "refused"
expect = "login"
[[step.exchange]]
request = "GET https://mcp.example/.well-known/oauth-authorization-server"
answer = '''
{"issuer": "https://mcp.example"}
'''
"#;
        let case = Case::parse(text).expect("a case");

        assert_eq!(Case::parse(&case.to_text().expect("text")).expect("a case"), case);
    }
}
