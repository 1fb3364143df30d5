//! What a person approves is what comes to serve.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_swapped_since_is_not_approved() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    hub.until_told("waits to serve in place of the bundled one").await;
    let looked_at = dropped(&hub).await["sha256"].clone();

    put(&hub, &[component(), &[0, 2, 1, b'x']].concat());
    let (swapped, told) = hub.post_json("/api/plugins/rfc8414/approve", &json!({"sha256": looked_at})).await;

    assert_eq!(swapped, 409, "{told}");
    assert!(text(&told, "/error").contains("is not the one you looked at"), "{told}");
    assert_eq!(text(&dropped(&hub).await, "/status"), "waits to be approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_at_is_what_comes_to_serve() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    hub.until_told("waits to serve in place of the bundled one").await;
    let looked_at = dropped(&hub).await["sha256"].clone();
    put(&hub, &[component(), &[0, 2, 1, b'x']].concat());
    while dropped(&hub).await["sha256"] == looked_at {
        tokio::task::yield_now().await;
    }
    let digest = text(&dropped(&hub).await, "/sha256");
    let path = "/api/plugins/rfc8414/approve";

    let (unsaid, _) = hub.post(path).await;
    let (other, told) = hub.post_json(path, &json!({"sha256": looked_at})).await;
    let by_command = command(&hub, &["approve", "rfc8414", "--sha256", looked_at.as_str().expect("a digest")]);
    let (right, _) = hub.post_json(path, &json!({"sha256": digest})).await;
    let (again, _) = hub.post_json(path, &json!({"sha256": digest})).await;

    assert_eq!((unsaid, other, right, again), (400, 409, 200, 404));
    assert!(text(&told, "/error").contains(&digest), "{told}");
    assert_eq!(by_command.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_what_is_approved_and_asks() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    hub.until_told("waits to serve").await;
    let digest = text(&dropped(&hub).await, "/sha256");

    let unsaid = command(&hub, &["approve", "rfc8414"]);
    assert_eq!(unsaid.status.code(), Some(1), "{unsaid:?}");
    assert_eq!(text(&dropped(&hub).await, "/status"), "waits to be approved");
    let said = command(&hub, &["approve", "rfc8414", "--yes"]);

    assert!(said.status.success(), "{said:?}");
    let shown = String::from_utf8_lossy(&unsaid.stdout).into_owned();
    for part in [&digest, "own.wasm", "would serve", "notes", "let it serve? [y/N]"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(text(&dropped(&hub).await, "/status"), "ready");
}
