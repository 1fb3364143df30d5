//! `mcphub plugins`.

use std::path::{Path, PathBuf};

use http::Method;
use mcphub_oauth::profile::{Refresh, Rotation};
use mcphub_plugins::{Limits, Origin, Plugin, PluginHost};

use tokio::io::{AsyncBufReadExt, BufReader};

use super::error::CliError;
use super::local::Local;
use super::output::{say, table};
use crate::serve::paths;
use crate::{app, cases};

/// What is loaded, and what could not be.
pub(super) async fn list(local: &Local, json: bool) -> Result<(), CliError> {
    let views = match local.running().await {
        Some(hub) => hub.get(Method::GET, paths::API_PLUGINS).await?,
        None => serde_json::to_value(local.app().await?.plugins().await).unwrap_or_default(),
    };
    if json {
        say(&format!("{views:#}"));
        return Ok(());
    }
    let views = listed(views)?;
    let heads = ["ID", "VERSION", "CONTRACT", "STATUS", "SHA-256", "ORIGIN", "MATCHES", "NAMES", "HOMEPAGE"];
    let rows = views.iter().map(Listed::row);
    say(&table(&[heads.map(str::to_owned).to_vec()].into_iter().chain(rows).collect::<Vec<_>>()));
    for view in &views {
        if let Some(problem) = &view.problem {
            say(&format!("{}: {problem}", view.origin));
        }
        for reason in &view.reasons {
            let id = &view.id;
            say(&format!("{id} waits: {reason}. Look at it and let it serve with: mcphub plugins approve {id}"));
        }
    }
    Ok(())
}

fn listed(views: serde_json::Value) -> Result<Vec<Listed>, CliError> {
    serde_json::from_value(views).map_err(|error| CliError::Refused(error.to_string()))
}

/// A plugin of the API's list.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Listed {
    id: String,
    title: String,
    version: String,
    contract: String,
    status: String,
    sha256: String,
    origin: String,
    matches: Vec<String>,
    overrides: Vec<String>,
    hosts: Vec<String>,
    servers: Vec<String>,
    reasons: Vec<String>,
    homepage: Option<String>,
    problem: Option<String>,
}

impl Listed {
    fn row(&self) -> Vec<String> {
        let name = |id: &String| if *id == self.id { "the bundled one".to_owned() } else { id.clone() };
        let overridden: Vec<String> = self.overrides.iter().map(name).collect();
        let status = match overridden.as_slice() {
            [] => self.status.clone(),
            names => format!("{}, in place of {}", self.status, names.join(" and ")),
        };
        // Enough to tell files apart; all of it is in the log, the API and `plugins inspect`.
        let digest = self.sha256.get(..12).unwrap_or_default().to_owned();
        let (id, version, contract) = (self.id.clone(), self.version.clone(), self.contract.clone());
        let origin = self.origin.clone();
        let (matches, hosts) = (self.matches.join(", "), self.hosts.join(", "));
        vec![id, version, contract, status, digest, origin, matches, hosts, self.homepage.clone().unwrap_or_default()]
    }
}

/// How a person says that a plugin may serve.
pub(super) enum Consent {
    /// The person is asked.
    Asked,
    /// To what is shown.
    Given,
    /// To the file with this digest.
    To(String),
}

impl Consent {
    pub(super) fn of(yes: bool, sha256: Option<String>) -> Self {
        match (yes, sha256) {
            (_, Some(sha256)) => Self::To(sha256.to_ascii_lowercase()),
            (true, None) => Self::Given,
            (false, None) => Self::Asked,
        }
    }
}

/// Shows a plugin that waits, and lets exactly that file serve if the person agrees.
pub(super) async fn approve(local: &Local, id: &str, consent: Consent) -> Result<(), CliError> {
    let hub = local.running_or_own().await?;
    let views = listed(hub.get(Method::GET, paths::API_PLUGINS).await?)?;
    let waiting = views.iter().find(|view| view.id == id && !view.reasons.is_empty());
    let Some(view) = waiting else {
        return Err(CliError::Refused(format!(
            "no plugin {id:?} waits to be approved; `mcphub plugins list` shows which do"
        )));
    };
    say(&view.told());
    let sha256 = match consent {
        Consent::To(sha256) => sha256,
        Consent::Given => view.sha256.clone(),
        Consent::Asked => {
            say("let it serve? [y/N]");
            if !is_yes().await {
                return Err(CliError::Refused(format!(
                    "{id} goes on waiting; say y to let it serve, or remove its file"
                )));
            }
            view.sha256.clone()
        }
    };
    let path = paths::filled(paths::API_APPROVE, id);
    let answer = hub.post(&path, &serde_json::json!({ "sha256": sha256 })).await?;
    say(answer.get("message").and_then(serde_json::Value::as_str).unwrap_or_default());
    Ok(())
}

/// What a person types. Where nobody can, that is a no.
async fn is_yes() -> bool {
    let line = BufReader::new(tokio::io::stdin()).lines().next_line().await;
    line.ok().flatten().is_some_and(|line| matches!(line.trim(), "y" | "Y" | "yes" | "Yes"))
}

impl Listed {
    /// Everything to look at before it serves.
    fn told(&self) -> String {
        let list = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
        let rows = [
            ("plugin", format!("{} {} ({})", self.id, self.version, self.title)),
            ("file", self.origin.clone()),
            ("homepage", self.homepage.clone().unwrap_or_else(|| "none".to_owned())),
            ("sha-256", self.sha256.clone()),
            ("may send to", list(&self.hosts)),
            ("is for", list(&self.matches)),
            ("would serve", list(&self.servers)),
            ("in place of", list(&self.overrides)),
            ("waits because", self.reasons.join("; ")),
        ];
        table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
    }
}

