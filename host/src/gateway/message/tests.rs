//! How messages are parsed and written.

use super::*;

fn parse(text: &str) -> Message {
    Message::parse(text.as_bytes()).expect("message")
}

#[test]
fn unknown_members_survive_in_their_order() {
    let text =
        r#"{"later":[1.0,12345678901234567890123],"jsonrpc":"2.0","id":"a","method":"m","params":{"z":1,"a":{}}}"#;

    assert_eq!(parse(text).to_line(), text);
}

#[test]
fn a_message_with_line_breaks_becomes_one_line() {
    let message = parse("{\"jsonrpc\":\"2.0\",\n\"method\":\"m\",\"params\":{\r\n \"a\":\"x\\ny\"}}");

    assert_eq!(message.to_line(), r#"{"jsonrpc":"2.0", "method":"m","params":{   "a":"x\ny"}}"#);
}

#[test]
fn only_messages_that_tell_of_a_failure_are_changed() {
    let changed = |text: &str| {
        String::from_utf8(parse(text).with_failure(|text| text.replace("tok", "***")).to_line().to_vec()).expect("text")
    };
    let failures = [
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"tok","data":{"a":"tok"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"text":"tok"}]}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"tok"}}"#,
    ];
    let others = [
        r#"{"jsonrpc":"2.0","id":1,"result":{"isError":false,"content":[{"text":"tok"}]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"isError tok"}]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"tok"}}"#,
    ];

    for text in failures {
        assert_eq!(changed(text), text.replace("tok", "***"));
    }
    for text in others {
        assert_eq!(changed(text), text);
    }
}

#[test]
fn an_id_is_the_same_however_it_is_written() {
    let message = parse(r#"{"jsonrpc":"2.0","id":"\u0061","result":{}}"#);

    assert_eq!(message.kind(), &MessageKind::Response { id: Some(Id::of("a")) });
}

#[test]
fn a_number_that_comes_back_as_a_string_is_the_same_number() {
    let number = |text: &str| match parse(text).kind() {
        MessageKind::Response { id } => id.as_ref().and_then(Id::as_number),
        MessageKind::Request { .. } | MessageKind::Notification { .. } => None,
    };

    for id in ["7", "\"7\"", "7.0", "\" 7 \""] {
        assert_eq!(number(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)), Some(7), "{id}");
    }
    for id in ["\"a\"", "-7", "7.5", "\"\"", "null"] {
        assert_eq!(number(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)), None, "{id}");
    }
}

#[test]
fn a_byte_order_mark_before_a_message_is_ignored() {
    let message = parse("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");

    assert_eq!(message.method(), Some("m"));
}

#[test]
fn a_null_in_an_answer_is_ignored() {
    let answer = |members: &str| parse(&format!(r#"{{"jsonrpc":"2.0","id":1,{members}}}"#));

    for members in [r#""result":{},"error":null"#, r#""error": null ,"method":null,"result":{}"#] {
        let answer = answer(members);
        assert_eq!((answer.error_text(), answer.result_raw().map(RawValue::get)), (None, Some("{}")), "{members}");
    }
    let failed = answer(r#""result":null,"error":{"code":1,"message":"no"}"#);
    assert_eq!((failed.error_text().as_deref(), failed.result_raw().is_none()), (Some("no"), true));
    let nothing = answer(r#""result":null,"error":null"#);
    assert_eq!((nothing.error_text(), nothing.result_raw().map(RawValue::get)), (None, Some("null")));
    assert!(answer(r#""error":null"#).error_text().is_some(), "an error of which nothing is said");
}

#[test]
fn bytes_that_are_no_message_are_refused_with_a_code() {
    let cases = [
        ("{", -32700),
        ("nothing", -32700),
        ("", -32700),
        ("[]", -32600),
        ("7", -32600),
        (r#"{"id":1,"method":"m"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","method":1}"#, -32600),
    ];

    for (text, code) in cases {
        assert_eq!(Message::parse(text.as_bytes()).expect_err(text).code(), code, "{text}");
    }
}

#[test]
fn a_message_holds_its_reservation_until_its_bytes_are_gone() {
    let budget = std::sync::Arc::new(crate::gateway::budget::Budget::new(10));
    let message = parse(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).holding(budget.reserve(10).expect("room"));

    let line = message.to_line();
    drop(message);

    let last = line.slice(3..5);
    drop(line);
    assert!(budget.reserve(1).is_none());
    drop(last);
    assert!(budget.reserve(10).is_some());
}
