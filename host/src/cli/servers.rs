//! `mcphub servers`.

use mcphub_oauth::mask::MASK;
use serde_json::json;

use super::error::CliError;
use super::local::Local;
use super::output::{note, say, table};
use crate::settings::{Server, ServerEntry, SettingsFault, SettingsFile, Transport};

/// Names, addresses, and what is wrong with an entry. Asks no server.
pub(super) fn list(local: &Local, json: bool) -> Result<(), CliError> {
    let loaded = SettingsFile::open(&local.options.settings, local.environment.clone())?.load()?;
    let servers = &loaded.settings.servers;
    if json {
        let views = servers.iter().map(|(name, entry)| {
            let (state, detail) = row(entry);
            json!({ "name": name, "state": state, "detail": detail })
        });
        say(&format!("{:#}", views.collect::<serde_json::Value>()));
        return Ok(());
    }
    if servers.is_empty() {
        say("there are no servers in the settings");
    }
    let rows: Vec<Vec<String>> = servers
        .iter()
        .map(|(name, entry)| {
            let (state, detail) = row(entry);
            vec![name.clone(), state.to_owned(), detail]
        })
        .collect();
    if !rows.is_empty() {
        say(&table(&rows));
    }
    // Those of an entry stand in its row.
    let of_entries: Vec<&SettingsFault> = servers.values().flat_map(faults).collect();
    for fault in loaded.faults.iter().filter(|fault| !of_entries.contains(fault)).chain(&loaded.warnings) {
        note(&fault.to_string());
    }
    Ok(())
}

fn faults(entry: &ServerEntry) -> &[SettingsFault] {
    match entry {
        ServerEntry::Faulty(faults) => faults,
        ServerEntry::Usable(_) | ServerEntry::Unsupported(_) => &[],
    }
}

fn row(entry: &ServerEntry) -> (&'static str, String) {
    match entry {
        ServerEntry::Usable(server) if server.enabled => ("enabled", address(server)),
        ServerEntry::Usable(server) => ("disabled", address(server)),
        ServerEntry::Faulty(faults) => ("faulty", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        ServerEntry::Unsupported(sentence) => ("unsupported", sentence.clone()),
    }
}

fn address(server: &Server) -> String {
    match &server.transport {
        // A query may hold a key, and so may what a variable filled in.
        Transport::Http { url, .. } => {
            let path = server.filled.iter().fold(url.path().to_owned(), |path, filled| path.replace(filled, MASK));
            format!("{}{path}", url.origin().ascii_serialization())
        }
        Transport::Stdio { command, .. } => command.clone(),
    }
}