/// What is in a file, or what is wrong with it.
pub(super) async fn inspect(local: &Local, file: &Path) -> Result<(), CliError> {
    let (host, origin, bytes) = opened(local, file).await?;
    let plugin = host.load(origin, bytes).await.map_err(|error| refused(file, &error))?;
    say(&described(&plugin));
    Ok(())
}

/// Loads a file as the hub would, calls everything it exports, and says what that costs and what is wrong.
pub(super) async fn check(local: &Local, file: &Path) -> Result<(), CliError> {
    let (host, origin, bytes) = opened(local, file).await?;
    let tried = host.try_out(origin, bytes).await.map_err(|error| refused(file, &error))?;
    say(&described(&tried.plugin));
    let limit = Limits::default().fuel;
    let mut rows = vec![["CALL", "FUEL", "OF THE LIMIT", ""].map(str::to_owned).to_vec()];
    rows.extend(tried.trials.iter().map(|trial| {
        let share = trial.fuel.saturating_mul(100).div_ceil(limit);
        let verdict = if trial.fault.is_none() { "ok" } else { "WRONG" };
        vec![trial.call.clone(), trial.fuel.to_string(), format!("{share} %"), verdict.to_owned()]
    }));
    say(&table(&rows));
    let faults: Vec<String> =
        tried.trials.iter().filter_map(|trial| Some(format!("{}: {}", trial.call, trial.fault.as_ref()?))).collect();
    if faults.is_empty() {
        say(&format!("{} calls, each twice: it keeps the contract", tried.trials.len()));
        return Ok(());
    }
    Err(CliError::Refused(format!("{}: {}", file.display(), faults.join("\n"))))
}

/// Plays cases with a file's plugin, the bundled ones beside it; it must serve.
pub(super) async fn test(local: &Local, file: &Path, named: &[PathBuf]) -> Result<(), CliError> {
    let (host, origin, bytes) = opened(local, file).await?;
    let plugin = host.load(origin, bytes).await.map_err(|error| refused(file, &error))?;
    let standard = [PathBuf::from("cases")];
    let files = cases::files(if named.is_empty() { &standard } else { named }).map_err(CliError::Refused)?;
    let id = plugin.profile().identity.id.clone();
    let catalogue = app::plugins(local.options.cache.as_deref(), &[]).await.map_err(app::AppError::from)?;
    catalogue.add(plugin);
    let mut failed = Vec::new();
    for path in &files {
        match cases::play_file(path, catalogue.clone(), &id).await {
            Ok(title) => say(&format!("ok      {}: {title}", path.display())),
            Err(faults) => {
                say(&format!("FAILED  {}", path.display()));
                failed.extend(faults.into_iter().map(|fault| format!("{}: {fault}", path.display())));
            }
        }
    }
    if failed.is_empty() {
        say(&format!("{} cases went as expected", files.len()));
        return Ok(());
    }
    failed.push("to see what the plugin was told, answered and printed in each call, add --verbose".to_owned());
    Err(CliError::Refused(failed.join("\n")))
}

async fn opened(local: &Local, file: &Path) -> Result<(PluginHost, Origin, Vec<u8>), CliError> {
    let bytes = tokio::fs::read(file).await.map_err(|error| refused(file, &format!("cannot be read: {error}")))?;
    let host = app::host(local.options.cache.as_deref()).map_err(app::AppError::from)?;
    Ok((host, Origin::File(file.to_owned()), bytes))
}

fn refused(file: &Path, problem: &impl std::fmt::Display) -> CliError {
    CliError::Refused(format!("{}: {problem}", file.display()))
}

/// What becomes of a refresh token, and how long a login lasts.
fn refresh_tokens(rules: &Refresh) -> String {
    let rotation = match rules.rotation {
        Rotation::Unknown => "not known whether they rotate",
        Rotation::None => "stay valid",
        Rotation::SingleUse => "are replaced at each use",
        Rotation::Grace => "are replaced at each use, and stay valid until the new one is used",
        Rotation::FamilyRevoking => "are replaced at each use; a second use ends the login",
    };
    let days = |seconds: u32| format!("{:.1} days", f64::from(seconds) / 86_400.0);
    let idle = rules.idle_lifetime_seconds.map(|life| format!("a login ends after {} without use", days(life)));
    let absolute = rules.absolute_lifetime_seconds.map(|life| format!("a login ends {} after it was made", days(life)));
    [Some(rotation.to_owned()), idle, absolute].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn described(plugin: &Plugin) -> String {
    let profile = plugin.profile();
    let identity = &profile.identity;
    let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    let rules = profile.matching.iter().map(|rule| {
        let conditions = list(rule.conditions.iter().map(ToString::to_string).collect());
        format!(
            "{} (priority {}{}): {conditions}",
            rule.variant,
            rule.priority,
            if rule.ask { ", only when named" } else { "" }
        )
    });
    let rows = [
        ("id", identity.id.clone()),
        ("title", identity.title.clone()),
        ("description", identity.description.clone()),
        ("homepage", identity.homepage.clone().unwrap_or_else(|| "none".to_owned())),
        ("version", identity.version.clone()),
        ("contract", plugin.contract().to_owned()),
        ("sha-256", plugin.sha256().to_owned()),
        ("size", format!("{} bytes", plugin.size())),
        ("imports", list(plugin.imports().to_vec())),
        ("exports", list(plugin.exports().to_vec())),
        ("hosts", list(identity.hosts.iter().map(ToString::to_string).collect())),
        ("serves", list(rules.collect())),
        ("asks for", list(profile.inputs.iter().map(|input| input.title.clone()).collect())),
        ("guides", list(profile.setup.iter().map(|guide| guide.title.clone()).collect())),
        ("refresh tokens", refresh_tokens(&profile.refresh)),
    ];
    table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}
