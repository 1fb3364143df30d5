//! Revision 2026-07-28, which has neither `initialize` nor sessions: every request carries what the server needs to know.
//!
//! To the rest of the hub such a server looks like one with sessions. What a session remembers (the log level, the
//! subscriptions, what the client can do) is remembered here and said anew with every request, and what the server needs
//! from the client comes as the requests that a server with sessions makes. If the client speaks this revision itself,
//! requests and results pass as they are.
//!
//! | what | file |
//! |---|---|
//! | whether a server speaks it, and what it is | `discovery` |
//! | what every request says about its client | `client_meta` |
//! | headers: the method, the name, mirrored arguments | `request_headers`, `tool_headers` |
//! | how a request travels, over HTTP and over standard streams | `wire`, `http_wire`, `command_wire` |
//! | one request and its answer | `exchange` |
//! | a server that needs input to go on | `rounds`, `questions` |
//! | answers in the form of earlier revisions | `older_form`, `error_members` |
//! | subscriptions and changes of lists | `subscriptions`, `wanted`, `subscription_stream` |
//! | all of it as a session | `session` |

mod client_meta;
mod command_wire;
mod discovery;
mod error_members;
mod exchange;
mod http_wire;
mod older_form;
mod questions;
mod request_headers;
mod rounds;
mod session;
mod subscription_stream;
mod subscriptions;
mod tool_headers;
mod wanted;
mod wire;

pub(super) use self::client_meta::ClientMeta;
pub(super) use self::discovery::{Discovered, Discovery, PROBE, discover};
pub(super) use self::session::{StatelessParts, StatelessSession};
pub(super) use self::tool_headers::ToolHeaders;
pub(super) use self::wire::Wire;
