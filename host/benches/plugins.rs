//! What plugins cost at start-up: loading the bundled ones and 200, with a cold and a warm cache; beside it, in the same
//! run, the digests of the same bytes alone.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures::future::join_all;
use mcphub::bundled::BUNDLED;
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

/// This many different components: the bundled ones, and as many more with other bytes.
fn components(count: usize) -> Vec<Vec<u8>> {
    let all = BUNDLED.iter().cycle().take(count).enumerate();
    all.map(|(number, (_, bytes))| {
        // A custom section that means nothing.
        let mark = u16::try_from(number).unwrap().to_le_bytes();
        if number < BUNDLED.len() { bytes.to_vec() } else { [*bytes, &[0, 4, 1, b'n', mark[0], mark[1]]].concat() }
    })
    .collect()
}

async fn load(cache: &Path, components: &[Vec<u8>]) -> Catalogue {
    let host = PluginHost::new(Some(cache), Limits::default()).unwrap();
    let catalogue = Catalogue::new();
    let loading = components.iter().map(|bytes| host.load(Origin::Bundled, bytes.clone()));
    for plugin in join_all(loading).await {
        drop(catalogue.add(plugin.unwrap()));
    }
    catalogue
}

fn loading(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    for count in [BUNDLED.len(), 200] {
        let (components, warm) = (components(count), tempfile::tempdir().unwrap());
        runtime.block_on(load(warm.path(), &components));
        group.bench_function(format!("{count} plugins, warm cache"), |bencher| {
            bencher.iter(|| runtime.block_on(load(warm.path(), &components)));
        });
        group.bench_function(format!("{count} plugins, cold cache"), |bencher| {
            let cold = || tempfile::tempdir().unwrap();
            bencher.iter_batched(
                cold,
                |cold| runtime.block_on(load(cold.path(), &components)),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(format!("only the digests of {count} plugins"), |bencher| {
            bencher.iter(|| components.iter().map(Sha256::digest).collect::<Vec<_>>());
        });
    }
    group.finish();
}

criterion_group!(benches, loading);
criterion_main!(benches);
