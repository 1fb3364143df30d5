//! The running hub, started as a person would.

use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::home::Home;
use crate::hub_log::HubLog;
use crate::{http, text};

/// A running hub. It is killed by its id when dropped.
pub struct Hub {
    child: Child,
    log: HubLog,
    web: reqwest::Client,
    port: u16,
    /// Its directory.
    pub home: Home,
    /// `http://localhost:PORT`.
    pub url: String,
}

/// How long a server may take to get to a status.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked. The hub is another process: there is nothing to be woken by.
const PACE: Duration = Duration::from_millis(20);

impl Hub {
    /// Starts a hub with these settings.
    #[must_use]
    pub fn start(settings: &Value) -> Self {
        Self::start_in(Home::new(&format!("{settings:#}\n")), 0, &[])
    }

    /// Starts a hub that knows one server, `notes`.
    #[must_use]
    pub fn of_one(entry: &Value) -> Self {
        Self::start(&json!({"mcpServers": {"notes": entry}}))
    }

    /// Starts a hub in a directory that is there, at a port (0: any), with these variables.
    #[must_use]
    pub fn start_in(home: Home, port: u16, variables: &[(&str, &str)]) -> Self {
        Self::start_as(home, port, (variables, &[]))
    }

    /// The same, with further arguments.
    #[must_use]
    pub fn start_as(home: Home, port: u16, (variables, arguments): (&[(&str, &str)], &[&str])) -> Self {
        // Both, so that `localhost` is the hub whichever of them is tried first.
        let both = [format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
        Self::start_at(home, &both.each_ref().map(String::as_str), (variables, arguments))
    }

    /// The same, at these addresses.
    #[must_use]
    pub fn start_at(home: Home, addresses: &[&str], (variables, arguments): (&[(&str, &str)], &[&str])) -> Self {
        let listen: Vec<&str> = addresses.iter().flat_map(|address| ["--listen", *address]).collect();
        let mut command = home.command(&[&listen, &["serve"][..], arguments].concat());
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the hub starts");
        let log = HubLog::default();
        let (told, listening) = mpsc::channel();
        log.collect(child.stderr.take().expect("standard error"), Some(told));
        log.collect(child.stdout.take().expect("standard output"), None);
        let address: String = listening.recv().unwrap_or_else(|_| panic!("the hub ended: {}", log.so_far()));
        let port: u16 = address.rsplit(':').next().unwrap().parse().expect("a port");
        Self { child, log, web: http(), port, home, url: format!("http://localhost:{port}") }
    }

    /// Stops it and starts it again at the same port, with the same files.
    #[must_use]
    pub fn restart(self) -> Self {
        let port = self.port;
        Self::start_in(self.kill(), port, &[])
    }

    /// Kills it (SIGKILL); its files stay.
    #[must_use]
    pub fn kill(mut self) -> Home {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
        std::mem::replace(&mut self.home, Home::empty())
    }

    /// Tells it to stop (SIGTERM), and waits until it has.
    #[must_use]
    pub fn stop(mut self) -> Home {
        let told = std::process::Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.expect("told").success());
        self.child.wait().expect("ended");
        std::mem::replace(&mut self.home, Home::empty())
    }

    /// Sends it a signal: `TERM`, `HUP` …
    pub fn signal(&self, name: &str) {
        let told = std::process::Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(told.expect("told").success());
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) {
        let mut pace = tokio::time::interval(PACE);
        let limit = tokio::time::Instant::now() + PATIENCE;
        while self.child.try_wait().expect("a child").is_none() {
            assert!(pace.tick().await < limit, "it does not end\n{}", self.log_lines());
        }
    }

    /// The text of `/metrics` at this moment.
    pub async fn metrics(&self) -> String {
        let answer = self.web.get(format!("{}/metrics", self.url)).send().await.expect("the hub answers");
        assert_eq!(answer.status().as_u16(), 200);
        answer.text().await.expect("text")
    }

    /// The id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it wrote to standard output and standard error about what it did before this call.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.up_to_now(self.port)
    }

    /// The address of one server's MCP endpoint.
    #[must_use]
    pub fn mcp(&self, server: &str) -> String {
        format!("{}/mcp/{server}", self.url)
    }

    /// `GET` of the API.
    pub async fn get(&self, path: &str) -> Value {
        self.ask(reqwest::Method::GET, path).await.1
    }

    /// `POST` to the API.
    pub async fn post(&self, path: &str) -> (u16, Value) {
        self.ask(reqwest::Method::POST, path).await
    }

    async fn ask(&self, method: reqwest::Method, path: &str) -> (u16, Value) {
        let answer = self.web.request(method, format!("{}{path}", self.url)).send().await.expect("the API answers");
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or(Value::Null))
    }

    /// `POST` of a document to the API.
    pub async fn post_json(&self, path: &str, document: &Value) -> (u16, Value) {
        let request = self.web.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let answer = request.body(document.to_string()).send().await.expect("the API answers");
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or(Value::Null))
    }

    /// What the API shows of a server.
    pub async fn view(&self, server: &str) -> Value {
        self.get(&format!("/api/servers/{server}")).await
    }

    /// Asks for a server until its status is this one.
    pub async fn until(&self, server: &str, status: &str) -> Value {
        self.until_any(server, &[status]).await
    }

    /// Asks for a server until its status is one of these.
    pub async fn until_any(&self, server: &str, statuses: &[&str]) -> Value {
        let mut pace = tokio::time::interval(PACE);
        let limit = tokio::time::Instant::now() + PATIENCE;
        loop {
            let view = self.view(server).await;
            if statuses.contains(&text(&view, "/status").as_str()) {
                return view;
            }
            assert!(pace.tick().await < limit, "{server} is not {statuses:?} but {view:#}\n{}", self.log_lines());
        }
    }

    /// Waits until the log says something.
    pub async fn until_told(&self, words: &str) {
        let mut pace = tokio::time::interval(PACE);
        let limit = tokio::time::Instant::now() + PATIENCE;
        while !self.log.so_far().contains(words) {
            assert!(pace.tick().await < limit, "not told: {words}\n{}", self.log_lines());
        }
    }

    /// A fresh connect link.
    pub async fn link(&self, server: &str) -> String {
        let (status, answer) = self.post(&format!("/api/servers/{server}/login")).await;
        assert_eq!(status, 200, "{answer}");
        text(&answer, "/url")
    }

    /// The log without what libraries say about the wire.
    #[must_use]
    pub fn log_lines(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("TRACE") && !line.contains("DEBUG")).collect();
        lines.join("\n")
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
