//! Real peers from npm: an authorization server and MCP servers that none of us wrote.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use crate::{http, installation, text};

/// The folder of the peers. They are installed first where they are not yet, see [`installation`]. `None`: they cannot be.
#[must_use]
pub fn installed() -> Option<PathBuf> {
    installation::peers()
}

/// The folder of the tool that makes components of JavaScript, installed like the peers.
#[must_use]
pub fn componentize_js() -> Option<PathBuf> {
    installation::componentize_js()
}

/// The folder of the tool that makes components of Python, installed like the peers.
#[must_use]
pub fn componentize_py() -> Option<PathBuf> {
    installation::componentize_py()
}

/// The folder of a Python SDK, `old` or `new`, installed like the peers: what `PYTHONPATH` says.
#[must_use]
pub fn python_sdk(age: &str) -> Option<PathBuf> {
    installation::python_sdk(age)
}

/// What Prometheus' own parser makes of a text, as JSON. `None`: it cannot be installed.
#[must_use]
pub fn parsed_by_prometheus(text: &str) -> Option<Value> {
    let package = installation::prometheus()?;
    let script = package.with_file_name("parse.py");
    let mut command = Command::new("python3");
    command.arg(script).env("PYTHONPATH", &package).env("PYTHONDONTWRITEBYTECODE", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut stdin = child.stdin.take().expect("standard input");
    std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "the parser refuses the text");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// The node of the peers: the version that they are pinned to, else the one of this machine.
#[must_use]
pub fn node(peers: &Path) -> PathBuf {
    let own = peers.join("node_modules/node/bin/node");
    if own.is_file() { own } else { "node".into() }
}

/// A script of the peers, running until it is dropped.
struct Script {
    child: Child,
    stdin: Option<ChildStdin>,
    url: String,
}

impl Script {
    fn start(name: &str, options: &Value) -> Option<Self> {
        let peers = installed()?;
        let mut command = Command::new(node(&peers));
        command.current_dir(peers).arg("--no-warnings").arg(name).arg(options.to_string());
        Some(Self::run(name, command))
    }

    fn run(name: &str, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the script starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("standard output")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{name} did not start"));
        Self { stdin: child.stdin.take(), child, url: text(&ready, "/url") }
    }

    async fn control(&self, change: Option<Value>) -> Value {
        let url = format!("{}/_control", self.url);
        let request = match change {
            Some(change) => http().post(url).body(change.to_string()),
            None => http().get(url),
        };
        serde_json::from_slice(&request.send().await.expect("control answers").bytes().await.expect("a body"))
            .expect("JSON")
    }
}

impl Script {
    fn stop(&mut self) {
        drop(self.stdin.take());
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.stop();
    }
}

/// npm `oidc-provider`.
pub struct AuthorityPeer(Script);

impl AuthorityPeer {
    /// Starts one. None: the peers are not installed.
    #[must_use]
    pub fn start(options: &Value) -> Option<Self> {
        Script::start("authority.mjs", options).map(Self)
    }

    /// Stops it; everything it knew is gone.
    pub fn stop(&mut self) {
        self.0.stop();
    }

    /// Its issuer.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Changes what it does.
    pub async fn set(&self, change: Value) {
        self.0.control(Some(change)).await;
    }

    /// How often something happened.
    pub async fn count(&self, name: &str) -> u64 {
        self.0.control(None).await[name].as_u64().unwrap_or(0)
    }
}

/// An MCP server made with the official SDK.
pub struct ServerPeer(Script, bool);

impl ServerPeer {
    /// One that wants tokens of this authority.
    #[must_use]
    pub fn start(authority: &AuthorityPeer, mut options: Value) -> Option<Self> {
        options["authority"] = json!(authority.url());
        let sse = options["sse"] == true;
        Script::start("mcp-server.mjs", &options).map(|script| Self(script, sse))
    }

    /// One that everybody may use.
    #[must_use]
    pub fn open(options: &Value) -> Option<Self> {
        Script::start("mcp-server.mjs", options).map(|script| Self(script, options["sse"] == true))
    }

    /// Its origin.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The address of its MCP endpoint, as clients use it.
    #[must_use]
    pub fn mcp(&self) -> String {
        format!("{}/{}", self.0.url, if self.1 { "sse" } else { "mcp" })
    }

    /// Lets the tool `hold` end.
    pub async fn go(&self) {
        self.0.control(Some(json!({"go": true}))).await;
    }

    /// Refuses every token it saw so far.
    pub async fn forget(&self) {
        self.0.control(Some(json!({"forget": true}))).await;
    }

    /// How often something happened.
    pub async fn count(&self, name: &str) -> u64 {
        self.0.control(None).await[name].as_u64().unwrap_or(0)
    }
}

/// A server with everything that the conformance suite asks servers for.
pub struct EverythingPeer(Script);

impl EverythingPeer {
    /// One on the TypeScript SDK. None: the peers are not installed.
    #[must_use]
    pub fn typescript(options: &Value) -> Option<Self> {
        Script::start("everything.mjs", options).map(Self)
    }

    /// The one of the Python SDK itself. None: it cannot be installed.
    #[must_use]
    pub fn python() -> Option<Self> {
        let folders = [installation::python_everything()?, python_sdk("new")?];
        let mut command = Command::new("python3");
        command.arg(installation::peers()?.join("everything.py"));
        command.env("PYTHONPATH", std::env::join_paths(folders).expect("paths without a colon"));
        Some(Self(Script::run("everything.py", command)))
    }

    /// The address of its MCP endpoint, as clients use it.
    #[must_use]
    pub fn mcp(&self) -> &str {
        &self.0.url
    }
}

/// The official SDK's client: what it lists and what a tool says. None: the peers are not installed.
#[must_use]
pub fn sdk_client(url: &str, tool: &str) -> Option<Value> {
    let peers = installed()?;
    let output = Command::new(node(&peers))
        .current_dir(peers)
        .args(["client.mjs", url, tool])
        .stdin(Stdio::null())
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}
