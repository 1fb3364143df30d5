//! Servers: how each is reached, and how a session with one is opened and carried.
//!
//! It may use `repair`, `local_replies`, `message` and the small tools of the gateway, `connect` for credentials, `egress`
//! for the network and `settings` for a server's entry. It is the only room that names an HTTP client or starts a command.
//! It knows nothing of clients, scopes or names that clients see.
//!
//! | what | file |
//! |---|---|
//! | a server and its health | `server`, `parts` |
//! | how a session is opened | `opening`, `opening_request`, `opening_http`, `opening_command`, `command_generation`, `greeting` |
//! | an open session | `session` |
//! | HTTP: the client, and connections without TLS; a server's address; its credential | `http`, `plain`, `headers`, `server_http`, `known_transport`, `authorized` |
//! | Streamable HTTP | `streamable`, `streamable_refusal`, `stream`, `listen`, `stream_state` |
//! | commands that client sessions share, and which of them a message is for | `shared`, `command_client`, `command_clients` |
//! | whose turn it is there, who answers its questions, who has which task | `command_turns`, `command_questions`, `command_tasks` |
//! | the revision without sessions, HTTP with SSE (2024-11-05), commands | `stateless`, `legacy`, `stdio` |
//! | what comes back for a request, and how long it may take | `reply`, `http_reply`, `shared_stream`, `correlator`, `request_ids`, `open_questions`, `deadline` |
//! | reading bytes: events, messages, ids of dropped answers | `events`, `utf8`, `incoming`, `envelope`, `notification` |
//! | what a refusal means; whether the session is lost | `refusal`, `session_lost` |

mod authorized;
mod command_client;
mod command_clients;
mod command_generation;
mod command_questions;
mod command_tasks;
mod command_turns;
mod correlator;
mod deadline;
mod envelope;
mod events;
mod greeting;
mod headers;
mod http;
mod http_reply;
mod incoming;
mod known_transport;
mod legacy;
mod listen;
mod notification;
mod open_questions;
mod opening;
mod opening_command;
mod opening_http;
mod opening_request;
mod parts;
mod plain;
mod refusal;
mod reply;
mod request_ids;
mod server;
mod server_http;
mod session;
mod session_lost;
mod shared;
mod shared_stream;
mod stateless;
mod stdio;
mod stream;
mod stream_state;
mod streamable;
mod streamable_refusal;
mod utf8;

pub(crate) use self::http::Http;
pub(crate) use self::open_questions::PATIENCE;
pub(crate) use self::parts::UpstreamParts;
pub(crate) use self::reply::{Reply, ReplyStream};
pub(crate) use self::server::{Health, Upstream};
pub(crate) use self::session::UpstreamSession;
pub(crate) use self::shared::CommandState;
pub(crate) use self::stdio::RunningCommands;
pub use self::stdio::{CommandContext, GUARD, stand_guard};
