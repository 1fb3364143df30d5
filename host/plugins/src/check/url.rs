//! Addresses: those the hub sends requests to, and pages that a person opens.
//!
//! Requests go over https to hosts that the plugin listed or that belong to the login. A page is only a link: it must be
//! https, its host is free, as manuals often live elsewhere. What the slots of a template hold is checked again when it
//! is filled; here is refused what can be seen to be wrong.

use mcphub_oauth::profile::{Piece, Slot, Template};
use url::Url;

use super::objection::{Broken, Objection, cut};
use super::place::Place;
use super::references::References;
use super::slots;

/// Where the authority of a URL ends (RFC 3986 §3.2; browsers take `\` for `/`).
const END: [char; 4] = ['/', '?', '#', '\\'];

/// An address without slots that requests may go to.
pub(crate) fn endpoint(place: &Place<'_>, text: &str, references: &References) -> Result<Url, Objection> {
    let url = parse(place, text)?;
    if references.hosts.is_of_login(&url) {
        return Ok(url);
    }
    if references.hosts.names(&url) {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err(place.object(Broken::NotHttps));
    }
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Err(place.object(Broken::HostNotListed { host: cut(&host) }))
}

/// A page for a person.
pub(crate) fn page(place: &Place<'_>, text: String) -> Result<String, Objection> {
    let url = parse(place, &text)?;
    if url.scheme() == "https" { super::text::line(place, text) } else { Err(place.object(Broken::NotHttps)) }
}

fn parse(place: &Place<'_>, text: &str) -> Result<Url, Objection> {
    let plain =
        text.len() <= super::text::LINE && text.trim() == text && !text.chars().any(super::text::is_unprintable);
    let url = Url::parse(text)
        .ok()
        .filter(|url| plain && url.has_host() && url.username().is_empty() && url.password().is_none());
    url.ok_or_else(|| place.object(Broken::NotUrl))
}

/// A template that requests may go to.
pub(crate) fn template(place: &Place<'_>, template: &Template, references: &References) -> Result<(), Objection> {
    let Some(authority) = authority(place, template)? else { return Ok(()) };
    if authority.keys.is_empty() && authority.captured == 0 {
        return endpoint(place, &format!("https://{}", authority.text), references).map(|_| ());
    }
    if authority.text.contains(['@', '\\', ' ']) {
        return Err(place.object(Broken::NotUrl));
    }
    let (head, tail) = authority.around_slots();
    if references.hosts.could_name(&head, &tail, &authority.keys) {
        Ok(())
    } else {
        Err(place.object(Broken::HostNotListed { host: format!("{head}…{tail}") }))
    }
}

/// A template of a page for a person: https, or an address a person gave.
pub(crate) fn page_template(place: &Place<'_>, template: &Template) -> Result<(), Objection> {
    let Some(authority) = authority(place, template)? else { return Ok(()) };
    if authority.text.contains(['@', '\\', ' ']) || authority.text.is_empty() {
        return Err(place.object(Broken::NotUrl));
    }
    Ok(())
}

/// Host and port of a URL template, with slots as [`SLOT`].
struct Authority<'t> {
    text: String,
    keys: Vec<&'t str>,
    captured: usize,
}

/// Stands for a slot; it cannot come from a plugin, whose literals have no control characters.
const SLOT: char = '\0';

impl Authority<'_> {
    /// What stands before the first and after the last slot, the latter without a port.
    fn around_slots(&self) -> (String, String) {
        let head = self.text.split(SLOT).next().unwrap_or_default();
        let tail = self.text.rsplit(SLOT).next().unwrap_or_default();
        let tail = tail.split(':').next().unwrap_or_default();
        (head.to_ascii_lowercase(), tail.to_ascii_lowercase())
    }
}

