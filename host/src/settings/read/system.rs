//! `systemConfig`, as far as the hub uses it.

use std::time::Duration;

use super::address::absolute;
use super::findings::Findings;
use super::part::Part;
use super::slips;
use crate::settings::system::{SessionSettings, System};
use url::{Host, Url};

/// Reads the part; what it does not say, the environment may.
pub(super) fn read(part: Option<&Part<'_>>, findings: &Findings<'_>) -> System {
    let client_id_metadata_url = part.and_then(|part| part.member_object("oauthClient")).and_then(|client| {
        slips::warn(&client, slips::OAUTH_CLIENT);
        metadata_url(&client)
    });
    let section = |key: &str, known: slips::Known| {
        let section = part?.object(key, "write { … }, or leave it out")?;
        slips::warn(&section, known);
        Some(section)
    };
    let install = section("install", slips::INSTALL);
    let allowed_hosts = install.as_ref().map(|install| names(install, "allowedHosts")).unwrap_or_default();
    let egress = section("egress", slips::EGRESS);
    let sessions = section("sessions", slips::SESSIONS).map(|sessions| sessions_of(&sessions)).unwrap_or_default();
    let is_rebuilt = part.and_then(|part| part.flag("enableSessionRebuild")).unwrap_or(true);
    let routing = part.and_then(|part| part.member_object("routing"));
    let switch = |key: &str| routing.as_ref().and_then(|routing| routing.flag(key));
    let base_url = match install.filter(|install| install.filled("baseUrl").is_some()) {
        Some(install) => install.url("baseUrl"),
        None => {
            let environment = Findings::of("environment", findings.environment);
            let text = findings.environment.get("INSTALL_BASE_URL");
            let url = text.and_then(|text| absolute(&environment, "INSTALL_BASE_URL", text));
            environment.take_faults().into_iter().for_each(|fault| findings.object_to(fault));
            url
        }
    };
    let base_url = base_url.map(|url| with_path(url, findings.environment.get("BASE_PATH")));
    let separator = part.and_then(|part| part.filled("nameSeparator"));
    let name_separator = separator.unwrap_or_else(|| System::default().name_separator);
    System {
        base_url,
        name_separator,
        client_id_metadata_url,
        allowed_hosts,
        has_global_route: switch("enableGlobalRoute").unwrap_or(true),
        has_group_names: switch("enableGroupNameRoute").unwrap_or(true),
        skips_authentication: switch("skipAuth").unwrap_or(false),
        allow_private: egress.map(|egress| names(&egress, "allowPrivate")).unwrap_or_default(),
        sessions: SessionSettings {
            age: sessions.age.filter(|_| is_rebuilt).or_else(|| never(is_rebuilt)),
            ..sessions
        },
    }
}

/// `BASE_PATH`, where the address itself has no path.
fn with_path(mut url: Url, path: Option<&str>) -> Url {
    if let Some(path) = path.filter(|_| matches!(url.path(), "" | "/")) {
        url.set_path(path);
    }
    url
}

/// `enableSessionRebuild: false`: no session is begun again.
fn never(is_rebuilt: bool) -> Option<Duration> {
    (!is_rebuilt).then_some(Duration::ZERO)
}

fn sessions_of(part: &Part<'_>) -> SessionSettings {
    let remedy = |example| format!("write a whole number such as {example}");
    let number = |key, least, most, example| part.whole(key, least..=most, &remedy(example));
    SessionSettings {
        max: number("max", 1, 100_000, 1000).and_then(|max| usize::try_from(max).ok()),
        idle: number("idleMinutes", 1, 60 * 24 * 365, 60).map(Duration::from_mins),
        age: number("maxAgeHours", 0, 24 * 365, 168).map(Duration::from_hours),
    }
}

/// Host names, in lower case. A scheme, a port or a path does not belong to a name; `*` would be everybody's.
fn names(part: &Part<'_>, key: &str) -> Vec<String> {
    let listed = part.list(key, "write [\"hub.example\"]").unwrap_or_default();
    let mut names = Vec::new();
    for name in listed.iter().map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()) {
        let literal = name.parse::<std::net::Ipv6Addr>().map(|address| format!("[{address}]"));
        match Host::parse(literal.as_deref().unwrap_or(&name)) {
            Ok(host) if !name.contains('*') => names.push(host.to_string()),
            Ok(_) | Err(_) => {
                let bare = name.split_once("://").map_or(name.as_str(), |(_, rest)| rest);
                let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
                let bare = bare.rsplit_once(':').map_or(bare, |(host, _)| host);
                let plausible = Host::parse(bare).is_ok() && !bare.contains('*');
                let remedy = if plausible { format!("write {bare}") } else { "write hub.example".to_owned() };
                part.wrong(key, Some(&name), "is not a host name", &remedy);
            }
        }
    }
    names
}

/// draft-ietf-oauth-client-id-metadata-document §3: https, with a path, without a fragment or credentials.
fn metadata_url(client: &Part<'_>) -> Option<Url> {
    let url = client.url("clientIdMetadataUrl")?;
    let fits = url.scheme() == "https" && url.path() != "/" && url.fragment().is_none() && url.username().is_empty();
    if !fits {
        let shown = url.origin().ascii_serialization();
        let remedy = "write an https address with a path, such as https://hub.example/oauth/client-metadata.json";
        client.wrong(
            "clientIdMetadataUrl",
            Some(&shown),
            "is not the address of a Client ID Metadata Document",
            remedy,
        );
    }
    fits.then_some(url)
}
