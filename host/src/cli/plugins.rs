//! `mcphub plugins`.

use std::path::{Path, PathBuf};

use http::Method;
use mcphub_oauth::profile::{Comparison, Condition, MatchField};
use mcphub_plugins::{Limits, Origin, Plugin, PluginHost};

use super::CliError;
use super::local::{Local, segment};
use super::output::{say, table};
use crate::{app, rehearse};

/// What is loaded, and what could not be.
pub(super) async fn list(local: &Local, json: bool) -> Result<(), CliError> {
    let views = match local.running().await {
        Some(hub) => hub.get(Method::GET, "/api/plugins").await?,
        None => app::plugin_views(&local.app().await?.catalogue),
    };
    if json {
        say(&format!("{views:#}"));
        return Ok(());
    }
    let views: Vec<Listed> = serde_json::from_value(views).map_err(|error| CliError::Refused(error.to_string()))?;
    let heads = ["ID", "VERSION", "CONTRACT", "STATUS", "SHA-256", "ORIGIN", "MATCHES", "NAMES"];
    let rows = views.iter().map(Listed::row);
    say(&table(&[heads.map(str::to_owned).to_vec()].into_iter().chain(rows).collect::<Vec<_>>()));
    for view in &views {
        if let Some(problem) = &view.problem {
            say(&format!("{}: {problem}", view.origin));
        }
        for reason in &view.reasons {
            let id = &view.id;
            say(&format!("{id} waits: {reason}. Let it serve with: mcphub plugins approve {id}"));
        }
    }
    Ok(())
}

/// A plugin of the API's list.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Listed {
    id: String,
    version: String,
    contract: String,
    status: String,
    sha256: String,
    origin: String,
    matches: Vec<String>,
    overrides: Vec<String>,
    hosts: Vec<String>,
    reasons: Vec<String>,
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
        vec![id, version, contract, status, digest, origin, self.matches.join(", "), self.hosts.join(", ")]
    }
}

/// Lets a plugin serve that waits for a person's word.
pub(super) async fn approve(local: &Local, id: &str) -> Result<(), CliError> {
    let hub = local.running_or_own().await?;
    let answer = hub.get(Method::POST, &format!("/api/plugins/{}/approve", segment(id))).await?;
    say(answer.get("message").and_then(serde_json::Value::as_str).unwrap_or_default());
    Ok(())
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
pub(super) async fn test(local: &Local, file: &Path, cases: &[PathBuf]) -> Result<(), CliError> {
    let (host, origin, bytes) = opened(local, file).await?;
    let plugin = host.load(origin, bytes).await.map_err(|error| refused(file, &error))?;
    let standard = [PathBuf::from("cases")];
    let files = rehearse::files(if cases.is_empty() { &standard } else { cases }).map_err(CliError::Refused)?;
    let id = plugin.profile().identity.id.clone();
    let catalogue = app::plugins(local.options.cache.as_deref(), &[]).await.map_err(app::AppError::from)?;
    catalogue.add(plugin);
    let mut failed = Vec::new();
    for path in &files {
        match rehearse::play_file(path, catalogue.clone(), &id).await {
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
    Err(CliError::Refused(failed.join("\n")))
}

async fn opened(local: &Local, file: &Path) -> Result<(PluginHost, Origin, Vec<u8>), CliError> {
    let bytes = tokio::fs::read(file).await.map_err(|error| refused(file, &format!("cannot be read: {error}")))?;
    let host = PluginHost::new(local.options.cache.as_deref(), Limits::default()).map_err(app::AppError::from)?;
    Ok((host, Origin::File(file.to_owned()), bytes))
}

fn refused(file: &Path, problem: &impl std::fmt::Display) -> CliError {
    CliError::Refused(format!("{}: {problem}", file.display()))
}

fn described(plugin: &Plugin) -> String {
    let profile = plugin.profile();
    let identity = &profile.identity;
    let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    let rules = profile.rules.iter().map(|rule| {
        let conditions = list(rule.conditions.iter().map(condition).collect());
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
        ("version", identity.version.clone()),
        ("contract", plugin.contract().to_owned()),
        ("sha-256", plugin.sha256().to_owned()),
        ("size", format!("{} bytes", plugin.size())),
        ("imports", list(plugin.imports().to_vec())),
        ("exports", list(plugin.exports().to_vec())),
        ("hosts", list(identity.hosts.iter().map(ToString::to_string).collect())),
        ("serves", list(rules.collect())),
        ("asks for", list(profile.inputs.iter().map(|input| input.title.clone()).collect())),
        ("guides", list(profile.guides.iter().map(|guide| guide.title.clone()).collect())),
    ];
    table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}

/// `server host ends with .example.com`.
fn condition(condition: &Condition) -> String {
    let field = match condition.field {
        MatchField::ServerHost => "server host",
        MatchField::ServerPath => "server path",
        MatchField::Issuer => "issuer",
        MatchField::IssuerHost => "issuer's host",
    };
    let comparison = match condition.comparison {
        Comparison::Exact => "is",
        Comparison::Prefix => "begins with",
        Comparison::Suffix => "ends with",
    };
    format!("{field} {comparison} {}", condition.value)
}
