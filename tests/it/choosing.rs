//! One token that opens several sites: which is meant is asked once, on a page, in a terminal, or of a script.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use mcphub_tests::{Authority, Browser, CHAMELEON, Home, Hub, Shape, text};
use serde_json::json;

/// A hub with a plugin that asks, and a server that it serves.
async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let entry = json!({"url": authority.server(), "oauth": {"provider": "chameleon"}});
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    let folder = home.settings().with_file_name("plugins");
    std::fs::create_dir_all(&folder).expect("a folder");
    let quirks = json!({"_mode": "MCP_OAUTH2", "ask": ["eu", "us"]});
    std::fs::write(folder.join("chameleon.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "login_required").await;
    (authority, hub)
}

/// What stands in a hidden field of a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let behind = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
    behind.split('"').next().expect("a value")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_once_and_takes_only_one_of_its_answers_from_the_browser_it_asked() {
    let (_authority, hub) = start().await;
    let (browser, url) = (Browser::new(), format!("{}/oauth/choose", hub.url));

    let asked = browser.follow(&hub.link("notes").await).await;
    assert!(asked.page.contains("Which site?") && asked.page.contains("The site us"), "{}", asked.page);
    let ticket = hidden(&asked.page, "ticket");
    let elsewhere = Browser::new().submit(&url, &[("ticket", ticket), ("value", "us")]).await;
    let nonsense = browser.submit(&url, &[("ticket", ticket), ("value", "moon")]).await;
    let trip = browser.submit(&url, &[("ticket", ticket), ("value", "us")]).await;
    let twice = browser.submit(&url, &[("ticket", ticket), ("value", "eu")]).await;

    assert_eq!((elsewhere.status, nonsense.status, twice.status), (403, 422, 404));
    assert!(nonsense.page.contains("is not one of the answers to: Which site?"), "{}", nonsense.page);
    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
    let view = hub.until("notes", "connected").await;
    assert_eq!(text(&view, "/account"), "us", "{view:#}");
    assert_eq!(hub.home.json()["mcpServers"]["notes"]["oauth"]["inputs"]["site"], "us");

    // It is not asked a second time.
    hub.post("/api/servers/notes/logout").await;
    hub.until("notes", "login_required").await;
    let again = browser.follow(&hub.link("notes").await).await;
    assert!(again.page.contains("Signed in to notes"), "{}", again.page);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_asks_with_numbers() {
    let (_authority, hub) = start().await;
    let listen = hub.url.replace("http://localhost", "127.0.0.1");
    let mut command = hub.home.command(&["--listen", &listen, "auth", "login", "notes"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command runs");
    let mut lines = BufReader::new(child.stdout.take().expect("output")).lines().map_while(Result::ok);
    let link = lines.by_ref().map(|line| line.trim().to_owned()).find(|line| line.contains("/authorize?"));
    let callback = Browser::new().up_to_the_callback(&link.expect("a link")).await;

    let mut input = child.stdin.take().expect("input");
    writeln!(input, "{callback}\n7\n2").expect("typed");

    let printed: Vec<String> = lines.collect();
    assert!(child.wait().expect("ends").success(), "{printed:#?}");
    assert!(printed.iter().any(|line| line.contains("2  The site us")), "{printed:#?}");
    assert!(printed.last().is_some_and(|line| line.contains("notes is logged in as us")), "{printed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_asked_in_json() {
    let (_authority, hub) = start().await;
    let (_, started) = hub.post("/api/servers/notes/login/terminal").await;
    let callback = Browser::new().up_to_the_callback(&text(&started, "/url")).await;

    let pasted = json!({"terminal": started["terminal"], "url": callback.as_str()});
    let (status, asked) = hub.post_json("/api/callback", &pasted).await;
    assert_eq!((status, text(&asked, "/question/options/0/value")), (200, "eu".to_owned()), "{asked:#}");
    let answer = json!({"terminal": started["terminal"], "ticket": asked["question"]["ticket"], "value": "eu"});
    let (status, done) = hub.post_json("/api/choose", &answer).await;

    assert_eq!((status, text(&done, "/account")), (200, "eu".to_owned()), "{done:#}");
}
