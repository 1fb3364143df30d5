//! `mcphub serve`.

use std::net::SocketAddr;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::CliError;
use super::local::Local;
use super::output::note;
use crate::app::{App, Options};
use crate::gateway::Gateway;
use crate::presence::{self, Presence};
use crate::serve::Listeners;
use crate::settings::{SettingsFile, open_to_others};

/// Runs the hub until a signal stops it.
pub(super) async fn serve(local: Local) -> Result<(), CliError> {
    let plugins = local.options.plugins.clone();
    let listeners = bound(&local).await?;
    let addresses = listeners.addresses();
    let app = App::build(Options { listen: addresses.clone(), ..local.options }, local.environment).await?;
    let loaded = app.in_force().loaded.clone();
    for fault in loaded.faults.iter().chain(&loaded.warnings) {
        tracing::warn!("{fault}");
    }
    for sentence in open_to_others(app.settings.path(), &plugins) {
        tracing::warn!("{sentence}");
    }
    for sentence in app.settings.unwritable().into_iter().map(ToString::to_string).chain(app.caution()) {
        tracing::warn!("{sentence}");
    }
    // From here on there is something to clean up.
    let signals = Signals::listen();
    let _presence = announced(&app, &addresses);
    for address in &addresses {
        note(&format!("listening on http://{address}"));
    }
    tracing::info!(
        "{} servers, {} plugins; settings {}",
        loaded.settings.servers.len(),
        app.catalogue.entries().len(),
        app.settings.path().display()
    );
    seal(&app).await;
    app.keep_sessions().await;
    app.start();
    let gateway = app.gateway.clone();
    listeners.serve(app, signals.told_to_stop(gateway)).await?;
    Ok(())
}

/// With a key in force, anywhere; else on this machine only.
async fn bound(local: &Local) -> Result<Listeners, CliError> {
    let listen = &local.options.listen;
    if listen.iter().all(|address| address.ip().is_loopback()) {
        return Ok(Listeners::bind(listen).await?);
    }
    let keys = SettingsFile::open(&local.options.settings, local.environment.clone())?.load()?.settings.keys;
    if !keys.are_in_force() {
        return Ok(Listeners::bind(listen).await?);
    }
    if !keys.usable.iter().any(|key| key.is_admin) {
        tracing::warn!(
            "no key is an admin's, so that nobody can use the pages; make one with `mcphub keys add NAME --admin`"
        );
    }
    Ok(Listeners::bind_anywhere(listen).await?)
}

/// The file by which commands find this hub. A hub that cannot write it serves all the same.
fn announced(app: &App, addresses: &[SocketAddr]) -> Option<Presence> {
    let path = app.settings.beside(presence::ENDING).ok()?;
    let announced = Presence::announce(path.clone(), addresses, &app.token);
    if let Some(pid) = announced.as_ref().ok().and_then(Presence::hides) {
        tracing::warn!("another hub runs with the same settings (process {pid}); commands find this one until it ends");
    }
    let untold = |error: &std::io::Error| {
        tracing::warn!("commands will not find this hub: {} cannot be written ({error})", path.display());
    };
    announced.inspect_err(untold).ok()
}

/// What was obtained is sealed, where there is a key for it; a file that cannot be written does not keep the hub from serving.
async fn seal(app: &App) {
    let file = app.settings.path().display();
    match app.seal().await {
        Ok(0) => {}
        Ok(count) => tracing::info!("{file}: {count} entries under obtained are sealed from now on"),
        Err(error) => tracing::warn!("{file}: what was obtained is not sealed: {error}"),
    }
}

/// SIGINT and SIGTERM. One that comes once this is made is not lost.
struct Signals([Option<Signal>; 2]);

impl Signals {
    /// Without one of the signals the other one is waited for.
    fn listen() -> Self {
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    /// Waits for one; then sessions end, so that open streams do not hold the hub back.
    async fn told_to_stop(self, gateway: Gateway) {
        let [interrupt, terminate] = self.0.map(|signal| async {
            match signal {
                Some(mut signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        });
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
        tracing::info!("stopping");
        gateway.stop().await;
    }
}
