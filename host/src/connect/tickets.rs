//! One-time links that start a login in a person's browser.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use mcphub_oauth::browser::BrowserId;

use super::error::ConnectError;
use crate::random::Random;

/// How long a link is good.
const LIFETIME: Duration = Duration::from_hours(1);
/// Links that are kept at once; the oldest go first.
const MAX_TICKETS: usize = 1000;

/// The links that are out.
pub(super) struct Tickets {
    tickets: Mutex<BTreeMap<String, Ticket>>,
}

struct Ticket {
    server: String,
    made_at: SystemTime,
    /// The browser that opened it first: only that one goes on.
    browser: Option<BrowserId>,
}

impl Tickets {
    pub(super) fn new() -> Self {
        Self { tickets: Mutex::default() }
    }

    /// A fresh one.
    pub(super) fn issue(&self, server: &str, now: SystemTime, random: &Random) -> String {
        let mut tickets = self.lock();
        tickets.retain(|_, ticket| ticket.is_good(now));
        if tickets.len() >= MAX_TICKETS {
            let oldest = tickets.iter().min_by_key(|(_, ticket)| ticket.made_at).map(|(id, _)| id.clone());
            oldest.and_then(|id| tickets.remove(&id));
        }
        let id = random.text::<32>();
        tickets.insert(id.clone(), Ticket { server: server.to_owned(), made_at: now, browser: None });
        id
    }

    /// An unopened one for this server with at least half its life before it, else a fresh one.
    pub(super) fn current(&self, server: &str, now: SystemTime, random: &Random) -> String {
        let fresh = |ticket: &Ticket| {
            ticket.server == server && ticket.browser.is_none() && now < ticket.made_at + LIFETIME / 2
        };
        let found = self.lock().iter().find(|(_, ticket)| fresh(ticket)).map(|(id, _)| id.clone());
        found.unwrap_or_else(|| self.issue(server, now, random))
    }

    /// The server of a link, which from now on belongs to this browser.
    pub(super) fn open(&self, id: &str, browser: &BrowserId, now: SystemTime) -> Result<String, ConnectError> {
        let mut tickets = self.lock();
        let ticket = tickets.get_mut(id).filter(|ticket| ticket.is_good(now)).ok_or(ConnectError::UnknownLink)?;
        match &ticket.browser {
            Some(owner) if owner != browser => Err(ConnectError::LinkInUse),
            Some(_) => Ok(ticket.server.clone()),
            None => {
                ticket.browser = Some(browser.clone());
                Ok(ticket.server.clone())
            }
        }
    }

    /// Ends all links of a server: it has a grant now.
    pub(super) fn close(&self, server: &str) {
        self.lock().retain(|_, ticket| ticket.server != server);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Ticket>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    fn is_good(&self, now: SystemTime) -> bool {
        now < self.made_at + LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};
    use std::time::UNIX_EPOCH;

    fn random() -> Random {
        let next = AtomicU8::new(1);
        Random::of(move |bytes| bytes.fill(next.fetch_add(1, Ordering::Relaxed)))
    }

    fn browser(letter: &str) -> BrowserId {
        BrowserId::parse(&letter.repeat(43)).expect("browser")
    }

    #[test]
    fn a_link_belongs_to_the_browser_that_opened_it() {
        let tickets = Tickets::new();
        let id = tickets.issue("a", UNIX_EPOCH, &random());

        assert_eq!(tickets.open(&id, &browser("x"), UNIX_EPOCH).expect("first"), "a");
        assert_eq!(tickets.open(&id, &browser("x"), UNIX_EPOCH).expect("again"), "a");
        assert!(matches!(tickets.open(&id, &browser("y"), UNIX_EPOCH), Err(ConnectError::LinkInUse)));
    }

    #[test]
    fn an_old_a_closed_and_an_invented_link_are_refused() {
        let (tickets, random) = (Tickets::new(), random());
        let old = tickets.issue("a", UNIX_EPOCH, &random);
        let later = UNIX_EPOCH + LIFETIME;

        let closed = tickets.issue("b", later, &random);
        tickets.close("b");

        for id in [old.as_str(), closed.as_str(), "invented"] {
            assert!(matches!(tickets.open(id, &browser("x"), later), Err(ConnectError::UnknownLink)), "{id}");
        }
    }

    #[test]
    fn an_unopened_link_is_given_again_and_an_opened_one_is_not() {
        let (tickets, random) = (Tickets::new(), random());
        let first = tickets.current("a", UNIX_EPOCH, &random);

        assert_eq!(tickets.current("a", UNIX_EPOCH, &random), first);
        tickets.open(&first, &browser("x"), UNIX_EPOCH).expect("opened");
        assert_ne!(tickets.current("a", UNIX_EPOCH, &random), first);
    }
}
