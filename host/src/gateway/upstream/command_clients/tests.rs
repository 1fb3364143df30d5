//! Which session a message is for.

use serde_json::{Value, json};

use super::*;
use crate::gateway::local_replies::INTERNAL_ERROR;
use crate::gateway::message::{fields, raw};

const HUB: u64 = 98;
const SEVERAL: u64 = 99;

fn add(clients: &CommandClients, capabilities: &Value) -> Arc<CommandClient> {
    let params = json!({ "capabilities": capabilities, "clientInfo": { "name": "c" } });
    clients.add(&fields(Some(&raw(&params))), mpsc::channel(1).0)
}

fn question(method: &str) -> Message {
    Message::request(Id::of("q"), method, &Fields::new())
}

fn numbers(audience: &Audience) -> Vec<u64> {
    match audience {
        Audience::Hub(answer) => vec![if answer.error_code() == Some(INTERNAL_ERROR) { SEVERAL } else { HUB }],
        Audience::Clients(clients) => clients.iter().map(|client| client.number).collect(),
    }
}

#[test]
fn a_question_goes_to_the_only_client_in_flight_if_that_can_answer_it() {
    let clients = CommandClients::default();
    let [able, unable] = [json!({ "elicitation": {} }), json!({})].map(|declared| add(&clients, &declared));
    let asks =
        |in_flight: &[Arc<CommandClient>]| numbers(&clients.audience(&question("elicitation/create"), in_flight));

    assert_eq!(asks(std::slice::from_ref(&able)), [0]);
    assert_eq!(asks(&[able.clone(), unable.clone()]), [SEVERAL], "it may be about the other one");
    assert_eq!(asks(&[unable]), [HUB], "it may be about this client, which cannot be asked");
    assert_eq!(asks(&[]), [SEVERAL], "it may be about a call that has ended");
    let second = add(&clients, &json!({ "elicitation": {} }));
    assert_eq!(asks(&[]), [SEVERAL]);
    assert_eq!(asks(&[able, second.clone()]), [SEVERAL]);
    assert_eq!(asks(&[second]), [2]);
}

#[test]
fn roots_are_asked_of_the_only_client_that_shows_them_and_again_once_there_is_one() {
    let clients = CommandClients::default();
    add(&clients, &json!({}));
    let asked = question("roots/list");

    assert_eq!(numbers(&clients.audience(&asked, &[])), [HUB]);
    let first = add(&clients, &json!({ "roots": {} }));
    assert!(clients.brings_roots(&first, &asked) && !clients.brings_roots(&first, &asked));
    assert_eq!(numbers(&clients.audience(&asked, &[])), [1]);
    let second = add(&clients, &json!({ "roots": {} }));
    assert_eq!(numbers(&clients.audience(&asked, &[])), [SEVERAL]);
    assert_eq!(numbers(&clients.audience(&asked, &[second])), [2]);
}

#[test]
fn a_message_about_a_task_goes_to_the_client_that_has_the_task() {
    let clients = CommandClients::default();
    let [owner, other] = [(); 2].map(|()| add(&clients, &json!({ "elicitation": {} })));
    clients.note_answer(&owner, &Message::result(Id::of("1"), &json!({ "task": { "taskId": "t" } })));
    let params = json!({ "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "t" } } });
    let asked = Message::request(Id::of("q"), "elicitation/create", &fields(Some(&raw(&params))));
    let said = Message::notification("notifications/message", Some(&params));

    assert_eq!(numbers(&clients.audience(&asked, std::slice::from_ref(&other))), [0]);
    assert_eq!(numbers(&clients.audience(&said, std::slice::from_ref(&other))), [0]);
    clients.remove(&owner);
    assert_eq!(numbers(&clients.audience(&asked, &[other])), [HUB]);
}

#[test]
fn a_client_apart_is_sent_nothing_that_names_none_of_its_requests() {
    let clients = CommandClients::default();
    let params = json!({ "capabilities": { "elicitation": {} }, "clientInfo": { "name": "c" } });
    let apart = [clients.apart(&fields(Some(&raw(&params))), mpsc::channel(1).0)];
    let note = |method: &str| Message::notification(method, Some(&json!({ "level": "error", "uri": "x://1" })));

    assert_eq!(numbers(&clients.audience(&question("elicitation/create"), &apart)), [HUB]);
    for method in ["message", "progress", "resources/updated", "tools/list_changed", "x/unknown"] {
        assert!(numbers(&clients.audience(&note(&format!("notifications/{method}")), &apart)).is_empty(), "{method}");
    }
}

#[test]
fn a_log_line_goes_to_those_the_command_works_for_or_else_to_those_who_asked_for_its_level() {
    let clients = CommandClients::default();
    let [verbose, quiet, silent] = [(); 3].map(|()| add(&clients, &json!({})));
    verbose.set_level("debug");
    quiet.set_level("error");
    let line = |level: &str| Message::notification("notifications/message", Some(&json!({ "level": level })));

    assert_eq!(numbers(&clients.audience(&line("debug"), &[])), [0]);
    assert_eq!(numbers(&clients.audience(&line("error"), &[])), [0, 1]);
    assert_eq!(numbers(&clients.audience(&line("info"), &[quiet, silent.clone()])), [2]);
    assert!(numbers(&clients.audience(&line("debug"), &[silent])).is_empty());
    assert_eq!(clients.level().map(LogLevel::name), Some("debug"));
}

#[test]
fn an_update_goes_to_those_who_subscribed_and_a_change_of_a_list_to_all() {
    let clients = CommandClients::default();
    let [subscribed, _] = [(); 2].map(|()| add(&clients, &json!({})));
    subscribed.subscribe("x://1".into());
    let updated = Message::notification("notifications/resources/updated", Some(&json!({ "uri": "x://1" })));
    let changed = Message::notification("notifications/tools/list_changed", None);

    assert_eq!(numbers(&clients.audience(&updated, &[])), [0]);
    assert_eq!(numbers(&clients.audience(&changed, &[])), [0, 1]);
    clients.remove(&subscribed);
    assert!(!clients.is_subscribed("x://1"));
}
