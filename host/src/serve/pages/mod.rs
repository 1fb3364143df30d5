//! The pages: plain HTML that works without scripts.
//!
//! Each page is a function from data to markup. No page shows a token, loads anything from another site, or can be framed.

pub(super) mod assets;
pub(super) mod guide;
pub(super) mod overview;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::links::Links;
use super::paths;
use crate::app::App;
use crate::connect::{Choice, Finished, ForeignLogin};

/// Nothing loads from other sites, and no site can frame a page. Forms lead on to providers, so `form-action` is not set.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A whole page as a response, with the headers that keep it private.
pub(super) fn page(links: &Links, title: &str, content: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · MCPHub" }
                link rel="stylesheet" href=(links.to(paths::STYLE));
                script src=(links.to(paths::SCRIPT)) defer {}
            }
            body { main { (content) } }
        }
    };
    without_traces(Html(markup.into_string()).into_response())
}

/// Adds headers so that neither a cache nor another site learns which page the person saw.
///
/// The referrer policy is `same-origin`, not `no-referrer`: with the latter, browsers would also hide the `Origin` of the hub's
/// own forms, and the guard could not tell them from forms of other sites.
pub(super) fn without_traces(mut response: Response) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A question that a login needs answered before it can go on.
pub(super) fn choice(links: &Links, choice: &Choice) -> Markup {
    html! {
        div.card {
            h1 { (choice.title) }
            p { "Your login at " strong { (choice.server) } " gives access to more than one. You are asked once." }
            @for (value, label) in &choice.options {
                form method="post" action=(links.to(paths::CHOOSE)) {
                    input type="hidden" name="ticket" value=(choice.ticket);
                    input type="hidden" name="value" value=(value);
                    button type="submit" { (label) }
                }
            }
        }
    }
}

/// Asks before a login page of another site is opened: who sends the person where, and who gets the token.
pub(super) fn foreign_login(links: &Links, login: &ForeignLogin, ticket: &str) -> Markup {
    let ForeignLogin { server, address, login, token } = login;
    html! {
        div.card {
            h1 { "Sign in at " (login) "?" }
            p { "The server " strong { (server) } " at " strong { (address) } " sends you to " strong { (login) } " to sign in." }
            p {
                "Whatever you allow there is given to " strong { (address) }
                @if login != token { " and passes through " strong { (token) } }
                ". The hub cannot tell whether these belong together. Go on only if you know that they do."
            }
            form method="post" action=(links.to(&paths::filled(paths::CONNECT_GO_ON, ticket))) {
                input type="hidden" name="login" value=(login);
                input type="hidden" name="token" value=(token);
                button.main type="submit" { "Go on to " (login) }
            }
            p.soft { a href=(links.to(paths::OVERVIEW)) { "Do not sign in" } }
        }
    }
}

/// The end of a login that succeeded.
pub(super) fn signed_in(links: &Links, finished: &Finished) -> Markup {
    html! {
        div.card {
            h1.good { "Signed in to " (finished.server) }
            @if let Some(account) = &finished.account { p { "As " strong { (account) } "." } }
            p { "You can close this window. What you were doing continues by itself." }
            p.soft { a href=(links.to(paths::OVERVIEW)) { "All servers" } }
        }
    }
}

/// An error with what the person can do. Both sentences are shown as text, never as markup.
pub(super) fn wrong(links: &Links, sentence: &str, remedy: &str) -> Markup {
    html! {
        div.card {
            h1.bad { "Something went wrong" }
            p { (capital(sentence)) "." }
            @if !remedy.is_empty() { h2 { "What to do" } p { (remedy) } }
            p.soft { a href=(links.to(paths::OVERVIEW)) { "All servers" } }
        }
    }
}

/// The form for the address that a browser could not reach.
pub(super) fn paste(links: &Links) -> Markup {
    html! {
        div.card {
            h1 { "Did your browser end at an error page?" }
            p { "After you signed in, your browser was sent to an address that it could not open. Copy that whole address and paste it here." }
            form method="post" action=(links.to(paths::PASTE)) autocomplete="off" {
                label for="url" { "Address of the error page" }
                input id="url" name="url" required placeholder="http://localhost:3000/oauth/callback?code=…&state=…";
                button.main type="submit" { "Go on" }
            }
        }
    }
}

/// Instructions for something that the person must do at the provider.
pub(super) fn instructions(title: &str, text: &str) -> Markup {
    html! { div.card { h1 { (title) } p { (text) } } }
}

/// The page for a path that does not exist.
pub(super) async fn not_found(State(app): State<App>) -> Response {
    let links = Links::of(&app);
    let content = wrong(&links, "there is no such page", "MCP clients connect to /mcp or /mcp/{server}.");
    (StatusCode::NOT_FOUND, page(&links, "Not found", &content)).into_response()
}

/// The sentence with a capital letter at the start, unless it starts with an address.
fn capital(sentence: &str) -> String {
    if sentence.split_whitespace().next().is_some_and(|word| word.contains("://")) {
        return sentence.to_owned();
    }
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_sent_cannot_become_markup() {
        let page = wrong(&Links::at_root(), "<script>alert(1)</script>", "").into_string();

        assert!(!page.contains("<script>"), "{page}");
    }

    #[test]
    fn the_signed_in_page_names_server_and_account() {
        let page = signed_in(&Links::at_root(), &Finished { server: "notes".into(), account: Some("ann".into()) })
            .into_string();

        assert!(page.contains("Signed in to notes") && page.contains("ann"), "{page}");
    }

    #[test]
    fn an_error_says_what_happened_and_what_to_do() {
        let page = wrong(&Links::at_root(), "the link has expired", "Press Log in again to get a new one.");

        insta::assert_snapshot!(page.into_string().replace("><", ">\n<"));
    }

    #[test]
    fn before_another_site_is_opened_both_sites_are_named() {
        let login = ForeignLogin {
            server: "notes".into(),
            address: "mcp.example".into(),
            login: "login.example".into(),
            token: "tokens.example".into(),
        };

        insta::assert_snapshot!(foreign_login(&Links::at_root(), &login, "t1").into_string().replace("><", ">\n<"));
    }
}
