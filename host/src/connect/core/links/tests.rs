use super::*;
use crate::connect::workbench::{Workbench, browser};

fn ticket(link: &Url) -> String {
    link.path().rsplit('/').next().expect("a ticket").to_owned()
}

#[tokio::test]
async fn a_link_belongs_to_the_browser_that_opened_it() {
    let bench = Workbench::new(json!({})).await;
    let ticket = ticket(&fresh(&bench.core, &bench.entry()).await.expect("a link"));

    assert_eq!(open(&bench.core, &ticket, &browser("x")).await.expect("first"), "notes");
    assert_eq!(open(&bench.core, &ticket, &browser("x")).await.expect("again"), "notes");
    let other = open(&bench.core, &ticket, &browser("y")).await.expect_err("another browser");
    assert!(matches!(other, ConnectError::Link(LinkError::OtherBrowser)), "{other}");
}

#[tokio::test]
async fn an_old_a_closed_and_an_invented_link_are_refused() {
    let bench = Workbench::new(json!({})).await;
    let old = ticket(&fresh(&bench.core, &bench.entry()).await.expect("a link"));
    bench.pass(3600);
    let closed = ticket(&fresh(&bench.core, &bench.entry()).await.expect("a link"));
    close(&bench.core, &bench.entry()).await;

    for ticket in [old.as_str(), closed.as_str(), "invented"] {
        let refused = open(&bench.core, ticket, &browser("x")).await.expect_err(ticket);
        assert!(matches!(refused, ConnectError::Link(LinkError::Unknown)), "{refused}");
    }
}

#[tokio::test]
async fn an_unopened_link_is_given_again_and_an_opened_or_aging_one_is_not() {
    let bench = Workbench::new(json!({})).await;
    let entry = bench.entry();
    let first = current(&bench.core, &entry).await.expect("a link");

    assert_eq!(current(&bench.core, &entry).await.expect("a link"), first);
    open(&bench.core, &ticket(&first), &browser("x")).await.expect("opened");
    let second = current(&bench.core, &entry).await.expect("a link");
    assert_ne!(second, first);
    bench.pass(1801);
    assert_ne!(current(&bench.core, &entry).await.expect("a link"), second);
}
