//! All servers, with where they stand.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::page;
use crate::app::App;
use crate::connect::{ServerView, Status};
use crate::serve::links::Links;
use crate::serve::paths;

/// The page.
pub(in crate::serve) async fn get(State(app): State<App>) -> Response {
    let views = app.views().await;
    let links = Links::of(&app);
    page(
        &links,
        "Servers",
        &html! {
            div.card {
                h1 { "Servers" }
                @if views.is_empty() {
                    p { "There are none yet. Add one to " code { (app.settings.path().display()) } ":" }
                    p { code { r#"{ "mcpServers": { "example": { "url": "https://mcp.example.com/mcp" } } }"# } }
                } @else {
                    table {
                        tr { th { "Name" } th { "Status" } th { "Account" } th {} }
                        @for view in &views {
                            tr {
                                td { strong { (view.name) } br; span.soft { (view.address) } }
                                td {
                                    span class=(colour(view.status)) { (words(view.status)) }
                                    @if let Some(problem) = &view.problem { br; span.soft { (problem) } }
                                }
                                td { (view.account.as_deref().unwrap_or("")) }
                                td { (button(&links, view)) }
                            }
                        }
                    }
                }
                p.soft { "Signed in, but your browser could not come back? " a href=(links.to(paths::PASTE)) { "Paste its address" } }
                p.soft { "MCP clients connect to " code { (app.base_url) "mcp" } " or " code { (app.base_url) "mcp/NAME" } }
            }
        },
    )
}

/// What a person can do about a server here.
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
        Status::Disabled => "switched off",
    }
}

const fn colour(status: Status) -> &'static str {
    match status {
        Status::Connected => "good",
        Status::Connecting | Status::Disabled => "soft",
        Status::Unstable | Status::LoginRequired | Status::SetupRequired | Status::Failed => "bad",
    }
}
