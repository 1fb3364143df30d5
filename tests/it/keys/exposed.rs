//! A hub that other machines reach: only with a key, and with an admin's for its pages.

use mcphub_tests::chromium::Scripts;
use mcphub_tests::{Chromium, Home, Hub, http};
use reqwest::{Method, Response};
use serde_json::json;

use super::{ALL, ask, initialize, servers, settings};

/// A hub at every address of this machine, and the key of an admin.
async fn exposed() -> (Hub, String, impl Sized) {
    let servers = servers().await;
    let home = Home::new(&settings(servers.each_ref(), &json!({})).to_string());
    let made = home.run(&["keys", "add", "me", "--admin"]);
    let token = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let hub = Hub::start_at(home, &["0.0.0.0:0"], (&[], &[]));
    (hub, token, servers)
}

/// Asks as a browser does.
async fn page(hub: &Hub, (method, path): (Method, &str), headers: &[(&str, &str)], form: &str) -> Response {
    let request = http().request(method, format!("{}{path}", hub.url)).header("accept", "text/html");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.expect("the hub answers")
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
}

#[test]
fn without_a_key_it_is_refused_with_the_remedy() {
    for keys in
        [json!([]), json!([{"name": "a", "token": "a-long-enough-token", "accessType": "all", "enabled": false}])]
    {
        let home = Home::new(&json!({"bearerKeys": keys}).to_string());

        let refused = home.run(&["--listen", "0.0.0.0:0", "serve"]);

        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.contains("is not a loopback address"), "{told}");
        assert!(told.contains("mcphub keys add NAME"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_api_want_an_admins_key_and_mcp_any() {
    let (hub, admin, _servers) = exposed().await;
    let port = hub.url.rsplit(':').next().expect("a port").to_owned();
    for name in ["localhost", "127.0.0.1"] {
        let at = |path: &str| format!("http://{name}:{port}{path}");
        assert_eq!(ask(&at("/mcp"), (Method::POST, None), &initialize()).await.status(), 401);
        assert_eq!(ask(&at("/mcp"), (Method::POST, Some(ALL)), &initialize()).await.status(), 200);
        for path in ["/api/servers", "/api/keys", "/api/plugins"] {
            let status = async |key| ask(&at(path), (Method::GET, key), &json!(null)).await.status().as_u16();
            assert_eq!(status(None).await, 401, "{path}");
            assert_eq!(status(Some(ALL)).await, 403, "{path}");
            assert_eq!(status(Some(admin.as_str())).await, 200, "{path}");
        }
        assert_eq!(ask(&at("/connect"), (Method::POST, None), &json!(null)).await.status(), 401);
        assert_eq!(ask(&at("/health"), (Method::GET, None), &json!(null)).await.status(), 200);
    }
    let rebound = page(&hub, (Method::GET, "/"), &[("host", "evil.example")], "").await;
    assert_eq!(rebound.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_reach_the_hub_without_a_key() {
    let (hub, _admin, _servers) = exposed().await;

    let listed = hub.home.run(&["auth", "status", "--json"]);
    let made = hub.home.run(&["keys", "add", "another"]);

    assert!(listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("notes"), "{listed:?}");
    assert!(made.status.success(), "{made:?}");
    let key = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    assert_eq!(ask(&format!("{}/mcp", hub.url), (Method::POST, Some(&key)), &initialize()).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_without_scripts_and_out_again() {
    let (hub, admin, _servers) = exposed().await;

    let sent = page(&hub, (Method::GET, "/"), &[], "").await;
    let form = page(&hub, (Method::GET, "/login?next=%2F"), &[], "").await.text().await.expect("a page");
    let wrong = page(&hub, (Method::POST, "/login"), &[], "key=wrong&next=%2F").await;
    let not_admin = page(&hub, (Method::POST, "/login"), &[], &format!("key={ALL}")).await;
    let right = page(&hub, (Method::POST, "/login"), &[], &format!("key={admin}&next=%2F")).await;

    assert_eq!((sent.status().as_u16(), header(&sent, "location")), (303, "/login?next=%2F".to_owned()));
    assert!(form.contains("type=\"password\"") && form.contains("action=\"/login\""), "{form}");
    assert_eq!((wrong.status().as_u16(), not_admin.status().as_u16()), (403, 403));
    assert!(header(&wrong, "set-cookie").is_empty() && header(&not_admin, "set-cookie").is_empty());
    assert_eq!((right.status().as_u16(), header(&right, "location")), (303, "/".to_owned()));
    let cookie = header(&right, "set-cookie");
    assert!(
        cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains(&admin) && !hub.log().contains(&admin));

    let own = cookie.split(';').next().expect("a cookie").to_owned();
    let with = [("cookie", own.as_str())];
    let overview = page(&hub, (Method::GET, "/"), &with, "").await.text().await.expect("a page");
    assert!(overview.contains("Servers") && overview.contains("action=\"/logout\""), "{overview}");
    let foreign = [("cookie", own.as_str()), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(page(&hub, (Method::POST, "/logout"), &foreign, "").await.status(), 403);
    let out = page(&hub, (Method::POST, "/logout"), &with, "").await;
    assert!(header(&out, "set-cookie").contains("Max-Age=0"));
    assert_eq!(page(&hub, (Method::GET, "/"), &with, "").await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_with_its_key() {
    let (hub, admin, _servers) = exposed().await;
    let right = page(&hub, (Method::POST, "/login"), &[], &format!("key={admin}")).await;
    let cookie = header(&right, "set-cookie").split(';').next().expect("a cookie").to_owned();
    assert_eq!(page(&hub, (Method::GET, "/"), &[("cookie", &cookie)], "").await.status(), 200);

    assert!(hub.home.run(&["keys", "revoke", "me"]).status.success());

    assert_eq!(page(&hub, (Method::GET, "/"), &[("cookie", &cookie)], "").await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_limited_also_for_the_right_key() {
    let (hub, admin, _servers) = exposed().await;
    for _ in 0..10 {
        assert_eq!(page(&hub, (Method::POST, "/login"), &[], "key=wrong").await.status(), 403);
    }

    let refused = page(&hub, (Method::POST, "/login"), &[], &format!("key={admin}")).await;

    assert_eq!(refused.status(), 429);
    assert!((1..=10).contains(&header(&refused, "retry-after").parse::<u64>().expect("seconds")));
    let spoofed = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")];
    assert_eq!(page(&hub, (Method::POST, "/login"), &spoofed, &format!("key={admin}")).await.status(), 429);
    assert!(refused.text().await.expect("a page").contains("too many attempts"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_others_reach_stays_closed_when_its_last_key_goes() {
    let home = Home::new("{}");
    let made = home.run(&["keys", "add", "me", "--admin"]);
    let admin = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let hub = Hub::start_at(home, &["0.0.0.0:0"], (&[], &[]));
    let at = |path: &str| format!("{}{path}", hub.url);
    assert_eq!(ask(&at("/api/servers"), (Method::GET, Some(&admin)), &json!(null)).await.status(), 200);

    assert!(hub.home.run(&["keys", "revoke", "me"]).status.success());

    assert_eq!(ask(&at("/mcp"), (Method::POST, None), &initialize()).await.status(), 401);
    assert_eq!(ask(&at("/api/servers"), (Method::GET, None), &json!(null)).await.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_browser_logs_in_and_out_with_and_without_scripts() {
    let Some(mut browser) = Chromium::start() else { return };
    let (hub, admin, _servers) = exposed().await;
    for scripts in [Scripts::Run, Scripts::Off] {
        browser.renew(scripts);
        let asked = browser.open(&format!("{}/", hub.url));
        assert!(asked.text.contains("admin key"), "{asked:#?}");

        browser.fill("key", "wrong");
        let wrong = browser.press("Log in", "form");
        assert!(wrong.text.contains("This key is not known"), "{wrong:#?}");
        browser.fill("key", &admin);
        let overview = browser.press("Log in", "form");
        assert!(overview.text.contains("Servers") && overview.text.contains("notes"), "{overview:#?}");

        let out = browser.press("Log out", "form");
        assert!(out.text.contains("admin key"), "{out:#?}");
        assert!(browser.open(&format!("{}/", hub.url)).text.contains("admin key"));
    }
}
