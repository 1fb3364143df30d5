//! Whose account it is, and how the provider tells: the data words it `KIND: WHAT -> NAMES`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::addresses::api;
use super::quirks::Quirks;
use super::request::{BARE, JSON, expect, expect_kind, header};
use super::state::Deviant;
use super::terms::{ACCOUNT, Request, Response, answer};

pub(super) enum Lookup {
    /// These requests, in order; the last answer has the account under each of the names.
    Requests(Vec<Asked>, Vec<String>),
    /// A claim of the access token, which is a JWT.
    Claim(String),
    /// What follows the last dot of something that is told anyway.
    Told,
    /// A member of the token answer.
    Member(String),
}

pub(super) struct Asked {
    path: String,
    /// The token is the user of HTTP Basic.
    basic: bool,
    /// What is posted, under which name.
    question: Option<(&'static str, String)>,
}

impl Lookup {
    /// None: the provider does not tell.
    pub(super) fn of(quirks: &Quirks) -> Option<Self> {
        let (kind, rest) = quirks.text("id.lookup")?.split_once(": ")?;
        let (what, names) = rest.split_once(" -> ")?;
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        match kind {
            "http" => Some(Self::Requests(requests(what)?, names)),
            "token-response" if what.starts_with("parse ") => Some(Self::Told),
            "token-response" => names.into_iter().next().map(Self::Member),
            _ => {
                let claim = what.strip_prefix("decode ")?.split([' ', ',']).next()?;
                Some(Self::Claim(claim.to_owned()))
            }
        }
    }
}

fn requests(what: &str) -> Option<Vec<Asked>> {
    let posted = |path: &str, name, text: &str| {
        vec![Asked { path: path.to_owned(), basic: false, question: Some((name, text.to_owned())) }]
    };
    if let Some(query) = what.strip_prefix("GraphQL ") {
        return Some(posted("graphql", "query", query));
    }
    if let Some(statement) = what.strip_prefix("POST ") {
        return Some(posted("statements", "statement", statement));
    }
    let basic = what.contains("with Basic token:");
    let paths = what.strip_prefix("GET ")?.split(", then ").filter_map(|part| part.split_whitespace().next());
    Some(paths.map(|path| Asked { path: path.to_owned(), basic, question: None }).collect())
}

impl Deviant {
    /// Whose account it should turn out to be, if anybody's.
    #[must_use]
    pub fn account(&self) -> Option<&'static str> {
        Lookup::of(self.quirks()).map(|_| ACCOUNT)
    }

    /// A request to the API. Each is answered in its turn.
    pub(super) fn look_up(&self, request: &Request) -> Result<Response, String> {
        let url = request.uri().to_string();
        let Some(Lookup::Requests(all, names)) = Lookup::of(self.quirks()) else {
            return Err(format!("there is nothing at {url}"));
        };
        let turn = self.state().looked_up;
        let asked = all.get(turn).ok_or_else(|| format!("{url}: the account was told already"))?;
        expect("the address", &url, &api(&asked.path))?;
        match &asked.question {
            Some((name, text)) => {
                expect_kind(request, "POST", JSON)?;
                let said: Value = serde_json::from_slice(request.body()).map_err(|error| error.to_string())?;
                let wanted = Value::Object(Map::from_iter([((*name).to_owned(), json!(text))]));
                expect("the question", &said.to_string(), &wanted.to_string())?;
            }
            None => expect_kind(request, "GET", BARE)?,
        }
        self.expect_open(request, asked.basic)?;
        self.state().looked_up += 1;
        let is_last = turn + 1 == all.len();
        let found: Map<String, Value> =
            names.into_iter().filter(|_| is_last).map(|name| (name, json!(ACCOUNT))).collect();
        let is_graph = asked.question.as_ref().is_some_and(|(name, _)| *name == "query");
        Ok(answer(200, &if is_graph { json!({"data": found}) } else { json!(found) }))
    }

    /// The request carries an access token that has not ended.
    fn expect_open(&self, request: &Request, basic: bool) -> Result<(), String> {
        let (carried, now) = (header(request, "authorization"), self.now());
        let expected = |token: &str| {
            if basic { format!("Basic {}", STANDARD.encode(format!("{token}:"))) } else { format!("Bearer {token}") }
        };
        let is_open = self.state().access.iter().any(|(token, ends)| *ends > now && carried == expected(token));
        if is_open { Ok(()) } else { Err(format!("the API: {carried:?} carries no token that is good")) }
    }
}
