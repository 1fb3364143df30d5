//! Searches values, documents and addresses for secrets, and adds what it finds to [`Secrets`].
//!
//! One file, because each may be inside another: an address in a document in a parameter of an address.

use serde_json::Value;
use url::Url;

use super::address::{addresses_in, in_path, is_uuid, user_information};
use super::rules::{self, Coverage, OPAQUE, SeenIn};
use super::secrets::Secrets;
use crate::cases::messages::{document_in, in_form};

/// A generated value of this length or more in the query of an answer's address is a secret. In bytes.
const VALUE: usize = 8;

/// Searches a named value, and what is inside it.
pub(in crate::cases) fn value(secrets: &mut Secrets, name: &str, value: &str, place: SeenIn) {
    if let Some(coverage) = rules::coverage(name, value, place) {
        secrets.add(name, value, coverage);
    }
    match document_in(value) {
        Some(inner) => document(secrets, name, &inner, place),
        None => addresses(secrets, value, place),
    }
}

/// Searches a name: it may be a secret itself, where people choose it.
pub(in crate::cases) fn name(secrets: &mut Secrets, name: &str, place: SeenIn) {
    if let Some(coverage) = rules::coverage("", name, place) {
        secrets.add("name", name, coverage);
    }
}

/// Searches everything in a document. `name` is the name that it stands under.
pub(in crate::cases) fn document(secrets: &mut Secrets, name: &str, document: &Value, place: SeenIn) {
    match document {
        Value::String(text) => value(secrets, name, text, place),
        Value::Array(items) => items.iter().for_each(|item| self::document(secrets, name, item, place)),
        Value::Object(members) => {
            for (member, inner) in members {
                self::name(secrets, member, place);
                self::document(secrets, rules::name_of_member(name, member, inner), inner, place);
            }
        }
        Value::Number(number) => {
            let number = number.to_string();
            if let Some(coverage) = rules::coverage_of_number(name, &number) {
                secrets.add(name, &number, coverage);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Searches every address in a text: user information, query, fragment, and generated segments of the path.
pub(in crate::cases) fn addresses(secrets: &mut Secrets, text: &str, place: SeenIn) {
    for url in addresses_in(text) {
        search_user(secrets, &url);
        for pairs in [url.query(), url.fragment()].into_iter().flatten() {
            search_pairs(secrets, pairs, place);
        }
        for segment in url.path().split('/').filter(|segment| is_secret_segment(segment, place)) {
            let plain = in_path(segment);
            secrets.add_certain("segment", &plain);
            secrets.add_spelling(&plain, segment);
        }
    }
}

fn search_user(secrets: &mut Secrets, url: &Url) {
    let (user, password) = (in_path(url.username()), in_path(url.password().unwrap_or_default()));
    secrets.add_certain("user", &user);
    secrets.add_certain("password", &password);
    let written = user_information(url);
    if !written.is_empty() {
        let mask = |value: &str| secrets.mask_of(value).unwrap_or_default();
        let joint = if url.password().is_some() { ":" } else { "" };
        let masked = format!("{}{joint}{}@", mask(&user), mask(&password));
        secrets.put(&written, &masked, Coverage::Everywhere);
    }
}

/// Searches each pair, and names without a value, which may be keys.
fn search_pairs(secrets: &mut Secrets, pairs: &str, place: SeenIn) {
    for pair in pairs.split('&') {
        let (own_name, written) = pair.split_once('=').unwrap_or((pair, ""));
        let (own_name, plain) = (in_form(own_name), in_form(written));
        name(secrets, &own_name, place);
        value(secrets, &own_name, &plain, place);
        // A signature in an answer's address may be short. The hub's own requests contain words of protocols.
        if place == SeenIn::Document && rules::is_opaque(&plain, VALUE) {
            secrets.add_certain(&own_name, &plain);
        }
        secrets.add_spelling(&plain, written);
    }
}

/// Whether a segment of a path is a secret. An address that the hub asks may name a tenant by its UUID, which is not one.
fn is_secret_segment(segment: &str, place: SeenIn) -> bool {
    let is_tenant = place == SeenIn::Parameter && is_uuid(segment);
    rules::is_opaque(segment, OPAQUE) && !is_tenant
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::redact::replace;

    #[test]
    fn what_lets_somebody_in_is_found_in_the_addresses_of_answers() {
        let mut secrets = Secrets::default();
        let hook = "https://hooks.example/services/T0/B0/q7RzX2mB8nV4kL1p";
        let signed = "https://files.example/a.png?X-Sig=0a1b2c3d4e&page=2&token=abc";
        let with_user = "https://u:pw@host.example/x#access_token=short";
        let text = format!("at {hook} or ({with_user})");
        for text in [text.as_str(), signed] {
            addresses(&mut secrets, text, SeenIn::Document);
        }

        let masked = "https://hooks.example/services/T0/B0/{{segment}}";
        assert_eq!(replace::value(&secrets, "url", hook), masked);
        let masked = "https://files.example/a.png?X-Sig={{x-sig}}&page=2&token={{token}}";
        assert_eq!(replace::value(&secrets, "url", signed), masked);
        let masked = "https://{{user}}:{{password}}@host.example/x#access_token={{access-token}}";
        assert_eq!(replace::value(&secrets, "url", with_user), masked);
    }

    #[test]
    fn an_identifier_in_a_path_is_known_where_the_hub_asks_for_it() {
        let tenant = "https://login.example/01234567-89ab-cdef-0123-456789abcdef/token";
        let mut asked = Secrets::default();
        let mut answered = Secrets::default();

        addresses(&mut asked, tenant, SeenIn::Parameter);
        addresses(&mut answered, tenant, SeenIn::Document);

        assert_eq!(asked.out_of(tenant), tenant);
        assert_eq!(answered.out_of(tenant), "https://login.example/{{segment}}/token");
    }
}
