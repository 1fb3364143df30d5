//! Scopes, and the second list of them.

use mcphub_plugin::prelude::*;

use crate::quirks::Quirks;

pub(crate) fn scopes(quirks: &Quirks) -> Scopes {
    let separator = quirks.text("scope.separator").unwrap_or_else(|| " ".to_owned());
    let mut always = quirks.list("scope.required");
    always.extend(quirks.list("scope.offline_scope"));
    let second = quirks.text("authz.second_scope_param");
    let of_person = Scope {
        bucket: Some("person".to_owned()),
        asked_by_default: true,
        ..scope("search:read", "Search as this person", &[])
    };
    Scopes {
        answer_separators: separator.clone(),
        separator,
        always,
        offline: Offline::Nothing,
        catalogue: if second.is_some() { vec![of_person] } else { Vec::new() },
        buckets: second.into_iter().map(|parameter| Bucket { id: "person".to_owned(), parameter }).collect(),
        ..Scopes::default()
    }
}
