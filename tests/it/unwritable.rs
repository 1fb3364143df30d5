//! Settings that can be read and not written, as on a disk that is read-only.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use mcphub_tests::Home;

/// A user who owns nothing.
const NOBODY: u32 = 65534;

/// What the hub says until it listens or ends, run by somebody who cannot write to its folder.
fn said(home: &Home) -> String {
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o555)).expect("changed");
    let mut command = home.command(&["--listen", "127.0.0.1:0", "serve"]);
    command.env("RUST_LOG", "warn").env("XDG_CACHE_HOME", home.path().join("cache"));
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    // Root may write everywhere.
    if std::fs::write(home.path().join("probe"), "").is_ok() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut hub = command.spawn().expect("the hub starts");
    let (mut told, mut is_told_to_end) = (String::new(), false);
    for line in std::io::BufRead::lines(std::io::BufReader::new(hub.stderr.take().expect("standard error"))) {
        let line = line.expect("text");
        told.push_str(&line);
        told.push('\n');
        // The log comes a little later than what is printed, and all of it by the end.
        if line.starts_with("listening on") && !std::mem::replace(&mut is_told_to_end, true) {
            Command::new("kill").arg(hub.id().to_string()).status().expect("told to end");
        }
    }
    // It may have ended by itself.
    let _ = hub.kill();
    hub.wait().expect("ends");
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).expect("changed");
    told
}

#[test]
fn a_hub_that_can_write_nothing_serves_and_says_what_does_not_work() {
    let home = Home::new("{\"mcpServers\": {}}\n");

    let said = said(&home);

    assert!(said.contains("listening on"), "{said}");
    assert!(said.contains("logins are not kept") && said.contains("commands will not find this hub"), "{said}");
    assert!(said.contains("plugins are compiled at each start"), "{said}");
}

#[test]
fn without_settings_a_hub_that_can_write_nothing_says_why_it_does_not_start() {
    let said = said(&Home::empty());

    assert!(said.contains("mcp_settings.json") && !said.contains("listening on"), "{said}");
}
