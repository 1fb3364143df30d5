//! `mcphub auth login SERVER --record DIR`.

use std::path::{Path, PathBuf};

use http::Method;
use url::Url;

use super::CliError;
use super::auth;
use super::local::{Local, segment};
use super::output::{note, say};
use crate::app;
use crate::clock::Clock;
use crate::egress::Egress;
use crate::rehearse::{Recorder, replay};
use crate::settings::{SettingsFile, Transport};

/// Logs in with a hub that writes down what is said, and plays the case once.
pub(super) async fn login(local: &Local, server: &str, directory: &Path) -> Result<(), CliError> {
    if local.running().await.is_some() {
        let told = "a hub runs with these settings, and only the one that logs in can record; stop it meanwhile";
        return Err(CliError::Refused(told.to_owned()));
    }
    let (began, recorder) = (Clock::system().now(), Recorder::default());
    let hub = local.own(Egress::new().witnessed_by(recorder.witness()), Some(server.to_owned())).await?;
    let path = format!("/api/servers/{}", segment(server));
    let before = hub.get(Method::GET, &path).await?;
    let link = auth::text(&hub.get(Method::POST, &format!("{path}/login")).await?, "url");
    say(&format!("open this link in a browser on this machine and sign in:\n  {link}"));
    if let (true, Ok(link)) = (local.options.open_browser, Url::parse(&link)) {
        crate::desktop::open(&link);
    }
    auth::follow(&hub, &path, server, &before).await?;
    let (url, oauth) = settings(local, server)?;
    let login = recorder.recorded(&url, &oauth, began);
    let login = login.ok_or_else(|| CliError::Refused("there was no login to record; try again".to_owned()))?;
    let text = login.case.to_text().map_err(|error| CliError::Refused(error.to_string()))?;
    let file = free(directory, server);
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&file, text));
    written.map_err(|error| CliError::Refused(format!("{} cannot be written: {error}", file.display())))?;
    say(&format!("{} holds the login, {} values of it replaced by slots", file.display(), login.replaced));
    let provider = auth::text(&hub.get(Method::GET, &path).await?, "provider");
    let catalogue = app::plugins(local.options.cache.as_deref(), &local.options.plugins).await;
    let played = replay(&login.case, catalogue.map_err(app::AppError::from)?, &provider).await;
    match played.map_err(|error| CliError::Refused(error.to_string()))? {
        faults if faults.is_empty() => say("played back, it goes as it went; look it over before you share it"),
        faults => note(&format!("played back, it goes otherwise; mend the file: {}", faults.join("; "))),
    }
    Ok(())
}

/// The server's URL and `oauth`, as they are written.
fn settings(local: &Local, server: &str) -> Result<(Url, serde_json::Map<String, serde_json::Value>), CliError> {
    let file = SettingsFile::open(&local.options.settings, local.environment.clone()).map_err(app::AppError::from)?;
    let servers = file.load().map_err(app::AppError::from)?.settings.usable();
    let url = servers.iter().find(|known| known.name == server).and_then(|known| match &known.transport {
        Transport::Http { url, .. } => Some(url.clone()),
        Transport::Stdio { .. } => None,
    });
    let url = url.ok_or_else(|| CliError::Refused(format!("{server} is no server with a URL")))?;
    let written = file.section("mcpServers").map_err(app::AppError::from)?.unwrap_or_default();
    let oauth = written.get(server).and_then(|entry| entry.get("oauth")).and_then(serde_json::Value::as_object);
    Ok((url, oauth.cloned().unwrap_or_default()))
}

/// A name in the directory that nothing has yet.
fn free(directory: &Path, server: &str) -> PathBuf {
    let plain: String = server.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let numbered = (2_u32..).map(|number| format!("{plain}-login-{number}.toml"));
    let names = std::iter::once(format!("{plain}-login.toml")).chain(numbered);
    let mut paths = names.map(|name| directory.join(name));
    paths.find(|path| !path.exists()).unwrap_or_else(|| directory.join("login.toml"))
}
