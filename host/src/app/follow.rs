//! The work that goes on by itself while the hub runs: settings and plugins are followed, and the browser opens when a
//! server first needs a person.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::names;
use super::parts::{App, InForce};
use super::surroundings::{apart, grouping};
use crate::connect::Change;
use crate::egress::Own;
use crate::settings::Watching;

impl App {
    /// Starts this work: connections to servers, registrations, the browser, and the watch on settings and plugins. Returns
    /// at once. To be called once.
    pub fn start(&self) {
        if self.open_browser {
            tokio::spawn(open_when_needed(self.connector.changes()));
        }
        self.gateway.start();
        let app = self.clone();
        tokio::spawn(async move { app.connector.prepare().await });
        let app = self.clone();
        tokio::spawn(async move { app.connector.keep_fresh().await });
        self.watch_plugins();
        let app = self.clone();
        tokio::spawn(async move {
            let loaded = app.in_force().loaded.clone();
            let watching = Watching::start(&app.settings, loaded.clone()).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                Watching::on_demand(&app.settings, loaded)
            });
            // Set once: this is called once.
            let _ = app.life.reread.set(watching.reread());
            app.follow(watching).await;
        });
    }

    /// Has the settings file read again now. Directories of plugins are looked at all the time anyway.
    pub fn reload(&self) {
        if let Some(reread) = self.life.reread.get() {
            reread.now();
        }
    }

    /// From now on a plugin that is dropped in, changed or removed takes effect by itself.
    fn watch_plugins(&self) {
        let Some(dropped) = self.dropped.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let connector = self.connector.clone();
        drop(self.watching.set(mcphub_plugins::watch(dropped, move || connector.plugins_changed())));
    }

    /// Applies every change of the settings, for as long as the hub runs.
    async fn follow(&self, watching: Watching) {
        let mut latest = watching.latest();
        while latest.changed().await.is_ok() {
            let loaded = latest.borrow_and_update().clone();
            let own = Own::new(&self.listen, &self.base_url);
            let loaded = apart(&self.egress, loaded.as_ref().clone(), own);
            let system = &loaded.settings.system;
            if system.base_url.clone().is_some_and(|base_url| names::as_base(base_url) != self.base_url) {
                tracing::warn!("systemConfig.install.baseUrl was changed; restart the hub to use it");
            }
            self.egress.allow_private(&system.allow_private);
            let (servers, grouping) = (loaded.settings.usable(), grouping(&loaded.settings));
            tracing::info!("the settings were changed; {} servers", loaded.settings.servers.len());
            let before = self.in_force();
            self.in_force.send_replace(Arc::new(InForce::of(loaded, &self.base_url, Some(&before))));
            self.connector.set(servers.clone()).await;
            self.gateway.set(servers, grouping);
        }
    }
}

/// Opens the system browser when a server first needs a login. Each server opens it once.
async fn open_when_needed(mut changes: Receiver<Change>) {
    let mut opened = BTreeSet::new();
    loop {
        match changes.recv().await {
            Ok(Change::LoginNeeded(server, link)) if opened.insert(server.clone()) => crate::desktop::open(&link),
            Ok(Change::LoginNeeded(..) | Change::Granted(_) | Change::Dropped(_)) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
