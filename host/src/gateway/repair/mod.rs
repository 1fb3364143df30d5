//! Entries of lists in a form that every client takes.
//!
//! The official SDKs check a whole list at once: one entry with a member of a wrong type, and the client has no tools of
//! any server. So each entry is put right where its meaning is clear, and left out where it is not.

pub(crate) mod greeting;
mod members;
mod pattern;
mod schema;
mod schema_keywords;

use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::json::{Fields, fields, raw, string};
use super::list_kind::ListKind;

/// Bytes of a name: more is no name that a person gave.
const MAX_NAME: usize = 1024;
/// Bytes of a URI.
const MAX_URI: usize = 8 * 1024;

/// An entry that clients take.
#[derive(Debug, Clone)]
pub(crate) struct ListEntry {
    /// What the server calls it: its name, or its URI.
    pub(crate) own: String,
    pub(crate) fields: Fields,
}

/// RenameReason an entry is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum EntryFlaw {
    /// Not an object, or not what every JSON reader takes.
    #[error("is not a JSON object")]
    NotObject,
    /// No name, or no URI.
    #[error("has no name or URI")]
    Nameless,
    /// A name or URI beyond the limit.
    #[error("has a name or URI that is too long")]
    LongName,
    /// Clients take absolute URIs only (Resources, "Common URI Schemes").
    #[error("has a URI that is not an absolute one")]
    Uri,
    /// Nobody can say which arguments it takes.
    #[error("has an inputSchema that is not a schema of an object")]
    Schema,
}

/// An entry put right, and whether anything had to be.
pub(crate) fn entry(kind: ListKind, from: &RawValue) -> Result<(ListEntry, bool), EntryFlaw> {
    // Read as a whole once: depth, numbers and texts that one JSON reader takes and another refuses end here.
    let whole: Value = serde_json::from_str(from.get()).map_err(|_| EntryFlaw::NotObject)?;
    if !whole.is_object() {
        return Err(EntryFlaw::NotObject);
    }
    let mut entry = fields(Some(from));
    let own = identity(kind, &entry)?;
    let mut is_changed = false;
    if kind != ListKind::Tools && kind != ListKind::Prompts && string(&entry, "name").is_none_or(|name| name.is_empty())
    {
        let name = string(&entry, "title").filter(|title| !title.is_empty()).unwrap_or_else(|| own.clone());
        entry.insert("name".into(), raw(&name));
        is_changed = true;
    }
    if kind == ListKind::Tools {
        is_changed |= schemas(&mut entry)?;
    }
    is_changed |= members::repair(kind, &mut entry);
    Ok((ListEntry { own, fields: entry }, is_changed))
}

fn identity(kind: ListKind, entry: &Fields) -> Result<String, EntryFlaw> {
    let own = string(entry, kind.identity()).filter(|own| !own.is_empty()).ok_or(EntryFlaw::Nameless)?;
    let most = match kind {
        ListKind::Tools | ListKind::Prompts => MAX_NAME,
        ListKind::Resources | ListKind::Templates => MAX_URI,
    };
    if own.len() > most {
        return Err(EntryFlaw::LongName);
    }
    // By the very rule that the official Python SDK reads them with.
    if kind == ListKind::Resources && Url::parse(&own).is_err() {
        return Err(EntryFlaw::Uri);
    }
    Ok(own)
}

fn schemas(tool: &mut Fields) -> Result<bool, EntryFlaw> {
    let input = tool.get("inputSchema").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
    let right = schema::of_input(&input).ok_or(EntryFlaw::Schema)?;
    let mut is_changed = set(tool, "inputSchema", &input, &right);
    if let Some(output) = tool.get("outputSchema").and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()) {
        match schema::of_output(&output) {
            Some(right) => is_changed |= set(tool, "outputSchema", &output, &right),
            None => is_changed |= tool.shift_remove("outputSchema").is_some(),
        }
    }
    Ok(is_changed)
}

/// Whether the value is another than before. One that is the same stays as it was written.
fn set(of: &mut Fields, key: &str, before: &Value, after: &Value) -> bool {
    let is_changed = before != after;
    if is_changed {
        of.insert(key.into(), raw(after));
    }
    is_changed
}

#[cfg(test)]
mod tests;
