//! Setting up an application at GitHub: a GitHub App (recommended) or an OAuth App.

use mcphub_plugin::{Guide, OutputKind, Switch, output, step, template};

const CHECKED_ON: &str = "2026-08-20";

/// A GitHub App.
pub(crate) fn github_app() -> Guide {
    Guide {
        id: "github-app".into(),
        title: "GitHub App".into(),
        when_to_choose:
            "Recommended by GitHub: fine-grained permissions, tokens that end after 8 hours and are refreshed.".into(),
        console_url: template("{input:web}/settings/apps/new"),
        prerequisites: vec![
            "A GitHub account; for an organisation's repositories an owner must approve the installation.".into(),
        ],
        steps: vec![
            step("Open Settings → Developer settings → GitHub Apps → New GitHub App.", None),
            step("Choose a name that nobody else has.", Some(("GitHub App name", "MCPHub"))),
            step("Any address of yours will do.", Some(("Homepage URL", "http://{redirect-host}/"))),
            step("Enter the callback URL exactly as it stands here.", Some(("Callback URL", "{redirect-uri}"))),
            step("Under Webhook clear “Active”.", None),
            step("Under Permissions choose what the tools you use need (Contents, Issues, Pull requests …).", None),
            step("Press “Create GitHub App”. Copy the Client ID: it is not the App ID.", None),
            step("Press “Generate a new client secret” and copy it at once: it is shown only now.", None),
            step("Open “Install App” and install it on your account or organisation.", None),
        ],
        outputs: vec![
            output(OutputKind::ClientId, "Client ID", "On the App's “General” page", "Iv[A-Za-z0-9.]{10,40}"),
            output(OutputKind::ClientSecret, "Client secret", "On the App's “General” page", "[A-Za-z0-9_]{20,100}"),
        ],
        redirect_rule: "The callback URL must be one of those listed, character by character.".into(),
        switches: vec![
            Switch {
                name: "Expire user authorization tokens".into(),
                on: true,
                why: "The hub refreshes them; a lost token is soon worthless.".into(),
            },
            Switch { name: "Webhook: Active".into(), on: false, why: "The hub receives none.".into() },
        ],
        limits: vec!["Scopes are ignored; permissions are chosen on the App's page.".into()],
        later: vec!["An organisation's owner approves the installation.".into()],
        docs_url: Some("https://docs.github.com/apps/creating-github-apps".into()),
        checked_on: CHECKED_ON.into(),
    }
}

/// An OAuth App.
pub(crate) fn oauth_app() -> Guide {
    Guide {
        id: "oauth-app".into(),
        title: "OAuth App".into(),
        when_to_choose: "Quicker: no installation, access by scopes; the token does not end until it is revoked."
            .into(),
        console_url: template("{input:web}/settings/applications/new"),
        prerequisites: vec!["A GitHub account.".into()],
        steps: vec![
            step("Open Settings → Developer settings → OAuth Apps → New OAuth App.", None),
            step("At most 34 characters.", Some(("Application name", "MCPHub"))),
            step("Any address of yours will do.", Some(("Homepage URL", "http://{redirect-host}/"))),
            step(
                "Enter the callback URL exactly as it stands here.",
                Some(("Authorization callback URL", "{redirect-uri}")),
            ),
            step("Press “Register application” and copy the Client ID.", None),
            step("Press “Generate a new client secret” and copy it at once: it is shown only now.", None),
        ],
        outputs: vec![
            output(OutputKind::ClientId, "Client ID", "On the application's page", "(Ov|Iv)?[A-Za-z0-9.]{10,40}"),
            output(OutputKind::ClientSecret, "Client secret", "On the application's page", "[A-Za-z0-9_]{20,100}"),
        ],
        redirect_rule:
            "One callback URL: host and port must match, the path may go deeper. On loopback any port is admitted."
                .into(),
        switches: Vec::new(),
        limits: vec![
            "GitHub keeps a limited number of tokens per person, application and set of scopes; the oldest go first."
                .into(),
        ],
        later: vec!["Organisations with access restrictions approve the application.".into()],
        docs_url: Some("https://docs.github.com/apps/oauth-apps/building-oauth-apps/creating-an-oauth-app".into()),
        checked_on: CHECKED_ON.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcphub_plugin::{Piece, Slot};

    #[test]
    fn both_guides_fill_in_the_exact_callback_url() {
        for guide in [github_app(), oauth_app()] {
            let values = guide.steps.iter().filter_map(|step| step.value.as_ref());

            assert!(values.into_iter().any(|value| *value == [Piece::Slot(Slot::RedirectUri)]), "{}", guide.id);
        }
    }
}
