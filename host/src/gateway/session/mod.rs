//! Client sessions: what a client may reach, the sessions with servers behind it, and its requests in flight.
//!
//! It may use every room of the gateway below it: `upstream`, `roster`, `merged`, `list_cache`, `notes`, `local_replies`.
//! It names no transport, and lets no message of one client reach another.
//!
//! | what | file |
//! |---|---|
//! | what all sessions share; one session | `context`, `core` |
//! | the client's `initialize` | `client_info`, `initialize` |
//! | its sessions with servers | `upstream_sessions`, `open_upstream` |
//! | a request in flight, its progress token | `request_state`, `in_flight`, `progress` |
//! | a request that its client gives up | `cancellation` |
//! | its way to a server, and the answer | `forwarding`, `send`, `answer_stream`, `forward`, `results`, `structured_content` |
//! | a call that waits for a login | `login_answer` |
//! | where a request goes | `route`, `resolve_name`, `resolve_uri`, `resources`, `ask_several`, `resource_links`, `other_methods`, `tasks` |
//! | whose tasks a client sees | `callers_own` |
//! | subscriptions; what of a client outlives its session | `subscribed`, `wishes` |
//! | lists, and their changes | `lists`, `pagination`, `list_reading`, `list_changes`, `list_class`, `seen_lists` |
//! | from the client: notifications and answers | `from_client` |
//! | from servers: requests and notifications | `from_server`, `server_requests`, `outbox` |
//! | what a hidden session tells the room above | `hidden` |
//! | streams over several connections | `redelivery` |
//! | what is measured of it | `measured` |

mod answer_stream;
mod ask_several;
mod callers_own;
mod cancellation;
pub(crate) mod client_info;
pub(crate) mod context;
mod core;
mod forward;
mod forwarding;
mod from_client;
mod from_server;
mod hidden;
mod in_flight;
mod initialize;
mod list_changes;
mod list_class;
mod list_reading;
mod lists;
mod login_answer;
mod measured;
mod open_upstream;
mod other_methods;
mod outbox;
mod pagination;
mod progress;
mod redelivery;
mod request_state;
mod resolve_name;
mod resolve_uri;
mod resource_links;
mod resources;
mod results;
mod route;
mod seen_lists;
mod send;
mod server_requests;
mod structured_content;
mod subscribed;
mod tasks;
mod upstream_sessions;
mod wishes;

pub(crate) use self::answer_stream::ClientAnswer;
pub(crate) use self::context::SessionContext;
pub(crate) use self::core::{Peer, Session};
pub(crate) use self::from_server::ClientStream;
pub(crate) use self::redelivery::{AnswerReader, ListenReader, Resumed, UnknownEvent};
pub(crate) use self::wishes::ClientWishes;
