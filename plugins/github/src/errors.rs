//! What GitHub's errors mean.

use mcphub_plugin::{ConfigFault, ErrorClass, Fault, Row, error_code, error_text};

/// The table.
pub(crate) fn table() -> Vec<Row> {
    let wrong = ErrorClass::ClientConfigWrong;
    let mut table = vec![
        error_code("access_denied", ErrorClass::UserDenied, "the sign-in at GitHub was cancelled"),
        error_code(
            "redirect_uri_mismatch",
            wrong(ConfigFault::RedirectUri),
            "the callback URL set up at GitHub is not this hub's",
        ),
        error_code("application_suspended", wrong(ConfigFault::AppSuspended), "GitHub has suspended this application"),
        error_code(
            "incorrect_client_credentials",
            wrong(ConfigFault::Secret),
            "GitHub does not accept the client id and secret",
        ),
        error_code(
            "bad_verification_code",
            ErrorClass::ReauthRequired,
            "the code from GitHub was used already or took too long",
        ),
        error_code("bad_refresh_token", ErrorClass::ReauthRequired, "GitHub no longer accepts this login"),
        error_code(
            "unverified_user_email",
            ErrorClass::AccountNotEligible,
            "GitHub wants this account's e-mail address verified first",
        ),
        error_text(
            "OAuth App access restrictions",
            ErrorClass::ApprovalNeeded(None),
            "the organisation has not approved this application",
        ),
        error_text("SAML SSO", ErrorClass::SsoRequired(None), "the organisation wants a single sign-on session"),
    ];
    for row in &mut table {
        row.fault.help_url = help(&row.fault);
    }
    table
}

fn help(fault: &Fault) -> Option<String> {
    let page = match &fault.class {
        ErrorClass::ClientConfigWrong(_) => "https://github.com/settings/developers",
        ErrorClass::AccountNotEligible => "https://github.com/settings/emails",
        ErrorClass::ApprovalNeeded(_) => "https://github.com/settings/applications",
        _ => return None,
    };
    Some(page.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_and_a_wrong_callback_are_told_apart() {
        let class = |code: &str| {
            let row = table().into_iter().find(|row| row.code.as_deref() == Some(code)).expect("row");
            row.fault.class
        };

        assert_eq!(class("incorrect_client_credentials"), ErrorClass::ClientConfigWrong(ConfigFault::Secret));
        assert_eq!(class("redirect_uri_mismatch"), ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri));
    }
}
