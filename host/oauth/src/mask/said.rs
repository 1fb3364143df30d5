//! What a plugin says, to people or for later, without the secrets of its login. It was told none; this is the second door.

use super::Mask;
use crate::hook::{Outcome, Question};
use crate::profile::{Fault, Pair};

impl Mask {
    /// The end of a flow.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> Outcome {
        Outcome {
            granted_scope: outcome.granted_scope.map(|text| self.known(&text)),
            account_id: outcome.account_id.map(|text| self.text(&text)),
            account_label: outcome.account_label.map(|text| self.text(&text)),
            captured: self.values(outcome.captured),
            ..outcome
        }
    }

    /// A question to a person.
    #[must_use]
    pub fn question(&self, question: Question) -> Question {
        let option = |(value, label): Pair| (self.known(&value), self.text(&label));
        Question {
            title: self.text(&question.title),
            options: question.options.into_iter().map(option).collect(),
            ..question
        }
    }

    /// An error in words.
    #[must_use]
    pub fn fault(&self, fault: Fault) -> Fault {
        Fault {
            message: fault.message.map(|text| self.known(&text)),
            help_url: fault.help_url.map(|text| self.known(&text)),
            ..fault
        }
    }

    /// The captured values, each as people may read it.
    #[must_use]
    pub fn values(&self, pairs: Vec<Pair>) -> Vec<Pair> {
        pairs.into_iter().map(|(key, value)| (key, self.text(&value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ErrorClass;

    const SECRET: &str = "s3cret-0123456789";

    #[test]
    fn labels_questions_and_errors_are_masked() {
        let (mask, says) = (Mask::of([SECRET.to_owned()]), || format!("it is {SECRET}"));

        let outcome = mask.outcome(Outcome {
            account_label: Some(says()),
            captured: vec![("k".to_owned(), SECRET.to_owned())],
            ..Outcome::default()
        });
        let question =
            mask.question(Question { key: "k".into(), title: says(), options: vec![(SECRET.to_owned(), says())] });
        let fault = mask.fault(Fault { class: ErrorClass::Unknown, message: Some(says()), help_url: None, said: None });

        let all = format!("{outcome:?}{question:?}{fault:?}");
        assert!(!all.contains(SECRET) && all.contains("it is ***"), "{all}");
    }
}
