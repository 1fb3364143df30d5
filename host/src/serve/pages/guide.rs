//! The set-up page: how to register a client by hand, and the form for what the provider gives the person.

use maud::{Markup, html};
use mcphub_oauth::profile::{Input, OutputKind};

use crate::connect::{FilledGuide, GuidePage, where_found};
use crate::serve::links::Links;
use crate::serve::paths;

/// The content of the page.
pub(in crate::serve) fn guide(links: &Links, page: &GuidePage) -> Markup {
    html! {
        div.card {
            h1 { "Set up " (page.server) " once" }
            p { (page.provider) ": " (page.why) "." }
            @if let Some(complaint) = &page.complaint { p.bad role="alert" { (complaint) "." } }
            p { "Use exactly this redirect URI:" }
            (copyable(&page.redirect_uri))
            @if page.guides.is_empty() {
                ol {
                    li { "Register an OAuth client (an “application”) with the provider." }
                    li { "Give it the redirect URI above, character by character." }
                    li { "Copy its client id, and its secret if it has one, into the form." }
                }
            }
            @for (number, guide) in page.guides.iter().enumerate() {
                details open[number == 0] {
                    summary { (guide.title) @if number == 0 && page.guides.len() > 1 { " (recommended)" } }
                    (steps(guide))
                }
            }
        }
        @if !page.scopes.is_empty() {
            div.card {
                h1 { "What the login asks for" }
                ul { @for note in &page.scopes { li { (note) } } }
            }
        }
        div.card { (form(links, page)) }
    }
}

fn steps(guide: &FilledGuide) -> Markup {
    html! {
        p.soft { (guide.when_to_choose) }
        @if !guide.console_url.is_empty() { p { a href=(guide.console_url) target="_blank" rel="noreferrer" { "Open the provider's page" } } }
        @if !guide.prerequisites.is_empty() { (list("You need", &guide.prerequisites)) }
        ol {
            @for step in &guide.steps {
                li {
                    (step.text)
                    @if let Some(field) = &step.field { br; strong { (field) } }
                    @if let Some(value) = &step.value { @if step.copyable { (copyable(value)) } @else { " " code { (value) } } }
                }
            }
        }
        p.soft { (guide.redirect_rule) }
        @for switch in &guide.switches {
            p { strong { (switch.name) } ": " @if switch.on { "on" } @else { "off" } ". " span.soft { (switch.why) } }
        }
        @if !guide.limits.is_empty() { (list("Good to know", &guide.limits)) }
        @if !guide.later.is_empty() { (list("Later steps for others", &guide.later)) }
        p.soft {
            @if let Some(docs) = &guide.docs_url { a href=(docs) target="_blank" rel="noreferrer" { "The provider's manual" } ". " }
            "Checked on " (guide.checked_on) "."
        }
    }
}

fn list(title: &str, items: &[String]) -> Markup {
    html! { p { strong { (title) ":" } } ul { @for item in items { li { (item) } } } }
}

fn copyable(value: &str) -> Markup {
    html! { div.value { code { (value) } button type="button" data-copy=(value) hidden { "Copy" } } }
}

fn form(links: &Links, page: &GuidePage) -> Markup {
    let secret = page.guides.is_empty() || asks(page, &OutputKind::ClientSecret);
    let id = page.guides.is_empty() || asks(page, &OutputKind::ClientId);
    html! {
        h1 { "What the provider gave you" }
        form method="post" action=(links.to(&paths::filled(paths::CONNECT_TICKET, &page.ticket))) autocomplete="off" {
            @if page.guides.len() > 1 {
                label for="guide" { "Which one did you set up?" }
                select id="guide" name="guide" { @for guide in &page.guides { option value=(guide.id) { (guide.title) } } }
            } @else if let Some(guide) = page.guides.first() {
                input type="hidden" name="guide" value=(guide.id);
            }
            @for input in &page.inputs { (field(page, input)) }
            @if id {
                label for="client_id" { "Client id" }
                input id="client_id" name="client_id" value=(value(page, "client_id"));
                (found(page, &OutputKind::ClientId))
            }
            @if secret {
                label for="client_secret" { "Client secret" @if page.guides.is_empty() { " (if there is one)" } }
                input id="client_secret" name="client_secret" type="password" placeholder=(kept(page, "client_secret"));
                (found(page, &OutputKind::ClientSecret))
            }
            @if asks(page, &OutputKind::PrivateKey) {
                label for="private_key" { "Private key" }
                input id="private_key" name="private_key" type="password" placeholder=(kept(page, "private_key"));
                (found(page, &OutputKind::PrivateKey))
            }
            p.soft { "These values are saved in this server's entry in your mcp_settings.json, and nowhere else." }
            button.main type="submit" { "Save and sign in" }
        }
    }
}

