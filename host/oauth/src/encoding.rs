//! How parameters, headers and bodies are written into a request: form, JSON or query (RFC 6749 Appendix B).

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request};
use serde_json::{Map, Value};
use url::Url;

use crate::build_error::BuildError;
use crate::profile::{Pair, Placement};

/// A request under construction. Nothing in it was sent.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) params: Vec<Pair>,
    pub(crate) query: Vec<Pair>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Parts {
    /// Adds a header whose value no log shows. Fails where HTTP does not allow its name or value.
    pub(crate) fn header(&mut self, name: &str, value: &str) -> Result<(), BuildError> {
        let bad = || BuildError::Header(name.to_owned());
        let header = HeaderName::try_from(name).map_err(|_| bad())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
        value.set_sensitive(true);
        self.headers.push((header, value));
        Ok(())
    }

    /// The finished request. JSON is asked for, whatever comes.
    pub(crate) fn build(
        self,
        endpoint: &Url,
        method: Method,
        placement: Placement,
    ) -> Result<Request<Vec<u8>>, BuildError> {
        let Self { params, mut query, headers } = self;
        let (content_type, body) = match placement {
            _ if params.is_empty() => (None, Vec::new()),
            Placement::Form => (Some("application/x-www-form-urlencoded"), encode(&params).into_bytes()),
            Placement::Json => (Some("application/json"), json_object(params)),
            Placement::Query => {
                query.extend(params);
                (None, Vec::new())
            }
        };
        let url = with_query(endpoint, &query);
        let mut request = Request::builder().method(method).uri(url.as_str()).header(ACCEPT, "application/json");
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let mut request = request.body(body).map_err(|_| BuildError::Url)?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }
}

fn encode(pairs: &[Pair]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn json_object(params: Vec<Pair>) -> Vec<u8> {
    let object: Map<String, Value> = params.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Value::Object(object).to_string().into_bytes()
}

pub(crate) fn with_query(url: &Url, query: &[Pair]) -> Url {
    let mut url = url.clone();
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}
