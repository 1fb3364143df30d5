//! Setting up an application of one's own at Linear.

use mcphub_plugin::{Guide, OutputKind, Switch, literal, output, step};

/// An application in one's own workspace.
pub(crate) fn own_application() -> Guide {
    let client_id = "[A-Za-z0-9_-]{8,128}";
    Guide {
        id: "oauth-application".into(),
        title: "OAuth application".into(),
        when_to_choose: "When registration by itself is refused. Linear describes this for its API; whether its MCP \
                         server takes such a client is not known."
            .into(),
        console_url: literal("https://linear.app/settings/api/applications/new"),
        prerequisites: vec![
            "You are an admin of a Linear workspace; every admin there sees the application, so use its own.".into(),
        ],
        steps: vec![
            step("In Linear open Settings → API → OAuth applications and press “+”.", None),
            step(
                "Give it a name that your colleagues will recognise on the consent page.",
                Some(("Application name", "MCPHub")),
            ),
            step("Enter the callback URL exactly as it stands here.", Some(("Callback URLs", "{redirect-uri}"))),
            step("Press Create, then copy the client ID and the client secret into the form below.", None),
        ],
        outputs: vec![
            output(OutputKind::ClientId, "Client ID", "On the application's page", client_id),
            output(OutputKind::ClientSecret, "Client secret", "On the application's page", "[!-~]{8,256}"),
        ],
        redirect_rule: "The callback URL must be one of those listed, character by character.".into(),
        switches: vec![Switch {
            name: "Public".into(),
            on: false,
            why: "Only needed when other workspaces use the application too.".into(),
        }],
        limits: Vec::new(),
        later: Vec::new(),
        docs_url: Some("https://linear.app/developers/oauth-2-0-authentication".into()),
        checked_on: "2026-08-20".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcphub_plugin::{Piece, Slot};

    #[test]
    fn the_callback_url_is_filled_in_by_the_hub() {
        let steps = own_application().steps;

        let filled = steps
            .iter()
            .filter_map(|step| step.value.as_ref())
            .any(|value| value.contains(&Piece::Slot(Slot::RedirectUri)));
        assert!(filled);
    }
}
