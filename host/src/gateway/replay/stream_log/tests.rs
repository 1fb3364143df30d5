use futures::FutureExt;

use super::*;
use crate::gateway::limits::GatewayLimits;
use crate::gateway::replay::bounds::{EVENT_BYTES, EVENTS};

fn log_within(limits: &GatewayLimits) -> Arc<StreamLog> {
    StreamLog::new(ReplayBounds::of_all(limits).of_one(limits))
}

fn log() -> Arc<StreamLog> {
    log_within(&GatewayLimits::default())
}

async fn pushed(log: &StreamLog, lines: &[&'static str]) {
    for line in lines {
        assert_eq!(log.push(Bytes::from_static(line.as_bytes())).await, Pushed::Waits);
    }
}

/// All that a reader finds now.
fn found(reader: &LogReader) -> Vec<u64> {
    std::iter::from_fn(|| reader.next().now_or_never().flatten()).map(|event| event.number).collect()
}

#[tokio::test]
async fn a_reader_goes_on_behind_the_event_that_it_names() {
    let log = log();
    let first = log.read(0);
    pushed(&log, &["a", "b", "c"]).await;
    assert_eq!(found(&first), [1, 2, 3]);
    drop(first);
    pushed(&log, &["d"]).await;
    log.complete();

    let second = log.read(1);

    assert_eq!(found(&second), [2, 3, 4]);
    assert!(second.next().await.is_none(), "the stream is complete");
}

#[tokio::test]
async fn a_new_reader_ends_the_one_before_and_its_end_changes_nothing() {
    let log = log();
    let (first, second) = (log.read(0), log.read(0));

    assert!(first.next().await.is_none());
    drop(first);

    assert!(log.away_since().is_none());
    pushed(&log, &["a"]).await;
    assert_eq!(found(&second), [1]);
}

#[tokio::test]
async fn a_slow_reader_holds_the_writer_back() {
    let log = log();
    let reader = log.read(0);
    for _ in 0..EVENTS {
        pushed(&log, &["x"]).await;
    }
    let mut one_more = std::pin::pin!(log.push(Bytes::from_static(b"y")));

    assert!(one_more.as_mut().now_or_never().is_none());
    assert!(reader.next().await.is_some());

    assert_eq!(one_more.await, Pushed::Waits);
}

#[tokio::test]
async fn a_large_message_passes_alone_and_is_not_kept() {
    let limits = GatewayLimits { unread_bytes: 10, ..GatewayLimits::default() };
    let log = log_within(&limits);
    let reader = log.read(0);

    assert_eq!(log.push(Bytes::from(vec![b'x'; 2 * EVENT_BYTES])).await, Pushed::Waits);
    assert_eq!(found(&reader), [1]);
    pushed(&log, &["a"]).await;

    assert_eq!(found(&log.read(0)), [2], "the first that is kept");
}

#[tokio::test]
async fn for_a_client_that_is_away_messages_wait_within_bounds() {
    let limits = GatewayLimits { unread_bytes: 10, ..GatewayLimits::default() };
    let log = log_within(&limits);
    drop(log.read(0));
    pushed(&log, &["12345", "1234"]).await;

    assert_eq!(log.push(Bytes::from_static(b"12")).await, Pushed::NoRoom);
    assert_eq!(log.push(Bytes::from_static(b"1")).await, Pushed::Waits);
    assert_eq!(found(&log.read(0)), [1, 2, 3]);
}

#[tokio::test]
async fn a_stream_that_finds_no_place_among_those_of_absent_clients_ends() {
    let limits = GatewayLimits { streams_away: 1, ..GatewayLimits::default() };
    let bounds = ReplayBounds::of_all(&limits).of_one(&limits);
    let (first, second) = (StreamLog::new(bounds.clone()), StreamLog::new(bounds));

    drop(first.read(0));
    drop(second.read(0));

    assert!(!first.is_over() && second.is_over());
    drop(first.read(0).next().now_or_never());
    assert!(!first.is_over(), "it keeps its place");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stays_away_gives_the_stream_up() {
    let log = log();
    let limit = Duration::from_mins(5);
    let given_up = tokio::spawn({
        let log = log.clone();
        async move { log.given_up(limit).await }
    });
    drop(log.read(0));
    tokio::time::sleep(Duration::from_secs(200)).await;
    let back = log.read(0);
    tokio::time::sleep(Duration::from_secs(1000)).await;
    assert!(!given_up.is_finished(), "who reads does not give up");

    drop(back);
    tokio::time::sleep(Duration::from_secs(301)).await;

    assert!(given_up.is_finished());
}
