//! Background tasks: one per server, which finds out whether the server can be used and notifies clients when that
//! changes; one that follows logins; one that ends idle sessions; and one that writes what clients set.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::command_end;
use super::command_end::CommandEnd;
use super::core::GatewayCore;
use super::error::UpstreamError;
use super::list_kind::ListKind;
use super::probe;
use super::upstream::{Health, Upstream};
use crate::connect::Change;

/// How often idle sessions are looked for.
const SWEEP: Duration = Duration::from_mins(1);
/// How long what clients set in their sessions is collected before it is written.
const TOGETHER: Duration = Duration::from_secs(1);
/// A command that ran at least this long counts as stable: when it ends, the pauses before a restart begin anew.
const STABLE: Duration = Duration::from_mins(1);

/// What a server is left alone for. Waking its task always ends the wait.
enum Until {
    /// The end of a command, if the server is one.
    Ended(CommandEnd),
    /// The end of a pause.
    Passed(Duration),
    /// A grant of another version than this one. It may come from another process that shares the store.
    LoggedIn(Option<u64>),
}

/// Watches one server until the gateway is dropped.
pub(super) async fn server(core: Weak<GatewayCore>, upstream: Arc<Upstream>) {
    let (mut failures, mut ends): (u32, u32) = (0, 0);
    let mut is_hanging = false;
    if let Some(gateway) = core.upgrade() {
        gateway.recall(&upstream).await;
    }
    loop {
        if upstream.is_resting() {
            if upstream.health() == Health::Unknown {
                let Some(gateway) = core.upgrade() else { return };
                // It can be used: the first request starts it.
                gateway.connector.reachable(upstream.name());
            }
            if let Some(error) = command_end::needed(&upstream).await {
                let Some(gateway) = core.upgrade() else { return };
                report(&gateway, &upstream, Err(error), None, false);
            }
            continue;
        }
        let Some(gateway) = core.upgrade() else { return };
        if let Some(failure) = upstream.take_pending_failure() {
            report_failed_call(&gateway, &upstream, &failure);
            is_hanging = true;
        }
        let outcome = probe::probe(&gateway, &upstream, is_hanging).await;
        is_hanging &= outcome.is_err();
        let until = match &outcome {
            Ok(()) => Until::Ended(CommandEnd::of(&gateway.own_session, &upstream)),
            Err(error) if error.waits_for_person() => Until::LoggedIn(grant_version(&gateway, &upstream).await),
            Err(_) => Until::Passed(pause(&gateway, failures)),
        };
        failures = if outcome.is_ok() { 0 } else { failures.saturating_add(1) };
        let next_attempt = if let Until::Passed(pause) = until { Some(pause) } else { None };
        report(&gateway, &upstream, outcome, next_attempt, is_hanging);
        // Not held while waiting, so that the gateway can be dropped.
        drop(gateway);
        match until {
            Until::Ended(ending) => {
                let since = Instant::now();
                tokio::select! {
                    () = upstream.wake.notified() => {}
                    () = probe::keep_current(&core, &upstream) => {}
                    error = ending.reason() => {
                        // It was ended because nobody needs it.
                        let Some(error) = error else { continue };
                        ends = if since.elapsed() >= STABLE { 0 } else { ends.saturating_add(1) };
                        wait_to_restart(&core, &upstream, error, ends).await;
                    }
                }
            }
            Until::Passed(pause) => wait_to_retry(&core, &upstream, pause).await,
            Until::LoggedIn(version) => tokio::select! {
                () = upstream.wake.notified() => {}
                () = logged_in(&core, &upstream, version) => {}
            },
        }
    }
}

/// Reports that a command has ended, and waits before it is started again: longer each time.
async fn wait_to_restart(core: &Weak<GatewayCore>, upstream: &Upstream, error: UpstreamError, ends: u32) {
    let Some(gateway) = core.upgrade() else { return };
    let pause = pause(&gateway, ends);
    report(&gateway, upstream, Err(error), Some(pause), false);
    drop(gateway);
    // Whichever comes first.
    drop(tokio::time::timeout(pause, upstream.wake.notified()).await);
}

/// The pause before a server that is down is tried again. Waking the task cuts the pause short, but not below the
/// shortest one: a server that answers only some requests is not opened again with each answer.
async fn wait_to_retry(core: &Weak<GatewayCore>, upstream: &Upstream, pause: Duration) {
    let Some(gateway) = core.upgrade() else { return };
    let shortest = gateway.context.limits.first_retry.min(pause);
    drop(gateway);
    tokio::time::sleep(shortest).await;
    // Whichever comes first.
    drop(tokio::time::timeout(pause.saturating_sub(shortest), upstream.wake.notified()).await);
}

async fn grant_version(gateway: &GatewayCore, upstream: &Upstream) -> Option<u64> {
    gateway.connector.grant_version(upstream.name()).await
}

/// Returns once the server has a grant of another version than this. Only reads the store: a look must not refresh or
/// obtain a grant.
async fn logged_in(core: &Weak<GatewayCore>, upstream: &Upstream, before: Option<u64>) {
    while let Some(gateway) = core.upgrade() {
        let now = grant_version(&gateway, upstream).await;
        if now.is_some() && now != before {
            upstream.note_login();
            set_login(&gateway, upstream.name());
            return;
        }
        let look = gateway.context.limits.look;
        drop(gateway);
        tokio::time::sleep(look).await;
    }
}

