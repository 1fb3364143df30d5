//! How the servers look from each scope, made once for each. A roster never changes, so what was made stays true.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::scope::{ScopedServer, ServerScope};
use crate::gateway::lock::lock;

/// Scopes that are remembered. Beyond that, all are made anew.
const MAX_SCOPES: usize = 128;

/// The servers in a scope, shared by all who look from there.
pub(crate) type InScope = Arc<[Arc<ScopedServer>]>;

/// What was made so far.
#[derive(Default)]
pub(super) struct ScopeViews(Mutex<HashMap<ServerScope, InScope>>);

impl ScopeViews {
    /// The servers in a scope. Where nobody knows them yet, they are what `make` returns.
    pub(super) fn of(&self, scope: &ServerScope, make: impl FnOnce() -> Vec<ScopedServer>) -> InScope {
        if let Some(known) = lock(&self.0).get(scope) {
            return known.clone();
        }
        let servers: InScope = make().into_iter().map(Arc::new).collect();
        let mut views = lock(&self.0);
        if views.len() >= MAX_SCOPES {
            views.clear();
        }
        views.entry(scope.clone()).or_insert(servers).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::roster::ScopeKind;

    #[test]
    fn a_scope_is_made_once_and_their_number_is_bounded() {
        let views = ScopeViews::default();
        let scope = |number: usize| ServerScope { kind: ScopeKind::One(number.to_string()), limit: None };

        let first = views.of(&scope(0), Vec::new);
        let again = views.of(&scope(0), || unreachable!("it is known"));
        for number in 0..2 * MAX_SCOPES {
            views.of(&scope(number), Vec::new);
        }

        assert!(Arc::ptr_eq(&first, &again));
        assert!(lock(&views.0).len() <= MAX_SCOPES);
    }

    #[test]
    fn the_same_endpoint_is_another_scope_for_a_limited_caller() {
        let views = ScopeViews::default();
        let limited = ServerScope { limit: Some("ann".into()), ..ServerScope::ALL };

        let (all, own) = (views.of(&ServerScope::ALL, Vec::new), views.of(&limited, Vec::new));

        assert!(!Arc::ptr_eq(&all, &own));
    }
}
