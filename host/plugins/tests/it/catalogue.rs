//! Which plugin serves which server.

use std::path::Path;

use mcphub_oauth::profile::Target;
use mcphub_plugins::{Added, Catalogue, CatalogueEntry, ChooseError, Chosen, Origin, load_directory};
use url::Url;

use crate::support::{host, minimal, provider};

async fn catalogue(plugins: &[(&str, Option<&str>)]) -> Catalogue {
    let (host, catalogue) = (host(), Catalogue::new());
    for (order, file) in plugins {
        let origin = file.map_or(Origin::Bundled, |file| Origin::File(file.into()));
        catalogue.add(host.load(origin, provider(order)).await.expect("plugin"));
    }
    catalogue
}

async fn choose(catalogue: &Catalogue, server: &str, named: Option<&str>) -> Result<Chosen, ChooseError> {
    let server = Url::parse(server).expect("URL");
    catalogue.choose(Target { server: &server, issuer: None }, None, named).await
}

#[tokio::test]
async fn the_most_specific_rule_wins() {
    let plugins = [("id=suffix;host=other.example", None), ("id=exact;host=acme.tenant.example.com", None)];

    let chosen = choose(&catalogue(&plugins).await, "https://acme.tenant.example.com/mcp", None).await.expect("chosen");

    assert_eq!((chosen.plugin.id(), chosen.variant.as_str()), ("exact", "cloud"));
}

#[tokio::test]
async fn what_a_rule_captures_becomes_an_input() {
    let chosen =
        choose(&catalogue(&[("", None)]).await, "https://acme.tenant.example.com/", None).await.expect("chosen");

    assert_eq!(chosen.inputs, [("tenant".to_owned(), "acme".to_owned())]);
}

#[tokio::test]
async fn priority_comes_before_specificity() {
    let plugins = [("id=first;priority=50", None), ("id=second;priority=100", None)];

    let chosen = choose(&catalogue(&plugins).await, "https://mcp.example.com/", None).await.expect("chosen");

    assert_eq!(chosen.plugin.id(), "second");
}

#[tokio::test]
async fn among_equals_a_dropped_in_plugin_wins_and_then_the_first_id() {
    let plugins = [("id=aa", None), ("id=dd", Some("dd.wasm")), ("id=cc", Some("cc.wasm"))];

    let chosen = choose(&catalogue(&plugins).await, "https://mcp.example.com/", None).await.expect("chosen");

    assert_eq!(chosen.plugin.id(), "cc");
}

#[tokio::test]
async fn a_dropped_in_plugin_serves_in_place_of_the_bundled_one_of_its_id() {
    let (host, catalogue) = (host(), Catalogue::new());
    let bundled = host.load(Origin::Bundled, provider("host=old.example")).await.expect("plugin");
    let dropped = host.load(Origin::File("example.wasm".into()), provider("host=new.example")).await.expect("plugin");

    let first = catalogue.add(bundled);
    let second = catalogue.add(dropped);

    assert_eq!((first, second), (Added::New, Added::Overrides { id: "example".into() }));
    assert_eq!(catalogue.by_id("example").expect("plugin").origin(), &Origin::File("example.wasm".into()));
    assert!(choose(&catalogue, "https://old.example/", None).await.is_err());
    assert!(
        matches!(&catalogue.entries()[..], [CatalogueEntry::Ready { overrides, .. }, CatalogueEntry::Overridden { .. }] if !overrides.is_empty())
    );
}

#[tokio::test]
async fn a_dropped_in_plugin_overrides_those_whose_servers_its_rules_are_for() {
    let bundled = [("id=suffix", None), ("id=elsewhere;host=other.example", None), ("id=first;priority=200", None)];
    let overridden = async |order: &str| {
        let own = host().load(Origin::File("own.wasm".into()), provider(order)).await.expect("plugin");
        catalogue(&bundled).await.overrides(&own)
    };

    assert_eq!(overridden("id=own;host=acme.tenant.example.com").await, ["suffix"; 0]);
    assert_eq!(overridden("id=own;priority=201").await, ["first"]);
    assert_eq!(overridden("id=own;host=other.example").await, ["elsewhere"]);
    assert_eq!(overridden("id=own;host=new.example;ask=true").await, ["suffix"; 0]);
}

#[tokio::test]
async fn a_bundled_plugin_overrides_nobody() {
    let catalogue = catalogue(&[("id=aa", None), ("id=bb;priority=200", None)]).await;

    let told = catalogue
        .entries()
        .into_iter()
        .map(|entry| matches!(entry, CatalogueEntry::Ready { overrides, .. } if overrides.is_empty()));

    assert_eq!(told.collect::<Vec<_>>(), [true, true]);
}

#[tokio::test]
async fn of_two_files_with_one_id_the_first_stays() {
    let catalogue = catalogue(&[("", Some("a.wasm"))]).await;
    let second = host().load(Origin::File("b.wasm".into()), provider("")).await.expect("plugin");

    let added = catalogue.add(second);

    let sentence = "has the id \"example\", which a.wasm has already; remove one of the two".to_owned();
    assert_eq!(added, Added::Refused { sentence });
    assert_eq!(catalogue.by_id("example").expect("plugin").origin(), &Origin::File("a.wasm".into()));
}

#[tokio::test]
async fn a_file_that_is_loaded_again_gives_way_to_its_new_self() {
    let catalogue = catalogue(&[("host=old.example", Some("a.wasm"))]).await;
    let again = host().load(Origin::File("a.wasm".into()), provider("host=new.example")).await.expect("plugin");

    let added = catalogue.add(again);

    assert_eq!(added, Added::Replaces { id: "example".into() });
    assert!(choose(&catalogue, "https://old.example/", None).await.is_err());
    assert!(choose(&catalogue, "https://new.example/", None).await.is_ok());
}

