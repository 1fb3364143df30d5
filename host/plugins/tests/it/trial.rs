//! Trying a plugin out, as its author does.

use mcphub_plugins::{Origin, Tried};

use crate::support::{host, minimal, provider};

async fn tried(bytes: Vec<u8>) -> Tried {
    host().try_out(Origin::File("a.wasm".into()), bytes).await.expect("it loads")
}

fn faults(tried: &Tried) -> Vec<String> {
    tried.trials.iter().filter_map(|trial| Some(format!("{}: {}", trial.call, trial.fault.as_ref()?))).collect()
}

#[tokio::test]
async fn an_honest_plugin_keeps_the_contract_and_every_call_has_its_price() {
    let tried = tried(provider("")).await;

    assert_eq!(faults(&tried), [""; 0]);
    assert!(tried.trials.len() > 30, "{}", tried.trials.len());
    assert!(tried.trials.iter().all(|trial| trial.fuel > 0));
}

#[tokio::test]
async fn a_plugin_that_looks_for_something_that_changes_finds_nothing() {
    let tried = tried(provider("do=look around")).await;

    assert_eq!(faults(&tried), [""; 0]);
    assert!(tried.trials.iter().any(|trial| trial.call.starts_with("on-authorize")), "{:#?}", tried.trials);
}

#[tokio::test]
async fn a_plugin_without_hooks_has_only_a_profile_to_try() {
    let tried = tried(minimal()).await;

    assert_eq!(tried.trials.iter().map(|trial| trial.call.as_str()).collect::<Vec<_>>(), ["the profile"]);
}

#[tokio::test]
async fn what_a_hook_does_wrong_is_told_with_the_call_and_the_rule() {
    for (order, expected) in [("do=another server", "on-protected-resource"), ("do=long memory", "flow")] {
        let faults = faults(&tried(provider(order)).await);

        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{order}: {faults:?}");
    }
}

#[tokio::test]
async fn a_file_that_does_not_load_is_refused_as_a_whole() {
    let refused = host().try_out(Origin::Bundled, b"nonsense".to_vec()).await.expect_err("refused");

    assert!(refused.to_string().contains("no WebAssembly file"), "{refused}");
}
