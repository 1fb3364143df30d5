//! `mcphub auth login SERVER --record DIR`.

use std::path::{Path, PathBuf};

use http::Method;
use mcphub_plugins::Catalogue;
use serde_json::{Map, Value};
use url::Url;

use super::auth;
use super::error::CliError;
use super::local::Local;
use super::output::{note, say};
use crate::app;
use crate::cases::{Recorded, Recorder, replay};
use crate::clock::Clock;
use crate::serve::paths;
use crate::settings::{Environment, SettingsFile, Transport};

/// Logs in with a hub of its own that records the login, and plays the recorded case once.
pub(super) async fn login(local: &Local, server: &str, directory: &Path) -> Result<(), CliError> {
    if local.running().await.is_some() {
        let told = "a hub runs with these settings, and only the one that logs in can record; stop it meanwhile";
        return Err(CliError::Refused(told.to_owned()));
    }
    let (began, recorder) = (Clock::system().now(), Recorder::default());
    let hub = local.recording(&recorder, server.to_owned()).await?;
    let path = paths::filled(paths::API_SERVER, server);
    let before = hub.get(Method::GET, &path).await?;
    let link = auth::text(&hub.get(Method::POST, &format!("{path}/login")).await?, "url");
    say(&format!("open this link in a browser on this machine and sign in:\n  {link}"));
    if let (true, Ok(link)) = (local.options.open_browser, Url::parse(&link)) {
        crate::desktop::open(&link);
    }
    auth::follow(&hub, &path, server, &before).await?;
    let provider = auth::text(&hub.get(Method::GET, &path).await?, "provider");
    let catalogue = app::plugins(local.options.cache.as_deref(), &local.options.plugins).await;
    let catalogue = catalogue.map_err(app::AppError::from)?;
    let (url, oauth) = settings(local, server)?;
    let login = recorder.recorded(&url, &oauth, &secret_inputs(&catalogue, &provider), began);
    let login = login.ok_or_else(|| CliError::Refused("there was no login to record; try again".to_owned()))?;
    write(&login, directory, server)?;
    let played = replay(&login.case, catalogue, &provider).await;
    match played.map_err(|error| CliError::Refused(error.to_string()))? {
        faults if faults.is_empty() => say("played back, it goes as it went; look it over before you share it"),
        faults => {
            note(&format!("the recorded case does not play as expected; correct the file: {}", faults.join("; ")));
        }
    }
    Ok(())
}

fn write(login: &Recorded, directory: &Path, server: &str) -> Result<(), CliError> {
    let text = login.case.to_text().map_err(|error| CliError::Refused(error.to_string()))?;
    let file = free(directory, server);
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&file, text));
    written.map_err(|error| CliError::Refused(format!("{} cannot be written: {error}", file.display())))?;
    say(&format!("{} holds the login, {} values of it replaced by slots", file.display(), login.replaced));
    Ok(())
}

/// The server's URL and its `oauth` as the login had them: the recording must know what placeholders stand for.
fn settings(local: &Local, server: &str) -> Result<(Url, Map<String, Value>), CliError> {
    let file = SettingsFile::open(&local.options.settings, local.environment.clone()).map_err(app::AppError::from)?;
    let servers = file.load().map_err(app::AppError::from)?.settings.usable();
    let known = servers.iter().find(|known| known.name == server);
    let found = known.and_then(|known| match &known.transport {
        Transport::Http { url, .. } => Some((url.clone(), known.entry.as_str())),
        Transport::Stdio { .. } => None,
    });
    let no_server = || CliError::Refused(format!("{server} is not a server with a URL; name one that is"));
    let (url, entry) = found.ok_or_else(no_server)?;
    let written = file.section("mcpServers").map_err(app::AppError::from)?.unwrap_or_default();
    let oauth = written.get(entry).and_then(|entry| entry.get("oauth")).cloned().unwrap_or_default();
    let oauth = filled(&oauth, &local.environment);
    Ok((url, oauth.as_object().cloned().unwrap_or_default()))
}

/// The same with the placeholders in all its texts filled.
fn filled(value: &Value, environment: &Environment) -> Value {
    match value {
        Value::String(text) => Value::String(environment.fill(text)),
        Value::Array(items) => items.iter().map(|item| filled(item, environment)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), filled(value, environment)));
            Value::Object(members.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Which inputs the plugin that served the login keeps like a client secret.
fn secret_inputs(catalogue: &Catalogue, provider: &str) -> Vec<String> {
    let plugin = catalogue.by_id(provider);
    let inputs = plugin.iter().flat_map(|plugin| &plugin.profile().inputs);
    inputs.filter(|input| input.secret).map(|input| input.key.clone()).collect()
}

/// A name in the directory that nothing has yet.
fn free(directory: &Path, server: &str) -> PathBuf {
    let plain: String = server.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let numbered = (2_u32..).map(|number| format!("{plain}-login-{number}.toml"));
    let names = std::iter::once(format!("{plain}-login.toml")).chain(numbered);
    let mut paths = names.map(|name| directory.join(name));
    paths.find(|path| !path.exists()).unwrap_or_else(|| directory.join("login.toml"))
}