#[tokio::test]
async fn a_named_plugin_serves_whatever_the_rules_say() {
    let plugins = [("id=first", None), ("id=second;host=other.example", None)];

    let chosen = choose(&catalogue(&plugins).await, "https://mcp.example.com/", Some("second")).await.expect("chosen");

    assert_eq!((chosen.plugin.id(), chosen.variant.as_str()), ("second", ""));
}

#[tokio::test]
async fn a_rule_that_asks_holds_for_a_named_plugin_only() {
    let catalogue = catalogue(&[("ask=yes", None)]).await;

    let unnamed = choose(&catalogue, "https://mcp.example.com/", None).await;
    let named = choose(&catalogue, "https://mcp.example.com/", Some("example")).await.expect("chosen");

    assert_eq!(
        unnamed.expect_err("none").to_string(),
        "no plugin serves mcp.example.com; name one with oauth.provider, or drop one into the plugins directory"
    );
    assert_eq!(named.variant, "cloud");
}

#[tokio::test]
async fn an_unknown_name_is_told_the_known_ones() {
    let catalogue = catalogue(&[("id=first", None), ("id=second", None)]).await;

    let error = choose(&catalogue, "https://mcp.example.com/", Some("frist")).await.expect_err("unknown");

    assert_eq!(
        error.to_string(),
        "there is no plugin \"frist\"; known are first, second; correct oauth.provider or drop the plugin into the plugins \
         directory"
    );
}

#[tokio::test]
async fn hooks_are_asked_before_the_generic_plugin_serves() {
    let catalogue = catalogue(&[("id=generic;priority=0", None), ("id=hooked;by-hook=self-hosted", None)]).await;

    let hooked = choose(&catalogue, "https://self-hosted.example/", None).await.expect("chosen");
    let generic = choose(&catalogue, "https://anything.example/", None).await.expect("chosen");

    assert_eq!(
        (hooked.plugin.id(), hooked.variant.as_str(), hooked.needed),
        ("hooked", "hooked", vec!["region".to_owned()])
    );
    assert_eq!((generic.plugin.id(), generic.variant.as_str()), ("generic", "generic"));
}

#[tokio::test]
async fn hooks_are_not_asked_where_a_rule_holds() {
    let catalogue = catalogue(&[("id=ruled", None), ("id=hooked;host=other.example;by-hook=mcp.example", None)]).await;

    let chosen = choose(&catalogue, "https://mcp.example.com/", None).await.expect("chosen");

    assert_eq!(chosen.plugin.id(), "ruled");
}

#[tokio::test]
async fn a_bad_file_in_a_directory_stops_nothing() {
    let directory = tempfile::tempdir().expect("directory");
    let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).expect("file");
    write("a-broken.wasm", b"nonsense");
    write("b-good.wasm", &minimal());
    write("readme.txt", b"not a plugin");
    std::fs::create_dir(directory.path().join("c-directory.wasm")).expect("directory");
    let catalogue = Catalogue::new();

    let serving = load_directory(&host(), &catalogue, directory.path()).await;

    assert_eq!(serving, 1);
    assert!(catalogue.by_id("minimal").is_some());
    let failed = catalogue.entries().into_iter().filter(|entry| matches!(entry, CatalogueEntry::Failed { .. })).count();
    assert_eq!(failed, 2);
}

#[tokio::test]
async fn a_file_that_was_repaired_is_no_longer_shown_as_failed() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("a.wasm");
    let (host, catalogue) = (host(), Catalogue::new());
    std::fs::write(&path, b"nonsense").expect("file");
    load_directory(&host, &catalogue, directory.path()).await;

    std::fs::write(&path, minimal()).expect("file");
    load_directory(&host, &catalogue, directory.path()).await;

    assert!(matches!(&catalogue.entries()[..], [CatalogueEntry::Ready { overrides, .. }] if overrides.is_empty()));
}

#[tokio::test]
async fn a_directory_that_is_not_there_holds_no_plugins() {
    let serving = load_directory(&host(), &Catalogue::new(), Path::new("/nowhere/at/all")).await;

    assert_eq!(serving, 0);
}

#[tokio::test]
async fn a_file_that_breaks_later_leaves_what_was_loaded_serving() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("a.wasm");
    let (host, catalogue) = (host(), Catalogue::new());
    std::fs::write(&path, minimal()).expect("file");
    load_directory(&host, &catalogue, directory.path()).await;

    std::fs::write(&path, b"nonsense").expect("file");
    load_directory(&host, &catalogue, directory.path()).await;

    assert!(matches!(&catalogue.entries()[..], [CatalogueEntry::Ready { .. }, CatalogueEntry::Failed { .. }]));
    assert!(choose(&catalogue, "https://minimal.example/", None).await.is_ok());
}

#[tokio::test]
async fn loading_and_choosing_can_be_done_by_any_task() {
    let catalogue = Catalogue::new();
    let shared = catalogue.clone();

    let loaded = tokio::spawn(async move { load_directory(&host(), &shared, Path::new("/nowhere")).await }).await;
    let chosen = tokio::spawn(async move { choose(&catalogue, "https://mcp.example.com/", None).await }).await;

    assert_eq!(loaded.expect("task"), 0);
    assert!(chosen.expect("task").is_err());
}
