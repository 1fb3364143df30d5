//! A login that a real client opens for its user, because the hub asks it to (elicitation in URL mode).

use mcphub_tests::{AskingClient, Browser, text};

use crate::World;

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_generations_open_the_page_and_the_same_call_goes_through() {
    for revision in ["2025-11-25", "2026-07-28"] {
        let Some(world) = World::start() else { return };
        world.hub.until("notes", "login_required").await;
        let Some(mut client) = AskingClient::call(&world.hub.mcp("notes"), "echo", revision) else { return };

        let asked = client.line().await;
        let trip = Browser::new().follow(&text(&asked, "/open")).await;
        let mut told = client.line().await;
        while told.get("open").is_some() {
            // Until the person has signed in, a client without a session may be asked again.
            told = client.line().await;
        }

        assert!(trip.page.contains("Signed in to notes"), "{revision}: {trip:#?}");
        assert_eq!(text(&told, "/text"), "hello", "{revision}");
        assert_eq!(Browser::new().follow(&text(&asked, "/open")).await.status, 404, "a link works once");
    }
}
