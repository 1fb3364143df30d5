//! A server that is a command: a small one in `sh`, with what a test wants to happen before it, in it and after it.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

/// Answers what it is asked; `$q` stands around ids, `$eol` at the ends of lines.
const SERVER: &str = r#"
n=0
answer() { printf '{"jsonrpc":"2.0","id":%s%s%s,"result":%s}%b\n' "$q" "$id" "$q" "$1" "$eol"; }
text() { answer "{\"content\":[{\"type\":\"text\",\"text\":\"$1\"}]}"; }
while read -r line; do
  case "$line" in *'"id":'*) rest=${line#*\"id\":}; id=${rest%%[,\}]*} ;; *) continue ;; esac
  case "$line" in
    *'"method":"initialize"'*)
      answer '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer '{"tools":[{"name":"count","inputSchema":{"type":"object"}}]}' ;;
    *'"name":"count"'*) n=$((n+1)); text "$$ $n" ;;
    *'"name":"variables"'*) text "$(env | cut -d= -f1 | sort | tr '\n' ' ')" ;;
    *'"name":"directory"'*) text "$(pwd -P)" ;;
    *'"name":"big"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"' "$id"
      head -c 17000000 /dev/zero | tr '\0' b
      printf '"}]}}\n' ;;
    *'"name":"die"'*) echo "out of cheese: $secret" >&2; exit 3 ;;
    *'"name":"hang"'*) ;;
    *'"name":"mute"'*) exec 1>&-; sleep 600 ;;
    *) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}\n' "$id" ;;
  esac
done
"#;

/// The entry of such a server; `before` and `after` are lines of `sh`.
#[must_use]
pub fn command(before: &str, after: &str) -> Value {
    json!({"command": "sh", "args": ["-c", format!("{before}\n{SERVER}\n{after}")]})
}

/// A file to which processes write their ids, one a line.
pub struct Processes(pub PathBuf);

impl Processes {
    /// A line of `sh` with which a process enters itself.
    #[must_use]
    pub fn enter(&self) -> String {
        format!("echo $$ >> '{}'", self.0.display())
    }

    /// How many entered themselves.
    #[must_use]
    pub fn started(&self) -> usize {
        self.ids().len()
    }

    /// How many of them are still there.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.ids().iter().filter(|id| is_alive(id)).count()
    }

    /// Waits until so many have entered themselves.
    pub async fn until_started(&self, count: usize) {
        self.until(|processes| processes.started() >= count).await;
    }

    /// Waits until so many are there.
    pub async fn until_alive(&self, count: usize) {
        self.until(|processes| processes.alive() == count).await;
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        let limit = tokio::time::Instant::now() + Duration::from_secs(30);
        while !is_so(self) {
            assert!(pace.tick().await < limit, "{} of {} are alive", self.alive(), self.started());
        }
    }

    fn ids(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// One that has ended and is not yet waited for is not alive.
fn is_alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with(['Z', 'X']))
}
