//! The pipeline from bytes to a plugin: what comes through, and what each step refuses.

use std::time::Duration;

use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::profile::{HostPattern, Pkce, Profile, Slot};
use mcphub_plugins::{Limits, Origin};

use crate::support::{context, host, host_with, load, minimal, provider, refusal};

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("component text")
}

#[tokio::test]
async fn a_plugin_with_identity_and_matching_alone_is_a_plugin() {
    let plugin = host().load(Origin::Bundled, minimal()).await.expect("plugin");

    let profile = plugin.profile();
    assert_eq!(profile, &Profile::new(profile.identity.clone(), profile.matching.clone()));
    assert_eq!(plugin.exports(), ["mcphub:provider/identity@0.1.0", "mcphub:provider/matching@0.1.0"]);
    assert!(!plugin.handles(FlowOperation::Exchange));
}

#[tokio::test]
async fn a_plugin_that_says_everything_is_read_whole() {
    let plugin = load("").await.expect("plugin");

    let profile = plugin.profile();
    assert_eq!(profile.identity.hosts.first(), Some(&HostPattern::Exact("api.example.com".into())));
    assert_eq!(profile.authorization.pkce, Pkce::Supported);
    assert_eq!(profile.token_response.tokens[0].access_token, "/data/token");
    assert_eq!(profile.setup[0].steps[0].value.as_ref().expect("value").slots().next(), Some(&Slot::RedirectUri));
    assert!(plugin.handles(FlowOperation::Lookup));
    assert!(!plugin.handles(FlowOperation::Exchange));
}

#[tokio::test]
async fn what_is_known_of_the_file_is_kept() {
    let bytes = minimal();
    let size = bytes.len();

    let plugin = host().load(Origin::File("plugins/minimal.wasm".into()), bytes).await.expect("plugin");

    assert_eq!((plugin.size(), plugin.contract(), plugin.sha256().len()), (size, "0.1", 64));
    assert_eq!(plugin.origin().to_string(), "plugins/minimal.wasm");
    assert!(
        plugin.imports().iter().all(|name| name.starts_with("wasi:") || name.starts_with("mcphub:provider/types@"))
    );
}

#[tokio::test]
async fn something_that_is_no_webassembly_is_refused() {
    let sentence = refusal(b"fn main() {}".to_vec()).await;

    assert_eq!(sentence, "is no WebAssembly file; drop a component in, not its source or an archive");
}

#[tokio::test]
async fn a_core_module_is_refused_with_the_way_out() {
    let sentence = refusal(wat("(module)")).await;

    assert_eq!(
        sentence,
        "is a core module, not a component; build it with `--target wasm32-wasip2` or run `wasm-tools component new` on it"
    );
}

#[tokio::test]
async fn a_large_component_that_is_compiled_in_a_hurry_answers_the_same() {
    let small = load("").await.expect("a plugin");
    let large = host().load(Origin::Bundled, padded(provider(""), 3 << 20)).await.expect("a plugin");

    let login = context();
    let answers = (small.guides(&login).await.expect("guides"), large.guides(&login).await.expect("guides"));

    assert_eq!(answers.0, answers.1);
    // The two compilers count alike but for where they count.
    assert!(small.probe_fuel().abs_diff(large.probe_fuel()) * 50 < small.probe_fuel(), "{small:?} {large:?}");
    assert_eq!(large.size(), small.size() + (3 << 20));
}

/// The component with a custom section of zeros behind it, so many bytes altogether.
fn padded(mut component: Vec<u8>, more: usize) -> Vec<u8> {
    // Its id and its length in five bytes (LEB128).
    let length = u32::try_from(more - 6).expect("a length");
    component.push(0);
    let septet = |number: u32| u8::try_from(length >> (7 * number) & 0x7f).expect("seven bits");
    component.extend([septet(0) | 0x80, septet(1) | 0x80, septet(2) | 0x80, septet(3) | 0x80, septet(4)]);
    // A name of no characters.
    component.resize(component.len() + more - 6, 0);
    component
}

#[tokio::test]
async fn a_truncated_file_is_refused_with_the_place() {
    let mut bytes = minimal();
    bytes.truncate(bytes.len() / 2);

    let sentence = refusal(bytes).await;

    assert!(sentence.starts_with("is damaged at byte "), "{sentence}");
    assert!(sentence.ends_with("; build or download it again"), "{sentence}");
}

#[tokio::test]
async fn a_file_with_flipped_bytes_is_refused_and_not_compiled() {
    let mut bytes = minimal();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);

    let sentence = refusal(bytes).await;

    assert!(sentence.starts_with("is damaged at byte "), "{sentence}");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let limits = Limits { file_bytes: 1_000, ..Limits::default() };

    let error = host_with(limits).load(Origin::Bundled, minimal()).await.expect_err("refused");

    assert_eq!(error.to_string(), "is larger than 1000 bytes; build it for release and strip it");
}

