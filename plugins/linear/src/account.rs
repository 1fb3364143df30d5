//! Whose account it is: one GraphQL request.

use mcphub_plugin::hooks::{Answer, Outcome};
use mcphub_plugin::{Plan, PlanBody, RawBody, literal, param, post};

/// Who is asked.
pub(crate) fn request() -> Plan {
    let query = r#"{"query":"{ viewer { id name email } organization { id name } }"}"#;
    let body = PlanBody::Raw(RawBody { content_type: "application/json".into(), content: literal(query) });
    let plan = post("{input:api}/graphql", [param("authorization", "Bearer {access-token}")], body);
    // Any answer ends the look-up: a login is not lost because its label is not known.
    Plan { accept: vec![200, 400, 401, 403, 404, 429, 500, 502, 503], ..plan }
}

/// What the answer says: `name (organization)`.
pub(crate) fn outcome(answer: &Answer) -> Outcome {
    let person = member(&answer.body, "viewer", "name");
    let workspace = member(&answer.body, "organization", "name");
    let label = match (person, workspace) {
        (Some(person), Some(workspace)) => Some(format!("{person} ({workspace})")),
        (one, other) => one.or(other),
    };
    Outcome {
        primary: None,
        expiry: None,
        granted_scope: None,
        account_id: member(&answer.body, "organization", "id").filter(|_| answer.status == 200),
        account_label: label.filter(|_| answer.status == 200),
        captured: Vec::new(),
    }
}

/// The string member of a flat object inside the answer. The answer is small and its shape is fixed by the query, so no
/// JSON parser is carried along.
fn member(body: &str, object: &str, name: &str) -> Option<String> {
    let (_, inside) = body.split_once(&format!("\"{object}\""))?;
    let (_, inside) = inside.split_once('{')?;
    let (inside, _) = inside.split_once('}')?;
    let (_, value) = inside.split_once(&format!("\"{name}\""))?;
    let value = value.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let end =
        value.char_indices().find(|(at, c)| *c == '"' && !value.get(..*at).unwrap_or_default().ends_with('\\'))?.0;
    Some(value.get(..end)?.replace("\\\"", "\"").replace("\\\\", "\\")).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        outcome(&Answer { status, headers: Vec::new(), body: body.into(), claims: Vec::new() })
    }

    #[test]
    fn the_label_is_the_person_and_the_workspace() {
        let body = r#"{"data":{"viewer":{"id":"u1","name":"Ann \"A\" Lee","email":"a@b"},"organization":{"id":"o1","name":"Acme"}}}"#;

        let outcome = answered(200, body);

        assert_eq!(outcome.account_label.as_deref(), Some("Ann \"A\" Lee (Acme)"));
        assert_eq!(outcome.account_id.as_deref(), Some("o1"));
    }

    #[test]
    fn an_error_leaves_the_login_without_a_label() {
        assert_eq!(answered(401, r#"{"errors":[{"message":"no"}]}"#).account_label, None);
        assert_eq!(answered(200, "<html>").account_label, None);
    }
}
