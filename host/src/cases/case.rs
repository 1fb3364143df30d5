//! The format of a case: what may stand in the file, read from TOML and written as TOML.

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
    /// Where the case comes from, and the date on which that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The MCP server's URL.
    pub server: Url,
    /// The time at which the case begins (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The address of the hub's Client ID Metadata Document, if the hub has one in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_document: Option<Url>,
    /// The server's `oauth` object as it would stand in `mcp_settings.json`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub oauth: Map<String, Value>,
    /// What happens, in order.
    #[serde(rename = "step")]
    pub steps: Vec<CaseStep>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "do")]
pub enum CaseStep {
    /// The MCP server refuses a request.
    Refused {
        /// The status of the answer: 401 or 403. It is 401 if left out.
        #[serde(default = "unauthorized", skip_serializing_if = "is_unauthorized")]
        status: u16,
        /// The `WWW-Authenticate` header of the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        challenge: Option<String>,
        /// The body of the answer.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
        /// The tool that the refused request called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool: Option<String>,
        /// What the hub must do about it.
        expect: Reaction,
        /// Text that must be part of what the person reads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<String>,
        /// The requests that the hub must send, and their answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
    /// The person signs in.
    Login {
        /// The address of the login page, without its query.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorize: Option<String>,
        /// All parameters in the query of the login page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<BTreeMap<String, String>>,
        /// The parameters of the callback. Empty where the login must fail before the person comes back.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        callback: BTreeMap<String, String>,
        /// The scopes that the grant must have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scopes: Option<Vec<String>>,
        /// The account that the grant must belong to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// Whether the person is sent to the login page once more. The next step is that second round.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
        /// The answer of the person, where the plugin asks a question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choose: Option<String>,
        /// Text that must be part of the error, where the login must fail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fails: Option<String>,
        /// The requests that the hub must send, and their answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
    /// A request to the MCP server. The token is refreshed first where that is due.
    Call {
        /// All headers that the credential must add.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// All query parameters that the credential must add.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        query: BTreeMap<String, String>,
        /// The requests that the hub must send, and their answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
    /// Time passes before the next step.
    Wait {
        /// How much time passes, in seconds.
        seconds: u64,
    },
    /// The person logs out.
    Logout {
        /// Text that must be part of what the person reads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<String>,
        /// The requests that the hub must send, and their answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exchange: Vec<Exchange>,
    },
}

/// What the hub does about a refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// The person must log in.
    Login,
    /// The person must set up a client.
    Setup,
    /// The request is sent again with a better credential.
    Retry,
    /// The request fails, and no link is offered to the person.
    Failed,
}

/// A request that the hub must send, and the answer that it gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exchange {
    /// Method and URL, separated by a blank.
    pub request: String,
    /// Headers that the request must have. `authorization` is always compared; Basic credentials are written decoded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// All parameters of the query, where they are not written in `request`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<BTreeMap<String, String>>,
    /// All parameters of the form-encoded body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<BTreeMap<String, String>>,
    /// Members of the JSON body. Others may be there; a member that is `null` here must not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// The status of the answer.
    #[serde(default = "ok", skip_serializing_if = "is_ok")]
    pub status: u16,
    /// The media type of the answer.
    #[serde(default = "json", rename = "type", skip_serializing_if = "is_json")]
    pub media_type: String,
    /// Further headers of the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answer_headers: BTreeMap<String, String>,
    /// The body of the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// Why a case cannot be read, written or played.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The text is not TOML, or has an unknown or missing key.
    #[error("{0}")]
    Format(#[from] toml::de::Error),
    /// The case cannot be written as TOML.
    #[error("the case cannot be written down ({0}); write it by hand as plugins/README.md describes")]
    Write(#[from] toml::ser::Error),
    /// The `oauth` settings of the case are wrong; the faults as the settings report them.
    #[error("oauth: {0}")]
    Settings(String),
    /// `now` is not a time (RFC 3339).
    #[error("now: {0:?} is not a time; write it like 2026-01-31T12:00:00Z")]
    Time(String),
    /// The surroundings of the case cannot be set up.
    #[error("the case cannot be played ({0}); make sure that there is room for temporary files, and try again")]
    Play(String),
}

impl Exchange {
    /// A request, answered with status 200 and this document.
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
            // With a newline, so that TOML writes it as a block of lines.
            answer: format!("{answer:#}\n"),
        }
    }

    /// A request for metadata, answered with this document.
    #[must_use]
    pub fn look_up(request: &http::Request<Vec<u8>>, document: &Map<String, Value>) -> Self {
        Self::answered(format!("{} {}", request.method(), request.uri()), &Value::Object(document.clone()))
    }
}

impl Case {
    /// Reads a case from the text of its file.
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        Ok(toml::from_str(text)?)
    }

    /// The text of the file for this case.
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
