//! `mcphub serve`.

use std::net::SocketAddr;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::error::CliError;
use super::local::Local;
use super::output::note;
use super::traces;
use crate::app::{App, Options};
use crate::presence::{self, Presence};
use crate::serve::Listeners;
use crate::settings::{SettingsFile, open_to_others};

/// Runs the hub until a signal stops it.
pub(super) async fn serve(local: Local) -> Result<(), CliError> {
    let plugins = local.options.plugins.clone();
    let listeners = bound(&local).await?;
    let addresses = listeners.addresses();
    let environment = local.environment.clone();
    let shows_arguments = local.options.log_arguments;
    let app = App::build(Options { listen: addresses.clone(), ..local.options }, local.environment).await?;
    if shows_arguments {
        app.gateway.log_arguments();
    }
    traces::start(&app, &environment);
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
    let count = signals.obey(app.clone());
    tokio::select! {
        ended = until_told(listeners, app, count.clone()) => ended,
        // Commands that still run end with the hub: their guard sees to that.
        () = told_to_stop(count, 2) => {
            tracing::warn!("told to stop a second time; requests under way are cut off");
            Ok(())
        }
    }
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

/// The signals that the hub obeys. One that comes once this is made is not lost.
struct Signals {
    /// SIGINT and SIGTERM. Without one of them the other one is waited for.
    stop: [Option<Signal>; 2],
    reload: Option<Signal>,
}

impl Signals {
    fn listen() -> Self {
        let stop = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
        Self { stop, reload: signal(SignalKind::hangup()).ok() }
    }

    /// Has the settings read again at each SIGHUP, and counts how often the hub is told to stop.
    fn obey(self, app: App) -> watch::Receiver<u32> {
        let (told, count) = watch::channel(0);
        let [mut interrupt, mut terminate] = self.stop;
        let mut reload = self.reload;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = came(&mut interrupt) => told.send_modify(|count| *count += 1),
                    () = came(&mut terminate) => told.send_modify(|count| *count += 1),
                    () = came(&mut reload) => {
                        tracing::info!("SIGHUP: the settings are read again");
                        app.reload();
                    }
                }
            }
        });
        count
    }
}

async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Returns once the hub was told to stop so often.
async fn told_to_stop(mut count: watch::Receiver<u32>, times: u32) {
    if count.wait_for(|count| *count >= times).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Serves until the hub is told to stop, lets requests under way end, and ends what it started.
async fn until_told(listeners: Listeners, app: App, count: watch::Receiver<u32>) -> Result<(), CliError> {
    let (gateway, drain) = (app.gateway.clone(), app.life.drain);
    let first = told_to_stop(count, 1);
    let stop = async move {
        first.await;
        tracing::info!("stopping; requests under way may take {} seconds", drain.as_secs());
    };
    let served = listeners.serve(app, stop).await;
    gateway.stop().await;
    traces::finish().await;
    Ok(served?)
}
