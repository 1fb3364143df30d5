//! Where the tokens of an answer are, how long they live, and what else is kept of it.

use mcphub_oauth::profile::{Capture, Expiry, ExpiryKind, TokenRule};

use crate::bindings::mcphub::provider::types as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::pointer::{avoids, pointer};
use crate::check::text::{self, LIST};

/// Checks HTTP statuses that count as success.
pub(crate) fn statuses(place: &Place<'_>, statuses: Vec<u16>) -> Result<Vec<u16>, Objection> {
    text::list(place, statuses, LIST, |place, status| {
        if (100..=599).contains(&status) { Ok(status) } else { Err(place.object(Broken::NotStatus { status })) }
    })
}

/// Rules for tokens. What they show of an answer (scopes, lifetimes) may not be where a token is.
pub(crate) fn rules(place: &Place<'_>, rules: Vec<wit::TokenRule>) -> Result<Vec<TokenRule>, Objection> {
    let rules = text::list(place, rules, LIST, rule)?;
    let held = places(&rules);
    for (index, rule) in rules.iter().enumerate() {
        let place = place.item(index);
        let shown = [("scope", &rule.scope), ("expiry", &rule.expiry.at)];
        for (field, pointer) in shown {
            pointer.iter().try_for_each(|pointer| avoids(&place.field(field), pointer, &held))?;
        }
    }
    Ok(rules)
}

fn rule(place: &Place<'_>, rule: wit::TokenRule) -> Result<TokenRule, Objection> {
    Ok(TokenRule {
        slot: text::key(&place.field("slot"), rule.slot)?,
        access_token: pointer(&place.field("access-token"), rule.access_token)?,
        refresh_token: text::optional(&place.field("refresh-token"), rule.refresh_token, pointer)?,
        id_token: text::optional(&place.field("id-token"), rule.id_token, pointer)?,
        expiry: expiry(&place.field("expiry"), rule.expiry)?,
        scope: text::optional(&place.field("scope"), rule.scope, pointer)?,
    })
}

/// Where in an answer the tokens of these rules are.
pub(crate) fn places(rules: &[TokenRule]) -> Vec<String> {
    let of_rule = |rule: &TokenRule| {
        [Some(&rule.access_token), rule.refresh_token.as_ref(), rule.id_token.as_ref()].map(Option::<&String>::cloned)
    };
    rules.iter().flat_map(of_rule).flatten().collect()
}

/// Values kept of an answer.
pub(crate) fn captures(
    place: &Place<'_>,
    captures: Vec<wit::Capture>,
    held: &[String],
) -> Result<Vec<Capture>, Objection> {
    text::list(place, captures, LIST, |place, capture| {
        Ok(Capture {
            key: text::key(&place.field("key"), capture.key)?,
            at: not_a_token(&place.field("at"), capture.at, held)?,
        })
    })
}

/// A pointer at something that is no token.
pub(crate) fn not_a_token(place: &Place<'_>, text: String, held: &[String]) -> Result<String, Objection> {
    let text = pointer(place, text)?;
    avoids(place, &text, held)?;
    Ok(text)
}

/// How an answer gives a lifetime.
pub(crate) fn expiry(place: &Place<'_>, expiry: wit::Expiry) -> Result<Expiry, Objection> {
    let kind = kind(expiry.kind);
    if reads(kind) && expiry.at.is_none() && expiry.default_seconds.is_none() {
        return Err(place.field("at").object(Broken::Missing { because: "this kind reads a value there" }));
    }
    if kind == ExpiryKind::Fixed && expiry.default_seconds.is_none() {
        return Err(place
            .field("default-seconds")
            .object(Broken::Missing { because: "it is the lifetime of kind fixed" }));
    }
    Ok(Expiry {
        kind,
        at: text::optional(&place.field("at"), expiry.at, pointer)?,
        default_seconds: expiry.default_seconds,
    })
}

const fn reads(kind: ExpiryKind) -> bool {
    match kind {
        ExpiryKind::Seconds
        | ExpiryKind::Milliseconds
        | ExpiryKind::EpochSeconds
        | ExpiryKind::EpochMilliseconds
        | ExpiryKind::Rfc3339 => true,
        ExpiryKind::JwtExp | ExpiryKind::Fixed | ExpiryKind::Unknown => false,
    }
}

const fn kind(kind: wit::ExpiryKind) -> ExpiryKind {
    match kind {
        wit::ExpiryKind::Seconds => ExpiryKind::Seconds,
        wit::ExpiryKind::Milliseconds => ExpiryKind::Milliseconds,
        wit::ExpiryKind::EpochSeconds => ExpiryKind::EpochSeconds,
        wit::ExpiryKind::EpochMilliseconds => ExpiryKind::EpochMilliseconds,
        wit::ExpiryKind::Rfc3339 => ExpiryKind::Rfc3339,
        wit::ExpiryKind::JwtExp => ExpiryKind::JwtExp,
        wit::ExpiryKind::Fixed => ExpiryKind::Fixed,
        wit::ExpiryKind::Unknown => ExpiryKind::Unknown,
    }
}
