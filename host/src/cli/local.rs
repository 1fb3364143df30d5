//! The hub on this machine: the one that runs, or one made for a command.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::Value;

use super::error::CliError;
use super::output::note;
use crate::app::{App, Options};
use crate::cases::Recorder;
use crate::egress::{AddressPolicy, Egress, EgressError, Patient};
use crate::presence::{self, FoundHub, HubToken, PROOF, PresenceError, Role, digest};
use crate::random::Random;
use crate::serve::{Listeners, paths};
use crate::settings::{Environment, SettingsFile};

/// What a command was given.
pub(super) struct Local {
    pub(super) options: Options,
    pub(super) environment: Environment,
}

/// A hub that answers over HTTP on loopback.
pub(super) struct RunningHub {
    address: SocketAddr,
    egress: Egress,
    random: Random,
    /// By which it proves to be the one that is meant; none: it is this process.
    token: Option<HubToken>,
}

impl Local {
    /// The parts of a hub in this process.
    pub(super) async fn app(&self) -> Result<App, CliError> {
        Ok(App::build(self.options.clone(), self.environment.clone()).await?)
    }

    /// The hub that runs with the same settings, wherever it listens, if one does.
    pub(super) async fn running(&self) -> Option<RunningHub> {
        let FoundHub { addresses, token, .. } = match self.written() {
            Ok(found) => found,
            Err(PresenceError::Io { .. }) => return None,
            Err(error) => {
                tracing::warn!("{error}");
                return None;
            }
        };
        for address in addresses {
            let hub = RunningHub { token: Some(token.clone()), ..RunningHub::own(address) };
            if hub.is_proved().await {
                return Some(hub);
            }
        }
        None
    }

    fn written(&self) -> Result<FoundHub, PresenceError> {
        let path = &self.options.settings;
        let missing = || PresenceError::Io { path: path.clone(), cause: std::io::ErrorKind::NotFound.into() };
        if !path.exists() {
            return Err(missing());
        }
        let settings = SettingsFile::open(path, self.environment.clone()).map_err(|_| missing())?;
        let beside = settings.beside(presence::ENDING).map_err(|_| missing())?;
        presence::find(&beside, settings.path())
    }

    /// The running hub, else one that serves in this process until the command ends.
    pub(super) async fn running_or_own(&self) -> Result<RunningHub, CliError> {
        if let Some(hub) = self.running().await {
            return Ok(hub);
        }
        note("no hub is running with these settings; one runs until this command ends");
        let listeners = Listeners::bind(&self.options.listen).await?;
        let options = Options { listen: listeners.addresses(), open_browser: false, ..self.options.clone() };
        serving(listeners, App::build(options, self.environment.clone()).await?)
    }

    /// A hub in this process that uses one server only and records its login.
    pub(super) async fn recording(&self, recorder: &Recorder, only: String) -> Result<RunningHub, CliError> {
        let listeners = Listeners::bind(&self.options.listen).await?;
        let listen = listeners.addresses();
        let options = Options { listen, open_browser: false, only: Some(only), ..self.options.clone() };
        let egress = Egress::new().witnessed_by(recorder.witness());
        let app = App::build_on(options, self.environment.clone(), egress, Some(recorder.observer())).await?;
        serving(listeners, app)
    }
}

/// Serves a hub until the process ends.
fn serving(listeners: Listeners, app: App) -> Result<RunningHub, CliError> {
    let address = listeners.addresses().first().copied();
    app.start();
    tokio::spawn(listeners.serve(app, std::future::pending()));
    address.map(RunningHub::own).ok_or_else(|| CliError::Refused("there is no address to listen on".to_owned()))
}

impl RunningHub {
    fn own(mut address: SocketAddr) -> Self {
        // A hub that listens at every address of this machine listens here, too.
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        Self { address, egress: Egress::new(), random: Random::system(), token: None }
    }

    /// Whether the program at this address is the hub that is meant. Nothing secret is sent to find out.
    async fn is_proved(&self) -> bool {
        let Some(token) = &self.token else { return true };
        let challenge = self.random.text::<32>();
        let answer = self.send(Method::GET, &paths::filled(paths::API_PROOF, &challenge), None, Vec::new()).await;
        let proof = answer.ok().map(|(_, answer)| answer);
        let proof = proof.as_ref().and_then(|answer| answer.get("proof")).and_then(Value::as_str);
        proof.is_some_and(|proof| token.proves(Role::Hub, &[&challenge], proof))
    }

    /// Asks the hub's API. It must prove itself each time: it may have ended meanwhile, and another program have its place.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(StatusCode, Value), CliError> {
        if !self.is_proved().await {
            return Err(CliError::Stranger(self.address));
        }
        let proof = self.proof(&method, path, &body);
        Ok(self.send(method, path, proof, body).await?)
    }

    /// The same, where the answer takes as long as servers take.
    pub(super) async fn ask_patiently(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Value), CliError> {
        if !self.is_proved().await {
            return Err(CliError::Stranger(self.address));
        }
        let proof = self.proof(&method, path, &body);
        let mut request = self.request(method, path, proof, body)?;
        request.extensions_mut().insert(Patient);
        Ok(self.exchange(request).await?)
    }

    fn proof(&self, method: &Method, path: &str, body: &[u8]) -> Option<String> {
        let nonce = self.random.text::<16>();
        let words = [method.as_str(), path, &nonce, &digest(body)];
        self.token.as_ref().map(|token| format!("{nonce}.{}", token.proof(Role::Command, &words)))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        proof: Option<String>,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Value), EgressError> {
        self.exchange(self.request(method, path, proof, body)?).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        proof: Option<String>,
        body: Vec<u8>,
    ) -> Result<http::Request<Vec<u8>>, EgressError> {
        let url = format!("http://{}{path}", self.address);
        let request = http::Request::builder().method(method).uri(&url).header(CONTENT_TYPE, "application/json");
        let request = proof.into_iter().fold(request, |request, proof| request.header(PROOF, proof));
        request.body(body).map_err(|_| EgressError::Request(url))
    }

    async fn exchange(&self, request: http::Request<Vec<u8>>) -> Result<(StatusCode, Value), EgressError> {
        let policy = AddressPolicy { loopback: true, private: !self.address.ip().is_loopback() };
        let answer = self.egress.send(request, policy).await?;
        let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        Ok((answer.status(), body))
    }

    /// Like [`Self::ask`], with an error as the sentence it carries.
    pub(super) async fn get(&self, method: Method, path: &str) -> Result<Value, CliError> {
        let (status, body) = self.ask(method, path, Vec::new()).await?;
        said(status, body)
    }

    /// Sends a document to the hub's API.
    pub(super) async fn post(&self, path: &str, document: &Value) -> Result<Value, CliError> {
        let (status, body) = self.ask(Method::POST, path, document.to_string().into_bytes()).await?;
        said(status, body)
    }
}

/// What the API says, an error as the sentence that it carries.
fn said(status: StatusCode, body: Value) -> Result<Value, CliError> {
    if status.is_success() {
        return Ok(body);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(CliError::Refused(format!("{}. {}", text("error"), text("remedy")).trim_end().to_owned()))
}
