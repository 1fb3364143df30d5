//! A real browser: Chromium without a window, with the headers that browsers send and pages cannot change.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::installation::missing;
use crate::peers;

/// Where distributions put it.
const PLACES: &[&str] = &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// A running browser with one page. It ends when it is dropped.
pub struct Chromium {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What the page shows.
#[derive(Debug)]
pub struct Shown {
    /// Where it is.
    pub url: String,
    /// Status of the page.
    pub status: u64,
    /// What a person can read.
    pub text: String,
}

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// As browsers do unless they are told otherwise.
    Run,
    /// A person has switched them off.
    Off,
}

impl Chromium {
    /// Starts one. None: it is not installed; said and required like the other peers.
    #[must_use]
    pub fn start() -> Option<Self> {
        let peers = peers::installed()?;
        let Some(place) = PLACES.iter().find(|place| Path::new(place).is_file()) else {
            missing("Chromium is not installed; run: apt-get install chromium");
            return None;
        };
        let mut command = Command::new(peers::node(&peers));
        command.current_dir(peers).args(["chromium.mjs", place]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node starts");
        let mut output = BufReader::new(child.stdout.take().expect("standard output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), "ready", "Chromium did not start");
        Some(Self { input: child.stdin.take(), child, output })
    }

    fn order(&mut self, order: &Value) -> Shown {
        let input = self.input.as_mut().expect("standard input");
        writeln!(input, "{order}").expect("ordered");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        let shown: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{order}: {line:?}"));
        assert!(shown.get("error").is_none(), "{order}: {shown:#}");
        let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
        Shown { url: text("url"), status: shown["status"].as_u64().unwrap_or_default(), text: text("text") }
    }

    /// Follows a link.
    pub fn open(&mut self, url: &str) -> Shown {
        self.order(&json!({"do": "open", "url": url}))
    }

    /// Presses the button with this text within what a selector finds, and waits for the page that it leads to.
    pub fn press(&mut self, what: &str, within: &str) -> Shown {
        self.order(&json!({"do": "press", "what": what, "within": within}))
    }

    /// The same for a button that leads nowhere, and then says something else.
    pub fn click(&mut self, what: &str, within: &str) -> Shown {
        self.order(&json!({"do": "click", "what": what, "within": within}))
    }

    /// Fills a field.
    pub fn fill(&mut self, name: &str, value: &str) {
        self.order(&json!({"do": "fill", "name": name, "value": value}));
    }

    /// Follows a link up to the first address that has this part, which is not asked for.
    pub fn until(&mut self, part: &str, url: &str) -> String {
        self.order(&json!({"do": "until", "part": part, "url": url})).text
    }

    /// Runs a script in the page; its result as JSON.
    pub fn run(&mut self, script: &str) -> String {
        self.order(&json!({"do": "run", "script": script})).text
    }

    /// Forgets all cookies and pages. From now on pages run their scripts, or none does.
    pub fn renew(&mut self, scripts: Scripts) {
        self.order(&json!({"do": "renew", "scripted": scripts == Scripts::Run}));
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser ends with its driver, which ends with its input.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
