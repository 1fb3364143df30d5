//! Every button and every form in a real browser, by every name that a hub can have; and a page of somebody else's.

use std::net::SocketAddr;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::chromium::Scripts;
use mcphub_tests::{Authority, CHAMELEON, Chromium, Home, Hostile, Hub, Manners, Proxy, Shape};
use serde_json::{Value, json};

/// A hub with a server of each kind: one to log in to, one that asks which site is meant, one to be set up by hand, one whose
/// login page is on another site.
struct Everything {
    hub: Hub,
    _authorities: [Authority; 4],
    _foreign: Hostile,
}

async fn start(system: &Value) -> Everything {
    let authorities =
        [Shape::PLAIN, Shape::PLAIN, Shape::PLAIN, Shape { resource: false, ..Shape::PLAIN }].map(Authority::start);
    let [plain, asking, manual, elsewhere] =
        futures::future::join_all(authorities).await.try_into().ok().expect("four");
    let foreign = Hostile::naming(&elsewhere.url).await;
    manual.patch_metadata(json!({"registration_endpoint": null}));
    let settings = json!({"systemConfig": system, "mcpServers": {
        "plain": {"url": plain.server()},
        "asking": {"url": asking.server(), "oauth": {"provider": "chameleon"}},
        "manual": {"url": manual.server()},
        "foreign": {"url": format!("{}/mcp", foreign.url)},
    }});
    let home = Home::new(&settings.to_string());
    let folder = home.settings().with_file_name("plugins");
    std::fs::create_dir_all(&folder).expect("a folder");
    let quirks = json!({"_mode": "MCP_OAUTH2", "ask": ["eu", "us"]});
    std::fs::write(folder.join("chameleon.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let hub = Hub::start_at(home, &["127.0.0.1:0", "[::1]:0"], (&[], &[]));
    hub.until("plain", "login_required").await;
    hub.until("asking", "login_required").await;
    hub.until("manual", "setup_required").await;
    hub.until("foreign", "login_required").await;
    Everything { hub, _authorities: [plain, asking, manual, elsewhere], _foreign: foreign }
}

fn row(server: &str) -> String {
    format!("form:has(input[value=\"{server}\"])")
}

/// Presses what there is to press, at the hub as it is reached at this address.
async fn press_everything(browser: &mut Chromium, hub: &Hub, (address, scripts): (&str, Scripts)) {
    browser.renew(scripts);
    browser.open(&format!("{address}/"));
    let signed_in = browser.press("Log in", &row("plain"));
    assert!(signed_in.text.contains("Signed in to plain"), "{address}: {signed_in:#?}");
    hub.until("plain", "connected").await;

    browser.open(&format!("{address}/"));
    let question = browser.press("Log in", &row("asking"));
    assert!(question.text.contains("Which site?"), "{address}: {question:#?}");
    let signed_in = browser.press("The site us", "body");
    assert!(signed_in.text.contains("Signed in to asking"), "{address}: {signed_in:#?}");

    browser.open(&format!("{address}/"));
    let guide = browser.press("Set up", &row("manual"));
    assert!(guide.text.contains("What the provider gave you"), "{address}: {guide:#?}");
    if scripts == Scripts::Run && browser.run("window.isSecureContext") == "true" {
        let copied = browser.click("Copy", ".value");
        assert!(copied.text.contains("Copied"), "{address}: {copied:#?}");
    }
    if scripts == Scripts::Off {
        assert!(guide.text.lines().all(|line| line.trim() != "Copy"), "{address}: {guide:#?}");
    }
    browser.fill("client_id", CLIENT_ID);
    browser.fill("client_secret", CLIENT_SECRET);
    let signed_in = browser.press("Save and sign in", "body");
    assert!(signed_in.text.contains("Signed in to manual"), "{address}: {signed_in:#?}");

    browser.open(&format!("{address}/"));
    let notice = browser.press("Log in", &row("foreign"));
    assert!(notice.text.contains("The server foreign"), "{address}: {notice:#?}");
    let heading = notice.text.lines().find_map(|line| line.strip_prefix("Sign in at ")?.strip_suffix('?'));
    let signed_in = browser.press(&format!("Go on to {}", heading.expect("a heading")), "body");
    assert!(signed_in.text.contains("Signed in to foreign"), "{address}: {signed_in:#?}");

    paste(browser, hub, address).await;
}

/// A login whose browser could not come back.
async fn paste(browser: &mut Chromium, hub: &Hub, address: &str) {
    hub.post("/api/servers/plain/logout").await;
    hub.until("plain", "login_required").await;
    let callback = browser.until("/oauth/callback", &hub.link("plain").await);
    browser.open(&format!("{address}/oauth/paste"));
    browser.fill("url", &callback);
    let signed_in = browser.press("Go on", "body");
    assert!(signed_in.text.contains("Signed in to plain"), "{address}: {signed_in:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_works_by_every_name_of_this_machine() {
    let Some(mut browser) = Chromium::start() else { return };
    for (name, scripts) in
        [("localhost", Scripts::Run), ("localhost", Scripts::Off), ("127.0.0.1", Scripts::Run), ("[::1]", Scripts::Run)]
    {
        let at = start(&json!({})).await;

        press_everything(&mut browser, &at.hub, (&at.hub.url.replace("localhost", name), scripts)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_works_at_a_public_address_behind_a_proxy() {
    let Some(mut browser) = Chromium::start() else { return };
    for manners in [
        Manners { keeps_host: true, prefix: "/hub", strips: true, says_so: false },
        Manners { keeps_host: true, prefix: "/hub", strips: false, says_so: true },
        Manners { keeps_host: false, prefix: "", strips: false, says_so: true },
        Manners { keeps_host: false, prefix: "/hub", strips: true, says_so: false },
    ] {
        let proxy = Proxy::start(manners).await;
        let address = format!("http://hub.test:{}{}", proxy.port, manners.prefix);
        let system = json!({"install": {"baseUrl": address}, "routing": {"skipAuth": true}});
        let at = start(&system).await;
        proxy.lead_to(&at.hub.url);

        press_everything(&mut browser, &at.hub, (&address, Scripts::Run)).await;
    }
}

/// A server of somebody else's on this machine; below `/sandboxed` its page has no origin. Gives its port.
async fn foreign_page(page: String) -> u16 {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let sandboxed = page.clone();
    let sandbox = [("content-security-policy", "sandbox allow-forms")];
    let router = Router::new()
        .route("/sandboxed", get(move || async move { (sandbox, Html(sandboxed)) }))
        .fallback(get(move || async move { Html(page) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// Forms that post to the hub.
fn forms(hub: &str) -> String {
    let form = |id: &str, path: &str, field: &str| {
        format!("<form id={id} method=post action={hub}{path}>{field}<button>{id}</button></form>")
    };
    [
        form("connect", "/connect", "<input name=server value=plain>"),
        form("paste", "/oauth/paste", "<input name=url value=x>"),
        form("choose", "/oauth/choose", "<input name=ticket value=x><input name=value value=y>"),
        form("login", "/api/servers/plain/login", ""),
        form("logout", "/api/servers/plain/logout", ""),
        form("go-on", "/connect/x/go-on", "<input name=login value=x><input name=token value=y>"),
    ]
    .concat()
}

/// What scripts of a foreign page get of the hub: nothing that they could read.
fn fetches(hub: &str) -> String {
    format!(
        "(async () => {{
            const seen = [];
            const ask = async (path, options) => {{
                try {{
                    const answer = await fetch('{hub}' + path, options);
                    seen.push(path + ' ' + answer.type + ' ' + await answer.text());
                }} catch (error) {{ seen.push(path + ' refused'); }}
            }};
            await ask('/', {{}});
            await ask('/api/servers', {{}});
            await ask('/api/servers', {{mode: 'no-cors', credentials: 'include'}});
            await ask('/api/servers/plain/login', {{method: 'POST', mode: 'no-cors', credentials: 'include'}});
            await ask('/api/servers/plain/logout', {{method: 'POST', mode: 'no-cors', body: '{{}}'}});
            await ask('/mcp', {{method: 'POST', mode: 'no-cors', body: '{{\"jsonrpc\": \"2.0\"}}'}});
            await ask('/mcp', {{method: 'POST', headers: {{'content-type': 'application/json'}}, body: '{{}}'}});
            return seen;
        }})()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_gets_nothing() {
    let Some(mut browser) = Chromium::start() else { return };
    let at = start(&json!({})).await;
    let hub = &at.hub;
    let port = foreign_page(forms(&hub.url)).await;
    browser.open(&format!("{}/", hub.url));
    browser.press("Log in", &row("plain"));
    hub.until("plain", "connected").await;

    for foreign in [format!("http://localhost:{port}"), format!("http://evil.test:{port}")] {
        for form in ["connect", "paste", "choose", "login", "logout", "go-on"] {
            browser.open(&foreign);
            let refused = browser.press(form, &format!("#{form}"));
            assert_eq!(refused.status, 403, "{foreign} {form}: {refused:#?}");
            assert!(refused.text.contains("A page of another origin may not use this hub"), "{form}: {refused:#?}");
        }
        browser.open(&foreign);
        let seen: Vec<String> = serde_json::from_str(&browser.run(&fetches(&hub.url))).expect("a list");
        for one in seen {
            assert!(one.ends_with(" refused") || one.ends_with(" opaque "), "{foreign}: {one}");
        }
        browser.open(&format!("{foreign}/sandboxed"));
        let refused = browser.press("connect", "#connect");
        assert_eq!(refused.status, 403, "{foreign}, sandboxed: {refused:#?}");
    }

    assert_eq!(hub.view("plain").await["status"], "connected");
}
