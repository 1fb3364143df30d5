//! Traces for a collector, if the environment names one with the variables of OpenTelemetry.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::app::App;
use crate::egress::Collector;
use crate::settings::Environment;
use crate::telemetry::{otlp, spans};

/// How long the last spans may take when the hub ends.
const LAST: Duration = Duration::from_secs(2);

/// What the environment says of traces.
#[derive(Debug, PartialEq, Eq)]
struct TraceSettings {
    url: Url,
    headers: Vec<(String, String)>,
    service: String,
}

/// Begins to send spans, if there is a collector. To be called once, before anything is traced.
pub(super) fn start(app: &App, environment: &Environment) {
    let settings = match TraceSettings::read(environment) {
        Ok(Some(settings)) => settings,
        Ok(None) => return,
        Err(sentence) => return tracing::warn!("{sentence}"),
    };
    let TraceSettings { url, headers, service } = settings;
    let Some(collector) = app.collector(url, &headers) else {
        return tracing::warn!("no traces are sent: there can be no client for the collector");
    };
    if let Some(jobs) = spans::collect(app.random.clone(), app.clock.clone()) {
        tokio::spawn(async move { send(jobs, &service, &collector).await });
    }
}

async fn send(jobs: tokio::sync::mpsc::Receiver<spans::SpanJob>, service: &str, collector: &Collector) {
    otlp::export(jobs, service, |body| collector.post(body)).await;
}

/// Sends what still waits.
pub(super) async fn finish() {
    spans::flush(LAST).await;
}

impl TraceSettings {
    /// OpenTelemetry, "OTLP Exporter Configuration". The form is always `http/json`, which collectors take at the address for
    /// `http/protobuf`.
    fn read(environment: &Environment) -> Result<Option<Self>, String> {
        let of_traces = |name: &str| {
            let own = environment.get(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
            own.or_else(|| environment.get(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        let is = |name: &str, value: &str| environment.get(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
        let Some(written) = of_traces("ENDPOINT") else { return Ok(None) };
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        if of_traces("PROTOCOL") == Some("grpc") {
            return Err("OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which the hub does not speak, so no traces are sent; write http/json and the collector's address for HTTP, which usually has port 4318".to_owned());
        }
        let mut url = Url::parse(written).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
            "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address, so no traces are sent; write one like http://localhost:4318".to_owned()
        })?;
        // The address for traces alone is used as it is; to the one for all signals the path is added.
        if environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").is_none() {
            url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
        }
        let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
        let pairs = of_traces("HEADERS").unwrap_or_default().split(',').filter_map(|pair| pair.split_once('='));
        let headers = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
        let service = environment.get("OTEL_SERVICE_NAME").unwrap_or("mcphub").to_owned();
        Ok(Some(Self { url, headers, service }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<TraceSettings>, String> {
        TraceSettings::read(&Environment::of(variables.iter().copied()))
    }

    #[test]
    fn without_an_address_nothing_is_traced() {
        assert_eq!(read(&[("OTEL_SERVICE_NAME", "x")]), Ok(None));
        let address = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        assert_eq!(read(&[address, ("OTEL_SDK_DISABLED", "true")]), Ok(None));
        assert_eq!(read(&[address, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
    }

    #[test]
    fn the_variables_of_opentelemetry_are_understood() {
        let both = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example/base/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20k,x-a=1"),
        ]);
        let own = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t.example/in"),
            ("OTEL_SERVICE_NAME", "hub 1"),
        ]);

        let (both, own) = (both.expect("read").expect("on"), own.expect("read").expect("on"));
        assert_eq!(both.url.as_str(), "https://c.example/base/v1/traces");
        assert_eq!(both.headers[0], ("authorization".to_owned(), "Bearer k".to_owned()));
        assert_eq!((own.url.as_str(), own.service.as_str()), ("http://t.example/in", "hub 1"));
    }

    #[test]
    fn what_cannot_be_used_is_told_with_the_remedy() {
        let grpc = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
        let odd = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4317")]);

        assert!(grpc.expect_err("refused").contains("port 4318"));
        assert!(odd.expect_err("refused").contains("http://localhost:4318"));
    }
}
