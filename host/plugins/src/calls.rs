//! What the log says of a call, for the plugin's author: what it printed and, on demand, what went in and came out.
//!
//! Nothing in it is secret: what goes into a plugin is masked first.

use std::fmt::Debug;

use crate::origin::Origin;

/// Target of what plugins print: `info` for a file's plugin, `debug` for a bundled one.
pub(crate) const PRINTED: &str = "mcphub_plugins::printed";
/// Target of whole calls, at `trace`.
const CALLS: &str = "mcphub_plugins::calls";
/// Characters of what went in or came out.
const SHOWN: usize = 8_000;

/// One call that has ended.
pub(crate) struct Called<'c> {
    pub(crate) hook: &'static str,
    pub(crate) told: &'c (dyn Debug + Sync),
    pub(crate) answered: &'c (dyn Debug + Sync),
    pub(crate) printed: &'c [String],
    pub(crate) fuel: u64,
}

impl Called<'_> {
    /// Writes the call to the log: what it was given, what it answered, what it printed.
    pub(crate) fn log(&self, id: &str, origin: &Origin) {
        let (hook, fuel) = (self.hook, self.fuel);
        for line in self.printed {
            match origin {
                Origin::File(_) => {
                    tracing::info!(target: PRINTED, { plugin.id = id, plugin.hook = hook }, "plugin {id} printed in {hook}: {line}");
                }
                Origin::Bundled => {
                    tracing::debug!(target: PRINTED, { plugin.id = id, plugin.hook = hook }, "plugin {id} printed in {hook}: {line}");
                }
            }
        }
        if tracing::enabled!(target: CALLS, tracing::Level::TRACE) {
            let (told, answered) = (shown(self.told), shown(self.answered));
            tracing::trace!(
                target: CALLS,
                { plugin.id = id, plugin.hook = hook, plugin.fuel = fuel },
                "plugin {id}, {hook}\n  was told   {told}\n  answered   {answered}"
            );
        }
    }
}

/// Bounded, without what a terminal would obey.
fn shown(value: &dyn Debug) -> String {
    let text = crate::check::text::printable(&format!("{value:?}"));
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… (cut)", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
