//! The overview: all servers, their logins, and what the person can do about each.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::page;
use crate::app::App;
use crate::connect::{ServerView, Status};
use crate::serve::admission::LoggedIn;
use crate::serve::links::Links;
use crate::serve::paths;

/// Answers with the page.
pub(in crate::serve) async fn get(State(app): State<App>, login: Option<Extension<LoggedIn>>) -> Response {
    let links = Links::of(&app);
    let settings = app.settings.path().display().to_string();
    let overview = Overview {
        views: &app.views().await,
        settings: &settings,
        base_url: app.base_url.as_str(),
        is_logged_in: login.is_some(),
    };
    page(&links, "Servers", &overview.markup(&links))
}

/// What the page shows.
struct Overview<'a> {
    views: &'a [ServerView],
    /// The path of the settings file.
    settings: &'a str,
    /// The address of the hub, with a slash at its end.
    base_url: &'a str,
    /// Whether the browser showed a key.
    is_logged_in: bool,
}

impl Overview<'_> {
    fn markup(&self, links: &Links) -> Markup {
        html! {
            div.card {
                h1 { "Servers" }
                @if self.views.is_empty() {
                    p { "There are no servers yet. Add one to " code { (self.settings) } ":" }
                    p { code { r#"{ "mcpServers": { "example": { "url": "https://mcp.example.com/mcp" } } }"# } }
                } @else {
                    table {
                        tr { th { "Name" } th { "Status" } th { "Account" } th {} }
                        @for view in self.views {
                            tr {
                                td { strong { (view.name) } br; span.soft { (view.address) } }
                                td {
                                    span class=(colour(view.status)) { (words(view.status)) }
                                    @if let Some(problem) = &view.problem { br; span.soft { (problem) } }
                                }
                                td { (view.account.as_deref().unwrap_or("")) }
                                td { (button(links, view)) }
                            }
                        }
                    }
                }
                p.soft { "Signed in, but your browser ended at an error page? " a href=(links.to(paths::PASTE)) { "Paste that address" } }
                @if self.is_logged_in {
                    form method="post" action=(links.to(paths::LOGOUT)) { button type="submit" { "Log out" } }
                }
                p.soft { "MCP clients connect to " code { (self.base_url) "mcp" } " or " code { (self.base_url) "mcp/NAME" } }
            }
        }
    }
}

/// The button for what the person can do about a server here.
fn button(links: &Links, view: &ServerView) -> Markup {
    let label = match view.status {
        Status::LoginRequired => "Log in",
        Status::SetupRequired => "Set up",
        Status::Connected | Status::Connecting | Status::Unstable | Status::Failed | Status::Disabled => {
            return html! {};
        }
    };
    html! {
        form method="post" action=(links.to(paths::CONNECT)) {
            input type="hidden" name="server" value=(view.name);
            button.main type="submit" { (label) }
        }
    }
}

const fn words(status: Status) -> &'static str {
    match status {
        Status::Connected => "connected",
        Status::Connecting => "connecting",
        Status::Unstable => "unstable",
        Status::LoginRequired => "needs a login",
        Status::SetupRequired => "needs to be set up",
        Status::Failed => "failed",
        Status::Disabled => "disabled",
    }
}

const fn colour(status: Status) -> &'static str {
    match status {
        Status::Connected => "good",
        Status::Connecting | Status::Disabled => "soft",
        Status::Unstable | Status::LoginRequired | Status::SetupRequired | Status::Failed => "bad",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overview(views: &[ServerView]) -> String {
        let overview = Overview {
            views,
            settings: "/home/me/mcp_settings.json",
            base_url: "http://localhost:3000/",
            is_logged_in: false,
        };
        overview.markup(&Links::at_root()).into_string()
    }

    #[test]
    fn every_server_is_shown_with_what_can_be_done_about_it() {
        let failed = ServerView::unusable("broken".into(), "broken: its url has no scheme; write https://…".into());
        let view = |name: &str, status| ServerView {
            status,
            address: format!("https://{name}.example/mcp"),
            problem: None,
            ..ServerView::unusable(name.into(), String::new())
        };
        let connected = ServerView { account: Some("ann".into()), ..view("mail", Status::Connected) };
        let views = [connected, view("notes", Status::LoginRequired), view("files", Status::SetupRequired), failed];

        insta::assert_snapshot!(overview(&views).replace("><", ">\n<"));
    }

    #[test]
    fn without_servers_it_says_how_to_add_one() {
        insta::assert_snapshot!(overview(&[]).replace("><", ">\n<"));
    }
}
