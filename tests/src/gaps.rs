//! What is known not to work yet: a file in `tests/data` with a reason for each entry. A failure that stands in no entry is a
//! failure of the test, and so is an entry that nothing fails for any more.

use std::path::Path;

use serde_json::Value;

/// The member of an entry that says why.
const REASON: &str = "reason";
/// The member of an entry that is `true` where it depends on chance whether it works.
const SOMETIMES: &str = "sometimes";

/// The entries of one file.
pub struct Gaps {
    entries: Vec<(Value, bool)>,
}

impl Gaps {
    /// Reads `tests/data/NAME.json`: a list of objects. Besides its `reason` an entry has texts, or lists of texts; it stands for
    /// every failure that has these. One that says `"sometimes": true` may be unused.
    #[must_use]
    pub fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/{name}.json"));
        let text = std::fs::read(path).expect("the file of the gaps");
        let entries: Vec<Value> = serde_json::from_slice(&text).expect("a list of gaps");
        assert!(entries.iter().all(|entry| entry[REASON].is_string()), "every gap has a reason");
        Self { entries: entries.into_iter().map(|entry| (entry, false)).collect() }
    }

    /// The reason for this failure, if it is known. All entries that stand for it are in use from now on.
    pub fn reason(&mut self, failure: &Value) -> Option<String> {
        let known = self.entries.iter_mut().filter(|(entry, _)| stands_for(entry, failure));
        let reasons: Vec<String> = known
            .map(|(entry, is_used)| {
                *is_used = true;
                crate::text(entry, "/reason")
            })
            .collect();
        reasons.into_iter().next()
    }

    /// The entries that nothing failed for.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let is_unused = |(entry, is_used): &&(Value, bool)| !is_used && entry[SOMETIMES] != true;
        self.entries.iter().filter(is_unused).map(|(entry, _)| entry.to_string()).collect()
    }
}

fn stands_for(entry: &Value, failure: &Value) -> bool {
    let members =
        entry.as_object().into_iter().flatten().filter(|(key, _)| ![REASON, SOMETIMES].contains(&key.as_str()));
    members.into_iter().all(|(key, wanted)| match wanted {
        Value::Array(any) => any.contains(&failure[key]),
        one => *one == failure[key],
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gaps(entries: &Value) -> Gaps {
        let entries = entries.as_array().unwrap().iter();
        Gaps { entries: entries.map(|entry| (entry.clone(), false)).collect() }
    }

    #[test]
    fn an_entry_stands_for_what_has_its_members() {
        let mut gaps = gaps(&json!([{"client": ["a", "b"], "feature": "roots", "reason": "not yet"}]));

        let known = gaps.reason(&json!({"client": "b", "feature": "roots", "server": "any"}));

        assert_eq!(known.as_deref(), Some("not yet"));
        assert_eq!(gaps.reason(&json!({"client": "c", "feature": "roots"})), None);
        assert!(gaps.unused().is_empty());
    }

    #[test]
    fn an_entry_that_nothing_fails_for_is_told() {
        let by_chance = json!({"feature": "ping", "reason": "a race", "sometimes": true});

        let gaps = gaps(&json!([{"feature": "roots", "reason": "not yet"}, by_chance]));

        assert_eq!(gaps.unused(), [r#"{"feature":"roots","reason":"not yet"}"#]);
    }
}
