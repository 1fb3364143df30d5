//! Recorded logins: every bundled plugin's, and what is said of one that goes otherwise.

use std::path::{Path, PathBuf};

use mcphub::cases::{Case, files, play_file, replay};
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}

async fn catalogue() -> Catalogue {
    let cache = std::env::temp_dir().join("mcphub-tests-cache");
    mcphub::app::plugins(Some(&cache), &[]).await.expect("plugins")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bundled_plugin_has_cases_and_they_go_as_expected() {
    let catalogue = catalogue().await;
    let (mut played, mut failed) = (0, Vec::new());
    for (name, _) in mcphub::bundled::BUNDLED {
        let files = files(&[plugins().join(name).join("cases")]).expect("cases");
        for path in files {
            if let Err(faults) = play_file(&path, catalogue.clone(), name).await {
                failed.push(format!("{}: {}", path.display(), faults.join("\n")));
            }
            played += 1;
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(played >= 40, "{played}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_case_in_the_manual_goes_as_it_says() {
    let manual = std::fs::read_to_string(plugins().join("README.md")).expect("the manual");
    let case = manual.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a case");

    let faults = replay(&Case::parse(case).expect("a case"), catalogue().await, "rfc8414").await.expect("played");

    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_key_of_a_case_is_in_the_manual() {
    let manual = std::fs::read_to_string(plugins().join("README.md")).expect("the manual");
    let manual = manual.split("## Recorded logins").nth(1).expect("the part on cases");
    let step = |step: &str| format!("title = 't'\nserver = 'https://mcp.example/'\n[[step]]\ndo = {step}\nnone = 1\n");
    let exchange = "'call'\n[[step.exchange]]\nrequest = 'GET https://mcp.example/'";
    let steps = ["'refused'", "'login'", "'call'", "'wait'", "'logout'", exchange].map(step);
    for text in steps.into_iter().chain(["none = 1\n".to_owned()]) {
        let told = Case::parse(&text).expect_err("no such key").to_string();

        // The sentence names the keys that there are: unknown field `none`, expected one of `status`, …
        let keys: Vec<&str> = told.split('`').skip(1).step_by(2).filter(|key| *key != "none").collect();
        assert!(!keys.is_empty(), "{told}");
        for key in keys {
            let ways = [format!("`{key}`"), format!("[[{key}]]"), format!("[[step.{key}]]")];
            assert!(ways.iter().any(|way| manual.contains(way)), "{key}");
        }
    }
}

#[test]
fn every_bundled_plugin_is_in_the_readme_and_has_one_with_sources_and_a_date() {
    let readme = std::fs::read_to_string(plugins().join("README.md")).expect("the manual");
    for (name, _) in mcphub::bundled::BUNDLED {
        assert!(readme.contains(&format!("]({name}/README.md)")), "{name}");
        let facts = std::fs::read_to_string(plugins().join(name).join("README.md")).expect("facts");
        assert!(facts.contains("| step | quirk | source |") || *name == "rfc8414", "{name}");
        assert!(facts.contains("2026-") || *name == "rfc8414", "{name} has no date");
    }
}

async fn faults(change: impl Fn(String) -> String) -> Vec<String> {
    let text = std::fs::read_to_string(plugins().join("rfc8414/cases/login.toml")).expect("a case");
    let changed = change(text.clone());
    assert_ne!(text, changed, "nothing was changed");
    let case = Case::parse(&changed).expect("a case");
    replay(&case, catalogue().await, "rfc8414").await.expect("played")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_otherwise_is_said_with_step_place_and_both_values() {
    let other_scope = faults(|case| case.replacen("scope = 'notes offline_access'", "scope = 'notes'", 1)).await;
    assert_eq!(
        other_scope,
        ["step 2 (login): the login page's parameter scope is \"notes offline_access\", expected \"notes\""]
    );

    let no_resource = faults(|case| case.replacen(", resource = 'https://mcp.example.com/mcp' }", " }", 1)).await;
    assert_eq!(
        no_resource,
        ["step 2 (login): the login page's parameter resource is \"https://mcp.example.com/mcp\", expected none"]
    );

    let other_place =
        faults(|case| case.replacen("POST https://as.example.com/token", "POST https://as.example.com/t", 1)).await;
    assert!(
        other_place[0]
            .contains("the hub asked: POST https://as.example.com/token; expected POST https://as.example.com/t")
            && other_place.iter().any(|fault| fault.contains("the hub never asked: POST https://as.example.com/t")),
        "{other_place:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_not_the_expected_one_is_said() {
    let reaction = faults(|case| case.replacen("expect = 'login'", "expect = 'setup'", 1)).await;
    assert!(reaction[0].contains("expected Setup"), "{reaction:#?}");

    let scopes = faults(|case| case.replacen("scopes = ['notes']", "scopes = ['other']", 1)).await;
    assert_eq!(scopes, ["step 2 (login): the granted scopes are \"notes\", expected \"other\""]);

    let told = faults(|case| case.replacen("says = 'taken its", "says = 'stolen its", 1)).await;
    assert!(told[0].contains("expected \"stolen its tokens back\" in it"), "{told:#?}");

    let forged =
        faults(|case| case.replacen("iss = 'https://as.example.com'", "iss = 'https://evil.example'", 1)).await;
    assert!(forged[0].contains("it failed: https://as.example.com was asked"), "{forged:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_another_plugin_serves_is_refused() {
    let text = std::fs::read_to_string(plugins().join("rfc8414/cases/login.toml")).expect("a case");
    let case = Case::parse(&text).expect("a case");

    let faults = replay(&case, catalogue().await, "another").await.expect("played");

    assert_eq!(faults, ["plugin rfc8414 serves https://mcp.example.com/mcp, not another; see its rules in matching"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_a_case_that_another_plugin_serves_is_told_with_that() {
    let text = std::fs::read_to_string(plugins().join("rfc8414/cases/login.toml")).expect("a case");
    let case = Case::parse(&text.replacen("expect = 'login'", "expect = 'setup'", 1)).expect("a case");

    let faults = replay(&case, catalogue().await, "another").await.expect("played");

    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert!(faults[0].contains("expected Setup") && faults[1].contains("serves"), "{faults:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_in_which_the_plugin_has_nothing_to_do_shows_nothing() {
    let text = "title = 't'\nserver = 'https://mcp.example/'\n[[step]]\ndo = 'wait'\nseconds = 1\n";

    let faults = replay(&Case::parse(text).expect("a case"), catalogue().await, "rfc8414").await.expect("played");

    assert_eq!(faults, ["rfc8414 was not asked anything; add a step in which a login is needed"]);
}

/// The hooks of those that have some, too.
#[tokio::test(flavor = "multi_thread")]
async fn every_bundled_plugin_keeps_the_contract() {
    let cache = std::env::temp_dir().join("mcphub-tests-cache");
    let host = PluginHost::new(Some(&cache), Limits::default()).expect("a host");
    for (name, bytes) in mcphub::bundled::BUNDLED {
        let tried = host.try_out(Origin::Bundled, bytes.to_vec()).await.expect("loaded");

        let faults: Vec<_> = tried.trials.iter().filter_map(|trial| trial.fault.as_ref()).collect();
        assert!(!tried.trials.is_empty() && faults.is_empty(), "{name}: {faults:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_with_settings_or_a_time_that_are_none_is_refused() {
    let case = |extra: &str| {
        let text = format!("title = 't'\nserver = 'https://mcp.example/'\n{extra}\n[[step]]\ndo = 'logout'\n");
        Case::parse(&text).expect("a case")
    };
    let catalogue = catalogue().await;

    let settings = replay(&case("oauth.pkce = 'maybe'"), catalogue.clone(), "rfc8414").await.expect_err("refused");
    let time = replay(&case("now = 'noon'"), catalogue, "rfc8414").await.expect_err("refused");

    assert!(settings.to_string().contains("oauth.pkce"), "{settings}");
    assert_eq!(time.to_string(), "now: \"noon\" is not a time; write it like 2026-01-31T12:00:00Z");
}
