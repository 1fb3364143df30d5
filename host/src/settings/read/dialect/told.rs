//! Keys of other programs that mean something which the hub does not do.

use serde_json::Value;

use super::plain;
use crate::settings::read::part::Part;

/// Spellings, the rule, and the remedy.
type Told = (&'static [&'static str], &'static str, &'static str);

const TOLD: &[Told] = &[
    (
        &["autoapprove", "alwaysallow", "trust", "requireapproval", "defaulttoolsapprovalmode"],
        "means nothing to the hub, which asks no one before a call",
        "set it in the program that uses the hub",
    ),
    (&["envfile"], "is not read", "write its variables into env"),
    (
        &["sandbox", "sandboxenabled"],
        "means nothing to the hub, which runs the command without a sandbox",
        "name a command that makes one, such as docker",
    ),
    (&["headershelper"], "is not run", "write headers"),
    (
        &[
            "apikey",
            "token",
            "bearertoken",
            "authtoken",
            "accesstoken",
            "authorization",
            "authorizationtoken",
            "auth",
            "authprovidertype",
        ],
        "means nothing to the hub",
        "write headers.Authorization, or oauth",
    ),
    (&["settings"], "is for an extension of an editor", "write args and env of the command"),
];

/// Whether a key, in its plain spelling, is reported here.
pub(in crate::settings::read) fn understands(key: &str) -> bool {
    TOLD.iter().any(|(spellings, ..)| spellings.contains(&key))
}

/// Warns of each, unless it is empty or switched off. No value is shown.
pub(in crate::settings::read) fn warn(part: &Part<'_>) {
    for key in part.names() {
        let written = plain(key);
        let told = TOLD.iter().find(|(spellings, ..)| spellings.contains(&written.as_str()));
        if let (Some((_, rule, remedy)), Some(value)) = (told, part.raw(key))
            && !is_nothing(value)
        {
            part.findings.warn(part.findings.fault(&part.path(key), None, rule, remedy));
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}
