//! The rules of the architecture, read from the sources: who may depend on whom, and what may be named where.
//!
//! | what | file |
//! |---|---|
//! | the sources of all crates | `sources` |
//! | words, without comments, texts and test modules | `words` |
//! | imports: which file needs which | `imports` |
//! | no file needs a file that needs it | `cycles` |
//! | rooms, and which may use which | `rooms` |
//! | libraries and providers that only some places may name | `names` |
//! | figures of the code, for comparison | `measures` |
//!
//! `cargo test --workspace --test it the_measures -- --nocapture` prints the figures; `measures` says what each means.
//!
//! # When this test fails
//!
//! A *cycle* names its files in order: each needs the next. Move what both need into a file below both, or pass a value in
//! place of the import. A room that *may not use* another: what is known stands below what is done, so the shared part
//! belongs into the lower room. A new room gets a line in `rooms::ROOMS`.

mod cycles;
mod imports;
mod measures;
mod names;
mod rooms;
mod sources;
mod words;

use sources::{all, planted};

#[test]
fn no_file_needs_a_file_that_needs_it() {
    let sources = all();

    let found = cycles::found(sources);

    assert!(sources.len() > 400, "only {} sources were read", sources.len());
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn rooms_use_only_rooms_below_them() {
    assert_eq!(rooms::violations(all()), Vec::<String>::new());
}

#[test]
fn libraries_and_providers_are_named_in_their_places_only() {
    assert_eq!(names::violations(all()), Vec::<String>::new());
}

#[test]
fn the_measures() {
    println!("{}", measures::of(all()));
}

#[test]
fn a_planted_cycle_is_found_and_named() {
    let sources = [
        planted("host/oauth/src/lib.rs", "mod a; mod b; mod c; pub use b::B;"),
        planted("host/oauth/src/a.rs", "use crate::B; pub struct A;"),
        planted("host/oauth/src/b.rs", "pub struct B; fn f() -> super::c::C { todo() }"),
        planted("host/oauth/src/c.rs", "use super::a::{self, A}; pub struct C;"),
    ];

    let cycle = "host/oauth/src/a.rs → host/oauth/src/b.rs → host/oauth/src/c.rs → host/oauth/src/a.rs";
    assert_eq!(cycles::found(&sources), [cycle]);
}

#[test]
fn what_only_declares_reexports_or_tests_is_no_cycle() {
    let sources = [
        planted("host/oauth/src/lib.rs", "mod a; mod b; pub use a::A; pub use b::{B, C as D};"),
        planted("host/oauth/src/a.rs", "// use crate::D;\npub struct A; const T: &str = \"crate::D\";"),
        planted(
            "host/oauth/src/b.rs",
            "use crate::A; pub struct B; pub struct C; #[cfg(test)] mod tests { use super::*; }",
        ),
        planted("host/oauth/src/b/tests.rs", "use crate::{D, b};"),
    ];

    assert_eq!(cycles::found(&sources), Vec::<String>::new());
}

#[test]
fn a_library_in_the_wrong_place_is_found() {
    for (path, text, found) in [
        ("host/src/connect/begin.rs", "use axum::Router;", "names axum"),
        ("host/src/gateway/mod.rs", "fn f() { reqwest::Client::builder() }", "names reqwest"),
        ("host/src/app/parts.rs", "fn engine() -> wasmtime::Engine {}", "names wasmtime"),
        ("host/src/cli/mod.rs", "fn f() { std::env::var(\"PORT\") }", "names var"),
        ("host/oauth/src/token.rs", "use tokio::time::Instant;", "names tokio"),
    ] {
        assert_eq!(names::violations(&[planted(path, text)]), [format!("{path} {found}")]);
    }
}

#[test]
fn a_library_in_its_place_and_in_comments_is_no_fault() {
    for (path, text) in [
        ("host/src/serve/router.rs", "use axum::Router;"),
        ("host/src/gateway/upstream/http.rs", "use reqwest::Client;"),
        ("host/src/lib.rs", "//! Only `serve` names axum."),
    ] {
        assert_eq!(names::violations(&[planted(path, text)]), Vec::<String>::new());
    }
}

#[test]
fn a_use_against_the_direction_is_found() {
    for (path, text, found) in [
        ("host/src/connect/hub.rs", "use crate::gateway::Gateway;", "connect may not use gateway"),
        ("host/src/store/mod.rs", "use crate::egress::Egress;", "store may not use egress"),
        ("host/src/settings/file.rs", "fn f() { crate::app::App }", "settings may not use app"),
        ("host/src/utils.rs", "", "utils is a room that has no place in the order"),
    ] {
        assert_eq!(rooms::violations(&[planted(path, text)]), [format!("{path}: {found}")]);
    }
    assert!(rooms::violations(&[planted("host/src/connect/hub.rs", "use crate::store::Store;")]).is_empty());
}

#[test]
fn a_use_against_the_direction_inside_a_room_is_found() {
    let planted = [planted("host/src/cases/redact/rules.rs", "use super::super::record::Recorder;")];

    let found = "host/src/cases/redact/rules.rs: cases/redact may not use cases/record";
    assert_eq!(rooms::violations(&planted), [found]);
}

#[test]
fn a_providers_name_in_the_host_is_found() {
    let named = planted("host/src/app/parts.rs", "// as Linear does");
    assert_eq!(names::violations(&[named]), ["host/src/app/parts.rs names the provider linear"]);

    for (path, text) in [
        ("host/src/app/parts.rs", "// in linear time, in Linear memory"),
        ("plugins/linear/src/lib.rs", "struct Linear;"),
    ] {
        assert_eq!(names::violations(&[planted(path, text)]), Vec::<String>::new());
    }
}