#[tokio::test]
async fn a_component_that_imports_sockets_is_refused_by_name() {
    let sentence =
        refusal(wat(r#"(component (import "wasi:sockets/tcp-create-socket@0.2.6" (instance (export "f" (func)))))"#))
            .await;

    assert_eq!(
        sentence,
        "imports wasi:sockets/tcp-create-socket@0.2.6, which no plugin gets; leave networking out of the build (Python: \
         componentize-py with `--stub-wasi`; JavaScript: componentize-js with `--disable http fetch-event`)"
    );
}

#[tokio::test]
async fn a_component_that_imports_http_is_refused_by_name() {
    let sentence =
        refusal(wat(r#"(component (import "wasi:http/outgoing-handler@0.2.6" (instance (export "f" (func)))))"#)).await;

    assert_eq!(
        sentence,
        "imports wasi:http/outgoing-handler@0.2.6, which no plugin gets; return what the hub shall request instead of \
         requesting it (JavaScript: componentize-js with `--disable random clocks http fetch-event`)"
    );
}

#[tokio::test]
async fn a_component_that_imports_a_later_wasi_or_anything_of_its_own_is_refused() {
    let later =
        refusal(wat(r#"(component (import "wasi:cli/environment@0.3.0" (instance (export "f" (func)))))"#)).await;
    let own =
        refusal(wat(r#"(component (import "mcphub:provider/types@0.1.0" (instance (export "f" (func)))))"#)).await;

    assert!(later.starts_with("imports wasi:cli/environment@0.3.0, which no plugin gets"), "{later}");
    assert!(own.ends_with("there is nothing to import but WASI 0.2"), "{own}");
}

#[tokio::test]
async fn a_component_of_another_contract_is_told_both_versions() {
    let sentence =
        refusal(wat(r#"(component (instance $i) (export "mcphub:provider/identity@0.2.0" (instance $i)))"#)).await;

    assert_eq!(
        sentence,
        "was built for contract 0.2, and this hub offers 0.1; rebuild the plugin or take a hub that offers 0.2"
    );
}

#[tokio::test]
async fn a_component_that_is_no_plugin_is_told_what_is_missing() {
    let sentence = refusal(wat("(component)")).await;

    assert_eq!(
        sentence,
        "is a component but no plugin: it does not export mcphub:provider/identity@0.1; build it against wit/provider/v0.1 \
         (in Rust, mark the impl with #[provider])"
    );
}

#[tokio::test]
async fn an_interface_without_its_function_is_refused_by_name() {
    let sentence = refusal(wat(r#"(component (instance $i)
             (export "mcphub:provider/identity@0.1.0" (instance $i))
             (export "mcphub:provider/matching@0.1.0" (instance $i)))"#))
    .await;

    assert!(sentence.starts_with("exports identity in another shape than contract 0.1 gives it ("), "{sentence}");
    assert!(sentence.ends_with("; rebuild it against wit/provider/v0.1"), "{sentence}");
}

#[tokio::test]
async fn a_function_of_another_type_is_refused_by_name() {
    let function = r#"(component
        (core module $m (func (export "f") (result i32) i32.const 0))
        (core instance $c (instantiate $m))
        (func $f (result u32) (canon lift (core func $c "f")))
        (instance $identity (export "describe" (func $f)))
        (instance $matching (export "rules" (func $f)))
        (export "mcphub:provider/identity@0.1.0" (instance $identity))
        (export "mcphub:provider/matching@0.1.0" (instance $matching)))"#;

    let sentence = refusal(wat(function)).await;

    assert!(sentence.starts_with("exports identity in another shape than contract 0.1 gives it ("), "{sentence}");
}

#[tokio::test]
async fn a_plugin_that_spins_when_it_is_loaded_runs_out_of_fuel() {
    let sentence = load("do=spin when loaded").await.expect_err("refused").to_string();

    assert_eq!(
        sentence,
        "does not answer identity.describe: it ran out of fuel after 100000000 units of work; its author must let it do \
         less"
    );
}

#[tokio::test]
async fn compiling_has_a_time() {
    let host = mcphub_plugins::PluginHost::new(None, Limits { compile_time: Duration::ZERO, ..Limits::default() });

    let error = host.expect("host").load(Origin::Bundled, provider("")).await.expect_err("refused");

    assert_eq!(error.to_string(), "takes longer than 0 s to compile; make it smaller");
}
