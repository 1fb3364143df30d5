//! The address that the browser is sent to: the endpoint with the parameters written as the provider wants them.

use url::Url;

use super::hub_parameters::{belongs_to_hub, plain};
use crate::profile::{Authorization, Pair, Profile};

/// Where the browser is sent: the endpoint with these parameters, renamed and written as the provider wants them. None is
/// there twice (RFC 6749 §3.1), and the endpoint's own query says nothing that belongs to the hub.
#[must_use]
pub fn request(endpoint: &Url, params: &[Pair], profile: &Profile) -> Url {
    let rules = &profile.authorization;
    let mut url = endpoint.clone();
    let params = named(params, rules);
    let kept = params.iter().filter(|(_, _, value)| !(rules.drop_empty && value.is_empty()));
    let (raw, encoded): (Vec<_>, Vec<_>) = kept.partition(|(name, ..)| profile.scopes.unencoded && *name == "scope");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (_, name, value) in encoded {
        query.append_pair(name, value);
    }
    let mut query = query.finish();
    for (_, name, value) in raw {
        query = format!("{query}&{name}={}", value.replace(['&', '#', ' '], "+"));
    }
    if rules.in_fragment {
        let route = url.fragment().unwrap_or_default().to_owned();
        url.set_fragment(Some(&match route.split_once('?') {
            Some((path, own)) => format!("{path}?{}", joined(&own_query(own, &params), &query)),
            None => format!("{route}?{query}"),
        }));
        return url;
    }
    let own = own_query(url.query().unwrap_or_default(), &params);
    url.set_query(Some(&joined(&own, &query)));
    url
}

/// Standard name, name at the provider, value; of two with one name the first, which is the hub's.
fn named<'p>(params: &'p [Pair], rules: &Authorization) -> Vec<(&'p str, String, &'p str)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for (standard, value) in params {
        let own = rules.renames.iter().find(|(renamed, _)| renamed == standard);
        let name = own.map_or_else(|| standard.clone(), |(_, own)| own.clone());
        if seen.insert(plain(&name)) {
            all.push((standard.as_str(), name, value.as_str()));
        }
    }
    all
}

/// What the endpoint's own query says beside the request.
fn own_query(query: &str, params: &[(&str, String, &str)]) -> String {
    let is_of_request =
        |name: &str| belongs_to_hub(name) || params.iter().any(|(_, sent, _)| plain(sent) == plain(name));
    let is_kept = |part: &&str| {
        let name = url::form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned());
        name.is_some_and(|name| !is_of_request(&name))
    };
    query.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

fn joined(own: &str, query: &str) -> String {
    if own.is_empty() { query.to_owned() } else { format!("{own}&{query}") }
}
