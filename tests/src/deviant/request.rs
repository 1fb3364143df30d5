//! What stands in a request, each thing in its place, and the refusal of whatever should not be there.

use serde_json::{Map, Value};

use super::quirks::Quirks;
use super::terms::{Params, Request};

/// Media types of bodies.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";
/// No body.
pub(super) const BARE: &str = "";

/// A request to the token endpoint, taken apart.
pub(super) struct Sent {
    /// The parameters, from the only place where they may be.
    pub(super) params: Params,
    /// The address's query besides.
    pub(super) query: Params,
}

impl Sent {
    /// Reads a request to this endpoint.
    pub(super) fn read(request: &Request, endpoint: &str, quirks: &Quirks) -> Result<Self, String> {
        let url = request.uri().to_string();
        let query = form("the query", beyond(&url, endpoint).unwrap_or_default().as_bytes())?;
        if quirks.has("token.transport") {
            expect_kind(request, "POST", BARE)?;
            return Ok(Self { params: query, query: Params::new() });
        }
        let params = if quirks.text("token.body_format") == Some("json") {
            expect_kind(request, "POST", JSON)?;
            object(request.body())?
        } else {
            expect_kind(request, "POST", FORM)?;
            form("token", request.body())?
        };
        Ok(Self { params, query })
    }

    /// A parameter that must be there.
    pub(super) fn take(&mut self, name: &str) -> Result<String, String> {
        self.params.remove(name).ok_or_else(|| format!("token: {name} is missing"))
    }

    /// A parameter that must be this.
    pub(super) fn expect(&mut self, name: &str, wanted: &str) -> Result<(), String> {
        let said = self.take(name)?;
        expect(name, &said, wanted)
    }

    /// Nothing else may be there.
    pub(super) fn end(&self) -> Result<(), String> {
        nothing_left("token", &self.params)?;
        nothing_left("the query of token", &self.query)
    }
}

fn object(body: &[u8]) -> Result<Params, String> {
    let document: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| "token: the body is no JSON object".to_owned())?;
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        other => Err(format!("token: {name} is {other}, which is no text")),
    };
    document.into_iter().map(text).collect()
}

/// Method and media type of a request.
pub(super) fn expect_kind(request: &Request, method: &str, media: &str) -> Result<(), String> {
    expect("the method", request.method().as_str(), method)?;
    expect("the media type", header(request, "content-type"), media)?;
    if media == BARE && !request.body().is_empty() { Err("there is a body".to_owned()) } else { Ok(()) }
}

/// What the query of an address has beyond that of the endpoint. None: it is another place.
pub(super) fn beyond<'u>(url: &'u str, endpoint: &str) -> Option<&'u str> {
    let rest = url.strip_prefix(endpoint)?;
    let mark = if endpoint.contains('?') { '&' } else { '?' };
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(mark) }
}

/// Parameters in the encoding of forms.
pub(super) fn form(what: &str, bytes: &[u8]) -> Result<Params, String> {
    once(what, url::form_urlencoded::parse(bytes).into_owned())
}

/// Parameters, each of which may come once (RFC 6749 §3.1, §3.2).
pub(super) fn once(what: &str, pairs: impl Iterator<Item = (String, String)>) -> Result<Params, String> {
    let mut params = Params::new();
    for (name, value) in pairs {
        if params.insert(name.clone(), value).is_some() {
            return Err(format!("{what}: {name} comes twice"));
        }
    }
    Ok(params)
}

pub(super) fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(super) fn bearer(request: &Request) -> Option<String> {
    header(request, "authorization").strip_prefix("Bearer ").map(str::to_owned)
}

pub(super) fn expect(what: &str, said: &str, wanted: &str) -> Result<(), String> {
    if said == wanted { Ok(()) } else { Err(format!("{what} is {said:?}, not {wanted:?}")) }
}

pub(super) fn nothing_left(what: &str, params: &Params) -> Result<(), String> {
    if params.is_empty() { Ok(()) } else { Err(format!("{what}: not known: {params:?}")) }
}
