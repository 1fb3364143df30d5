use std::time::SystemTime;

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::gateway::limits::GatewayLimits;
use crate::gateway::list_cache::ListCache;
use crate::gateway::message::{fields, raw};
use crate::gateway::roster::ServerScope;
use crate::gateway::session::{Peer, SessionContext};
use crate::random::Random;

const SESSIONS: &str = "2025-11-25";
const STATELESS: &str = "2026-07-28";

fn context() -> Arc<SessionContext> {
    let clock = Clock::of(|| SystemTime::UNIX_EPOCH);
    let lists = ListCache::in_directory(None);
    Arc::new(SessionContext::new(clock, Random::system(), GatewayLimits::default(), lists))
}

fn session(context: &Arc<SessionContext>, kind: ScopeKind, revision: &str) -> Arc<Session> {
    let client = fields(Some(&raw(&json!({ "protocolVersion": revision }))));
    Session::new(context.clone(), ServerScope { kind, limit: None }, Peer::Client, client)
}

fn list(session: &Session) -> Arc<ReadyList> {
    session.ready_list(ListKind::Tools, &session.known_entries(ListKind::Tools))
}

#[tokio::test]
async fn two_sessions_of_a_scope_share_a_list_in_memory_and_two_scopes_do_not() {
    let context = context();
    let [one, two] = [(); 2].map(|()| session(&context, ScopeKind::All, SESSIONS));
    let group = session(&context, ScopeKind::Group("g".to_owned()), SESSIONS);

    let (first, second, of_group) = (list(&one), list(&two), list(&group));

    assert!(first.is_shared_with(&second) && !first.is_shared_with(&of_group));
}

#[tokio::test]
async fn clients_of_the_two_generations_do_not_share_a_list() {
    let context = context();
    let [one, two] = [SESSIONS, STATELESS].map(|revision| session(&context, ScopeKind::All, revision));

    let (older, newer) = (list(&one), list(&two));

    let text = |list: &ReadyList| {
        let answer = Message::prepared(one.next_id(), list.result(&[]));
        answer.result_text().expect("a result").to_owned()
    };
    assert_eq!(text(&older), r#"{"tools":[]}"#);
    assert_eq!(text(&newer), r#"{"tools":[],"resultType":"complete","cacheScope":"private","ttlMs":0}"#);
}
