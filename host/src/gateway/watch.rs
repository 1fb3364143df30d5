//! One task per server: is it there, may the hub use it, and did that change? And what the clients are told of it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::session::lists::Listing;
use super::upstream::{Standing, Upstream};
use super::{Inner, speech};
use crate::connect::Change;
use crate::gateway::error::UpstreamError;
use crate::settings::Transport;

/// How often sessions that nobody uses are looked for.
const SWEEP: Duration = Duration::from_mins(1);

/// What is waited for before a server is looked at again; a nudge always comes first.
enum Until {
    /// Nothing else, but the end of a command by itself.
    Nudged(Ending),
    /// A pause.
    Passed(Duration),
    /// A login other than this one, which may come from another process.
    LoggedIn(Option<u64>),
}

/// Of a command: tells once it ended by itself, and why.
type Ending = Option<Receiver<Option<UpstreamError>>>;

/// A command that ran for this long and ends is no more suspicious than one that ends for the first time.
const LASTED: Duration = Duration::from_mins(1);

/// Watches one server for as long as the gateway lives.
pub(super) async fn server(inner: Weak<Inner>, upstream: Arc<Upstream>) {
    let (mut failures, mut ends): (u32, u32) = (0, 0);
    let mut is_hanging = false;
    loop {
        let Some(gateway) = inner.upgrade() else { return };
        if let Some(trouble) = upstream.take_trouble() {
            report(&gateway, &upstream, Err(trouble));
            is_hanging = true;
        }
        let outcome = probe(&gateway, &upstream, is_hanging).await;
        is_hanging &= outcome.is_err();
        let until = match &outcome {
            Ok(()) => Until::Nudged(gateway.hub.live_link(upstream.name()).and_then(|link| link.ending())),
            Err(error) if error.waits_for_person() => Until::LoggedIn(grant(&gateway, &upstream).await),
            Err(_) => Until::Passed(pause(&gateway, failures)),
        };
        failures = if outcome.is_ok() { 0 } else { failures.saturating_add(1) };
        report(&gateway, &upstream, outcome);
        drop(gateway);
        match until {
            Until::Nudged(ending) => {
                let since = Instant::now();
                tokio::select! {
                    () = upstream.nudge.notified() => {}
                    error = ended(ending) => {
                        ends = if since.elapsed() >= LASTED { 0 } else { ends.saturating_add(1) };
                        ended_by_itself(&inner, &upstream, error, ends).await;
                    }
                }
            }
            Until::Passed(pause) => rest(&inner, &upstream, pause).await,
            Until::LoggedIn(but) => tokio::select! {
                () = upstream.nudge.notified() => {}
                () = logged_in(&inner, &upstream, but) => {}
            },
        }
    }
}

/// Tells it, and waits before the command is started again: longer each time.
async fn ended_by_itself(inner: &Weak<Inner>, upstream: &Upstream, error: UpstreamError, ends: u32) {
    let Some(gateway) = inner.upgrade() else { return };
    report(&gateway, upstream, Err(error));
    let pause = pause(&gateway, ends);
    drop(gateway);
    // Whichever comes first.
    drop(tokio::time::timeout(pause, upstream.nudge.notified()).await);
}

/// The pause before a server that is down is looked at again. A nudge cuts it short, but not below the shortest: a server
/// that answers some of what it is asked is not opened again with each answer.
async fn rest(inner: &Weak<Inner>, upstream: &Upstream, pause: Duration) {
    let Some(gateway) = inner.upgrade() else { return };
    let shortest = gateway.shared.limits.retry.0.min(pause);
    drop(gateway);
    tokio::time::sleep(shortest).await;
    // Whichever comes first.
    drop(tokio::time::timeout(pause.saturating_sub(shortest), upstream.nudge.notified()).await);
}

async fn ended(ending: Ending) -> UpstreamError {
    if let Some(mut ending) = ending
        && let Some(error) = ending.wait_for(Option::is_some).await.ok().and_then(|error| error.clone())
    {
        return error;
    }
    std::future::pending().await
}

