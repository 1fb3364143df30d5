//! What happens during a login, as the recorder keeps it.
//!
//! Apart from the recorder: everything that builds a case from a login reads these, and only the recorder makes them.

use http::{Request, Response};
use mcphub_oauth::profile::Pair;
use url::Url;

/// One thing that happened during a login, in the order in which it happened.
pub(super) enum RecordedEvent {
    Refused { status: u16, challenge: Option<String>, tool: Option<String> },
    Exchange(Box<Request<Vec<u8>>>, Box<Response<Vec<u8>>>),
    Sent(Url),
    Back(Vec<Pair>),
    Granted(Option<Vec<String>>),
}

/// A request and its answer, borrowed from an event.
type Heard<'e> = (&'e Request<Vec<u8>>, &'e Response<Vec<u8>>);

impl RecordedEvent {
    pub(super) fn exchange(&self) -> Option<Heard<'_>> {
        match self {
            Self::Exchange(request, response) => Some((&**request, &**response)),
            Self::Refused { .. } | Self::Sent(_) | Self::Back(_) | Self::Granted(_) => None,
        }
    }
}
