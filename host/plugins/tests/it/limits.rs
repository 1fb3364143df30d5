//! Hostile hooks: whatever one does, its call ends in a sentence, and the next call works.

use std::time::Duration;

use mcphub_oauth::hook::Redirection;
use mcphub_plugins::{CallError, Limits, Origin};

use crate::support::{context, host, host_with, load, provider};

const URL: &str = "https://api.example.com/authorize";

async fn authorize(order: &str, limits: Limits) -> Result<Option<Redirection>, CallError> {
    let plugin = host_with(limits).load(Origin::Bundled, provider(order)).await.expect("plugin");
    plugin.authorize(&context(), URL, &[]).await
}

async fn sentence(order: &str) -> String {
    authorize(order, Limits::default()).await.expect_err("no answer").to_string()
}

#[tokio::test]
async fn a_hook_that_spins_runs_out_of_fuel() {
    assert_eq!(
        sentence("do=spin").await,
        "plugin example, hook on-authorize: ran out of fuel after 100000000 units of work; its author must let it do less"
    );
}

#[tokio::test]
async fn a_hook_that_spins_with_much_fuel_runs_out_of_time_and_leaves_others_their_turn() {
    let limits = Limits { fuel: u64::MAX / 2, wall_clock: Duration::from_millis(100), ..Limits::default() };
    let plugin = host_with(limits).load(Origin::Bundled, provider("do=spin")).await.expect("plugin");

    let told = context();
    let spinning = plugin.authorize(&told, URL, &[]);
    let other = tokio::time::timeout(Duration::from_secs(5), tokio::task::yield_now());
    let (spun, other) = tokio::join!(spinning, other);

    assert_eq!(
        spun.expect_err("no answer").to_string(),
        "plugin example, hook on-authorize: gave no answer within 100 ms; try again; if it stays so its author must \
         let it do less"
    );
    assert!(other.is_ok());
}

#[tokio::test]
async fn a_hook_that_sleeps_runs_out_of_time() {
    let limits = Limits { wall_clock: Duration::from_millis(100), ..Limits::default() };

    let error = authorize("do=sleep", limits).await.expect_err("no answer");

    assert!(error.to_string().contains("gave no answer within 100 ms"), "{error}");
}

#[tokio::test]
async fn a_hook_that_allocates_without_end_runs_out_of_memory() {
    assert_eq!(
        sentence("do=hoard").await,
        "plugin example, hook on-authorize: wanted more than 67108864 bytes of memory; its author must let it keep less"
    );
}

#[tokio::test]
async fn a_hook_that_traps_has_crashed() {
    assert_eq!(
        sentence("do=trap").await,
        "plugin example, hook on-authorize: crashed (wasm `unreachable` instruction executed); its author must fix it: \
         RUST_LOG=debug shows what it wrote, and an answer in another shape than the contract's ends so, too"
    );
}

#[tokio::test]
async fn a_panic_does_not_bring_the_plugins_words_into_the_sentence() {
    let sentence = sentence("do=panic").await;

    assert!(sentence.contains("crashed (wasm `unreachable` instruction executed)"), "{sentence}");
    assert!(!sentence.contains("red"), "{sentence}");
}

#[tokio::test]
async fn a_string_of_100_mb_does_not_fit_into_the_plugins_memory() {
    assert!(sentence("do=long answer").await.contains("wanted more than 67108864 bytes of memory"));
}

#[tokio::test]
async fn a_string_of_100_mb_is_not_taken_as_an_answer() {
    let limits = Limits { memory_bytes: 256 << 20, fuel: u64::MAX / 2, ..Limits::default() };

    let error = authorize("do=long answer", limits).await.expect_err("no answer");

    assert_eq!(
        error.to_string(),
        "plugin example, hook on-authorize: gave an answer of more than 1048576 bytes; its author must shorten it"
    );
}

#[tokio::test]
async fn a_list_that_is_too_long_is_refused() {
    assert_eq!(
        sentence("do=wide list").await,
        "plugin example, hook on-authorize: answered what is not allowed: on-authorize.params has more than 100 entries; \
         shorten the list"
    );
}

#[tokio::test]
async fn a_plugin_serves_on_after_a_call_of_it_ended_badly() {
    let plugin = load("do=trap").await.expect("plugin");
    plugin.authorize(&context(), URL, &[]).await.expect_err("no answer");

    let answer = plugin.match_server("https://mcp.example.com/", None, None).await;

    assert_eq!(answer, Ok(None));
}

#[tokio::test]
async fn calls_beyond_the_cap_wait_for_their_turn() {
    let limits = Limits { in_flight: 1, ..Limits::default() };
    let plugin = host_with(limits).load(Origin::Bundled, provider("")).await.expect("plugin");
    let told = context();

    let calls = (0..8).map(|_| plugin.authorize(&told, URL, &[]));
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.is_ok());
    }

    assert_eq!(answered, 8);
}

#[tokio::test]
async fn a_call_that_never_gets_its_turn_says_so() {
    let limits = Limits { in_flight: 0, wall_clock: Duration::from_millis(50), ..Limits::default() };
    let plugin = host_with(limits).load(Origin::Bundled, provider("")).await.expect("plugin");

    let error = plugin.authorize(&context(), URL, &[]).await.expect_err("no turn");

    assert!(error.to_string().contains("was busy with 0 other calls for too long"), "{error}");
}

#[tokio::test]
async fn there_is_no_environment_and_there_are_no_files() {
    let answer = authorize("do=environment", Limits::default()).await.expect("answer");

    assert_eq!(answer, Some(Redirection::Instructions("0 false".into())));
}

#[tokio::test]
async fn a_call_that_is_given_up_frees_its_turn() {
    let limits = Limits { in_flight: 1, fuel: u64::MAX / 2, wall_clock: Duration::from_mins(1), ..Limits::default() };
    let plugin = host_with(limits).load(Origin::Bundled, provider("do=spin")).await.expect("plugin");
    let given_up = tokio::time::timeout(Duration::from_millis(50), plugin.authorize(&context(), URL, &[])).await;

    let answer = plugin.match_server("https://mcp.example.com/", None, None).await;

    assert!(given_up.is_err());
    assert_eq!(answer, Ok(None));
}

#[tokio::test]
async fn hosts_are_cheap_to_clone_and_calls_can_run_on_any_thread() {
    let host = host();
    let plugin = host.clone().load(Origin::Bundled, provider("")).await.expect("plugin");

    let answer = tokio::spawn(async move { plugin.authorize(&context(), URL, &[]).await }).await;

    assert!(answer.expect("task").is_ok());
}
