//! `/api/…`: JSON for scripts.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mcphub_oauth::callback;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{ApiProblem, no_browser};
use crate::app::{App, ApprovalError, PluginView};
use crate::connect::{
    BrowserId, ConnectError, Finish, IssuerTag, LoginError, ServerError, ServerView, SetupText, Sites, new_browser,
};

/// Answers with all servers, including those that cannot be used.
pub(super) async fn servers(State(app): State<App>) -> Json<Vec<ServerView>> {
    Json(app.views().await)
}

/// Answers with one server, or with the names that exist.
pub(super) async fn server(State(app): State<App>, Path(name): Path<String>) -> Result<Json<ServerView>, ApiProblem> {
    let views = app.views().await;
    let known = views.iter().map(|view| view.name.clone()).collect();
    let found = views.into_iter().find(|view| view.name == name);
    found.map(Json).ok_or(ApiProblem(ServerError::Unknown { name, known }.into()))
}

/// A fresh one-time connect link.
pub(super) async fn login(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiProblem> {
    Ok(Json(json!({ "url": app.connector.login(&name).await? })))
}

/// Begins a login from a terminal. Answers with the provider's login page, and with the id under which its answer is
/// brought back.
pub(super) async fn terminal(State(app): State<App>, Path(name): Path<String>) -> Result<Response, ApiProblem> {
    let Some(terminal) = new_browser(&app.random) else {
        return Ok(no_browser());
    };
    let begun = app.connector.begin_at_terminal(&name, &terminal).await;
    let begun = begun.map(|url| json!({ "url": url, "terminal": terminal.as_str() }));
    Ok(or_question(begun)?.into_response())
}

/// A login that has begun, or what the person must know and agree to before it does.
fn or_question(begun: Result<Value, ConnectError>) -> Result<Json<Value>, ApiProblem> {
    match begun {
        Err(ConnectError::Login(LoginError::ForeignLogin(login))) => {
            let sites = json!({ "login": login.login, "token": login.token });
            Ok(Json(json!({ "question": login.to_string(), "acknowledge": sites })))
        }
        begun => Ok(Json(begun?)),
    }
}

/// The two sites of a login that the person has read about.
#[derive(Deserialize)]
pub(super) struct Agreed {
    login: String,
    token: String,
}

/// The person goes on to a login page of another site.
pub(super) async fn acknowledge(
    State(app): State<App>,
    Path(name): Path<String>,
    Json(Agreed { login, token }): Json<Agreed>,
) -> Result<Json<Value>, ApiProblem> {
    app.connector.acknowledge_at_terminal(&name, Sites { login: &login, token: &token }).await?;
    Ok(Json(json!({ "server": name })))
}

/// The name of an account.
#[derive(Deserialize)]
pub(super) struct Account {
    account: String,
}

/// One more account of a server.
pub(super) async fn add_account(
    State(app): State<App>,
    Path(name): Path<String>,
    Json(Account { account }): Json<Account>,
) -> Result<Json<Value>, ApiProblem> {
    app.connector.add_account(&name, &account).await?;
    Ok(Json(json!({ "server": format!("{name}@{account}") })))
}

/// How a client is set up by hand.
pub(super) async fn guide(State(app): State<App>, Path(name): Path<String>) -> Result<Json<SetupText>, ApiProblem> {
    Ok(Json(app.connector.setup_text(&name).await?))
}

/// Takes what the provider handed out, and answers with a fresh connect link.
pub(super) async fn set_up(
    State(app): State<App>,
    Path(name): Path<String>,
    Json(form): Json<BTreeMap<String, String>>,
) -> Result<Json<Value>, ApiProblem> {
    let form: Vec<(String, String)> = form.into_iter().collect();
    app.connector.set_up(&name, &form).await?;
    Ok(Json(json!({ "url": app.connector.login(&name).await? })))
}

/// A login on another device.
pub(super) async fn device(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiProblem> {
    or_question(app.connector.login_on_device(&name).await.map(|login| json!(login)))
}

/// The answer of a login that was started at a terminal.
#[derive(Deserialize)]
pub(super) struct PastedBody {
    terminal: String,
    url: String,
}

/// Takes the address at which the person's browser ended.
pub(super) async fn bring_back(
    State(app): State<App>,
    Json(pasted): Json<PastedBody>,
) -> Result<Json<Value>, ApiProblem> {
    let (terminal, tag) = (BrowserId::parse(&pasted.terminal), IssuerTag::in_redirect_uri(&pasted.url));
    Ok(Json(told(app.connector.finish(tag, callback::pasted(&pasted.url), terminal.as_ref()).await?)))
}

/// Where a login stands: done, to be gone on with at a URL, or with a question first.
fn told(finish: Finish) -> Value {
    match finish {
        Finish::Done(finished) => json!({ "server": finished.server, "account": finished.account }),
        Finish::Again(url) => json!({ "url": url }),
        Finish::Choose(choice) => {
            let option = |(value, label): &(String, String)| json!({ "value": value, "label": label });
            let options: Vec<Value> = choice.options.iter().map(option).collect();
            json!({ "question": { "ticket": choice.ticket, "title": choice.title, "options": options } })
        }
    }
}

/// The answer that a person at a terminal chose.
#[derive(Deserialize)]
pub(super) struct ChoiceBody {
    terminal: String,
    ticket: String,
    value: String,
}

/// Takes the answer to the question of a login that was started at a terminal.
pub(super) async fn choose(State(app): State<App>, Json(chosen): Json<ChoiceBody>) -> Result<Json<Value>, ApiProblem> {
    let terminal = BrowserId::parse(&chosen.terminal);
    Ok(Json(told(app.connector.choose(&chosen.ticket, terminal.as_ref(), &chosen.value).await?)))
}

/// Forgets the grant, and takes it back at the provider where that is possible.
pub(super) async fn logout(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiProblem> {
    Ok(Json(json!({ "message": app.connector.logout(&name).await?.sentence })))
}

/// The plugins, those that do not load included.
pub(super) async fn plugins(State(app): State<App>) -> Json<Vec<PluginView>> {
    Json(app.plugins().await)
}

/// The digest of the file that a person looked at.
#[derive(Deserialize)]
pub(super) struct Looked {
    sha256: String,
}

/// Lets a plugin serve that waits for a person's word, if its file is still the one they looked at.
pub(super) async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    looked: Option<Json<Looked>>,
) -> (StatusCode, Json<Value>) {
    let Some(Json(Looked { sha256 })) = looked else {
        let missing = "say which file you looked at: {\"sha256\": \"…\"}, as GET /api/plugins shows it";
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": missing })));
    };
    match app.approve(&id, &sha256).await {
        Ok(message) => (StatusCode::OK, Json(json!({ "message": message }))),
        Err(error) => (approval_status(&error), Json(json!({ "error": error.to_string() }))),
    }
}

const fn approval_status(error: &ApprovalError) -> StatusCode {
    match error {
        ApprovalError::NoneWaits(_) => StatusCode::NOT_FOUND,
        ApprovalError::OtherFile { .. } | ApprovalError::Refused(_) => StatusCode::CONFLICT,
        ApprovalError::Forgotten { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
