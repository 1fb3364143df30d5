//! The way of somebody who writes a plugin: a new project from what discovery finds, built by its language's own tools,
//! checked, tested, dropped into a running hub, logged in through, changed, broken, removed.

use std::path::{Path, PathBuf};
use std::process::Command;

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::{Authority, Client, Home, Hub, Shape, peers, text};
use serde_json::json;

use crate::sign_in;

mod parts;

/// A project of the plugin `acme`.
struct Project {
    home: Home,
    /// Where the component is after [`Self::build`].
    built: PathBuf,
    /// What builds it and runs its own tests.
    commands: Vec<Command>,
    /// The file in which its version stands, and that line before and after a change.
    version: (PathBuf, &'static str, &'static str),
}

impl Project {
    /// `start` is `--from-doctor URL` or `--like PLUGIN`.
    fn new(lang: &str, start: [&str; 2]) -> (Self, PathBuf) {
        let home = Home::new("{}");
        let directory = home.settings().with_file_name("acme");
        let place = directory.display().to_string();
        let [how, whence] = start;
        expect(&home, &["plugins", "new", "acme", "--lang", lang, how, whence, "--dir", &place], "acme");
        let version = (directory.join("Cargo.toml"), "version = \"0.1.0\"\nedition", "version = \"0.2.0\"\nedition");
        (Self { home, built: directory.join("acme.wasm"), commands: Vec::new(), version }, directory)
    }

    fn rust(start: [&str; 2]) -> Self {
        let (project, directory) = Self::new("rust", start);
        // The toolchain's own target directory would be shared with this build.
        let target = directory.join("target");
        let cargo = |arguments: &[&str]| {
            let mut command = Command::new("cargo");
            command.args(arguments).args(["--quiet", "--offline"]).env("CARGO_TARGET_DIR", &target);
            command.current_dir(&directory);
            command
        };
        let commands = vec![cargo(&["test"]), cargo(&["build", "--release", "--target", "wasm32-wasip2"])];
        Self { built: target.join("wasm32-wasip2/release/acme_provider.wasm"), commands, ..project }
    }

    fn javascript(start: [&str; 2], peers: &Path) -> Self {
        let (project, directory) = Self::new("js", start);
        // What `npm install` would bring.
        std::os::unix::fs::symlink(peers.join("node_modules"), directory.join("node_modules")).expect("linked");
        let npm = |script: &str| {
            let mut command = Command::new("npm");
            command.args(["run", "--silent", script]).current_dir(&directory);
            command
        };
        let version = (directory.join("src/plugin.js"), "version: \"0.1.0\"", "version: \"0.2.0\"");
        Self { commands: vec![npm("test"), npm("build")], version, ..project }
    }

    fn python(start: [&str; 2], tool: &Path) -> Self {
        let (project, directory) = Self::new("python", start);
        let componentize = |arguments: &str| {
            let mut command = Command::new(tool.join("bin/componentize-py"));
            command.args(["-d", "wit", "-w", "plugin"]).args(arguments.split(' ')).env("PYTHONPATH", tool);
            command.current_dir(&directory);
            command
        };
        let mut test = Command::new("python3");
        test.args(["-m", "unittest"]).env("PYTHONPATH", "build/bindings").current_dir(&directory);
        let commands = vec![
            componentize("bindings build/bindings"),
            test,
            componentize("componentize --stub-wasi plugin -o acme.wasm"),
        ];
        let version = (directory.join("plugin.py"), "version=\"0.1.0\"", "version=\"0.2.0\"");
        Self { commands, version, ..project }
    }

    fn build(&mut self) -> Vec<u8> {
        // Bindings are made once.
        if self.built.exists() {
            self.commands.retain(|command| !format!("{command:?}").contains("\"bindings\""));
        }
        for command in &mut self.commands {
            let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
            assert!(output.status.success(), "{command:?}: {output:?}");
        }
        std::fs::read(&self.built).expect("a component")
    }

    fn change(&self) {
        let (file, before, after) = &self.version;
        let source = std::fs::read_to_string(file).expect("source");
        assert!(source.contains(before), "{source}");
        std::fs::write(file, source.replacen(before, after, 1)).expect("changed");
    }

    /// What the plugin that it started from does, this one does.
    fn replay(mut self, cases: &str) {
        self.build();
        let file = self.built.display().to_string();
        let recorded = self.home.settings().with_file_name("acme").join("cases").display().to_string();
        expect(&self.home, &["plugins", "check", &file], "it keeps the contract");
        expect(&self.home, &["plugins", "test", &file, &recorded], cases);
    }

    async fn live(mut self, authority: &Authority, hub: &Hub) {
        let bytes = self.build();
        let file = self.built.display().to_string();
        let cases = self.home.settings().with_file_name("acme").join("cases").display().to_string();
        expect(&self.home, &["plugins", "check", &file], "it keeps the contract");
        expect(&self.home, &["plugins", "test", &file, &cases], "1 cases went as expected");

        put(hub, &bytes);
        // It would serve a server that is configured: a person looks at it first.
        hub.until_told("mcphub plugins approve acme").await;
        expect(&hub.home, &["plugins", "approve", "acme", "--yes"], "serves");
        sign_in(hub, "notes").await;
        let view = hub.until("notes", "connected").await;
        assert_eq!(text(&view, "/provider"), "acme", "{view:#}");
        let client = Client::connect(&hub.mcp("notes")).await;

        self.change();
        let bytes = self.build();
        // What was compiled for this is in the cache of the hub, too.
        expect(&self.home, &["plugins", "check", &file], "it keeps the contract");
        put(hub, &bytes);
        hub.until_told("plugin acme 0.2.0").await;
        expect_issues(&client).await;

        put(hub, b"half a plugin");
        hub.until_told("acme.wasm is no WebAssembly file").await;
        expect_issues(&client).await;

        std::fs::remove_file(folder(hub).join("acme.wasm")).expect("removed");
        hub.until_told("was removed; it is gone").await;
        authority.forget_access_tokens();
        expect_issues(&client).await;
        assert_eq!(authority.count("GET /authorize"), 1);
    }
}

