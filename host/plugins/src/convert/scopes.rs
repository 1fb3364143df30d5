//! Scopes: spelling, meaning, needs.

use mcphub_oauth::profile::{Bucket, Offline, Risk, ScopeEntry, Scopes, ToolNeeds};

use crate::bindings::exports::mcphub::provider::scopes as wit;
use crate::check::names;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::AUTHORIZE;
use crate::check::text::{self, CATALOGUE, LIST};
use crate::convert::template::Reader;

/// Characters of a separator.
const SEPARATOR: usize = 8;

/// Checks the answer of `scopes.profile`.
pub(crate) fn scopes(scopes: wit::Scopes, references: &References) -> Result<Scopes, Objection> {
    let place = Place::Interface("scopes");
    Ok(Scopes {
        separator: separator(&place.field("separator"), scopes.separator)?,
        answer_separators: separator(&place.field("answer-separators"), scopes.answer_separators)?,
        unencoded: scopes.unencoded,
        always: text::words(&place.field("always"), scopes.always)?,
        fixed: text::words(&place.field("fixed"), scopes.fixed)?,
        offline: offline(&place.field("offline"), scopes.offline, references)?,
        buckets: text::list(&place.field("buckets"), scopes.buckets, LIST, bucket)?,
        catalogue: catalogue(&place.field("catalogue"), scopes.catalogue)?,
        tools: text::list(&place.field("tools"), scopes.tools, CATALOGUE, tool)?,
        silence_means_requested: scopes.silence_means_requested,
    })
}

fn separator(place: &Place<'_>, text: String) -> Result<String, Objection> {
    if text.is_empty() {
        return Err(place.object(Broken::Empty));
    }
    text::bounded(place, &text, SEPARATOR)?;
    text::prose(place, text)
}

fn offline(place: &Place<'_>, offline: wit::Offline, references: &References) -> Result<Offline, Objection> {
    Ok(match offline {
        wit::Offline::ByMetadata => Offline::ByMetadata,
        wit::Offline::Scope(scope) => Offline::Scope(text::word(place, scope)?),
        wit::Offline::Param(param) => {
            Offline::Param(Reader { slots: AUTHORIZE, references }.param(place, param, &names::authorize)?)
        }
        wit::Offline::Nothing => Offline::Nothing,
    })
}

fn bucket(place: &Place<'_>, bucket: wit::Bucket) -> Result<Bucket, Objection> {
    let named = place.field("parameter");
    names::authorize(&named, &bucket.parameter)?;
    Ok(Bucket { id: text::key(&place.field("id"), bucket.id)?, parameter: text::word(&named, bucket.parameter)? })
}

fn catalogue(place: &Place<'_>, scopes: Vec<wit::Scope>) -> Result<Vec<ScopeEntry>, Objection> {
    let scopes = text::list(place, scopes, CATALOGUE, scope)?;
    text::distinct(place, scopes.iter().map(|scope| scope.name.as_str()))?;
    Ok(scopes)
}

fn scope(place: &Place<'_>, scope: wit::Scope) -> Result<ScopeEntry, Objection> {
    Ok(ScopeEntry {
        name: text::word(&place.field("name"), scope.name)?,
        title: text::line(&place.field("title"), scope.title)?,
        description: text::line(&place.field("description"), scope.description)?,
        implies: text::words(&place.field("implies"), scope.implies)?,
        bucket: text::optional(&place.field("bucket"), scope.bucket, text::key)?,
        asked_by_default: scope.asked_by_default,
        risk: match scope.risk {
            wit::Risk::Low => Risk::Low,
            wit::Risk::Medium => Risk::Medium,
            wit::Risk::High => Risk::High,
        },
        review_needed: scope.review_needed,
    })
}

fn tool(place: &Place<'_>, tool: wit::Tool) -> Result<ToolNeeds, Objection> {
    Ok(ToolNeeds {
        name: text::word(&place.field("name"), tool.name)?,
        needs: needs(&place.field("needs"), tool.needs)?,
    })
}

/// Checks lists of scopes of which one each is needed.
fn needs(place: &Place<'_>, needs: Vec<Vec<String>>) -> Result<Vec<Vec<String>>, Objection> {
    text::list(place, needs, LIST, |place, any| {
        if any.is_empty() { Err(place.object(Broken::Empty)) } else { text::words(place, any) }
    })
}
