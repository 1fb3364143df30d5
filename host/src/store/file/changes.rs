//! Changes of the entries in the settings file: one is replaced or added, or some are removed.

use serde_json::Value;

use super::file_store::FileStoreParts;
use super::lists::List;
use crate::settings::Document;
use crate::store::error::StoreError;

impl FileStoreParts {
    /// Replaces the first entry that `is` the one, or adds one at the end. Further ones that `is` finds are removed.
    pub(super) fn put(
        &self,
        document: &mut Document,
        list: List,
        is: impl Fn(&Value) -> bool,
        entry: &Value,
    ) -> Result<(), StoreError> {
        let same = positions(document, list, is);
        // From the end, so that the positions of those before it stay right.
        for index in same.iter().skip(1).rev() {
            document.remove_entry(list, *index);
        }
        let put = document.put_entry(list, same.first().copied(), entry);
        Ok(put.map_err(|way| self.file.in_the_way(way))?)
    }
}

/// Removes the entries that `is` finds. False: there was none.
pub(super) fn remove(document: &mut Document, list: List, is: impl Fn(&Value) -> bool) -> bool {
    let found = positions(document, list, is);
    for index in found.iter().rev() {
        document.remove_entry(list, *index);
    }
    !found.is_empty()
}

fn positions(document: &Document, (section, list): List, is: impl Fn(&Value) -> bool) -> Vec<usize> {
    let entries = document.entries(section, list);
    entries.iter().enumerate().filter(|(_, entry)| is(entry)).map(|(index, _)| index).collect()
}