/// The authority, or none where the whole address comes from a slot.
fn authority<'t>(place: &Place<'_>, template: &'t Template) -> Result<Option<Authority<'t>>, Objection> {
    let mut found = Authority { text: String::new(), keys: Vec::new(), captured: 0 };
    match template.0.first() {
        Some(Piece::Slot(Slot::Input(_) | Slot::Captured(_))) => return Ok(None),
        Some(Piece::Literal(text)) if text.starts_with("https://") => {}
        _ => return Err(place.object(Broken::NotHttps)),
    }
    for (index, piece) in template.0.iter().enumerate() {
        match piece {
            Piece::Literal(text) => {
                let text = if index == 0 { text.strip_prefix("https://").unwrap_or_default() } else { text };
                let (part, ended) =
                    text.find(END).map_or((text, false), |end| (text.get(..end).unwrap_or_default(), true));
                found.text.push_str(part);
                if ended {
                    break;
                }
            }
            Piece::Slot(Slot::Input(key)) => {
                found.keys.push(key);
                found.text.push(SLOT);
            }
            Piece::Slot(Slot::Captured(_)) => {
                found.captured += 1;
                found.text.push(SLOT);
            }
            Piece::Slot(other) => {
                let allowed = "input and captured in the host";
                return Err(place.object(Broken::SlotNotAllowed { slot: slots::name(other), allowed }));
            }
            Piece::Basic { .. } | Piece::Digest(_) | Piece::Assertion(_) | Piece::Prefix(..) => {
                return Err(place.object(Broken::NotUrl));
            }
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use mcphub_oauth::profile::HostPattern;

    use super::*;

    const PLACE: Place<'_> = Place::Interface("metadata");

    fn references() -> References {
        let hosts = vec![
            HostPattern::Exact("api.example.com".into()),
            HostPattern::Below("tenant.example.com".into()),
            HostPattern::Input("address".into()),
        ];
        References::new(hosts, &[], &[], true)
    }

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.into())
    }

    fn input(key: &str) -> Piece {
        Piece::Slot(Slot::Input(key.into()))
    }

    fn refusal(pieces: Vec<Piece>) -> String {
        template(&PLACE, &Template(pieces), &references()).expect_err("refused").to_string()
    }

    #[test]
    fn listed_hosts_and_tenants_are_accepted() {
        let good = [
            vec![literal("https://api.example.com/token")],
            vec![literal("https://api.example"), literal(".com/token")],
            vec![literal("https://"), input("tenant"), literal(".tenant.example.com/token")],
            vec![literal("https://"), input("address"), literal("/token")],
            vec![input("address"), literal("/token")],
        ];

        for pieces in good {
            assert_eq!(template(&PLACE, &Template(pieces), &references()), Ok(()));
        }
    }

    #[test]
    fn a_host_that_is_not_listed_is_refused() {
        assert_eq!(
            refusal(vec![literal("https://evil.example/token")]),
            "metadata leads to \"evil.example\", which is not in identity.hosts; add it there"
        );
        assert!(refusal(vec![literal("https://"), input("tenant"), literal(".evil.example/")]).contains("leads to"));
        assert!(refusal(vec![literal("https://tenant.example.com/")]).contains("leads to"));
    }

    #[test]
    fn tricks_with_the_authority_are_refused() {
        assert!(refusal(vec![literal("https://api.example.com@evil.example/")]).contains("no address"));
        assert!(refusal(vec![literal("https://api.example.com:pw@evil.example/")]).contains("no address"));
        assert!(
            refusal(vec![literal("https://"), input("tenant"), literal("@evil.tenant.example.com/")])
                .contains("no address")
        );
        assert!(refusal(vec![literal("https://evil.example\\.api.example.com/")]).contains("leads to"));
        assert!(
            refusal(vec![literal("https://"), Piece::Slot(Slot::ClientSecret), literal(".tenant.example.com/")])
                .contains("client-secret")
        );
    }

    #[test]
    fn only_https_is_an_address() {
        assert!(refusal(vec![literal("http://api.example.com/token")]).contains("no https address"));
        assert!(refusal(vec![literal("file:///etc/passwd")]).contains("no https address"));
        assert!(refusal(vec![]).contains("no https address"));
    }
}
