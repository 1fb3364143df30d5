//! One list of several servers: which entries it holds, under which names, and where each name leads.
//!
//! The names depend on the servers' lists alone, not on who answered first. Of two tools that would be called the same,
//! one keeps the name: first one whose name needed no change, then the one whose server has the longer prefix, then the
//! one whose server stands first in the settings. The other one gets a mark. While nobody knows what the server with the
//! longer prefix has, what could be its name is left to it.

use std::collections::{HashMap, HashSet};

use super::json::{Fields, object, raw, string};
use super::known::Entries;
use super::layout::Seen;
use super::listing::Listing;
use super::names;
use super::sound::Entry;

/// Names that are remembered of one client's lists.
const MOST_GIVEN: usize = 20_000;

/// One server's share.
pub(crate) struct Source {
    pub(crate) seen: Seen,
    /// Its entries; `None`: nobody knows them yet.
    pub(crate) entries: Option<Entries>,
    /// Whether they are listed, or only keep their names.
    pub(crate) is_listed: bool,
}

/// Where a name or URI leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) server: String,
    /// What the server calls it.
    pub(crate) own: String,
}

/// Where names and URIs lead.
#[derive(Debug, Default)]
pub(crate) struct Table {
    places: HashMap<String, Place>,
    /// Resources that tools are shown with. Where two servers have the same, that of the second goes by another URI.
    pages: HashMap<String, Place>,
}

/// A name that is not the one a person would expect.
#[derive(Debug)]
pub(crate) struct Renamed {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) why: Why,
}

/// Why a name is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Models would refuse it.
    Unfit,
    /// It belongs to another, or may.
    Taken,
    /// It is the plain one, and reads like another server's.
    Alike,
}

impl Why {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unfit => "models take letters, digits, _ and - only, and 64 of them at most",
            Self::Taken => "the plain name belongs to another server, or may",
            Self::Alike => "it reads like a tool of another server, and calls of it reach this one",
        }
    }
}

/// A list.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) table: Table,
    pub(crate) entries: Vec<Fields>,
    pub(crate) renamed: Vec<Renamed>,
}

impl Table {
    /// Where a name or URI leads.
    pub(crate) fn place(&self, name: &str) -> Option<&Place> {
        self.places.get(name)
    }

    /// The server whose tool is shown with this resource.
    pub(crate) fn page(&self, uri: &str) -> Option<&Place> {
        self.pages.get(uri)
    }

    /// The name of what a server calls `own`.
    pub(crate) fn name_of(&self, server: &str, own: &str) -> Option<&str> {
        let is_it = |place: &Place| place.server == server && place.own == own;
        self.places.iter().find(|(_, place)| is_it(place)).map(|(name, _)| name.as_str())
    }
}

/// What a name with a mark stands for: such a name leads back also where it is not needed now.
pub(crate) fn marked_place(sources: &[Source], name: &str) -> Option<Place> {
    sources.iter().find_map(|source| {
        let is_it =
            |entry: &&Entry| (0..2).any(|round| names::marked(&source.seen.own_prefix, &entry.own, round) == name);
        let entry = source.entries.iter().flat_map(|entries| entries.iter()).find(is_it)?;
        Some(Place { server: source.seen.upstream.name().to_owned(), own: entry.own.clone() })
    })
}

/// Where the names lead that a client was given. They stay with what they were given for.
#[derive(Debug, Default)]
pub(crate) struct Given(HashMap<String, Place>);

impl Given {
    /// Where a name leads.
    pub(crate) fn place(&self, name: &str) -> Option<&Place> {
        self.0.get(name)
    }

    /// Takes note of the names of a list: those that are known stay where they are.
    pub(crate) fn note(&mut self, table: &Table) {
        for (name, place) in &table.places {
            if self.0.len() < MOST_GIVEN && !self.0.contains_key(name) {
                self.0.insert(name.clone(), place.clone());
            }
        }
    }

    fn is_of_another(&self, name: &str, claim: &Claim<'_>) -> bool {
        let is_it = |place: &Place| place.server == claim.seen.upstream.name() && place.own == claim.entry.own;
        self.place(name).is_some_and(|place| !is_it(place))
    }
}

/// Makes the list, for a client that was given names before.
pub(crate) fn list(listing: Listing, sources: &[Source], before: &Given) -> Listed {
    match listing {
        Listing::Tools | Listing::Prompts => by_name(listing, sources, before),
        Listing::Resources | Listing::Templates => by_uri(listing, sources),
    }
}

struct Claim<'a> {
    seen: &'a Seen,
    listed: Option<&'a [Entry]>,
    entry: &'a Entry,
    is_listed: bool,
    name: String,
    is_exact: bool,
}

fn claims(listing: Listing, sources: &[Source]) -> Vec<Claim<'_>> {
    let mut claims = Vec::new();
    for source in sources {
        let mut own = HashSet::new();
        let listed = source.entries.as_deref().map(Vec::as_slice);
        for entry in source.entries.iter().flat_map(|entries| entries.iter()) {
            let is_shown = source.seen.shows(listing, &entry.own, listed);
            if !is_shown || !own.insert(entry.own.as_str()) {
                continue;
            }
            let name = names::joined(&source.seen.prefix, &entry.own);
            let is_exact = name.strip_prefix(source.seen.prefix.as_str()) == Some(entry.own.as_str());
            claims.push(Claim { seen: &source.seen, listed, entry, is_listed: source.is_listed, name, is_exact });
        }
    }
    claims
}

