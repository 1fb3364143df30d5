//! The text of `/metrics`: what every room measures, and what the hub is.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use mcphub_plugins::{CatalogueEntry, PluginUsage};
use url::Url;

use super::parts::App;
use crate::egress::Collector;
use crate::telemetry::{Exposition, MetricKind, log_queue, spans};

impl App {
    /// Everything that is measured, in Prometheus' text format. It shows names of servers and no secret.
    pub(crate) async fn metrics(&self) -> String {
        let mut text = Exposition::default();
        let name = "mcphub_build_info";
        text.family(name, MetricKind::Gauge, "The version of the hub.");
        text.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
        let started = self.life.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let help = "When the hub started, in seconds since 1970.";
        text.alone("process_start_time_seconds", MetricKind::Gauge, help, started);
        let help = "Lines of the log that were dropped, because they could not be written in time.";
        text.alone("mcphub_log_lines_dropped_total", MetricKind::Counter, help, log_queue::dropped());
        let help = "Spans that were dropped, because the collector was too slow.";
        text.alone("mcphub_spans_dropped_total", MetricKind::Counter, help, spans::dropped());
        self.gateway.measure(&mut text);
        self.connector.measure(&mut text).await;
        plugins(&mut text, &self.catalogue.entries());
        text.into_text()
    }
}

impl App {
    /// The way to a collector of traces at this address. `None` if there can be no client for it.
    pub(crate) fn collector(&self, url: Url, headers: &[(String, String)]) -> Option<Collector> {
        Collector::new(url, headers, self.egress.network())
    }
}

/// The plugins that were called. A plugin that was replaced begins anew.
fn plugins(text: &mut Exposition, entries: &[CatalogueEntry]) {
    let used: BTreeMap<&str, PluginUsage> = entries.iter().filter_map(used).collect();
    let name = "mcphub_plugin_calls_total";
    text.family(name, MetricKind::Counter, "Calls of provider plugins, by outcome.");
    for (plugin, usage) in &used {
        text.sample(name, &[("plugin", plugin), ("outcome", "answered")], usage.answered);
        text.sample(name, &[("plugin", plugin), ("outcome", "failed")], usage.failed);
    }
    let name = "mcphub_plugin_seconds_total";
    text.family(name, MetricKind::Counter, "Time that calls of provider plugins took.");
    for (plugin, usage) in &used {
        text.sample(name, &[("plugin", plugin)], usage.time.as_secs_f64());
    }
    let name = "mcphub_plugin_fuel_total";
    text.family(name, MetricKind::Counter, "Work of provider plugins, in the engine's units.");
    for (plugin, usage) in &used {
        text.sample(name, &[("plugin", plugin)], usage.fuel);
    }
}

fn used(entry: &CatalogueEntry) -> Option<(&str, PluginUsage)> {
    match entry {
        CatalogueEntry::Ready { plugin, .. } => {
            let usage = plugin.usage();
            (usage.answered + usage.failed > 0).then(|| (plugin.id(), usage))
        }
        CatalogueEntry::Overridden { .. } | CatalogueEntry::Waiting { .. } | CatalogueEntry::Failed { .. } => None,
    }
}
