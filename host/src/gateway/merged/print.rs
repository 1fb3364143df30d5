//! A list as a client sees it, in a few bytes: whether it would see another one.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::gateway::json::Fields;

/// Differs where the entries do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListPrint(u64);

impl ListPrint {
    pub(crate) fn of(entries: &[Fields]) -> Self {
        let mut hasher = DefaultHasher::new();
        for entry in entries {
            for (key, value) in entry {
                (key, value.get()).hash(&mut hasher);
            }
            0xFF_u8.hash(&mut hasher);
        }
        Self(hasher.finish())
    }
}
