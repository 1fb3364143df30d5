//! Who waits for whom.

use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::gateway::message::{fields, raw};

const WAIT: Duration = Duration::from_mins(1);

fn client(number: u64, capability: &str) -> Arc<CommandClient> {
    let params = json!({ "capabilities": { capability: {} }, "clientInfo": { "name": "c" } });
    Arc::new(CommandClient::new(number, &fields(Some(&raw(&params))), mpsc::channel(1).0))
}

fn asking() -> Arc<CommandTurns> {
    let turns = Arc::new(CommandTurns::default());
    turns.known().note();
    turns
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_before_the_command_has_asked() {
    let turns = Arc::new(CommandTurns::default());

    let both = [turns.take(&client(1, "elicitation"), None), turns.take(&client(2, "elicitation"), None)];

    assert!(both.iter().all(Option::is_some));
}

#[tokio::test(start_paused = true)]
async fn once_the_command_has_asked_clients_take_turns_also_those_that_cannot_be_asked() {
    let turns = asking();
    let [one, two] = [1, 2].map(|number| client(number, "elicitation"));

    let mut held = turns.take(&one, None).expect("the first");
    assert!(turns.take(&two, None).is_none());
    let mut beside = turns.take(&one, None).expect("a call of the same client");
    assert!(turns.take(&client(3, "experimental"), None).is_none(), "its question could be shown to another");
    (held.is_over, beside.is_over) = (true, true);
    drop((held, beside));

    assert!(turns.take(&two, None).is_some());
}

#[tokio::test(start_paused = true)]
async fn who_waits_longest_is_next_and_a_wait_has_an_end() {
    let turns = asking();
    let [one, two, three] = [1, 2, 3].map(|number| client(number, "elicitation"));
    let mut held = turns.take(&one, None).expect("the first");
    let second = turns.begin(&two, WAIT);
    let third = turns.begin(&three, WAIT * 2);
    let (mut second, mut third) = (std::pin::pin!(second), std::pin::pin!(third));
    assert!(futures::poll!(second.as_mut()).is_pending() && futures::poll!(third.as_mut()).is_pending());

    assert!(turns.begin(&two, Duration::from_secs(1)).await.is_none(), "too long");
    held.is_over = true;
    drop(held);
    assert!(futures::poll!(third.as_mut()).is_pending(), "another is ahead");
    let mut turn = second.await.expect("a turn");
    turn.is_over = true;
    drop(turn);

    assert!(third.await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_given_up_keeps_its_turn_for_a_while() {
    let turns = asking();
    let [one, two] = [1, 2].map(|number| client(number, "elicitation"));

    drop(turns.take(&one, None));
    assert!(turns.take(&two, None).is_none());
    let begun = tokio::time::Instant::now();

    assert!(turns.begin(&two, WAIT).await.is_some());
    assert_eq!(begun.elapsed(), LATE);
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_calls_overlap_lets_another_one_go_that_has_waited_for_half_of_its_patience() {
    let turns = asking();
    let [busy, other] = [1, 2].map(|number| client(number, "elicitation"));
    let mut held = turns.take(&busy, None).expect("the first");
    let waiting = turns.begin(&other, WAIT);
    let mut waiting = std::pin::pin!(waiting);
    assert!(futures::poll!(waiting.as_mut()).is_pending());

    let mut beside = turns.take(&busy, None).expect("nobody has waited for long");
    tokio::time::advance(WAIT / 2).await;
    let next = turns.begin(&busy, WAIT);
    let mut next = std::pin::pin!(next);
    assert!(futures::poll!(next.as_mut()).is_pending(), "another has waited for long");
    (held.is_over, beside.is_over) = (true, true);
    drop((held, beside));

    assert!(futures::poll!(next.as_mut()).is_pending());
    let mut turn = waiting.await.expect("a turn");
    turn.is_over = true;
    drop(turn);
    assert!(next.await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_one_in_flight_needs_goes_once_the_other_client_gives_up() {
    let turns = asking();
    let [busy, other] = [1, 2].map(|number| client(number, "elicitation"));
    let _held = turns.take(&busy, None).expect("the first, which needs another call to end");
    let waiting = turns.begin(&other, WAIT);
    let needed = async {
        tokio::time::sleep(WAIT / 2).await;
        turns.begin(&busy, WAIT).await
    };

    let (late, needed) = tokio::join!(waiting, needed);

    assert!(late.is_none() && needed.is_some());
}
