//! Plugins that answer garbage of every type at every function: they are refused, or the login goes on by the rules all
//! the same.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use mcphub::connect::{Connector, Finish, Refusal, new_browser};
use mcphub::egress::{EgressError, StandIn};
use mcphub::random::Random;
use mcphub_plugins::{Catalogue, Limits, Origin, Plugin, PluginHost};
use mcphub_tests::core::START;
use mcphub_tests::deviant::{CLIENT_ID, CLIENT_SECRET, Deviant, LIFETIME, SERVER};
use mcphub_tests::garbage::{Contract, Dice, told};
use mcphub_tests::offline::{self, unauthorized};
use mcphub_tests::{CHAMELEON, GARBLER, Home};
use reqwest::{StatusCode, Url};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Plugins that are tried; each with the whole way from loading to a logout, twice.
const SEEDS: u32 = 96;

type Request = axum::http::Request<Vec<u8>>;
type Response = axum::http::Response<Vec<u8>>;
/// What the garbler answers, by `interface.function`.
type Order = Map<String, Value>;

/// An ordinary authority, and everything it was asked.
#[derive(Clone)]
struct Watched {
    authority: Deviant,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl StandIn for Watched {
    fn answer(&self, request: Request) -> BoxFuture<'_, Result<Response, EgressError>> {
        self.asked.lock().expect("asked").push(request.clone());
        StandIn::answer(&self.authority, request)
    }
}

fn host() -> PluginHost {
    PluginHost::new(Some(&std::env::temp_dir().join("mcphub-tests-cache")), Limits::default()).expect("a host")
}

async fn load(host: &PluginHost, order: &Order) -> Result<Plugin, String> {
    let bytes = GARBLER.with(&Value::Object(order.clone()));
    host.load(Origin::File(PathBuf::from("garbler")), bytes).await.map_err(|error| error.to_string())
}

