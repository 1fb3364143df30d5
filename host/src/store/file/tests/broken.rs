//! Entries and files that make no sense, and errors that show no secret.

use super::*;

/// What the settings file's error was, where the store is not available because of one.
fn cause<T>(result: Result<T, StoreError>) -> Option<SettingsError> {
    match result.err()? {
        StoreError::Unavailable(cause) => cause.downcast().ok().map(|cause| *cause),
        StoreError::Conflict(_) | StoreError::Sealed { .. } | StoreError::NotSealed(_) | StoreError::Aborted => None,
    }
}

#[tokio::test]
async fn entries_that_cannot_be_read_are_left_alone_and_do_not_stand_in_the_way() {
    let broken = json!({"owner": "local", "server": "a", "account": "default", "version": 7, "tokens": 5});
    let ends = json!({"owner": "local", "server": "b", "account": "default", "version": 1, "issuer": "i", "clientId": "c",
        "primary": "main", "tokens": {"main": {"accessToken": "t", "expiresAt": "tomorrow"}}});
    let all = json!({"mcpServers": {}, "obtained": {"grants": [broken, "x", ends], "clients": [1], "mine": true}});
    let home = Home::with(&all.to_string());
    let store = home.store();

    assert_eq!((found(&store, "a").await, found(&store, "b").await), (None, None));
    store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    store.put_client("a", &client("https://as.example", "1")).await.expect("stored");

    assert_eq!(found(&store, "a").await.as_deref(), Some("1"));
    let section = home.settings().section("obtained").expect("read").expect("there");
    let kept = section["grants"].as_array().expect("list")[..3].to_vec();
    assert_eq!(
        (kept, &section["clients"][0], &section["mine"]),
        (vec![broken, json!("x"), ends], &json!(1), &json!(true))
    );
}

#[tokio::test]
async fn while_an_edit_leaves_the_file_broken_grants_are_still_found_and_none_is_refreshed() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let version = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    assert_eq!(found(&store, "a").await.as_deref(), Some("1"));
    let whole = home.text();

    home.save("{ \"mcpServers\": ");
    let lease = store.lease(&key("a"), &address()).await;
    let put = store.put_grant(&key("a"), &grant("2"), Some(version)).await;

    assert_eq!(found(&store, "a").await.as_deref(), Some("1"));
    assert!(matches!(cause(lease), Some(SettingsError::NotJson { .. })));
    assert!(matches!(cause(put), Some(SettingsError::NotJson { .. })));
    assert_eq!(home.text(), "{ \"mcpServers\": ");
    home.save(&whole);
    drop(store.lease(&key("a"), &address()).await.expect("again"));
}

#[tokio::test]
async fn a_file_that_is_broken_from_the_start_is_an_error() {
    let home = Home::with("{}");
    let store = home.store();
    home.save("[]");

    let read = store.grant(&key("a"), &address()).await;

    assert!(matches!(cause(read), Some(SettingsError::NotAnObject { .. })));
}

#[tokio::test]
async fn errors_show_no_secret() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    store.put_grant(&key("a"), &grant("canary"), None).await.expect("stored");

    let conflict = store.put_grant(&key("a"), &grant("canary"), None).await.expect_err("refused");
    home.save(&format!("{} x", home.text()));
    let broken = store.put_grant(&key("a"), &grant("canary"), None).await.expect_err("refused");

    for error in [conflict, broken] {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
