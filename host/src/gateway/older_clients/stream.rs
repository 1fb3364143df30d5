//! The stream to one client: messages that wait for it, within bounds.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Messages that wait for a slow reader.
const WAITING: usize = 16;
/// Their bytes; one message may have more, and then it waits alone. Until there is room nothing more is read from a server.
const WAITING_BYTES: usize = 256 * 1024;

/// A message on its way to the client.
pub(super) enum Outgoing {
    /// One line of JSON.
    Line { line: Bytes, _room: OwnedSemaphorePermit },
    /// The stream ends here; nothing is sent after it.
    End,
}

/// Where messages for the client go in.
#[derive(Clone)]
pub(super) struct Outlet {
    sender: mpsc::Sender<Outgoing>,
    room: Arc<Semaphore>,
}

impl Outlet {
    /// An outlet, and where the messages come out.
    pub(super) fn new() -> (Self, mpsc::Receiver<Outgoing>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender, room: Arc::new(Semaphore::new(WAITING_BYTES)) }, receiver)
    }

    /// Sends a message, once there is room for it. One that comes after the client left is dropped.
    pub(super) async fn send(&self, line: Bytes) {
        let bytes = u32::try_from(line.len().min(WAITING_BYTES)).unwrap_or(u32::MAX);
        let Ok(room) = self.room.clone().acquire_many_owned(bytes).await else { return };
        drop(self.sender.send(Outgoing::Line { line, _room: room }).await);
    }

    /// Ends the stream behind the messages that wait.
    pub(super) async fn end(&self) {
        drop(self.sender.send(Outgoing::End).await);
    }

    /// Returns once the client has left.
    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_slow_reader_holds_the_messages_back_by_number_and_by_bytes() {
        let (small, mut of_small) = Outlet::new();
        let (large, mut of_large) = Outlet::new();
        for _ in 0..WAITING {
            small.send(Bytes::from_static(b"{}")).await;
        }
        large.send(Bytes::from(vec![b'x'; 10 * WAITING_BYTES])).await;
        let mut more = [Box::pin(small.send(Bytes::new())), Box::pin(large.send(Bytes::from_static(b"{}")))];
        assert!(more.iter_mut().all(|sending| sending.as_mut().now_or_never().is_none()));

        drop((of_small.recv().await, of_large.recv().await));

        futures::future::join_all(more).await;
    }

    #[tokio::test]
    async fn nobody_waits_for_a_client_that_left() {
        let (outlet, receiver) = Outlet::new();
        drop(receiver);

        outlet.closed().await;
        for _ in 0..3 * WAITING {
            outlet.send(Bytes::from(vec![b'x'; WAITING_BYTES])).await;
        }
    }
}
