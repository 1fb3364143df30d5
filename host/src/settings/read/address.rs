//! Addresses: absolute, with http or https; a server's own without what does not belong to it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use url::Url;

use super::findings::Findings;

/// Where a server is, and the `Authorization` that its address says.
pub(super) struct Address {
    pub(super) url: Url,
    pub(super) authorization: Option<String>,
}

/// A server's address. User information in it becomes a header, as it is when such an address is opened: it is no part of what
/// the server is known by, and must not stand in logs.
pub(super) fn of_server(findings: &Findings<'_>, key: &str, text: &str) -> Option<Address> {
    let mut url = absolute(findings, key, text)?;
    let warn = |rule: &str, remedy: &str| {
        findings.warn(findings.fault(key, None, rule, remedy));
    };
    if url.fragment().is_some() {
        url.set_fragment(None);
        warn("has a fragment, which is sent to no server", "take out what stands after the #");
    }
    if url.username().is_empty() && url.password().is_none() {
        return Some(Address { url, authorization: None });
    }
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
    // An address with http or https can be without them.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    warn("has a user name in it, which is sent as the Authorization header", "write headers.Authorization instead");
    Some(Address { url, authorization: Some(format!("Basic {}", BASE64_STANDARD.encode(user))) })
}

/// An absolute address with http or https. A fault shows neither its user information nor its query.
pub(super) fn absolute(findings: &Findings<'_>, key: &str, text: &str) -> Option<Url> {
    let problem = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") => return Some(url),
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => "has no http or https scheme".to_owned(),
        Err(error) => format!("is not an address ({error})"),
    };
    let public = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = public.split_once("://").unwrap_or(("", public));
    let rest = rest.trim_start_matches('/');
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let shown = if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") };
    let plausible = !host.is_empty() && Url::parse(&format!("https://{host}{path}")).is_ok();
    let remedy = if plausible { format!("write https://{host}{path}") } else { "write https://…".to_owned() };
    findings.object_to(findings.fault(key, Some(&shown), &problem, &remedy));
    None
}
