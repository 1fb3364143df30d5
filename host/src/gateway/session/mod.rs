//! A client's session: what it may see, the sessions with servers that stand behind it, and what is under way.
//!
//! | what | file |
//! |---|---|
//! | its sessions with servers | `links` |
//! | a request to one server, and what comes back | `forward`, `exchange` |
//! | routing | here, `all`, `lists`, `pages`, `places`, `uris`, `resources`, `shown` |
//! | what is kept of the client, its progress tokens | `client`, `tokens` |
//! | from the client: notifications and answers | `inward` |
//! | from servers: questions and notifications | `outward`, `asked`, `outbox` |

mod all;
mod asked;
pub(crate) mod client;
mod exchange;
mod forward;
mod inward;
mod links;
pub(crate) mod lists;
mod outbox;
mod outward;
mod pages;
mod places;
mod resources;
mod shown;
mod tokens;
mod uris;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use self::asked::Asked;
use self::forward::Flight;
pub(crate) use self::forward::{Answer, Outflow};
use self::links::Slot;
use self::lists::Listing;
use self::outbox::Outbox;
pub(crate) use self::outward::Listener;
use self::shown::Shown;
use self::tokens::Token;
use super::budget::Budget;
use super::lock::lock;
use super::message::{Fields, Id, Kind, Message, object, string};
use super::shared::Shared;
use super::speech;
use super::table::{Given, Table};
use super::upstream::{Standing, Upstream};

/// What a session reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every server, names prefixed.
    All,
    /// The servers of the group of this name.
    Group(String),
    /// The server of this name, as it is.
    One(String),
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    /// An MCP client.
    Client,
    /// The hub itself: it answers no questions.
    Hub,
}

/// One session.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) scope: Scope,
    party: Party,
    shared: Arc<Shared>,
    /// The client's parameters of `initialize`.
    client: Fields,
    client_name: String,
    /// Whether the client said anything after `initialize`.
    is_begun: AtomicBool,
    links: Mutex<HashMap<String, Slot>>,
    flights: Mutex<HashMap<Id, Option<String>>>,
    asked: Asked,
    pub(crate) outbox: Outbox,
    /// Bytes of answers that the client has not taken yet.
    answered: Arc<Budget>,
    /// Where the names and URIs of the lists lead that the client was given last.
    listed: Mutex<HashMap<Listing, Arc<Table>>>,
    /// Where the names lead that the client was given in any list.
    given: Mutex<HashMap<Listing, Given>>,
    /// Which server has a resource that nobody listed.
    found: Mutex<HashMap<String, String>>,
    /// Links that tools' results showed.
    shown: Shown,
    /// Lists that are being asked for.
    fetching: Mutex<HashSet<(String, Listing)>>,
    /// Progress tokens of the client's, by those that go to servers in their place.
    tokens: Mutex<HashMap<u64, Token>>,
    subscribed: Mutex<BTreeMap<String, String>>,
    level: Mutex<Option<Fields>>,
    used_at: Mutex<SystemTime>,
    streams: AtomicU64,
    last_id: AtomicU64,
    /// Keeps the hub's ids apart from the client's.
    mark: String,
}

impl Session {
    /// A session for a client that introduced itself so.
    pub(crate) fn new(shared: Arc<Shared>, scope: Scope, party: Party, client: Fields) -> Arc<Self> {
        Arc::new(Self {
            id: shared.random.text::<24>(),
            mark: shared.random.text::<6>(),
            outbox: Outbox::new(&shared.limits, shared.waiting.clone()),
            answered: Arc::new(shared.answered.clone().within(shared.limits.answered_bytes)),
            client_name: client::name(&client),
            used_at: Mutex::new(shared.clock.now()),
            scope,
            party,
            shared,
            client,
            links: Mutex::default(),
            flights: Mutex::default(),
            asked: Asked::default(),
            listed: Mutex::default(),
            given: Mutex::default(),
            found: Mutex::default(),
            shown: Shown::default(),
            fetching: Mutex::default(),
            tokens: Mutex::default(),
            subscribed: Mutex::default(),
            level: Mutex::default(),
            is_begun: AtomicBool::new(false),
            streams: AtomicU64::new(0),
            last_id: AtomicU64::new(1),
        })
    }

    /// Answers `initialize`: with the server's own words where one is in scope and can be reached, else with the hub's.
    pub(crate) async fn greet(self: &Arc<Self>, id: Id) -> Message {
        let asked = string(&self.client, "protocolVersion");
        if let Scope::One(server) = &self.scope
            && let Some(upstream) = self.shared.upstream(server)
            && upstream.standing() != Standing::Blocked
        {
            let link = tokio::time::timeout(self.shared.limits.list, self.link(&upstream)).await;
            if let Ok(Ok(link)) = link {
                if link.is_mended {
                    let sentence = format!(
                        "{server} answers initialize in a way that clients refuse; the hub puts it right, and the server should \
                         be mended"
                    );
                    self.shared.known.tell(server, sentence);
                }
                return speech::passed_greeting(id, &link.greeting, asked.as_deref());
            }
        }
        speech::greeting(id, asked.as_deref())
    }