/// Ends once there is another grant than this one.
async fn logged_in(inner: &Weak<Inner>, upstream: &Upstream, but: Option<u64>) {
    while let Some(gateway) = inner.upgrade() {
        let now = grant(&gateway, upstream).await;
        if now.is_some() && now != but {
            upstream.is_login_changed.store(true, Ordering::Relaxed);
            return;
        }
        let look = gateway.shared.limits.look;
        drop(gateway);
        tokio::time::sleep(look).await;
    }
}

/// Which grant requests carry now.
async fn grant(gateway: &Inner, upstream: &Upstream) -> Option<u64> {
    gateway.connector.credential(upstream.name()).await.ok().flatten().map(|credential| credential.version)
}

/// A fresh session of the hub's own, and its tools. To begin it may take longer than to answer, but not where the server
/// was up and hangs: it is soon asked again.
async fn probe(gateway: &Inner, upstream: &Upstream, is_hanging: bool) -> Result<(), UpstreamError> {
    gateway.hub.forget_server(upstream.name());
    let wait = gateway.shared.limits.list;
    let is_running = is_hanging && matches!(upstream.server.transport, Transport::Http { .. });
    if is_running {
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        tokio::time::timeout(wait, gateway.hub.link(upstream)).await.map_err(timed_out)??;
    } else {
        gateway.hub.link(upstream).await?;
    }
    match gateway.hub.entries(upstream, Listing::Tools).await {
        // An error is an answer: it was told, and what else the server has can be used.
        Ok(_) | Err(UpstreamError::ListRefused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn report(gateway: &Inner, upstream: &Upstream, outcome: Result<(), UpstreamError>) {
    let standing = match outcome {
        Ok(()) => {
            if upstream.recovered() {
                tracing::info!(server.name = upstream.name(), "{} answers again", upstream.name());
            }
            gateway.connector.reachable(upstream.name());
            Standing::Up
        }
        // The connector knows: it said so.
        Err(UpstreamError::Blocked(_)) => Standing::Blocked,
        Err(error) => {
            let problem = upstream.shown(&error);
            // A state is told when it changes, not each time that it is found again.
            if upstream.is_news(&problem) {
                tracing::warn!(server.name = upstream.name(), "{problem}");
            } else {
                tracing::debug!(server.name = upstream.name(), "still: {problem}");
            }
            gateway.connector.unreachable(upstream.name(), problem);
            Standing::Down
        }
    };
    let before = upstream.stands(standing);
    let is_login_changed = upstream.is_login_changed.swap(false, Ordering::Relaxed);
    if is_login_changed || (before == Standing::Up) != (standing == Standing::Up) {
        announce(gateway, upstream.name());
    }
}

/// Tells every client that sees this server to ask for its lists again.
pub(super) fn announce(gateway: &Inner, server: &str) {
    for session in gateway.sessions.all().iter().filter(|session| session.reaches(server)) {
        for change in speech::list_changes() {
            session.outbox.push(change);
        }
    }
}

/// Twice as long each time, up to a bound, and never in step with others.
fn pause(gateway: &Inner, failures: u32) -> Duration {
    let (first, longest) = gateway.shared.limits.retry;
    let full = first.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(longest);
    let [byte] = gateway.shared.random.bytes::<1>();
    full / 2 + full.mul_f64(f64::from(byte) / 512.0)
}

/// Follows the logins: sessions with a server that began under another login are let go.
pub(super) async fn logins(inner: Weak<Inner>, mut changes: tokio::sync::broadcast::Receiver<Change>) {
    loop {
        let change = changes.recv().await;
        let Some(gateway) = inner.upgrade() else { return };
        match change {
            Ok(Change::Granted(server) | Change::Dropped(server)) => renew(&gateway, &server),
            Ok(Change::LoginNeeded(..)) => {}
            Err(RecvError::Lagged(_)) => {
                gateway.shared.roster().servers.keys().for_each(|server| renew(&gateway, server));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn renew(gateway: &Inner, server: &str) {
    let Some(upstream) = gateway.shared.upstream(server) else { return };
    for session in gateway.sessions.all() {
        session.forget_server(server);
    }
    upstream.login_changed();
}

/// Ends what nobody uses.
pub(super) async fn sweep(inner: Weak<Inner>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(gateway) = inner.upgrade() else { return };
        gateway.sessions.sweep().await;
    }
}
