//! The profile in the contract's words.

use mcphub_plugins::{Data, DataPart, Origin};

use crate::support::{host, load, minimal};

fn text(text: &str) -> Data {
    Data::Text(text.into())
}

fn choice(name: &str) -> Data {
    Data::Choice(name.into())
}

fn record(fields: Vec<(&str, Data)>) -> Data {
    Data::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[tokio::test]
async fn a_profile_is_told_as_the_component_says_it() {
    let plugin = host().load(Origin::Bundled, minimal()).await.expect("a plugin");

    let [identity, matching] = plugin.data().await.expect("data").try_into().expect("two parts");

    assert_eq!((identity.interface.as_str(), identity.function.as_str()), ("identity", "describe"));
    let condition = record(vec![
        ("field", choice("server-host")),
        ("comparison", choice("exact")),
        ("value", text("minimal.example")),
        ("capture", Data::Option(None)),
    ]);
    let rule = record(vec![
        ("conditions", Data::List(vec![condition])),
        ("variant-id", text("only")),
        ("priority", Data::Number(100)),
        ("ask", Data::Flag(false)),
        ("inputs", Data::List(Vec::new())),
    ]);
    let answer = Data::List(vec![rule]);
    assert_eq!(matching, DataPart { interface: "matching".into(), function: "rules".into(), answer });
}

#[tokio::test]
async fn hooks_are_no_part_of_it() {
    let parts = load("").await.expect("a plugin").data().await.expect("data");

    let revocation = parts.iter().find(|part| part.interface == "revocation").expect("the revocation");
    assert!(matches!(&revocation.answer, Data::Case(name, Some(_)) if name == "plan"), "{revocation:?}");
    assert!(parts.iter().all(|part| !part.interface.starts_with("on-") && part.interface != "flow"), "{parts:#?}");
    assert_eq!(parts.len(), 16);
}
