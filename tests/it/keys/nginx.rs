//! nginx in front, with a path and TLS: the name that people use, every link, a login, and who is believed to ask.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use mcphub_tests::{Authority, Home, Hub, Shape, missing, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{ALL, document, initialize, servers, settings};

/// Debian's place for it.
const NGINX: &str = "/usr/sbin/nginx";
const NAME: &str = "hub.example";

/// A running nginx; it ends with this value.
struct Nginx {
    child: Child,
    web: reqwest::Client,
    /// `https://hub.example:PORT/hub`.
    url: String,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Whether the test can run. One line says why not.
fn is_there() -> bool {
    let is_there = std::path::Path::new(NGINX).exists() && Command::new("openssl").arg("version").output().is_ok();
    if !is_there {
        missing("nginx or openssl is not installed; run: apt-get install nginx openssl");
    }
    is_there
}

/// It says which headers nginx has to set.
const README: &str = include_str!("../../../README.md");

impl Nginx {
    /// In front of a hub at this port, its files in this directory.
    async fn start(home: &Home, port: u16, hub: u16) -> Self {
        let folder = home.path().join("nginx");
        std::fs::create_dir_all(&folder).expect("a folder");
        let at = |name: &str| folder.join(name).display().to_string();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=hub.example", "-keyout", &at("key.pem"), "-out", &at("certificate.pem")])
            .output();
        assert!(made.expect("openssl runs").status.success());
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {};\n", at(kind))).concat();
        let configuration = format!(
            "daemon off; master_process off; pid {pid}; error_log {log};\nevents {{}}\nhttp {{ access_log off;\n{temporary}
            server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
              location /hub/ {{ proxy_pass http://127.0.0.1:{hub}/; proxy_http_version 1.1; proxy_buffering off;
                {headers} }} }} }}\n",
            headers = README.lines().map(str::trim).filter(|line| line.starts_with("proxy_set_header ")).collect::<String>(),
            pid = at("pid"), log = at("error.log"), certificate = at("certificate.pem"), key = at("key.pem"),
        );
        std::fs::write(folder.join("nginx.conf"), configuration).expect("written");
        let child = Command::new(NGINX).args(["-c", &at("nginx.conf"), "-p", &at("")]).stderr(Stdio::null()).spawn();
        let web = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let web = web.tls_danger_accept_invalid_certs(true).resolve(NAME, ([127, 0, 0, 1], port).into());
        let nginx = Self {
            child: child.expect("nginx starts"),
            web: web.build().expect("a client"),
            url: format!("https://{NAME}:{port}/hub"),
        };
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(20));
        for _ in 0..500 {
            if nginx.web.get(format!("{}/health", nginx.url)).send().await.is_ok_and(|answer| answer.status() == 200) {
                return nginx;
            }
            pace.tick().await;
        }
        panic!("nginx does not answer: {}", std::fs::read_to_string(folder.join("error.log")).unwrap_or_default());
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Response {
        let request = self.web.request(method, format!("{}{path}", self.url)).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.expect("the hub answers")
    }

    async fn post(&self, path: &str, key: Option<&str>, message: &Value) -> Response {
        let bearer = format!("Bearer {}", key.unwrap_or_default());
        let json = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let key = key.map(|_| ("authorization", bearer.as_str()));
        let headers: Vec<(&str, &str)> = json.into_iter().chain(key).collect();
        self.ask(Method::POST, path, &headers, message.to_string()).await
    }

    /// Follows a link as a browser does, with cookies; every address on the way, and the last page.
    async fn follow(&self, link: &str, cookies: &mut BTreeMap<String, String>) -> (Vec<String>, String) {
        let (mut path, mut next) = (Vec::new(), url::Url::parse(link).expect("a link"));
        for _ in 0..20 {
            path.push(next.to_string());
            let mut request = self.web.get(next.clone()).header("accept", "text/html");
            if next.host_str() == Some(NAME) && !cookies.is_empty() {
                let all: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request = request.header("cookie", all.join("; "));
            }
            let answer = request.send().await.expect("an answer");
            for cookie in answer.headers().get_all("set-cookie") {
                let cookie = cookie.to_str().expect("text");
                assert!(cookie.contains("; Secure") && cookie.contains("Path=/hub"), "{cookie}");
                let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            match answer.headers().get("location") {
                Some(location) => next = next.join(location.to_str().expect("text")).expect("an address"),
                None => return (path, answer.text().await.expect("a page")),
            }
        }
        panic!("no end: {path:#?}");
    }
}

