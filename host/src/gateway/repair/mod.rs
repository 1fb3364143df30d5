//! Repairs what servers say, so that every client accepts it.
//!
//! It may use `json`, `list_kind` and `revision` only. It changes nothing that clients accept already: such JSON stays as the
//! server wrote it.
//!
//! The official SDKs validate a list as a whole: one entry with a member of a wrong type, and the client has no tools
//! of any server. So an entry is repaired where its meaning is clear, and left out where it is not.
//!
//! | what | file |
//! |---|---|
//! | an entry of a list | here, `members` |
//! | the schemas of a tool | `schema`, `schema_keywords`, `pattern` |
//! | the same for clients that know schemas of objects alone | `narrowed` |
//! | arguments that a server wants in headers | `header_arguments` |
//! | the result of `initialize` | `greeting` |

pub(crate) mod greeting;
pub(crate) mod header_arguments;
mod members;
mod narrowed;
mod pattern;
mod schema;
mod schema_keywords;

pub(crate) use self::narrowed::wrapped;

use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::json::{Fields, fields, raw, string};
use super::list_kind::ListKind;
use super::revision::Structure;

/// Bytes of a name.
const MAX_NAME: usize = 1024;
/// Bytes of a URI.
const MAX_URI: usize = 8 * 1024;

/// An entry of a list that clients accept.
#[derive(Debug, Clone)]
pub(crate) struct ListEntry {
    /// What the server calls it: its name, its URI or its URI template.
    pub(crate) own: String,
    pub(crate) fields: Fields,
    /// Whether clients that know objects alone as structured content get another form of it.
    is_wide: bool,
}

/// Why an entry is left out, as the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum EntryFlaw {
    /// It is not an object, or not JSON that every parser accepts.
    #[error("is not a JSON object")]
    NotObject,
    /// It has no name or URI.
    #[error("has no name or URI")]
    Nameless,
    /// Its name or URI is beyond the limit.
    #[error("has a name or URI that is too long")]
    LongName,
    /// Its URI is not absolute, as clients require (Resources, "Common URI Schemes").
    #[error("has a URI that is not an absolute one")]
    Uri,
    /// Its input schema does not say which arguments it takes.
    #[error("has an inputSchema that is not a schema of an object")]
    Schema,
    /// Its input schema wants arguments in headers in a way that clients must refuse (Tools, "x-mcp-header").
    #[error("has an x-mcp-header in its inputSchema that the protocol does not allow")]
    Header,
}

impl ListEntry {
    /// An entry of a server that was repaired before.
    pub(crate) fn new(kind: ListKind, own: String, fields: Fields) -> Self {
        let is_wide = kind == ListKind::Tools && narrowed::narrow(&mut fields.clone());
        Self { own, fields, is_wide }
    }

    /// The entry for clients that can read this as structured content.
    pub(crate) fn shown(&self, to: Structure) -> Fields {
        let mut fields = self.fields.clone();
        match to {
            Structure::Object if self.is_wide => {
                narrowed::narrow(&mut fields);
            }
            Structure::Object | Structure::Any => {}
        }
        fields
    }

    /// Whether such clients get each structured content of this tool inside an object, because the tool's schema is not
    /// that of an object.
    pub(crate) fn wraps_results(&self) -> bool {
        self.is_wide && narrowed::wraps(&self.fields)
    }
}

/// An entry that clients accept, and whether it had to be repaired. `structure` is what the server's revision allows.
pub(crate) fn entry(kind: ListKind, from: &RawValue, structure: Structure) -> Result<(ListEntry, bool), EntryFlaw> {
    // Parsed as a whole once, because parsers differ: depth, numbers and strings that some of them refuse are found
    // here.
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
        is_changed |= match structure {
            Structure::Object => schema::repair(&mut entry, schema::of_input, schema::of_output),
            Structure::Any => schema::repair(&mut entry, schema::of_any_input, schema::of_any_output),
        }
        .ok_or(EntryFlaw::Schema)?;
    }
    is_changed |= members::repair(kind, &mut entry);
    Ok((ListEntry::new(kind, own, entry), is_changed))
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
    // The official Python SDK parses URIs by the same rule as this crate.
    if kind == ListKind::Resources && Url::parse(&own).is_err() {
        return Err(EntryFlaw::Uri);
    }
    Ok(own)
}

/// Whether a tool wants arguments in headers in a way that clients must refuse.
pub(crate) fn has_forbidden_headers(tool: &ListEntry) -> bool {
    let schema = tool.fields.get("inputSchema").filter(|schema| schema.get().contains(header_arguments::ANNOTATION));
    let schema = schema.and_then(|schema| serde_json::from_str(schema.get()).ok());
    schema.is_some_and(|schema| header_arguments::of_schema(&schema).is_none())
}

#[cfg(test)]
mod tests;
