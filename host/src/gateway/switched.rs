//! What the settings switch off, by any name that a person may know it by: the server's own, and the one that clients show.
//!
//! A switch is never passed over so that what was switched off runs. A name that stands for nothing that the server lists is
//! told, with the one that was probably meant.

use super::layout::Seen;
use super::listing::Listing;
use super::names;
use super::sound::Entry;
use super::table::Source;
use crate::settings::{Server, ToolSettings, nearest};

/// Rounds in which a name gets a mark, see [`names::marked`].
const ROUNDS: u32 = 3;
/// Names that one server is told of: who wrote more of them wrong looks at them all.
const TOLD: usize = 5;

impl Seen {
    /// Whether what the server calls `own` can be seen and used. `listed`: what it lists, as far as that is known.
    pub(crate) fn shows(&self, listing: Listing, own: &str, listed: Option<&[Entry]>) -> bool {
        let is_it = |name: &str| self.is_called(own, name, listed);
        let only = self.only.of(listing);
        switches(&self.upstream.server, listing).shows(is_it)
            && only.is_none_or(|only| only.iter().any(|name| is_it(name)))
    }

    /// What is told of a tool instead of the server's own description.
    pub(crate) fn description(&self, own: &str, listed: Option<&[Entry]>) -> Option<&str> {
        self.upstream.server.tools.description(|name| self.is_called(own, name, listed))
    }

    /// Whether a name of the settings means what the server calls `own`. Where it is another one's own name, it means that one.
    fn is_called(&self, own: &str, name: &str, listed: Option<&[Entry]>) -> bool {
        name == own || (self.is_seen_as(own, name) && !listed.unwrap_or_default().iter().any(|entry| entry.own == name))
    }

    /// Whether clients may show what the server calls `own` under this name, as it is written or as it is made plain.
    fn is_seen_as(&self, own: &str, name: &str) -> bool {
        let is_written = |prefix: &String| name.strip_prefix(prefix.as_str()) == Some(own);
        let is_plain = |prefix: &String| {
            names::joined(prefix, own) == name || (0..ROUNDS).any(|round| names::marked(prefix, own, round) == name)
        };
        self.written_prefixes.iter().any(is_written) || names::fits(name) && self.plain_prefixes.iter().any(is_plain)
    }
}

/// The switches of one kind.
pub(crate) const fn switches(server: &Server, listing: Listing) -> &ToolSettings {
    match listing {
        Listing::Tools => &server.tools,
        Listing::Prompts => &server.prompts,
        Listing::Resources | Listing::Templates => &server.resources,
    }
}

/// Names of the settings that mean nothing of what a server lists, each as a sentence with the server that it is of.
pub(crate) fn unmatched(listing: Listing, sources: &[Source]) -> impl Iterator<Item = (&Seen, String)> {
    // Switches of resources are for both of their lists.
    let is_whole = matches!(listing, Listing::Tools | Listing::Prompts);
    let known = sources.iter().filter(move |source| is_whole && source.is_listed);
    let known = known.filter_map(|source| Some((&source.seen, source.entries.as_deref()?)));
    known.flat_map(move |(seen, listed)| unmatched_of(listing, seen, listed).map(move |sentence| (seen, sentence)))
}

fn unmatched_of(listing: Listing, seen: &Seen, listed: &[Entry]) -> impl Iterator<Item = String> {
    let of_server = switches(&seen.upstream.server, listing).names();
    let of_group = seen.only.of(listing).into_iter().flatten().map(String::as_str);
    let is_known = move |name: &str| listed.iter().any(|entry| seen.is_called(&entry.own, name, Some(listed)));
    let unknown = of_server.chain(of_group).filter(move |name| !is_known(name)).take(TOLD);
    unknown.map(move |name| {
        let (server, what) = (seen.upstream.name(), listing.singular());
        let own = seen.written_prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str())).unwrap_or(name);
        let meant = nearest(own, listed.iter().map(|entry| entry.own.as_str()));
        let meant = meant.map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default();
        format!("{server} lists no {what} that is called {name:?} as in the settings{meant}")
    })
}
