//! `mcphub serve`.

use std::net::SocketAddr;

use super::CliError;
use super::local::Local;
use super::output::note;
use crate::app::{App, Options};
use crate::presence::{self, Presence};
use crate::serve::Listeners;
use crate::settings::open_to_others;

/// Runs the hub until it is told to stop.
pub(super) async fn serve(local: Local) -> Result<(), CliError> {
    let plugins = local.options.plugins.clone();
    let listeners = Listeners::bind(&local.options.listen).await?;
    let addresses = listeners.addresses();
    let app = App::build(Options { listen: addresses.clone(), ..local.options }, local.environment).await?;
    let loaded = app.in_force().loaded.clone();
    for fault in loaded.faults.iter().chain(&loaded.warnings) {
        tracing::warn!("{fault}");
    }
    for sentence in open_to_others(app.settings.path(), &plugins) {
        tracing::warn!("{sentence}");
    }
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
    app.start();
    let gateway = app.gateway.clone();
    listeners.serve(app, told_to_stop(gateway)).await?;
    Ok(())
}

/// The file by which commands find this hub. A hub that cannot write it serves all the same.
fn announced(app: &App, addresses: &[SocketAddr]) -> Option<Presence> {
    let path = app.settings.beside(presence::ENDING).ok()?;
    let announced = Presence::announce(path.clone(), addresses, &app.token);
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

/// SIGINT or SIGTERM; sessions end, so that open streams do not hold the hub back.
async fn told_to_stop(gateway: crate::gateway::Gateway) {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        // Without the one signal the other one is waited for.
        Err(_) => drop(interrupted.await),
    }
    tracing::info!("stopping");
    gateway.stop().await;
}
