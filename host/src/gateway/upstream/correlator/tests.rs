//! Which message belongs to which request.

use std::time::Duration;

use super::*;
use crate::gateway::message::Fields;

const WAIT: AnswerLimit = AnswerLimit::fixed(Duration::from_secs(5));

fn message(text: &str) -> Message {
    Message::parse(text.as_bytes()).expect("message")
}

fn call(id: u8) -> Message {
    message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m","params":{{"_meta":{{"progressToken":{id}}}}}}}"#))
}

#[tokio::test]
async fn each_request_gets_its_own_progress_and_answer_in_order() {
    let (inbound, mut rest) = mpsc::channel(8);
    let correlator = Correlator::new("a", inbound, Budget::new(1000));
    let mut first = correlator.expect(&call(1), WAIT).expect("first");
    let mut second = correlator.expect(&call(2), WAIT).expect("second");

    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    correlator.deliver(message(progress)).await;
    correlator.deliver(message(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await;
    correlator.deliver(message(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#)).await;
    correlator.deliver(message(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#)).await;

    assert_eq!(first.next().await.expect("progress").expect("ok").method(), Some("notifications/progress"));
    assert!(matches!(first.next().await.expect("answer").expect("ok").kind(), MessageKind::Response { .. }));
    assert!(first.next().await.is_none());
    assert!(matches!(second.next().await.expect("answer").expect("ok").kind(), MessageKind::Response { .. }));
    assert_eq!(rest.recv().await.expect("rest").method(), Some("notifications/tools/list_changed"));
}

#[tokio::test]
async fn messages_beyond_the_bytes_for_one_reader_go_to_the_client_session() {
    let progress = |pad: usize| {
        message(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/x","params":"{}"}}"#, "x".repeat(pad)))
    };
    let (inbound, mut rest) = mpsc::channel(8);
    let correlator = Correlator::new("a", inbound, Budget::new(2 * progress(100).size()));
    let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

    for pad in [100, 100, 101] {
        correlator.deliver(progress(pad)).await;
    }
    let too_much = rest.try_recv().expect("the third");
    for _ in 0..2 {
        assert_eq!(waiting.next().await.expect("progress").expect("ok").size(), progress(100).size());
    }
    correlator.deliver(progress(102)).await;

    assert_eq!(too_much.size(), progress(101).size());
    assert_eq!(waiting.next().await.expect("progress").expect("there is room again").size(), progress(102).size());
}

#[tokio::test]
async fn the_end_of_the_stream_fails_the_requests_in_flight() {
    let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
    let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

    correlator.end(None);

    assert!(matches!(waiting.next().await, Some(Err(UpstreamError::Closed { .. }))));
    assert!(matches!(correlator.expect(&call(2), WAIT), Err(UpstreamError::SessionEnded { .. })));
}

#[tokio::test]
async fn an_id_that_comes_back_as_a_string_is_the_same_id() {
    let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
    let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

    correlator.deliver(message(r#"{"jsonrpc":"2.0","id":"1","result":{}}"#)).await;

    assert!(matches!(waiting.next().await, Some(Ok(_))));
}

#[tokio::test]
async fn an_answer_that_is_too_large_fails_its_own_request_only() {
    let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
    let mut first = correlator.expect(&call(1), WAIT).expect("first");
    let mut second = correlator.expect(&call(2), WAIT).expect("second");

    correlator.too_large(Some(1), 9);
    correlator.deliver(message(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#)).await;

    assert!(matches!(first.next().await, Some(Err(UpstreamError::TooLarge { limit: 9, .. }))));
    assert!(matches!(second.next().await, Some(Ok(_))));
}

#[tokio::test]
async fn an_error_without_an_id_goes_to_the_only_request_in_flight() {
    let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
    let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

    let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#;
    correlator.deliver(message(error)).await;

    assert!(waiting.next().await.is_some_and(|answer| answer.expect("answer").error_text().is_some()));
}

#[tokio::test]
async fn an_id_that_is_in_flight_is_refused() {
    let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
    let _waiting = correlator.expect(&call(1), WAIT).expect("waiting");

    assert!(matches!(correlator.expect(&call(1), WAIT), Err(UpstreamError::DuplicateId)));
}

#[tokio::test]
async fn of_the_requests_of_a_session_that_leaves_lists_are_not_cancelled() {
    let clients = Arc::new(CommandClients::default());
    let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000)).shared_by(Some(clients.clone()));
    let client = clients.add(&Fields::new(), mpsc::channel(8).0);
    let list = message(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    let _answers = [list, call(2)].map(|request| correlator.expect_for(Some(client.clone()), &request, WAIT));

    assert_eq!(correlator.drop_requests_of(&client), [Id::number(2)]);
}
