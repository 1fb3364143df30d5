//! `mcphub auth`.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use url::Url;

use super::error::CliError;
use super::local::{Local, RunningHub};
use super::output::{note, say, table};
use crate::serve::paths;
use crate::settings::DEFAULT_ACCOUNT;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// How often the hub is asked.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long servers may take to answer for a status.
const SETTLING: Duration = Duration::from_secs(15);

/// Where every login stands.
pub(super) async fn status(local: &Local, json: bool) -> Result<(), CliError> {
    let hub = local.running_or_own().await?;
    let views = settled(&hub).await?;
    if json {
        say(&pretty(&views));
        return Ok(());
    }
    let servers = views.as_array().map(Vec::as_slice).unwrap_or_default();
    if servers.is_empty() {
        say("there are no servers in the settings");
    }
    for server in servers {
        say(&format!("{}  {}", text(server, "name"), text(server, "status").replace('_', " ")));
        let details = ["address", "provider", "issuer", "account", "expires_at", "login_ends_at", "problem"];
        let rows = details.iter().filter(|name| !text(server, name).is_empty());
        let rows: Vec<Vec<String>> =
            rows.map(|name| vec![format!("  {}", name.replace('_', " ")), text(server, name)]).collect();
        say(&table(&rows));
        for (list, label) in [("learned", "learned"), ("notes", "note")] {
            let said = server.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            said.for_each(|said| say(&format!("  {label}: {said}")));
        }
        for event in server.get("events").and_then(Value::as_array).into_iter().flatten() {
            say(&line(event));
        }
    }
    Ok(())
}

