//! A server whose calls send progress as fast as it is taken, and that knows how much was taken and whether it was ended.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use futures::StreamExt;
use serde_json::json;

use crate::odd::{Odd, answer, posted};
use crate::peer::event;

/// Bytes of one message of progress.
pub(crate) const MESSAGE: usize = 32 * 1024;

pub(crate) struct Flood {
    pub(crate) odd: Odd,
    /// Messages that were taken from it.
    pub(crate) sent: Arc<AtomicUsize>,
    /// Streams of calls that have not ended.
    pub(crate) open: Arc<AtomicUsize>,
}

/// Counts as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Flood {
    /// A server whose tool `flood` sends so many messages and then an answer.
    pub(crate) async fn of(messages: usize) -> Self {
        let (sent, open) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (counted, opened) = (sent.clone(), open.clone());
        let odd = Odd::start(move |request| {
            if request.body["params"]["name"] != "flood" {
                return posted(request, |message| answer(200, "application/json", message.to_string()));
            }
            opened.fetch_add(1, Ordering::SeqCst);
            let (place, counted, body) = (Open(opened.clone()), counted.clone(), request.body.clone());
            let stream = futures::stream::iter(0..=messages).map(move |step| {
                let _ = &place;
                counted.fetch_add(1, Ordering::SeqCst);
                let message = if step < messages { progress(&body, step) } else { done(&body) };
                Ok::<Bytes, Infallible>(event(&message))
            });
            answer(200, "text/event-stream", Body::from_stream(stream))
        })
        .await;
        Self { odd, sent, open }
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

fn progress(body: &serde_json::Value, step: usize) -> serde_json::Value {
    let token = &body["params"]["_meta"]["progressToken"];
    let params = json!({ "progressToken": token, "progress": step, "message": "x".repeat(MESSAGE) });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

fn done(body: &serde_json::Value) -> serde_json::Value {
    let result = json!({ "content": [{ "type": "text", "text": "did" }] });
    json!({ "jsonrpc": "2.0", "id": body["id"], "result": result })
}
