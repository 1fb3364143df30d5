//! `mcphub auth setup`: the provider's guide, and what it hands out.

use http::Method;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use super::error::CliError;
use super::local::Local;
use super::output::{note, say};
use crate::serve::paths;

/// Shows the guide, asks for the values, writes them into the settings, and prints the link to sign in.
pub(super) async fn setup(local: &Local, server: &str) -> Result<(), CliError> {
    let hub = local.running_or_own().await?;
    let path = paths::filled(paths::API_SETUP, server);
    let guide = hub.get(Method::GET, &path).await?;
    say(&format!("{}: {}.", text(&guide, "provider"), text(&guide, "why")));
    say(&format!("This hub's redirect URI, exactly:\n  {}", text(&guide, "redirect_uri")));
    for scope in list(&guide, "scopes").iter().filter_map(Value::as_str) {
        say(&format!("The login asks for {scope}"));
    }
    for (number, way) in list(&guide, "guides").iter().enumerate() {
        say(&format!("\n{}) {}\n{}", number + 1, text(way, "title"), text(way, "text")));
    }
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut form = Map::new();
    if let Some(id) = chosen(&mut lines, list(&guide, "guides")).await? {
        form.insert("guide".into(), json!(id));
    }
    for field in list(&guide, "fields") {
        let optional = field.get("required").and_then(Value::as_bool) == Some(false);
        let question = format!("{}{}", text(field, "label"), if optional { ", or nothing" } else { "" });
        let hidden = field.get("secret").and_then(Value::as_bool).unwrap_or(false);
        form.insert(text(field, "name"), json!(ask(&mut lines, &question, hidden).await?));
    }
    let answer = hub.post(&path, &Value::Object(form)).await?;
    say(&format!("written into the settings; now open this link and sign in:\n  {}", text(&answer, "url")));
    Ok(())
}

/// Asks which of several ways was taken. An empty answer means the first.
async fn chosen(lines: &mut Lines<BufReader<Stdin>>, ways: &[Value]) -> Result<Option<String>, CliError> {
    if ways.len() < 2 {
        return Ok(ways.first().map(|way| text(way, "id")));
    }
    let said = ask(lines, &format!("Which one did you take, 1 to {}", ways.len()), false).await?;
    let number: usize = if said.is_empty() { 1 } else { said.parse().unwrap_or(0) };
    let way = number.checked_sub(1).and_then(|index| ways.get(index));
    let unknown = || CliError::Refused(format!("there is no choice {said:?}; give a number from 1 to {}", ways.len()));
    way.map(|way| Some(text(way, "id"))).ok_or_else(unknown)
}

async fn ask(lines: &mut Lines<BufReader<Stdin>>, question: &str, hidden: bool) -> Result<String, CliError> {
    note(&format!("{question}:"));
    let echo = hidden.then(Echo::off);
    let line = lines.next_line().await.ok().flatten();
    drop(echo);
    let ended = || CliError::Refused("the input ended before everything was given; nothing was written".to_owned());
    line.map(|line| line.trim().to_owned()).ok_or_else(ended)
}

/// What is typed is not shown until this is dropped. Nothing happens where no terminal is.
struct Echo(Option<rustix::termios::Termios>);

impl Echo {
    fn off() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let Ok(before) = tcgetattr(std::io::stdin()) else {
            return Self(None);
        };
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // A terminal that refuses shows what is typed, as it did before.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden);
        Self(Some(before))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