/// `next_attempt` is the pause after which the server is tried again by itself. A server that was up and hangs is unstable:
/// its last lists are still shown, and it may go on at any time.
fn report(
    gateway: &GatewayCore,
    upstream: &Upstream,
    outcome: Result<(), UpstreamError>,
    next_attempt: Option<Duration>,
    is_hanging: bool,
) {
    let health = match outcome {
        Ok(()) => {
            if upstream.recovered() {
                tracing::info!(server.name = upstream.name(), "{} answers again", upstream.name());
            }
            gateway.connector.reachable(upstream.name());
            Health::Up
        }
        // The connector reported it when it blocked the request.
        Err(UpstreamError::Blocked(_)) => Health::Blocked,
        Err(error) => {
            let problem = upstream.redacted(&error);
            // A state is logged when it changes, not each time it is found again.
            if upstream.is_new_problem(&problem) {
                tracing::warn!(server.name = upstream.name(), "{problem}");
            } else {
                tracing::debug!(server.name = upstream.name(), "still: {problem}");
            }
            if is_hanging && matches!(error, UpstreamError::TimedOut { .. }) {
                gateway.connector.unstable(upstream.name(), problem);
            } else {
                gateway.connector.unreachable(upstream.name(), problem, next_attempt);
            }
            Health::Down
        }
    };
    upstream.set_health(health);
}

/// A call failed. The server is looked at right away; until that is done, calls still go to it.
fn report_failed_call(gateway: &GatewayCore, upstream: &Upstream, failure: &UpstreamError) {
    let problem = upstream.redacted(failure);
    if upstream.is_new_problem(&problem) {
        tracing::warn!(server.name = upstream.name(), "{problem}");
    }
    gateway.connector.unstable(upstream.name(), problem);
}

/// Twice as long after each failure, up to a limit, with jitter so that servers are not tried all at once.
fn pause(gateway: &GatewayCore, failures: u32) -> Duration {
    let limits = &gateway.context.limits;
    let [byte] = gateway.context.random.bytes::<1>();
    backoff(limits.first_retry, limits.longest_retry, failures, byte)
}

/// Between a half and the whole of the pause after this many failures, by `jitter`.
fn backoff(first: Duration, longest: Duration, failures: u32, jitter: u8) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(longest);
    full / 2 + full.mul_f64(f64::from(jitter) / 512.0)
}

/// Follows the logins. Sessions with a server that were opened under another login are dropped.
pub(super) async fn logins(core: Weak<GatewayCore>, mut changes: tokio::sync::broadcast::Receiver<Change>) {
    loop {
        let change = changes.recv().await;
        let Some(gateway) = core.upgrade() else { return };
        match change {
            Ok(Change::Granted(server)) => {
                set_login(&gateway, &server);
                renew(&gateway, &server);
            }
            Ok(Change::Dropped(server)) => {
                gateway.forget_lists(&server);
                renew(&gateway, &server);
            }
            Ok(Change::LoginNeeded(..)) => {}
            // Changes were missed, so any login may have changed.
            Err(RecvError::Lagged(_)) => {
                gateway.context.roster().servers.keys().for_each(|server| renew(&gateway, server));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn renew(gateway: &GatewayCore, server: &str) {
    let Some(upstream) = gateway.context.upstream(server) else { return };
    for session in gateway.all_sessions() {
        session.upstream_sessions.forget_server(server);
    }
    upstream.login_changed();
}

/// There is a login for a server now. It may be of another account, which has other lists.
fn set_login(gateway: &GatewayCore, server: &str) {
    gateway.context.lists.set_login(server, true);
    for kind in ListKind::ALL {
        gateway.context.lists.set_changed(server, kind);
    }
}

/// Writes what clients set in their sessions, soon after they set it. What is set meanwhile goes out together.
pub(super) async fn wishes(core: Weak<GatewayCore>) {
    while let Some(changed) = core.upgrade().map(|gateway| gateway.context.wishes_changed.clone()) {
        // Not held while waiting, so that the gateway can be dropped.
        changed.notified().await;
        tokio::time::sleep(TOGETHER).await;
        let Some(gateway) = core.upgrade() else { return };
        gateway.sessions.write_wishes().await;
    }
}

/// Ends sessions that nobody uses, again and again.
pub(super) async fn sweep(core: Weak<GatewayCore>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(gateway) = core.upgrade() else { return };
        gateway.sessions.sweep().await;
        gateway.modern.sweep().await;
        gateway.context.audience.sweep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_mins(5);

    #[test]
    fn pauses_double_up_to_the_longest_one() {
        let pauses = [0, 1, 2, 30, u32::MAX].map(|failures| backoff(FIRST, LONGEST, failures, 0));

        assert_eq!(pauses, [1, 2, 4, 150, 150].map(Duration::from_secs));
    }

    #[test]
    fn a_pause_lies_between_a_half_and_the_whole() {
        for jitter in [0, 128, 255] {
            let pause = backoff(FIRST, LONGEST, 1, jitter);
            assert!(pause >= FIRST && pause < 2 * FIRST, "{pause:?}");
        }
    }
}
