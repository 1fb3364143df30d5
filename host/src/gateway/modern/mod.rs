//! Clients of revision 2026-07-28, which has no sessions: each request says by itself who sends it.
//!
//! Behind such clients stand hidden sessions, one for each sender as far as servers can tell, and every request goes
//! through one. What a server with sessions asks its client becomes `input_required`; the call waits for the retry. A
//! `subscriptions/listen` has a hidden session of its own.
//!
//! It may use `session`, `sessions` and every room below them. It names no HTTP, and remembers nothing of a client but the
//! calls that wait for its answers.
//!
//! | what | file |
//! |---|---|
//! | what a request says about itself, and the methods there are | `envelope`, `mirrored`, `methods` |
//! | who sends it; hidden sessions; messages of servers that belong to no stream | `sender`, `hidden`, `asides` |
//! | a request from its start to its answer | `request`, `running`, `answer` |
//! | questions of servers as `input_required`; calls that wait for a retry | `inputs`, `parked` |
//! | the results in this revision's form | `results`, `discover` |
//! | `subscriptions/listen` | `subscription`, `listeners`, `listen` |
//! | what all requests share | `clients` |

mod answer;
mod asides;
mod clients;
mod discover;
pub(crate) mod envelope;
mod hidden;
mod inputs;
mod listen;
mod listeners;
pub(crate) mod methods;
pub(crate) mod mirrored;
mod parked;
mod request;
mod results;
mod running;
mod sender;
mod subscription;

pub(crate) use self::answer::{ModernAnswer, ModernMessages};
pub(crate) use self::clients::ModernClients;
pub(crate) use self::request::answer;
