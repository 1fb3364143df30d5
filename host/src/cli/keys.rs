//! `mcphub keys`.

use http::Method;
use serde_json::{Value, json};

use super::error::CliError;
use super::local::Local;
use super::output::{note, say, table};
use crate::app::{KeyError, KeyView, add_key, revoke_key};
use crate::keys::WantedKey;
use crate::random::Random;
use crate::serve::paths;
use crate::settings::SettingsFile;

/// The keys that can be used, and what is wrong with the others. Shows no token.
pub(super) fn list(local: &Local, json: bool) -> Result<(), CliError> {
    let loaded = file(local)?.load()?;
    let keys = KeyView::all(&loaded);
    if json {
        say(&format!("{:#}", json!(keys)));
        return Ok(());
    }
    if keys.is_empty() {
        say("there are no keys; make one with `mcphub keys add NAME`");
    } else {
        say(&table(&keys.iter().map(row).collect::<Vec<_>>()));
    }
    let of_keys =
        |key: &str| ["bearerKeys", "obtained", "systemConfig.routing"].iter().any(|start| key.starts_with(start));
    for fault in loaded.faults.iter().chain(&loaded.warnings).filter(|fault| of_keys(&fault.key)) {
        note(&fault.to_string());
    }
    Ok(())
}

fn row(key: &KeyView) -> Vec<String> {
    let servers = key.servers.as_ref().map_or_else(|| "all servers".to_owned(), |servers| servers.join(", "));
    let admin = if key.admin { "admin" } else { "" };
    vec![key.name.clone(), key.source.to_owned(), admin.to_owned(), servers]
}

/// Makes a key and prints its token, this once. A running hub accepts it when this returns.
pub(super) async fn add(local: &Local, wanted: WantedKey) -> Result<(), CliError> {
    let was_open = !file(local)?.load()?.settings.keys.are_demanded;
    let token = match local.running().await {
        Some(hub) => {
            let WantedKey { name, groups, servers, is_admin } = &wanted;
            let body = json!({ "name": name, "groups": groups, "servers": servers, "admin": is_admin });
            let made = hub.post(paths::API_KEYS, &body).await?;
            made.get("token").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        None => add_key(&file(local)?, &wanted, &Random::system()).map_err(|error| refused(&error))?,
    };
    say(&token);
    note("this key is shown once; send it as \"Authorization: Bearer KEY\"");
    match (was_open, file(local)?.load()?.settings.keys.are_demanded) {
        (_, false) => note("systemConfig.routing.enableBearerAuth is false, so that no key is asked for"),
        (true, true) => note("it is the first one: from now on every MCP client must send a key"),
        (false, true) => {}
    }
    Ok(())
}

/// Revokes a key. With a running hub it opens nothing any more when this returns.
pub(super) async fn revoke(local: &Local, name: &str) -> Result<(), CliError> {
    match local.running().await {
        Some(hub) => drop(hub.get(Method::DELETE, &paths::filled(paths::API_KEY, name)).await?),
        None => revoke_key(&file(local)?, name).map_err(|error| refused(&error))?,
    }
    note(&format!("the key {name} is revoked"));
    if !file(local)?.load()?.settings.keys.are_demanded {
        note("there is no key left: on this machine, clients need none");
    }
    Ok(())
}

fn file(local: &Local) -> Result<SettingsFile, CliError> {
    Ok(SettingsFile::open(&local.options.settings, local.environment.clone())?)
}

fn refused(error: &KeyError) -> CliError {
    CliError::Refused(error.to_string())
}
