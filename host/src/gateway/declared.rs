//! What clients declare that servers may ask of them (Elicitation, Sampling, Roots: "Capabilities").

use super::json::{Fields, object};
use super::message::Message;

/// Whether a client with these capabilities answers a question of a server. `None` if no capability stands for it.
pub(super) fn answers(capabilities: &Fields, question: &Message) -> Option<bool> {
    let params = question.params();
    match question.method()? {
        "roots/list" => Some(capabilities.contains_key("roots")),
        "sampling/createMessage" => {
            let needs_tools = params.contains_key("tools") || params.contains_key("toolChoice");
            let has_tools = object(capabilities, "sampling").contains_key("tools");
            Some(capabilities.contains_key("sampling") && (!needs_tools || has_tools))
        }
        "elicitation/create" => {
            let is_url = question.param("mode").as_deref() == Some("url");
            Some(if is_url { opens_urls(capabilities) } else { fills_forms(capabilities) })
        }
        _ => None,
    }
}

/// Whether the client can be sent to an address.
pub(super) fn opens_urls(capabilities: &Fields) -> bool {
    object(capabilities, "elicitation").contains_key("url")
}

/// Before modes were named, elicitation was a form.
fn fills_forms(capabilities: &Fields) -> bool {
    let elicitation = object(capabilities, "elicitation");
    let is_form = elicitation.contains_key("form") || !elicitation.contains_key("url");
    capabilities.contains_key("elicitation") && is_form
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::json::{fields, raw};
    use super::super::message::Id;
    use super::*;

    fn of(capabilities: &Value, method: &str, params: &Value) -> Option<bool> {
        let question = Message::request(Id::of("q"), method, &fields(Some(&raw(params))));
        answers(&fields(Some(&raw(capabilities))), &question)
    }

    #[test]
    fn a_client_answers_what_it_declared() {
        let (form, url) = (json!({ "message": "m" }), json!({ "mode": "url" }));
        for (capabilities, method, params, expected) in [
            (json!({ "elicitation": {} }), "elicitation/create", &form, true),
            (json!({ "elicitation": {} }), "elicitation/create", &url, false),
            (json!({ "elicitation": { "url": {} } }), "elicitation/create", &form, false),
            (json!({ "elicitation": { "url": {} } }), "elicitation/create", &url, true),
            (json!({ "sampling": {} }), "sampling/createMessage", &json!({ "tools": [] }), false),
            (json!({ "sampling": { "tools": {} } }), "sampling/createMessage", &json!({ "toolChoice": {} }), true),
            (json!({ "roots": {} }), "roots/list", &json!({}), true),
            (json!({}), "roots/list", &json!({}), false),
        ] {
            assert_eq!(of(&capabilities, method, params), Some(expected), "{capabilities} {method} {params}");
        }
        assert_eq!(of(&json!({}), "x/unknown", &json!({})), None);
    }
}
