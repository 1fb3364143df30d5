//! The parts of addresses as they are written: addresses among words, user information, segments of a path.
//!
//! Apart because both the search and the server's own address need them. Nothing here knows secrets.

use url::Url;

use crate::cases::messages::in_form;

/// The addresses among the words of a text, or the text itself if it is one.
pub(super) fn addresses_in(text: &str) -> Vec<Url> {
    if !text.contains("://") {
        return Vec::new();
    }
    let ends = |c: char| c.is_whitespace() || "\"'<>\\".contains(c);
    text.split(ends).filter_map(address_in).collect()
}

fn address_in(word: &str) -> Option<Url> {
    let (before, _) = word.split_once("://")?;
    let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let address = word.get(before.len() - scheme.len()..)?;
    Url::parse(address.trim_end_matches(['.', ',', ';', ')'])).ok().filter(Url::has_host)
}

/// The user information of an address as it is written, with its `@`. Empty where there is none.
pub(super) fn user_information(url: &Url) -> String {
    match (url.username(), url.password()) {
        ("", None) => String::new(),
        (user, None) => format!("{user}@"),
        (user, Some(password)) => format!("{user}:{password}@"),
    }
}

/// Whether a text has the form of a UUID (RFC 9562).
pub(super) fn is_uuid(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| {
        if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// What a part of an address stands for, decoded. A `+` is itself there, unlike in a form.
pub(super) fn in_path(written: &str) -> String {
    in_form(&written.replace('+', "%2B"))
}
