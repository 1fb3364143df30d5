//! Plugins that answer garbage of every type at every function: they are refused, or the login goes on by the rules all
//! the same.

mod rules;

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use mcphub::connect::{Connector, Finish, IssuerTag, Refusal, new_browser};
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

use self::rules::{Attack, Page, expect_kept, expect_own_parameters, expect_proven, put};

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
    /// It promises to name itself in its answers (RFC 9207 §3), and does.
    names_itself: bool,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Watched {
    /// What the person comes back with. Err: why the login page shows an error instead.
    fn authorize(&self, page: &Url) -> Result<Vec<(String, String)>, String> {
        let mut back = self.authority.authorize(page)?;
        if self.names_itself {
            put(&mut back, "iss", "https://login.provider.example");
        }
        Ok(back)
    }
}

impl StandIn for Watched {
    fn answer(&self, request: Request) -> BoxFuture<'_, Result<Response, EgressError>> {
        Box::pin(async move {
            self.asked.lock().expect("asked").push(request.clone());
            let promises = self.names_itself && request.uri().path().ends_with("/oauth-authorization-server");
            let mut answer = StandIn::answer(&self.authority, request).await?;
            if promises && answer.status() == StatusCode::OK {
                let mut document: Value = serde_json::from_slice(answer.body()).expect("metadata");
                document["authorization_response_iss_parameter_supported"] = json!(true);
                *answer.body_mut() = document.to_string().into_bytes();
            }
            Ok(answer)
        })
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
        ("setup.guides", json!([])),
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
            order["flow.operations"] = json!(["Exchange", "Refresh", "Revoke", "Lookup"]);
            order["flow.next"] = (0..3).map(|_| contract.anything("flow.next", &mut dice)).collect();
        }
        let Ok(journey) = Journey::of(&host, &order).await else { continue };
        loaded += 1;
        signed_in += u32::from(journey.signed_in);
    }
    // Neither all of it is refused, nor is none.
    assert!(loaded > SEEDS / 4 && loaded < SEEDS, "{loaded} loaded");
    assert!(signed_in >= SEEDS / 8 && signed_in < loaded, "{signed_in} of {loaded} signed in");
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
    /// The login pages it came back from, of one hub.
    pages: Vec<Page>,
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
        let world = Watched { authority, names_itself: registers, asked: Arc::default() };
        let home = Home::new(&json!({"mcpServers": {"it": {"url": SERVER, "oauth": oauth}}}).to_string());
        let catalogue = Catalogue::new();
        catalogue.add(plugin.clone());
        let connector = offline::connector(&home, catalogue, world.clone(), time.clone());
        self.pages.clear();
        self.log_in(&connector, &world, order).await;
        self.use_it(&connector, &time).await;
        for request in world.asked.lock().expect("asked").iter() {
            expect_kept(request, plugin, order);
            expect_proven(request, &self.pages, order);
        }
    }

    async fn log_in(&mut self, connector: &Connector, world: &Watched, order: &Order) {
        let person = new_browser(&Random::system()).expect("an id");
        self.tell(connector.refused("it", unauthorized("Bearer scope=\"read write\""), None).await);
        self.tell(connector.setup_text("it").await);
        for attack in [Some(Attack::Code), Some(Attack::State), Some(Attack::Browser), Some(Attack::Issuer), None] {
            let page = match mcphub_tests::begin(connector, "it", &person).await {
                Ok(page) => page,
                Err(error) => return self.tell(error),
            };
            expect_own_parameters(&page, order);
            let mut back = match world.authorize(&page) {
                Ok(back) => back,
                Err(error) => return self.tell(error),
            };
            if let Some(attack) = attack {
                attack.spoil(&mut back);
            }
            self.pages.push(Page::of(&page, &back, attack));
            let stranger = new_browser(&Random::system()).expect("an id");
            let browser = if attack == Some(Attack::Browser) { &stranger } else { &person };
            let finish = connector.finish(IssuerTag::of_login_page(&page), back, Some(browser)).await;
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

    fn tell(&mut self, what: impl Debug) {
        self.told.push(format!("{what:?}"));
    }
}

/// The garbler crashes only where it is told to.
fn expect_followed(told: &str, order: &Order) {
    assert!(order.contains_key("trap") || !told.contains("crashed"), "{told}");
}
