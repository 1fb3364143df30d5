//! What a hook costs: a fresh instance, a call, its end; the same function called natively, in the same run; and
//! start-up with ten plugins in the compile cache.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mcphub_oauth::hook::Context;
use mcphub_oauth::profile::{Pair, Target};
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost, load_directory};
use tokio::runtime::Runtime;
use url::Url;

const URL: &str = "https://api.example.com/authorize";

fn hooks(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let host = PluginHost::new(Some(directory.path()), Limits::default()).unwrap();
    let plugin = runtime.block_on(host.load(Origin::Bundled, component("provider"))).unwrap();
    let (context, params) = (context(), params());
    let mut group = criterion.benchmark_group("hook");

    group.bench_function("on-authorize in a fresh instance", |bencher| {
        bencher.to_async(&runtime).iter(async || plugin.authorize(&context, URL, &params).await.unwrap());
    });
    group.bench_function("on-match in a fresh instance", |bencher| {
        bencher.to_async(&runtime).iter(async || plugin.match_server(URL, None, None).await.unwrap());
    });
    group.bench_function("the same as on-authorize, natively", |bencher| {
        bencher.iter_batched(
            || (context.clone(), params.clone()),
            |(context, params)| native(&context, URL, params),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn loading(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("load ten plugins, warm cache");
    group.sample_size(20);
    for name in ["minimal", "provider"] {
        let (cache, plugins) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for number in 0..10_u8 {
            std::fs::write(plugins.path().join(format!("{number}.wasm")), distinct(component(name), number)).unwrap();
        }
        let start = || {
            let host = PluginHost::new(Some(cache.path()), Limits::default()).unwrap();
            runtime.block_on(load_directory(&host, &Catalogue::new(), plugins.path()))
        };
        start();

        group.bench_function(name, |bencher| bencher.iter(start));
    }
    group.finish();
}

/// Finding the one plugin that serves, among 200 of which each names a host of its own.
fn matching(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let host = PluginHost::new(Some(cache.path()), Limits::default()).unwrap();
    let catalogue = Catalogue::new();
    let hosts: Vec<String> = (0..200).map(|number| format!("mcp{number}.example.com")).collect();
    for (number, name) in hosts.iter().enumerate() {
        let bytes = ordered(component("provider"), &format!("id=plugin{number};host={name}"));
        let plugin = runtime.block_on(host.load(Origin::File(format!("{number}.wasm").into()), bytes)).unwrap();
        drop(catalogue.add(plugin));
    }
    let server = Url::parse("https://mcp150.example.com/mcp").unwrap();
    let mut group = criterion.benchmark_group("find the plugin among 200");
    group.bench_function("by the rules of all", |bencher| {
        let target = || Target { server: &server, issuer: None };
        bencher.to_async(&runtime).iter(async || catalogue.choose(target(), None, None).await.unwrap().variant);
    });
    group.bench_function("comparing one name with each, natively", |bencher| {
        bencher
            .iter(|| hosts.iter().filter(|host| black_box(host.as_str()) == black_box("mcp150.example.com")).count());
    });
    group.finish();
}

/// The guest with an order, as its tests write it.
fn ordered(mut component: Vec<u8>, order: &str) -> Vec<u8> {
    const MARK: &[u8] = b"mcphub-test-order:";
    let start = component.windows(MARK.len()).position(|window| window == MARK).unwrap() + MARK.len();
    let text = format!("{order:width$}", width = 256 - MARK.len());
    component.splice(start..start + text.len(), text.bytes());
    component
}

/// What the guest's hook does.
fn native(context: &Context, url: &str, mut params: Vec<Pair>) -> (String, Vec<Pair>) {
    params.push(("login_hint".into(), context.variant.clone()));
    (url.to_owned(), params)
}

fn params() -> Vec<Pair> {
    let pairs = [("response_type", "code"), ("client_id", "abc"), ("scope", "read"), ("state", "masked")];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn context() -> Context {
    Context {
        variant: "cloud".into(),
        server_url: "https://mcp.example.com/mcp".into(),
        resource: "https://mcp.example.com/mcp".into(),
        issuer: Some("https://api.example.com".into()),
        protected_resource: Some(r#"{"resource":"https://mcp.example.com/mcp"}"#.into()),
        server_metadata: Some(r#"{"issuer":"https://api.example.com"}"#.into()),
        inputs: Vec::new(),
        captured: Vec::new(),
        client: None,
        redirect_uri: "http://localhost:3000/oauth/callback".into(),
        requested_scopes: vec!["read".into()],
        granted_scopes: Vec::new(),
        tokens: Vec::new(),
        now: UNIX_EPOCH,
    }
}

/// The same component with other bytes: a custom section that means nothing.
fn distinct(mut component: Vec<u8>, number: u8) -> Vec<u8> {
    component.extend([0, 3, 1, b'n', number]);
    component
}

fn component(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = target_directory();
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--target", "wasm32-wasip2", "--profile", "plugin"])
        .arg("--manifest-path")
        .arg(directory.join("tests/guests/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status();
    assert!(status.unwrap().success(), "the guests need the target wasm32-wasip2");
    std::fs::read(target.join(format!("wasm32-wasip2/plugin/{name}.wasm"))).unwrap()
}

/// A target directory of the guests' own, as the outer one is locked while benchmarks run.
fn target_directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("guests")).unwrap()
}

criterion_group!(benches, hooks, loading, matching);
criterion_main!(benches);
