//! A browser without a window: cookies, redirects one by one, every page remembered.

use std::collections::BTreeMap;
use std::sync::Mutex;

use url::Url;

use crate::http;

/// A browser with cookies of its own.
pub struct Browser {
    web: reqwest::Client,
    cookies: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    pages: Mutex<Vec<String>>,
    /// Whether it goes on where a login page is of another site than the server.
    agrees: bool,
    /// A public origin, and where it really is.
    proxied: Option<(String, String)>,
}

/// Where a link led.
#[derive(Debug)]
pub struct Trip {
    /// Every address, in order.
    pub path: Vec<Url>,
    /// Status of the last page.
    pub status: u16,
    /// The last page.
    pub page: String,
}

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 20;

impl Browser {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        Self { web: http(), cookies: Mutex::default(), pages: Mutex::default(), agrees: true, proxied: None }
    }

    /// One for which a proxy stands at this public origin, which passes everything on as it comes.
    #[must_use]
    pub fn with_proxy(origin: &str, hub: &str) -> Self {
        Self { proxied: Some((origin.to_owned(), hub.to_owned())), ..Self::new() }
    }

    fn request(&self, method: reqwest::Method, url: &Url) -> reqwest::RequestBuilder {
        match self.proxied.as_ref().filter(|(origin, _)| url.origin().ascii_serialization() == *origin) {
            Some((origin, hub)) => {
                let request = self.web.request(method, url.as_str().replacen(origin, hub, 1));
                request.header("host", url.host_str().unwrap_or_default())
            }
            None => self.web.request(method, url.clone()),
        }
    }

    /// One that stops where a login page is of another site than the server.
    #[must_use]
    pub fn cautious() -> Self {
        Self { agrees: false, ..Self::new() }
    }

    /// Follows a link to its end.
    pub async fn follow(&self, link: &str) -> Trip {
        self.walk(link, |_| false).await
    }

    /// Follows a link up to the hub's callback, which is not asked for.
    pub async fn up_to_the_callback(&self, link: &str) -> Url {
        let trip = self.walk(link, |url| url.path().starts_with("/oauth/callback")).await;
        let last = trip.path.last().expect("a page").clone();
        assert!(last.path().starts_with("/oauth/callback"), "{trip:#?}");
        last
    }

    /// Follows a link up to the first address of another origin, which is not asked for.
    pub async fn up_to_the_provider(&self, link: &str) -> Url {
        let origin = Url::parse(link).expect("a URL").origin();
        let trip = self.walk(link, |url| url.origin() != origin).await;
        trip.path.last().expect("a page").clone()
    }

    /// Sends a form from a page of the same origin.
    pub async fn submit(&self, url: &str, form: &[(&str, &str)]) -> Trip {
        let url = Url::parse(url).expect("a URL");
        let (status, next, page) = self.sent(&url, form).await;
        match next {
            Some(next) => self.follow(next.as_str()).await,
            None => Trip { path: vec![url], status, page },
        }
    }

    async fn sent(&self, url: &Url, form: &[(&str, &str)]) -> (u16, Option<Url>, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .request(reqwest::Method::POST, url)
            .header("cookie", self.cookies_for(url))
            .header("origin", url.origin().ascii_serialization())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.load(url, request).await
    }

    /// Presses the button of a page that says that the login page is of another site.
    async fn agree(&self, url: &Url, page: &str) -> Option<(u16, Option<Url>, String)> {
        let after = |text: &str, mark: &str| {
            let rest = text.split_once(mark)?.1;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let action = after(page, "action=\"").filter(|action| self.agrees && action.ends_with("/go-on"))?;
        let value = |name: &str| after(page, &format!("name=\"{name}\" value=\""));
        let (login, token) = (value("login")?, value("token")?);
        let action = url.join(&action).expect("a URL");
        Some(self.sent(&action, &[("login", &login), ("token", &token)]).await)
    }

    /// Every page that was shown.
    #[must_use]
    pub fn pages(&self) -> Vec<String> {
        self.pages.lock().unwrap().clone()
    }

    async fn walk(&self, link: &str, stop: impl Fn(&Url) -> bool) -> Trip {
        let mut url = Url::parse(link).unwrap_or_else(|error| panic!("{link:?} is no URL: {error}"));
        let mut path = Vec::new();
        for _ in 0..MAX_REDIRECTS {
            path.push(url.clone());
            if stop(&url) {
                return Trip { path, status: 0, page: String::new() };
            }
            let request = self.request(reqwest::Method::GET, &url).header("cookie", self.cookies_for(&url));
            let (mut status, mut next, mut page) = self.load(&url, request).await;
            if let Some(agreed) = self.agree(&url, &page).await {
                (status, next, page) = agreed;
            }
            match next {
                Some(next) => url = next,
                None => return Trip { path, status, page },
            }
        }
        panic!("too many redirects: {path:?}");
    }

    async fn load(&self, url: &Url, request: reqwest::RequestBuilder) -> (u16, Option<Url>, String) {
        let answer = request.send().await.unwrap_or_else(|error| panic!("{url} does not answer: {error}"));
        self.keep_cookies(url, &answer);
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").map(|location| location.to_str().expect("text").to_owned());
        let next = location.map(|location| url.join(&location).expect("a URL"));
        let page = answer.text().await.expect("a page");
        self.pages.lock().unwrap().push(page.clone());
        (status, next, page)
    }

    fn cookies_for(&self, url: &Url) -> String {
        let cookies = self.cookies.lock().unwrap();
        let own = cookies.get(url.host_str().unwrap_or_default()).into_iter().flatten();
        own.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, url: &Url, answer: &reqwest::Response) {
        let mut cookies = self.cookies.lock().unwrap();
        let own = cookies.entry(url.host_str().unwrap_or_default().to_owned()).or_default();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            own.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}
