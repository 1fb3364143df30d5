//! The hub on this machine: the one that runs, or one made for a command.

use std::net::SocketAddr;

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::Value;

use super::CliError;
use super::output::note;
use crate::app::{App, Options};
use crate::egress::{Egress, EgressError, Reach};
use crate::serve::Listeners;
use crate::settings::Environment;

/// What a command was given.
pub(super) struct Local {
    pub(super) options: Options,
    pub(super) environment: Environment,
}

/// A hub that answers over HTTP on loopback.
pub(super) struct RunningHub {
    base: String,
    egress: Egress,
}

impl Local {
    /// The parts of a hub in this process.
    pub(super) async fn app(&self) -> Result<App, CliError> {
        Ok(App::build(self.options.clone(), self.environment.clone()).await?)
    }

    /// The hub that runs with the same settings, if one does.
    pub(super) async fn running(&self) -> Option<RunningHub> {
        let address = self.options.listen.first()?;
        let hub = RunningHub::at(*address);
        let health = hub.ask(Method::GET, "/health").await.ok()?.1;
        let same = std::path::absolute(&self.options.settings).ok()?;
        let is = |name: &str, value: &str| health.get(name).and_then(Value::as_str) == Some(value);
        (is("name", "mcphub") && is("settings", &same.display().to_string())).then_some(hub)
    }

    /// The running hub, else one that serves in this process until the command ends.
    pub(super) async fn running_or_own(&self) -> Result<RunningHub, CliError> {
        if let Some(hub) = self.running().await {
            return Ok(hub);
        }
        note("no hub is running with these settings; one runs until this command ends");
        self.own(Egress::new(), None).await
    }

    /// A hub in this process until the command ends, with this client for OAuth traffic; with one server only, or all.
    pub(super) async fn own(&self, egress: Egress, only: Option<String>) -> Result<RunningHub, CliError> {
        let listeners = Listeners::bind(&self.options.listen).await?;
        let addresses = listeners.addresses();
        let options = Options { listen: addresses.clone(), open_browser: false, only, ..self.options.clone() };
        let app = App::build_on(options, self.environment.clone(), egress).await?;
        app.start();
        tokio::spawn(listeners.serve(app, std::future::pending()));
        let address = addresses.first().copied();
        address.map(RunningHub::at).ok_or_else(|| CliError::Refused("there is no address to listen on".to_owned()))
    }
}

impl RunningHub {
    fn at(address: SocketAddr) -> Self {
        Self { base: format!("http://{address}"), egress: Egress::new() }
    }

    /// Asks the hub's API.
    pub(super) async fn ask(&self, method: Method, path: &str) -> Result<(StatusCode, Value), EgressError> {
        self.send(method, path, Vec::new()).await
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(StatusCode, Value), EgressError> {
        let request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let request = request.map_err(|_| EgressError::Request(self.base.clone()))?;
        let answer = self.egress.send(request, Reach { loopback: true, private: false }).await?;
        let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        Ok((answer.status(), body))
    }

    /// Like [`Self::ask`], with an error as the sentence it carries.
    pub(super) async fn get(&self, method: Method, path: &str) -> Result<Value, CliError> {
        said(self.ask(method, path).await?)
    }

    /// Sends a document to the hub's API.
    pub(super) async fn post(&self, path: &str, document: &Value) -> Result<Value, CliError> {
        said(self.send(Method::POST, path, document.to_string().into_bytes()).await?)
    }
}

/// What the API says, an error as the sentence that it carries.
fn said((status, body): (StatusCode, Value)) -> Result<Value, CliError> {
    if status.is_success() {
        return Ok(body);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(CliError::Refused(format!("{}. {}", text("error"), text("remedy")).trim_end().to_owned()))
}

/// A name as a segment of a path.
pub(super) fn segment(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
