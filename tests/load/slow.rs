//! Clients that are slow beside the load: one never reads its answer, others send a byte a second. The hub ends each of
//! them by itself.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::with_sessions::Client;
use crate::world::World;

/// The longest of the hub's limits for them is a minute; the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);
/// A byte this often.
const PACE: Duration = Duration::from_secs(1);

/// Runs the slow clients to their end, and returns a sentence for each that the hub did not end.
pub(crate) async fn clients(world: &World) -> Vec<String> {
    let (reader, head, body) = futures::join!(
        never_reads(world),
        trickles(world, "POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-slow: "),
        trickles(
            world,
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n"
        ),
    );
    let ended = [("reads nothing", reader), ("sends its head a byte a second", head), ("sends its body so", body)];
    let problem = |(what, ended): (&str, bool)| (!ended).then(|| format!("a client that {what} was not ended"));
    ended.into_iter().filter_map(problem).collect()
}

/// Whether a client that asks for a stream without end and reads nothing of it is ended.
async fn never_reads(world: &World) -> bool {
    let client = Client::begin(world.wire(), "/mcp/old").await;
    let params = json!({"name": "flood", "arguments": {}, "_meta": {"progressToken": 1}});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    let head = format!(
        "POST /mcp/old HTTP/1.1\r\nhost: localhost\r\nmcp-session-id: {}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n",
        client.session,
        call.len()
    );
    let mut stream = TcpStream::connect(world.address()).await.expect("connected");
    stream.write_all(format!("{head}{call}").as_bytes()).await.expect("sent");
    // What is written further is never read, and refused once the connection is closed.
    let ended = until_refused(&mut stream).await;
    assert_eq!(Client::end(world.wire(), client.path, &client.session).await, 204);
    ended
}

/// Whether a client that sends the rest of a request byte by byte is ended.
async fn trickles(world: &World, begun: &str) -> bool {
    let mut stream = TcpStream::connect(world.address()).await.expect("connected");
    stream.write_all(begun.as_bytes()).await.expect("sent");
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    let writing = async {
        let mut pace = tokio::time::interval(PACE);
        loop {
            pace.tick().await;
            if writer.write_all(b"x").await.is_err() {
                return;
            }
        }
    };
    let ended = async {
        tokio::select! {
            _ = reader.read_to_end(&mut answer) => {}
            () = writing => {}
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.is_ok()
}

async fn until_refused(stream: &mut TcpStream) -> bool {
    let mut pace = tokio::time::interval(PACE);
    let end = Instant::now() + PATIENCE;
    while pace.tick().await < end {
        if stream.write_all(b"\n").await.is_err() {
            return true;
        }
    }
    false
}
