//! Checks what a person filled into the set-up form.

use mcphub_oauth::profile::{Input, Output, OutputKind, Pair};

use super::guide::GuidePage;
use crate::connect::core::error::SetupError;

/// The longest value that is accepted, in bytes.
const MAX_VALUE: usize = 8192;

/// The fields for what a provider hands out: the name in the form, the kind in the guide, the member of `oauth` in the
/// settings.
const OUTPUTS: [(&str, OutputKind, &str); 3] = [
    ("client_id", OutputKind::ClientId, "clientId"),
    ("client_secret", OutputKind::ClientSecret, "clientSecret"),
    ("private_key", OutputKind::PrivateKey, "privateKey"),
];

/// The members of `oauth` to write into the person's entry. A field that the person left empty keeps its earlier value.
pub(crate) fn read_form(page: &GuidePage, form: &[Pair]) -> Result<Vec<Pair>, SetupError> {
    let value = |name: &str| {
        form.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let mut members = Vec::new();
    for input in &page.inputs {
        let field = format!("input.{}", input.key);
        match value(&field) {
            Some(given) => members.push((format!("inputs.{}", input.key), checked_input(input, given)?)),
            None if input.required && input.default.is_none() && !has(page, &field) => {
                return Err(SetupError::Missing { label: input.title.clone() });
            }
            None => {}
        }
    }
    let guide = value("guide").and_then(|id| page.guides.iter().find(|guide| guide.id == id)).or(page.guides.first());
    for (name, kind, member) in OUTPUTS {
        let output = guide.and_then(|guide| guide.outputs.iter().find(|output| output.kind == kind));
        match (value(name), output) {
            (Some(given), output) => members.push((member.to_owned(), checked_output(name, output, given)?)),
            (None, Some(output)) if output.required && !page.kept.iter().any(|kept| kept == name) => {
                return Err(SetupError::Missing { label: output.label.clone() });
            }
            (None, None) if name == "client_id" && guide.is_none() => {
                return Err(SetupError::Missing { label: "the client id".to_owned() });
            }
            (None, _) => {}
        }
    }
    Ok(members)
}

fn checked_input(input: &Input, given: &str) -> Result<String, SetupError> {
    one_line(&input.title, given)?;
    fits(&input.title, &input.pattern, given)?;
    let is_offered = input.choices.is_empty() || input.choices.iter().any(|(choice, _)| choice == given);
    if is_offered { Ok(given.to_owned()) } else { Err(SetupError::NotOffered { label: input.title.clone() }) }
}

fn checked_output(name: &str, output: Option<&Output>, given: &str) -> Result<String, SetupError> {
    let label = output.map_or_else(|| name.replace('_', " "), |output| output.label.clone());
    let is_written = if name == "private_key" { typable } else { one_line };
    is_written(&label, given)?;
    if let Some(output) = output {
        fits(&label, &output.pattern, given)?;
    }
    Ok(given.to_owned())
}

fn has(page: &GuidePage, name: &str) -> bool {
    page.values.iter().any(|(key, value)| key == name && !value.is_empty()) || page.kept.iter().any(|kept| kept == name)
}

fn one_line(label: &str, value: &str) -> Result<(), SetupError> {
    if value.contains(['\n', '\r']) {
        return Err(SetupError::Unusable { label: label.to_owned() });
    }
    typable(label, value)
}

/// Checks a value that may have several lines, such as a PEM key.
fn typable(label: &str, value: &str) -> Result<(), SetupError> {
    let is_untypable = |character: char| character.is_control() && character != '\n' && character != '\r';
    if value.len() > MAX_VALUE || value.contains(is_untypable) {
        return Err(SetupError::Unusable { label: label.to_owned() });
    }
    Ok(())
}

fn fits(label: &str, pattern: &str, value: &str) -> Result<(), SetupError> {
    if mcphub_plugins::matches_whole(pattern, value) {
        Ok(())
    } else {
        Err(SetupError::Unlike { label: label.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> GuidePage {
        GuidePage {
            server: "notes".into(),
            provider: "Acme".into(),
            ticket: String::new(),
            why: String::new(),
            redirect_uri: "https://hub.example/oauth/callback".into(),
            guides: Vec::new(),
            scopes: Vec::new(),
            inputs: Vec::new(),
            values: Vec::new(),
            kept: Vec::new(),
            complaint: None,
        }
    }

    fn input(required: bool, choices: &[&str]) -> Input {
        Input {
            key: "tenant".into(),
            title: "Tenant".into(),
            help: String::new(),
            pattern: "[a-z]*".into(),
            default: None,
            required,
            secret: false,
            choices: choices.iter().map(|choice| ((*choice).to_owned(), String::new())).collect(),
            visible_when: Vec::new(),
        }
    }

    fn form(pairs: &[(&str, &str)]) -> Vec<Pair> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_a_guide_the_client_id_is_all_that_is_needed() {
        let members = read_form(&page(), &form(&[("client_id", " abc ")])).expect("members");

        assert_eq!(members, form(&[("clientId", "abc")]));
        assert_eq!(read_form(&page(), &[]), Err(SetupError::Missing { label: "the client id".into() }));
    }

    #[test]
    fn a_required_input_is_asked_for_unless_it_was_given_before() {
        let empty = GuidePage { inputs: vec![input(true, &[])], ..page() };
        let kept = GuidePage { kept: vec!["input.tenant".into()], ..empty.clone() };
        let sent = form(&[("client_id", "abc")]);

        assert_eq!(read_form(&empty, &sent), Err(SetupError::Missing { label: "Tenant".into() }));
        assert!(read_form(&kept, &sent).is_ok());
    }

    #[test]
    fn a_value_must_be_offered_fit_and_be_typable() {
        let page = GuidePage { inputs: vec![input(false, &["eu", "us"])], ..page() };
        let read = |value: &str| read_form(&page, &form(&[("client_id", "abc"), ("input.tenant", value)]));
        let label = || "Tenant".to_owned();

        assert_eq!(read("moon"), Err(SetupError::NotOffered { label: label() }));
        assert_eq!(read("EU"), Err(SetupError::Unlike { label: label() }));
        assert_eq!(read("e\nu"), Err(SetupError::Unusable { label: label() }));
        assert_eq!(read("e\u{7}u"), Err(SetupError::Unusable { label: label() }));
        assert!(read("eu").is_ok());
    }

    #[test]
    fn a_private_key_may_have_several_lines_and_a_secret_may_not() {
        let read = |name: &str| read_form(&page(), &form(&[("client_id", "abc"), (name, "one\ntwo")]));

        assert!(read("private_key").is_ok());
        assert_eq!(read("client_secret"), Err(SetupError::Unusable { label: "client secret".into() }));
    }
}
