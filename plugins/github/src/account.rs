//! Whose account it is, and taking a token back: requests to GitHub's REST API, whose address depends on the variant.

use mcphub_plugin::hooks::{Action, Answer, Outcome};
use mcphub_plugin::{
    Atom, BasicCredentials, ErrorClass, Fault, Method, Param, Piece, Plan, PlanBody, RawBody, Slot, get, param,
    template,
};

use crate::{GHE, SERVER};

fn api(variant: &str) -> &'static str {
    match variant {
        GHE => "https://api.{input:subdomain}.ghe.com",
        SERVER => "{input:web}/api/v3",
        _ => "https://api.github.com",
    }
}

/// `GET /user`.
pub(crate) fn request(variant: &str) -> Plan {
    let headers = [param("authorization", "Bearer {access-token}"), param("accept", "application/vnd.github+json")];
    let plan = get(&format!("{}/user", api(variant)), headers);
    // Any answer ends the look-up: a login is not lost because its name is not known.
    Plan { accept: vec![200, 401, 403, 404, 429, 500, 502, 503], ..plan }
}

/// The login name.
pub(crate) fn outcome(answer: &Answer) -> Outcome {
    let known = answer.status == 200;
    Outcome {
        account_label: text_member(&answer.body, "login").filter(|_| known),
        account_id: number_member(&answer.body, "id").filter(|_| known),
        ..nothing()
    }
}

/// Nothing to say.
pub(crate) fn nothing() -> Outcome {
    Outcome {
        primary: None,
        expiry: None,
        granted_scope: None,
        account_id: None,
        account_label: None,
        captured: Vec::new(),
    }
}

/// `DELETE /applications/{client_id}/token`, by the application's own id and secret. The body's shape is unverified.
pub(crate) fn revocation(variant: &str) -> Plan {
    let slot = |slot| vec![Atom::Slot(slot)];
    let basic = Piece::Basic(BasicCredentials { user: slot(Slot::ClientId), password: slot(Slot::ClientSecret) });
    let authorization = Param { name: "authorization".into(), value: vec![Piece::Literal("Basic ".into()), basic] };
    let body =
        RawBody { content_type: "application/json".into(), content: template(r#"{"access_token":"{access-token}"}"#) };
    let address = format!("{}/applications/{{client-id}}/token", api(variant));
    let headers = [authorization, param("accept", "application/vnd.github+json")];
    Plan {
        method: Method::Delete,
        body: PlanBody::Raw(body),
        accept: vec![204, 401, 404, 422],
        ..get(&address, headers)
    }
}

/// 204 is success, and 404 a token that was gone already.
pub(crate) fn revoked(answer: &Answer) -> Action {
    match answer.status {
        204 | 404 => Action::Done(nothing()),
        _ => Action::Fail(Fault {
            class: ErrorClass::Unknown,
            message: Some("GitHub did not take the token back; revoke it on your settings page".into()),
            help_url: Some("https://github.com/settings/applications".into()),
        }),
    }
}

fn after<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("\"{name}\""))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// GitHub's login names have no characters that JSON escapes.
fn text_member(body: &str, name: &str) -> Option<String> {
    let (value, _) = after(body, name)?.strip_prefix('"')?.split_once('"')?;
    (!value.is_empty()).then(|| value.to_owned())
}

fn number_member(body: &str, name: &str) -> Option<String> {
    let digits: String = after(body, name)?.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into(), claims: Vec::new() }
    }

    #[test]
    fn the_login_name_is_the_label() {
        let outcome = outcome(&answer(200, r#"{"login":"octocat","id":583231,"node_id":"x"}"#));

        assert_eq!(outcome.account_label.as_deref(), Some("octocat"));
        assert_eq!(outcome.account_id.as_deref(), Some("583231"));
    }

    #[test]
    fn a_refused_look_up_gives_no_label() {
        assert_eq!(outcome(&answer(403, r#"{"message":"no"}"#)).account_label, None);
    }

    #[test]
    fn each_variant_has_its_own_api() {
        assert_eq!(request("github.com").url, template("https://api.github.com/user"));
        assert_eq!(request(GHE).url, template("https://api.{input:subdomain}.ghe.com/user"));
        assert_eq!(request(SERVER).url, template("{input:web}/api/v3/user"));
    }

    #[test]
    fn a_token_that_was_gone_already_counts_as_revoked() {
        assert!(matches!(revoked(&answer(404, "")), Action::Done(_)));
        assert!(matches!(revoked(&answer(401, "")), Action::Fail(_)));
    }

    #[test]
    fn the_token_is_named_by_its_slot_only() {
        let plan = revocation("github.com");

        assert_eq!(plan.method, Method::Delete);
        let PlanBody::Raw(body) = plan.body else { panic!("a raw body") };
        assert!(body.content.contains(&Piece::Slot(Slot::AccessToken("main".into()))));
    }
}
