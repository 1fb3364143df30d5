//! A client, run once to its end.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use mcphub_tests::text;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::time::{Instant, timeout, timeout_at};

/// What a client may take for all its features. It gives each of them ten seconds itself.
const LIMIT: Duration = Duration::from_mins(1);
/// How long its last words are waited for when it has ended.
const GRACE: Duration = Duration::from_secs(1);

/// What a client said of each feature that it tried: `None` where it works, else what was wrong.
#[derive(Clone, Default)]
pub(crate) struct Outcome {
    features: BTreeMap<String, Option<String>>,
    /// How the client ended, where it did not try everything.
    end: String,
}

impl Outcome {
    /// The features that work.
    pub(crate) fn works(&self) -> impl Iterator<Item = &str> {
        self.features.iter().filter(|(_, problem)| problem.is_none()).map(|(feature, _)| feature.as_str())
    }

    /// Whether the client could talk to the server at all.
    pub(crate) fn is_connected(&self) -> bool {
        self.problem("connect").is_none()
    }

    /// What is wrong with a feature.
    pub(crate) fn problem(&self, feature: &str) -> Option<String> {
        match self.features.get(feature) {
            Some(problem) => problem.clone(),
            None => Some(format!("the client did not get so far: {}", self.end)),
        }
    }

    /// Everything that was tried.
    pub(crate) fn features(&self) -> impl Iterator<Item = &String> {
        self.features.keys()
    }
}

/// Runs the client until it ends or its time is up. It prints one line of JSON for each feature.
pub(crate) async fn attempt(mut client: Command) -> Outcome {
    let limit = Instant::now() + LIMIT;
    client.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = client.spawn().expect("the client starts");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    let said = tokio::spawn(last_line(child.stderr.take().expect("standard error")));
    let mut outcome = Outcome::default();
    let is_late = loop {
        let line = match timeout_at(limit, lines.next_line()).await {
            Ok(Ok(Some(line))) => line,
            Ok(_) => break false,
            Err(_) => break true,
        };
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        let problem = if told.get("ok") == Some(&Value::Bool(true)) { None } else { Some(text(&told, "/detail")) };
        outcome.features.insert(text(&told, "/feature"), problem);
    };
    // It may have ended by itself.
    let _ = child.kill().await;
    // A server of its own may still hold the stream.
    let said = timeout(GRACE, said).await;
    outcome.end =
        if is_late { "its time was up".to_owned() } else { said.ok().and_then(Result::ok).unwrap_or_default() };
    outcome
}

/// The last line with words that the client said; all is read, so that it never waits for that.
async fn last_line(stream: impl AsyncRead + Unpin) -> String {
    let (mut lines, mut last) = (BufReader::new(stream).lines(), String::new());
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains(' ') {
            last = line;
        }
    }
    last
}