fn asks(page: &GuidePage, kind: &OutputKind) -> bool {
    page.guides.iter().flat_map(|guide| &guide.outputs).any(|output| output.kind == *kind)
}

/// Below a field: where its value stands on the provider's page. Where two guides say it differently, both are shown.
fn found(page: &GuidePage, kind: &OutputKind) -> Markup {
    let outputs = page.guides.iter().flat_map(|guide| &guide.outputs).filter(|output| output.kind == *kind);
    let mut places: Vec<String> = outputs.filter_map(where_found).collect();
    places.dedup();
    html! { @for place in &places { p.soft { (place) } } }
}

fn value<'a>(page: &'a GuidePage, name: &str) -> &'a str {
    page.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// The placeholder of a secret that was given before: an empty field keeps it.
fn kept(page: &GuidePage, name: &str) -> &'static str {
    if page.kept.iter().any(|kept| kept == name) { "kept as it is" } else { "" }
}

fn field(page: &GuidePage, input: &Input) -> Markup {
    let name = format!("input.{}", input.key);
    let current = value(page, &name);
    html! {
        label for=(name) { (input.title) @if !input.required { " (optional)" } }
        @if input.choices.is_empty() {
            @if input.secret { input id=(name) name=(name) type="password" placeholder=(kept(page, &name)); } @else { input id=(name) name=(name) value=(current); }
        } @else {
            select id=(name) name=(name) {
                @if !input.required { option value="" { "–" } }
                @for (choice, label) in &input.choices { option value=(choice) selected[choice == current] { (label) } }
            }
        }
        p.soft { (input.help) }
    }
}

#[cfg(test)]
mod tests {
    use mcphub_oauth::profile::{Output, Risk};
    use mcphub_oauth::scopes::ScopeNote;

    use super::*;

    fn page() -> GuidePage {
        GuidePage {
            server: "notes".into(),
            provider: "Notes Inc.".into(),
            ticket: "t1".into(),
            why: "it hands out clients by hand only".into(),
            redirect_uri: "http://localhost:3000/oauth/callback".into(),
            guides: Vec::new(),
            scopes: Vec::new(),
            inputs: Vec::new(),
            values: vec![("client_id".into(), "given before".into())],
            kept: vec!["client_secret".into()],
            complaint: Some("Client secret is missing".into()),
        }
    }

    #[test]
    fn the_exact_redirect_uri_and_the_complaint_are_shown() {
        let shown = guide(&Links::at_root(), &page()).into_string();

        assert!(shown.contains("<code>http://localhost:3000/oauth/callback</code>"), "{shown}");
        assert!(shown.contains("Client secret is missing."), "{shown}");
        assert!(shown.contains("given before"), "{shown}");
        assert!(shown.contains("kept as it is"), "{shown}");
        insta::assert_snapshot!(shown.replace("><", ">\n<"));
    }

    #[test]
    fn scopes_are_told_with_their_risk_and_values_with_the_place_they_stand_at() {
        let output = Output {
            kind: OutputKind::ClientSecret,
            label: "App secret".into(),
            where_shown: "Under Credentials.".into(),
            pattern: String::new(),
            shown_once: true,
            required: true,
        };
        let way = FilledGuide {
            id: "app".into(),
            title: "An app".into(),
            when_to_choose: String::new(),
            console_url: String::new(),
            prerequisites: Vec::new(),
            steps: Vec::new(),
            outputs: vec![output],
            redirect_rule: String::new(),
            switches: Vec::new(),
            limits: Vec::new(),
            later: Vec::new(),
            docs_url: None,
            checked_on: "2026-01-01".into(),
        };
        let note = ScopeNote {
            scope: "admin".into(),
            title: "Administer".into(),
            description: String::new(),
            risk: Risk::High,
            review_needed: false,
        };

        let shown =
            guide(&Links::at_root(), &GuidePage { guides: vec![way], scopes: vec![note], ..page() }).into_string();

        assert!(shown.contains("<li>admin: Administer (can delete or administer)</li>"), "{shown}");
        let place = "App secret: Under Credentials; it is shown only once: copy it before you leave the page.";
        assert!(shown.contains(place), "{shown}");
    }
}