/// One that hands out clients by hand only, and does not say that it knows PKCE.
async fn by_hand() -> Authority {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"registration_endpoint": null, "code_challenge_methods_supported": null}));
    authority
}

/// A hub at such a server, with a client; without a plugin it cannot log in.
async fn hub_with_a_client(authority: &Authority) -> Hub {
    let client = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": client}));
    hub.until("notes", "failed").await;
    hub
}

fn folder(hub: &Hub) -> PathBuf {
    hub.home.settings().with_file_name("plugins")
}

fn put(hub: &Hub, bytes: &[u8]) {
    std::fs::create_dir_all(folder(hub)).expect("a folder");
    std::fs::write(folder(hub).join("draft"), bytes).expect("written");
    std::fs::rename(folder(hub).join("draft"), folder(hub).join("acme.wasm")).expect("moved");
}

async fn expect_issues(client: &Client) {
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
}

fn expect(home: &Home, arguments: &[&str], words: &str) {
    let output = home.run(arguments);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains(words), "{arguments:?}: {output:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_in_rust_from_nothing_to_its_end() {
    let authority = by_hand().await;
    let hub = hub_with_a_client(&authority).await;
    Project::rust(["--from-doctor", &authority.server()]).live(&authority, &hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_in_javascript_from_nothing_to_its_end() {
    let Some(peers) = peers::componentize_js() else { return };
    let authority = by_hand().await;
    let hub = hub_with_a_client(&authority).await;
    Project::javascript(["--from-doctor", &authority.server()], &peers).live(&authority, &hub).await;
}

#[test]
fn a_bundled_plugin_goes_on_in_javascript() {
    let Some(peers) = peers::componentize_js() else { return };
    Project::javascript(["--like", "slack"], &peers).replay("5 cases went as expected");
}

#[test]
fn a_bundled_plugin_goes_on_in_python() {
    let Some(tool) = peers::componentize_py() else { return };
    // It asks for something, too.
    Project::python(["--like", "gitlab"], &tool).replay("2 cases went as expected");
}

#[test]
fn the_worked_provider_in_javascript_is_built_checked_and_tested() {
    let Some(peers) = peers::componentize_js() else { return };
    Project::javascript(["--like", "threads"], &peers).replay("1 cases went as expected");
}

#[test]
fn the_worked_provider_in_python_is_built_checked_and_tested() {
    let Some(tool) = peers::componentize_py() else { return };
    Project::python(["--like", "zoho"], &tool).replay("1 cases went as expected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_in_python_from_nothing_to_its_end() {
    let Some(tool) = peers::componentize_py() else { return };
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    Project::python(["--from-doctor", &authority.server()], &tool).live(&authority, &hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lists_what_could_be_code_is_met_in_python_too() {
    let Some(tool) = peers::componentize_py() else { return };
    let authority = Authority::start(Shape::PLAIN).await;
    let page = format!("{}/authorize?p=1", authority.url);
    authority.patch_metadata(json!({
        "registration_endpoint": null, "code_challenge_methods_supported": null, "authorization_endpoint": page,
    }));
    let scopes = ["read", "read", "", "\"\"\"", "a\\", "a\nb", "\u{7}", "${x}", "{x}", "*/", "'"];
    authority.patch_resource(json!({"scopes_supported": scopes}));

    let project = Project::python(["--from-doctor", &authority.server()], &tool);

    let source = std::fs::read_to_string(&project.version.0).expect("source");
    assert!(source.contains(r#"in ["read", "${x}", "{x}", "*/", "'"]"#), "{source}");
    project.replay("1 cases went as expected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_refused_in_one_sentence() {
    let home = Home::new("{}");
    let taken = home.settings().with_file_name("taken");
    std::fs::create_dir_all(&taken).expect("a directory");
    std::fs::write(taken.join("file"), "").expect("a file");
    let taken = taken.display().to_string();
    for (arguments, words) in [
        (vec!["Acme"], "is not a plugin id; use 2 to 40 lower-case letters"),
        (vec!["acme", "--like", "nobody"], "there is no plugin \"nobody\" to start from; there are "),
        (
            vec!["acme", "--like", "github", "--lang", "python"],
            "github is more than data, so --like github is for --lang rust",
        ),
        (vec!["acme", "--like", "threads"], "threads is more than data, so --like threads is for --lang js"),
        (vec!["acme", "--like", "zoho", "--lang", "js"], "so --like zoho is for --lang python"),
        (vec!["acme", "--dir", &taken], "is there already and is not empty; choose another --dir"),
        (vec!["acme", "--from-doctor", "nowhere"], "that is not an http(s) URL"),
        (vec!["acme", "--from-doctor", "http://127.0.0.1:1/mcp"], "leave --from-doctor out"),
    ] {
        let output = home.run(&[&["plugins", "new"], arguments.as_slice()].concat());
        let told = String::from_utf8_lossy(&output.stderr);

        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    assert!(!home.settings().with_file_name("acme").exists());
}