/// The answers of a plugin that is honest.
async fn honest(host: &PluginHost) -> Order {
    let bytes = CHAMELEON.with(&json!({"_mode": "MCP_OAUTH2"}));
    let plugin = host.load(Origin::File(PathBuf::from("chameleon")), bytes).await.expect("a plugin");
    let parts = plugin.data().await.expect("its profile");
    let mut order: Order =
        parts.iter().map(|part| (format!("{}.{}", part.interface, part.function), told(&part.answer))).collect();
    for (function, none) in [
        ("matching.rules", json!([])),
        ("inputs.inputs", json!([])),
        ("provisioning.guides", json!([])),
        ("errors.table", json!([])),
    ] {
        order.insert(function.into(), none);
    }
    order.insert("on-match.match-server".into(), json!({"variant_id": "any", "inputs": [], "needed": []}));
    order.insert("flow.operations".into(), json!(["Lookup"]));
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn no_garbage_of_a_plugins_bends_a_rule() {
    let (host, contract) = (host(), Contract::read());
    let (honest, functions) = (honest(&host).await, contract.functions().collect::<Vec<_>>());
    let (mut loaded, mut signed_in) = (0, 0);
    for seed in 0..SEEDS {
        let (mut dice, mut order) = (Dice::new(seed.into()), honest.clone());
        // Each function has its turn.
        let turn = usize::try_from(seed).expect("small") % functions.len();
        let others = dice.roll(3);
        for function in [functions[turn]]
            .into_iter()
            .chain((0..others).map(|_| functions[dice.roll(functions.len())]))
            .collect::<Vec<_>>()
        {
            match order.get_mut(function) {
                Some(answer) if dice.roll(4) != 0 => contract.spoil(function, answer, &mut dice),
                _ => drop(order.insert(function.to_owned(), contract.anything(function, &mut dice))),
            }
        }
        if order.contains_key("flow.next") {
            order["flow.operations"] = json!(["Exchange", "Refresh", "Revoke", "Lookup", "Introspect"]);
            order["flow.next"] = (0..3).map(|_| contract.anything("flow.next", &mut dice)).collect();
        }
        let Ok(journey) = Journey::of(&host, &order).await else { continue };
        loaded += 1;
        signed_in += u32::from(journey.signed_in);
    }
    // Neither all of it is refused, nor is none.
    assert!(loaded > SEEDS / 4 && loaded < SEEDS, "{loaded} loaded");
    assert!(signed_in > SEEDS / 8 && signed_in < loaded, "{signed_in} of {loaded} signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_of_the_contract_is_asked_on_the_way() {
    let (host, contract) = (host(), Contract::read());
    let honest = honest(&host).await;
    let usual = Journey::of(&host, &honest).await.expect("a journey");
    assert!(usual.signed_in, "{:#?}", usual.told);
    let mut unasked = Vec::new();
    for function in contract.functions() {
        let mut order = honest.clone();
        order.insert("trap".into(), json!(function));
        let journey = Journey::of(&host, &order).await;
        if journey.is_ok_and(|journey| journey.told == usual.told) {
            unasked.push(function);
        }
    }
    assert_eq!(unasked, Vec::<&str>::new());
}

/// What came of the way from loading to a logout.
#[derive(Default)]
struct Journey {
    /// What each step said.
    told: Vec<String>,
    /// Whether it came to a login.
    signed_in: bool,
    /// The PKCE challenges of its login pages.
    challenges: Vec<String>,
}

/// What somebody else may try with a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attack {
    Code,
    State,
    /// It comes from another browser.
    Browser,
    Issuer,
}

impl Attack {
    fn spoil(self, back: &mut Vec<(String, String)>) {
        match self {
            Self::Code => put(back, "code", "another"),
            Self::State => put(back, "state", "another"),
            Self::Issuer => put(back, "iss", "https://evil.example"),
            Self::Browser => {}
        }
    }
}

fn put(back: &mut Vec<(String, String)>, name: &str, value: &str) {
    back.retain(|(other, _)| other != name);
    back.push((name.to_owned(), value.to_owned()));
}

impl Journey {
    /// Goes as far as the plugin lets it, with a client that was set up and without one. Err: why it is not loaded.
    async fn of(host: &PluginHost, order: &Order) -> Result<Self, String> {
        let plugin = load(host, order).await.inspect_err(|why| expect_followed(why, order))?;
        let mut journey = Self::default();
        for registers in [false, true] {
            journey.go(&plugin, registers, order).await;
        }
        for told in &journey.told {
            expect_followed(told, order);
        }
        Ok(journey)
    }

    async fn go(&mut self, plugin: &Plugin, registers: bool, order: &Order) {
        let mut ordinary = json!({"_mode": "MCP_OAUTH2"});
        let mut oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
        if registers {
            ordinary["reg.mode"] = json!("dynamic");
            oauth = json!({});
        }
        let time = Arc::new(AtomicU64::new(START));
        let authority = Deviant::new(ordinary.as_object().expect("quirks"), time.clone());
        let world = Watched { authority: authority.clone(), asked: Arc::default() };
        let home = Home::new(&json!({"mcpServers": {"it": {"url": SERVER, "oauth": oauth}}}).to_string());
        let catalogue = Catalogue::new();
        catalogue.add(plugin.clone());
        let connector = offline::connector(&home, catalogue, world.clone(), time.clone());
        self.log_in(&connector, &authority, order).await;
        self.use_it(&connector, &time).await;
        for request in world.asked.lock().expect("asked").iter() {
            expect_kept(request, plugin, order);
            self.expect_proven(request, order);
        }
    }

    async fn log_in(&mut self, connector: &Connector, authority: &Deviant, order: &Order) {
        let person = new_browser(&Random::system()).expect("an id");
        self.tell(connector.refused("it", unauthorized("Bearer scope=\"read write\""), None).await);
        self.tell(connector.setup_text("it").await);
        for attack in [Some(Attack::Code), Some(Attack::State), Some(Attack::Browser), Some(Attack::Issuer), None] {
            let page = match connector.begin_at_terminal("it", &person).await {
                Ok(page) => page,
                Err(error) => return self.tell(error),
            };
            expect_own_parameters(&page, order);
            let mut back = match authority.authorize(&page) {
                Ok(back) => back,
                Err(error) => return self.tell(error),
            };
            self.challenges
                .extend(page.query_pairs().find(|(name, _)| name == "code_challenge").map(|(_, of)| of.into()));
            attack.iter().for_each(|attack| attack.spoil(&mut back));
            let stranger = new_browser(&Random::system()).expect("an id");
            let browser = if attack == Some(Attack::Browser) { &stranger } else { &person };
            let finish = connector.finish(back, Some(browser)).await;
            let is_refused = finish.is_err();
            assert!(is_refused || matches!(attack, None | Some(Attack::Code)), "{attack:?} {order:#?}");
            self.signed_in |= matches!(finish, Ok(Finish::Done(_)));
            if let Ok(Finish::Choose(choice)) = &finish {
                let first = choice.options.first().map(|option| option.1.clone()).unwrap_or_default();
                self.tell(connector.choose(&choice.ticket, Some(&person), &first).await);
            }
            self.tell(finish);
        }
    }

    async fn use_it(&mut self, connector: &Connector, time: &AtomicU64) {
        let used = connector.credential("it").await;
        let refusal = |tool: Option<&str>| Refusal {
            status: StatusCode::FORBIDDEN,
            tool: tool.map(str::to_owned),
            ..unauthorized("Bearer error=\"insufficient_scope\", scope=\"admin\"")
        };
        let credential = used.as_ref().ok().and_then(Option::as_ref);
        self.tell(connector.refused("it", refusal(Some("list")), credential).await);
        self.tell(&used);
        time.fetch_add(LIFETIME + 1, Ordering::Relaxed);
        self.tell(connector.credential("it").await);
        self.tell(connector.logout("it").await);
    }

    /// A verifier (RFC 7636 §4.6) is that of a login page of this journey, and the redirect URI the hub's own; what a
    /// plugin's steps describe need not be a code exchange.
    fn expect_proven(&self, request: &Request, order: &Order) {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let of = |name: &str| form.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        if let Some(verifier) = of("code_verifier").filter(|verifier| verifier.len() >= 43) {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
            assert!(self.challenges.contains(&challenge), "{form:?} {order:#?}");
        }
        if let Some(redirect_uri) = of("redirect_uri").filter(|_| !order.contains_key("flow.next")) {
            assert_eq!(redirect_uri, "http://localhost:3000/oauth/callback", "{order:#?}");
        }
    }

    fn tell(&mut self, what: impl Debug) {
        self.told.push(format!("{what:?}"));
    }
}

/// The garbler crashes only where it is told to.
fn expect_followed(told: &str, order: &Order) {
    assert!(order.contains_key("trap") || !told.contains("crashed"), "{told}");
}

/// State, PKCE, redirect URI and response type are the hub's, and no secret is in the address.
fn expect_own_parameters(page: &Url, order: &Order) {
    let all =
        |name: &str| page.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value).collect::<Vec<_>>();
    let told = || format!("{page} {order:#?}");
    assert_eq!(all("redirect_uri"), ["http://localhost:3000/oauth/callback"], "{}", told());
    assert_eq!(all("response_type"), ["code"], "{}", told());
    assert_eq!(all("code_challenge_method"), ["S256"], "{}", told());
    assert!(all("state").len() == 1 && all("state")[0].len() >= 22, "{}", told());
    assert!(all("code_challenge").len() == 1 && all("code_challenge")[0].len() == 43, "{}", told());
    assert!(page.query_pairs().all(|(_, value)| !value.contains(CLIENT_SECRET)), "{}", told());
    assert_eq!(page.scheme(), "https", "{}", told());
}

/// Requests go over https to hosts of the login or of the plugin's list, and headers stay whole.
fn expect_kept(request: &Request, plugin: &Plugin, order: &Order) {
    let url = Url::parse(&request.uri().to_string()).expect("a URL");
    let host = url.host_str().expect("a host");
    let named = |pattern: String| match pattern.strip_prefix("*.") {
        Some(below) => host.ends_with(&format!(".{below}")),
        None => host == pattern,
    };
    let mut patterns = plugin.profile().identity.hosts.iter().map(ToString::to_string);
    let told = || format!("{url} {order:#?}");
    assert_eq!(url.scheme(), "https", "{}", told());
    assert!(host.ends_with(".provider.example") || patterns.any(named), "{}", told());
    assert!(!request.headers().contains_key("x-evil"), "{}", told());
    let headers = request.headers().get_all("authorization").iter().count();
    assert!(headers <= 1 && !request.headers().contains_key("cookie"), "{}", told());
}