    /// Answers a request.
    pub(crate) async fn request(self: &Arc<Self>, message: Message) -> Answer {
        self.touch();
        let Kind::Request { id, method } = message.kind().clone() else {
            return Answer::Whole(Message::error(None, speech::INVALID_REQUEST, "this is not a request"));
        };
        match method.as_str() {
            "ping" => return Answer::Whole(Message::result(id, &serde_json::json!({}))),
            "initialize" => {
                let sentence = "the session is initialised already; begin a new one without an Mcp-Session-Id header";
                return Answer::Whole(Message::error(Some(id), speech::INVALID_REQUEST, sentence));
            }
            _ => {}
        }
        let Some(mut flight) = self.depart(&id, &method) else {
            let sentence = "a request with this id is under way already";
            return Answer::Whole(Message::error(Some(id), speech::INVALID_REQUEST, sentence));
        };
        let message = flight.with_own_token(message);
        if let Scope::One(server) = &self.scope
            && self.shared.upstream(server).is_none()
        {
            let sentence = format!("{server} is not in the settings any more, or switched off");
            return Answer::Whole(Message::error(Some(id), speech::INVALID_REQUEST, &sentence));
        }
        match self.route(message, flight).await {
            Answer::Whole(answer) => Answer::Whole(self.held(answer, (id, &method))),
            stream @ Answer::Stream(_) => stream,
        }
    }

    /// The answer with its part of what a client may leave lying; where there is no room, a sentence in its place.
    fn held(&self, answer: Message, (id, method): (Id, &str)) -> Message {
        match self.answered.take(answer.size()) {
            Some(part) => answer.holding(part),
            None => speech::unread(id, method),
        }
    }

    async fn route(self: &Arc<Self>, message: Message, flight: Flight) -> Answer {
        if let Some(listing) = Listing::of(&flight.method) {
            return self.answer_list(listing, &flight).await;
        }
        match (flight.method.as_str(), &self.scope) {
            ("tools/call", _) => self.call_by_name(message, flight, Listing::Tools).await,
            ("prompts/get", _) => self.call_by_name(message, flight, Listing::Prompts).await,
            ("completion/complete", _) if object(&message.params(), "ref").contains_key("name") => {
                self.complete_prompt(message, flight).await
            }
            (_, Scope::One(server)) => match self.shared.upstream(server) {
                Some(upstream) => self.request_one(&upstream, message, flight).await,
                None => self.request_all(message, flight).await,
            },
            (_, Scope::All | Scope::Group(_)) => self.request_all(message, flight).await,
        }
    }

    async fn request_one(self: &Arc<Self>, upstream: &Arc<Upstream>, message: Message, flight: Flight) -> Answer {
        let uri = || message.param("uri").unwrap_or_default();
        match flight.method.as_str() {
            "resources/read" | "resources/subscribe" if !self.shows_resource(upstream, &uri()) => {
                let sentence = format!("the settings switch the resource {:?} off", uri());
                return Answer::Whole(Message::error(Some(flight.id.clone()), speech::RESOURCE_NOT_FOUND, &sentence));
            }
            "logging/setLevel" => drop(self.note_level(&message)),
            "resources/subscribe" | "resources/unsubscribe" => {
                self.note_subscription(&flight.method, &message.param("uri").unwrap_or_default(), upstream);
            }
            _ => {}
        }
        self.forward(upstream, message, flight).await
    }

    /// Whether the server is in the session's scope.
    pub(crate) fn reaches(&self, server: &str) -> bool {
        match &self.scope {
            Scope::All => self.shared.upstream(server).is_none_or(|upstream| upstream.server.is_default()),
            Scope::Group(_) => self.shared.roster().seen(&self.scope).iter().any(|seen| seen.upstream.name() == server),
            Scope::One(one) => one == server,
        }
    }

    /// What the client calls itself.
    pub(crate) fn client_name(&self) -> &str {
        &self.client_name
    }

    /// Whether the client said anything after `initialize`.
    pub(crate) fn is_begun(&self) -> bool {
        self.is_begun.load(Ordering::Relaxed)
    }

    /// Marks it as used now.
    pub(crate) fn touch(&self) {
        self.is_begun.store(true, Ordering::Relaxed);
        *lock(&self.used_at) = self.shared.clock.now();
    }

    /// How long nobody has used it.
    pub(crate) fn idle(&self, now: SystemTime) -> Duration {
        let is_used = self.streams.load(Ordering::Relaxed) > 0 || !lock(&self.flights).is_empty();
        if is_used { Duration::ZERO } else { now.duration_since(*lock(&self.used_at)).unwrap_or_default() }
    }

    /// Ends it and its sessions with servers.
    pub(crate) async fn end(&self) {
        self.outbox.end();
        let links: Vec<Slot> = lock(&self.links).drain().map(|(_, slot)| slot).collect();
        let open = links.iter().filter_map(links::open_link);
        futures::future::join_all(open.map(|link| async move { link.close().await })).await;
    }

    fn is_listening(&self) -> bool {
        self.streams.load(Ordering::Relaxed) > 0
    }
}
