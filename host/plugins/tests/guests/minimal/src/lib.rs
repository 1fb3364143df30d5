//! The least a plugin is: who it is, and which servers it serves.

wit_bindgen::generate!({ path: "../../../../../wit/provider/v0.1", world: "minimal" });

use exports::mcphub::provider::identity::{self, Identity};
use exports::mcphub::provider::matching::{self, Comparison, Condition, Field, Rule};

struct Minimal;

impl identity::Guest for Minimal {
    fn describe() -> Identity {
        Identity {
            id: "minimal".into(),
            version: "0.1.0".into(),
            title: "Minimal".into(),
            description: "Serves minimal.example and says nothing else.".into(),
            homepage: None,
            hosts: Vec::new(),
        }
    }
}

impl matching::Guest for Minimal {
    fn rules() -> Vec<Rule> {
        let condition = Condition {
            field: Field::ServerHost,
            comparison: Comparison::Exact,
            value: "minimal.example".into(),
            capture: None,
        };
        vec![Rule {
            conditions: vec![condition],
            variant_id: "only".into(),
            priority: 100,
            ask: false,
            inputs: Vec::new(),
        }]
    }
}

export!(Minimal);
