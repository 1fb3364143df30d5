//! Whose account it is, and how that is found out: the data words it `KIND: WHAT -> NAMES`.

use mcphub_plugin::prelude::*;
use serde_json::Value;

use crate::quirks::Quirks;
use crate::tokens::raw_basic;

pub(crate) enum Lookup {
    /// These requests, in order; the last answer tells it under this name.
    Requests(Vec<Plan>, String),
    /// A claim of the access token, which is a JWT.
    Claim(String),
    /// What follows the last dot of this captured value.
    Captured(String),
    /// A member of the token answer.
    Member(String),
}

impl Lookup {
    pub(crate) fn of(quirks: &Quirks) -> Option<Self> {
        let text = quirks.text("id.lookup")?;
        let (kind, rest) = text.split_once(": ")?;
        let (what, names) = rest.split_once(" -> ")?;
        let name = names.split(',').next()?.to_owned();
        let word_after = |start: &str| what.strip_prefix(start)?.split([' ', ',']).next().map(str::to_owned);
        match kind {
            "http" => Some(Self::Requests(requests(what)?, name)),
            "token-response" => Some(word_after("parse ").map_or(Self::Member(name), Self::Captured)),
            _ => word_after("decode ").map(Self::Claim),
        }
    }

    /// Where the plan of a code exchange keeps what is to be read later.
    pub(crate) fn capture(quirks: &Quirks) -> Option<Capture> {
        match Self::of(quirks)? {
            Self::Member(name) => Some(Capture { key: "account".into(), at: format!("/{name}") }),
            Self::Requests(..) | Self::Claim(_) | Self::Captured(_) => None,
        }
    }

    /// The account, as far as the last answer or what was captured tells it.
    pub(crate) fn told(quirks: &Quirks, context: &Context, last: Option<&Answer>) -> Option<String> {
        let captured = |key: &str| {
            let found = context.captured.iter().rev().find(|pair| pair.name == key);
            found.map(|pair| pair.value.clone())
        };
        match Self::of(quirks)? {
            Self::Requests(_, name) => member(&last?.body, &name),
            Self::Claim(name) => last?.claims.iter().find_map(|token| member(&token.claims, &name)),
            Self::Captured(key) => {
                let whole = captured(&key)?;
                whole.rsplit('.').next().map(str::to_owned)
            }
            Self::Member(_) => captured("account"),
        }
    }
}

fn requests(what: &str) -> Option<Vec<Plan>> {
    let carried = || param("authorization", "Bearer {access-token}");
    let posted = |path: &str, name: &str, text: &str| {
        vec![post(&Quirks::api(path), [carried()], PlanBody::Json(vec![param(name, text)]))]
    };
    if let Some(query) = what.strip_prefix("GraphQL ") {
        return Some(posted("graphql", "query", query));
    }
    if let Some(statement) = what.strip_prefix("POST ") {
        return Some(posted("statements", "statement", statement));
    }
    let is_basic = what.contains("with Basic token:");
    let header = || if is_basic { raw_basic("{access-token}", "") } else { carried() };
    let paths = what.strip_prefix("GET ")?.split(", then ").filter_map(|part| part.split_whitespace().next());
    Some(paths.map(|path| get(&Quirks::api(path), [header()])).collect())
}

/// A member of an answer or of claims.
fn member(text: &str, name: &str) -> Option<String> {
    let document: Value = serde_json::from_str(text).ok()?;
    let place = document.get("data").unwrap_or(&document);
    place.get(name)?.as_str().map(str::to_owned)
}