/// The servers, once none is being tried any more or patience ends.
async fn settled(hub: &RunningHub) -> Result<Value, CliError> {
    let until = tokio::time::Instant::now() + SETTLING;
    loop {
        let views = hub.get(Method::GET, paths::API_SERVERS).await?;
        let servers = views.as_array().map(Vec::as_slice).unwrap_or_default();
        let trying = servers.iter().any(|server| text(server, "status") == "connecting");
        if !trying || tokio::time::Instant::now() > until {
            return Ok(views);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Logs in to a server.
pub(super) async fn login(local: &Local, server: &str, account: Option<&str>) -> Result<(), CliError> {
    let hub = local.running_or_own().await?;
    let server = match account.filter(|account| *account != DEFAULT_ACCOUNT) {
        None => server.to_owned(),
        Some(account) => {
            let path = paths::filled(paths::API_ACCOUNTS, server);
            text(&hub.post(&path, &json!({ "account": account })).await?, "server")
        }
    };
    let server = server.as_str();
    let path = paths::filled(paths::API_SERVER, server);
    let before = hub.get(Method::GET, &path).await?;
    let answer = hub.get(Method::POST, &paths::filled(paths::API_LOGIN, server)).await?;
    let link = text(&answer, "url");
    if local.options.open_browser {
        say(&format!("open this link in your browser and sign in:\n  {link}"));
        if let Ok(link) = Url::parse(&link) {
            crate::desktop::open(&link);
        }
        return follow(&hub, &path, server, &before).await;
    }
    let terminal = begun(&hub, server, paths::API_LOGIN_AT_TERMINAL).await?;
    let device = begun(&hub, server, paths::API_LOGIN_ON_DEVICE).await?;
    if let Ok(device) = &device {
        let (page, code) = (text(device, "verification_uri"), text(device, "user_code"));
        say(&format!("open {page} on any device, enter {code} and sign in"));
    }
    let answer = match (terminal, device) {
        (Ok(answer), _) => answer,
        (Err(_), Ok(_)) => return follow(&hub, &path, server, &before).await,
        (Err(why), Err(_)) => {
            say(&format!("{why}\nopen this link in a browser on this machine:\n  {link}"));
            return follow(&hub, &path, server, &before).await;
        }
    };
    say(&format!("open this link in a browser on this machine and sign in:\n  {link}"));
    say(&format!("or this one in a browser on any machine:\n  {}", text(&answer, "url")));
    say("after the second one paste the address that the browser ends at, even if it shows an error, and press Enter:");
    let terminal = text(&answer, "terminal");
    tokio::select! {
        followed = follow(&hub, &path, server, &before) => followed,
        brought = bring_back(&hub, &terminal) => brought,
    }
}

/// Begins a login, or says why that way is not open; where its page is of another site, the person is asked first, and one who
/// does not agree is led no other way.
async fn begun(hub: &RunningHub, server: &str, way: &str) -> Result<Result<Value, String>, CliError> {
    let begin = async || match hub.get(Method::POST, &paths::filled(way, server)).await {
        Ok(answer) => Ok(Ok(answer)),
        Err(CliError::Refused(why)) => Ok(Err(why)),
        Err(error) => Err(error),
    };
    let answer = match begin().await? {
        Ok(answer) => answer,
        Err(why) => return Ok(Err(why)),
    };
    let Some(sites) = answer.get("acknowledge") else { return Ok(Ok(answer)) };
    say(&format!("{}. Go on only if you know that they belong together.\ngo on? [y/N]", text(&answer, "question")));
    let typed = BufReader::new(tokio::io::stdin()).lines().next_line().await.ok().flatten().unwrap_or_default();
    if !matches!(typed.trim(), "y" | "Y" | "yes") {
        return Err(CliError::Refused(format!("{}; you did not agree to that", text(&answer, "question"))));
    }
    hub.post(&paths::filled(paths::API_ACKNOWLEDGE, server), sites).await?;
    begin().await
}

/// Takes pasted addresses until one is the answer. Ends never where nothing can be pasted.
async fn bring_back(hub: &RunningHub, terminal: &str) -> Result<(), CliError> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut question: Option<Value> = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim().is_empty() {
            continue;
        }
        let answer = match chosen(question.as_ref(), &line) {
            Some((ticket, value)) => {
                let answer = json!({ "terminal": terminal, "ticket": ticket, "value": value });
                hub.post(paths::API_CHOOSE, &answer).await
            }
            None if question.is_some() => {
                note("enter the number of one of them");
                continue;
            }
            None => hub.post(paths::API_CALLBACK, &json!({ "terminal": terminal, "url": line })).await,
        };
        match answer {
            Ok(answer) if answer.get("server").is_some() => {
                let account = text(&answer, "account");
                let whose = if account.is_empty() { String::new() } else { format!(" as {account}") };
                say(&format!("{} is logged in{whose}", text(&answer, "server")));
                return Ok(());
            }
            Ok(answer) if answer.get("question").is_some() => {
                question = answer.get("question").cloned();
                say(&asked(question.as_ref()));
            }
            Ok(answer) => say(&format!("once more, please; something was learned:\n  {}", text(&answer, "url"))),
            Err(CliError::Refused(sentence)) => note(&sentence),
            Err(error) => return Err(error),
        }
    }
    std::future::pending().await
}

/// A question with its answers, numbered.
fn asked(question: Option<&Value>) -> String {
    let Some(question) = question else { return String::new() };
    let options = question.get("options").and_then(Value::as_array).into_iter().flatten().enumerate();
    let options = options.map(|(at, option)| format!("\n  {}  {}", at + 1, text(option, "label")));
    format!("{}{}\nenter a number:", text(question, "title"), options.collect::<String>())
}

/// The ticket of the question, and the value of the answer with the number that was typed.
fn chosen(question: Option<&Value>, typed: &str) -> Option<(String, String)> {
    let number: usize = typed.trim().parse().ok()?;
    let option = question?.get("options")?.get(number.checked_sub(1)?)?;
    Some((text(question?, "ticket"), text(option, "value")))
}

/// Prints the steps as they come, until the login is there or cannot be.
pub(super) async fn follow(hub: &RunningHub, path: &str, server: &str, before: &Value) -> Result<(), CliError> {
    let mut told = BTreeSet::new();
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut exchanged = false;
    while tokio::time::Instant::now() < until {
        let view = hub.get(Method::GET, path).await?;
        for event in events(&view) {
            if events(before).contains(event) {
                continue;
            }
            let line = line(event);
            if told.insert(line.clone()) {
                note(&line);
            }
            exchanged |= text(event, "stage") == "exchange" && text(event, "outcome") == "done";
            if text(event, "stage") == "authorization" && text(event, "outcome") == "failed" {
                return Err(CliError::Refused(format!("{}. {}", text(event, "answered"), text(event, "remedy"))));
            }
        }
        if exchanged && view.get("refreshable").is_some_and(|value| !value.is_null()) {
            let account = text(&view, "account");
            let whose = if account.is_empty() { String::new() } else { format!(" as {account}") };
            say(&format!("{server} is logged in{whose}"));
            return Ok(());
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Err(CliError::Refused("no one signed in within 10 minutes; run the command again for a fresh link".to_owned()))
}

/// Logs a server out.
pub(super) async fn logout(local: &Local, server: &str) -> Result<(), CliError> {
    if let Some(hub) = local.running().await {
        let answer = hub.get(Method::POST, &paths::filled(paths::API_LOGOUT, server)).await?;
        say(&text(&answer, "message"));
        return Ok(());
    }
    let app = local.app().await?;
    let done = app.connector.logout(server).await.map_err(|error| CliError::Refused(error.summary()))?;
    say(&done.sentence);
    Ok(())
}

/// Diagnoses a server, and fails where a login would not work.
pub(super) async fn doctor(local: &Local, url: &str, json: bool) -> Result<(), CliError> {
    let url = server_url(url)?;
    let app = local.app().await?;
    let diagnosis = app.connector.doctor(&url).await;
    let document = serde_json::to_value(&diagnosis).unwrap_or(Value::Null);
    say(&if json { pretty(&document) } else { diagnosis.to_string() });
    if diagnosis.is_good() {
        return Ok(());
    }
    Err(CliError::Refused("a login would not work; see what is marked BAD".to_owned()))
}

/// A server's URL as it was typed.
pub(super) fn server_url(text: &str) -> Result<Url, CliError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let hint = "that is not an http(s) URL; give the server's whole URL, such as https://mcp.example.com/mcp";
    url.ok_or_else(|| CliError::Refused(hint.to_owned()))
}

fn events(view: &Value) -> &[Value] {
    view.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn line(event: &Value) -> String {
    let remedy = text(event, "remedy");
    let remedy = if remedy.is_empty() { String::new() } else { format!(" {remedy}") };
    let (at, stage, outcome) = (text(event, "at"), text(event, "stage"), text(event, "outcome"));
    format!("  {at}  {stage:<13} {outcome:<7} {}: {}{remedy}", text(event, "asked"), text(event, "answered"))
}

pub(super) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