fn by_name(listing: Listing, sources: &[Source], before: &Given) -> Listed {
    let claims = claims(listing, sources);
    let mut order: Vec<usize> = (0..claims.len()).collect();
    let rank = |at: &usize| claims.get(*at).map(|claim| (!claim.is_exact, std::cmp::Reverse(claim.seen.prefix.len())));
    order.sort_by_key(rank);
    let unknown: Vec<&str> =
        sources.iter().filter(|source| source.entries.is_none()).map(|source| source.seen.prefix.as_str()).collect();
    let mut listed = Listed::default();
    let mut given: Vec<String> = vec![String::new(); claims.len()];
    for at in order {
        let (Some(claim), Some(given)) = (claims.get(at), given.get_mut(at)) else { continue };
        let is_free = |name: &str| !listed.table.places.contains_key(name) && !before.is_of_another(name, claim);
        let is_left_to_another =
            |prefix: &&str| prefix.len() > claim.seen.prefix.len() && claim.name.starts_with(*prefix);
        let name = if is_free(&claim.name) && !unknown.iter().any(is_left_to_another) {
            claim.name.clone()
        } else {
            another_name(claim, is_free)
        };
        let place = Place { server: claim.seen.upstream.name().to_owned(), own: claim.entry.own.clone() };
        if name != claim.name {
            listed.renamed.push(Renamed { place: place.clone(), name: name.clone(), why: Why::Taken });
        } else if !claim.is_exact || !claim.seen.is_as_written {
            listed.renamed.push(Renamed { place: place.clone(), name: name.clone(), why: Why::Unfit });
        } else if sources.iter().any(|source| is_left_to_another(&source.seen.prefix.as_str())) {
            listed.renamed.push(Renamed { place: place.clone(), name: name.clone(), why: Why::Alike });
        }
        given.clone_from(&name);
        listed.table.places.insert(name, place);
    }
    for (claim, name) in claims.iter().zip(given) {
        let mut fields = named(listing, claim, &name);
        if listing == Listing::Tools {
            place_pages(&mut listed.table.pages, claim, &mut fields);
        }
        if claim.is_listed {
            listed.entries.push(fields);
        }
    }
    listed
}

fn another_name(claim: &Claim<'_>, is_free: impl Fn(&str) -> bool) -> String {
    let own = &claim.entry.own;
    let with_server = names::joined(&claim.seen.own_prefix, own);
    if claim.seen.prefix.is_empty() && with_server != claim.name && is_free(&with_server) {
        return with_server;
    }
    let mut marked = (1..u32::MAX).map(|round| names::marked(&claim.seen.own_prefix, own, round));
    marked.find(|name| is_free(name)).unwrap_or_default()
}

fn named(listing: Listing, claim: &Claim<'_>, name: &str) -> Fields {
    let mut fields = claim.entry.fields.clone();
    if name != claim.entry.own {
        fields.insert("name".into(), raw(&name));
    }
    if listing == Listing::Tools
        && let Some(description) = claim.seen.description(&claim.entry.own, claim.listed)
    {
        fields.insert("description".into(), raw(&description));
    }
    fields
}

/// MCP Apps: a tool may name the page that shows its result, in one of two places.
fn place_pages(pages: &mut HashMap<String, Place>, claim: &Claim<'_>, tool: &mut Fields) {
    const NESTED: &str = "resourceUri";
    const FLAT: &str = "ui/resourceUri";
    let mut meta = object(tool, "_meta");
    let mut ui = object(&meta, "ui");
    let (nested, flat) = (string(&ui, NESTED), string(&meta, FLAT));
    let mut place = |uri: Option<String>| uri.and_then(|uri| place_page(pages, claim, &uri));
    let (nested, flat) = (place(nested), place(flat));
    if nested.is_none() && flat.is_none() {
        return;
    }
    if let Some(uri) = nested {
        ui.insert(NESTED.into(), raw(&uri));
        meta.insert("ui".into(), raw(&ui));
    }
    if let Some(uri) = flat {
        meta.insert(FLAT.into(), raw(&uri));
    }
    tool.insert("_meta".into(), raw(&meta));
}

/// Says where a page is; the other URI that it goes by, where it needs one.
fn place_page(pages: &mut HashMap<String, Place>, claim: &Claim<'_>, uri: &str) -> Option<String> {
    let server = claim.seen.upstream.name();
    let place = || Place { server: server.to_owned(), own: uri.to_owned() };
    if pages.entry(uri.to_owned()).or_insert_with(place).server == server {
        return None;
    }
    let mark = if uri.contains('?') { '&' } else { '?' };
    let other = format!("{uri}{mark}server={}", claim.seen.own_prefix);
    pages.insert(other.clone(), place());
    Some(other)
}

fn by_uri(listing: Listing, sources: &[Source]) -> Listed {
    let mut listed = Listed::default();
    for claim in claims(listing, sources) {
        let own = &claim.entry.own;
        if listed.table.places.contains_key(own) {
            continue;
        }
        let place = Place { server: claim.seen.upstream.name().to_owned(), own: own.clone() };
        listed.table.places.insert(own.clone(), place);
        if claim.is_listed {
            listed.entries.push(claim.entry.fields.clone());
        }
    }
    listed
}