/// A hub behind nginx, with the key of an admin.
async fn behind(mut settings: Value, variables: &[(&str, &str)]) -> (Nginx, Hub, String) {
    let port = free_port();
    settings["systemConfig"] = json!({"install": {"baseUrl": format!("https://{NAME}:{port}/hub")}});
    let home = Home::new(&settings.to_string());
    let made = home.run(&["keys", "add", "me", "--admin"]);
    let admin = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let hub = Hub::start_as(home, 0, (variables, &[]));
    let of_hub = hub.url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    (Nginx::start(&hub.home, port, of_hub).await, hub, admin)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_and_link_works_below_the_path() {
    if !is_there() {
        return;
    }
    let servers = servers().await;
    let (nginx, hub, admin) = behind(settings(servers.each_ref(), &json!({})), &[("TRUST_PROXY", "loopback")]).await;
    hub.until("notes", "connected").await;

    let refused = nginx.post("/mcp", None, &initialize()).await;
    let challenge = refused.headers()["www-authenticate"].to_str().expect("text").to_owned();
    let known_at = challenge.split('"').nth(1).expect("an address").to_owned();
    let found = document(nginx.web.get(&known_at).send().await.expect("answers")).await;
    let of_notes = document(
        nginx.ask(Method::GET, "/.well-known/oauth-protected-resource/hub/mcp/notes", &[], String::new()).await,
    )
    .await;

    assert_eq!(refused.status(), 401);
    assert_eq!(known_at, format!("{}/.well-known/oauth-protected-resource/mcp", nginx.url));
    assert_eq!(found["resource"], format!("{}/mcp", nginx.url));
    assert_eq!(of_notes["resource"], format!("{}/mcp/notes", nginx.url));
    for path in ["/mcp", "/mcp/notes", "/mcp/"] {
        assert_eq!(nginx.post(path, Some(ALL), &initialize()).await.status(), 200, "{path}");
    }
    let bearer = format!("Bearer {ALL}");
    let listening = [("accept", "text/event-stream"), ("authorization", bearer.as_str())];
    let mut older = nginx.ask(Method::GET, "/sse", &listening, String::new()).await;
    let first = older.chunk().await.expect("an event").expect("an event");
    assert!(first.starts_with(b"event: endpoint\ndata: /hub/messages?sessionId="), "{first:?}");

    assert_eq!(nginx.ask(Method::GET, "/api/servers", &[], String::new()).await.status(), 401);
    let mut cookies = BTreeMap::new();
    let (path, form) = nginx.follow(&format!("{}/", nginx.url), &mut cookies).await;
    assert_eq!(path.last().map(String::as_str), Some(format!("{}/login?next=%2F", nginx.url).as_str()));
    assert!(form.contains("action=\"/hub/login\""), "{form}");
    let origin = nginx.url.trim_end_matches("/hub");
    let by_page =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", origin), ("sec-fetch-site", "same-origin")];
    let logged_in = nginx.ask(Method::POST, "/login", &by_page, format!("key={admin}&next=%2F")).await;
    let cookie = logged_in.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert_eq!(logged_in.headers()["location"], "/hub/");
    assert!(
        cookie.starts_with("__Secure-mcphub_login=") && cookie.contains("; Path=/hub; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    let own = cookie.split(';').next().expect("a cookie");
    let overview = nginx.ask(Method::GET, "/", &[("cookie", own), ("accept", "text/html")], String::new()).await;
    let overview = overview.text().await.expect("a page");
    assert!(overview.contains("action=\"/hub/logout\"") && overview.contains("/hub/assets/"), "{overview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_goes_through_it() {
    if !is_there() {
        return;
    }
    let authority = Authority::start(Shape::PLAIN).await;
    let servers = json!({"mcpServers": {"notes": {"url": authority.server()}}});
    let (nginx, hub, admin) = behind(servers, &[("TRUST_PROXY", "loopback")]).await;
    hub.until("notes", "login_required").await;
    let bearer = format!("Bearer {admin}");

    let begun = nginx.ask(Method::POST, "/api/servers/notes/login", &[("authorization", &bearer)], String::new()).await;
    let link = text(&document(begun).await, "/url");
    let (path, page) = nginx.follow(&link, &mut BTreeMap::new()).await;

    assert!(link.starts_with(&format!("{}/connect/", nginx.url)), "{link}");
    assert!(page.contains("Signed in to notes"), "{path:#?}\n{page}");
    hub.until("notes", "connected").await;
    let begun = nginx.post("/mcp/notes", Some(&admin), &initialize()).await;
    assert_eq!(begun.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_trusted_proxy_asks_for_has_attempts_of_its_own_and_nobody_can_claim_to_be_another() {
    if !is_there() {
        return;
    }
    let servers = servers().await;
    let (nginx, _hub, _admin) = behind(settings(servers.each_ref(), &json!({})), &[("TRUST_PROXY", "127.0.0.1")]).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let attempt = async |claimed: &str| {
        let headers = [form, ("x-forwarded-for", claimed)];
        nginx.ask(Method::POST, "/login", &headers, "key=wrong".to_owned()).await.status().as_u16()
    };
    // nginx adds its client, 127.0.0.1, which is a trusted address itself: the one before it counts.
    for _ in 0..10 {
        assert_eq!(attempt("198.51.100.7").await, 403);
    }

    assert_eq!(attempt("203.0.113.1, 198.51.100.7").await, 429, "what stands before it is the client's own word");
    assert_eq!(attempt("198.51.100.8").await, 403);
}
