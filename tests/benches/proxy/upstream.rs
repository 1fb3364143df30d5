//! The fast server behind both proxies: it runs on a thread of its own and splices prepared answers.
//!
//! | address | what is there |
//! |---|---|
//! | `/plain/N` | a server with sessions |
//! | `/login/N` | the same, behind a login |
//! | `/stateless/N` | a server of the revision without sessions |
//! | `/many/N` | a server with a hundred tools |

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::answers::{Answers, Reply, TOKEN};
use crate::wire::{Message, Wire};

/// Starts it; it ends with this program.
pub(crate) fn start() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket of tokio");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(serve(listener, Arc::new(Answers::new(address))));
    });
    address
}

async fn serve(listener: std::net::TcpListener, answers: Arc<Answers>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let answers = answers.clone();
        tokio::spawn(async move {
            // A proxy that goes away ends its connections in the middle.
            let _: std::io::Result<()> = talk(Wire::new(stream), &answers).await;
        });
    }
}

async fn talk(wire: std::io::Result<Wire>, answers: &Answers) -> std::io::Result<()> {
    let mut wire = wire?;
    let mut response = Vec::new();
    while let Some(request) = wire.message().await? {
        response.clear();
        answer(&request, answers).write(&mut response);
        wire.write(&response).await?;
    }
    Ok(())
}

fn answer<'a>(request: &Message<'_>, answers: &'a Answers) -> Reply<'a> {
    let mut words = request.head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let place = path.split('/').nth(1).unwrap_or_default();
    match (method, place) {
        (_, "token") => Answers::token(),
        (_, ".well-known") => answers.metadata(path),
        (_, "login") if !is_open(request) => answers.unauthorized(path),
        ("POST", "stateless") => answers.stateless(request.body),
        ("POST", place) => answers.with_sessions(request.body, place == "many"),
        ("DELETE", "plain" | "login" | "many") => Reply::empty("200 OK"),
        (_, _) => Reply::empty("405 Method Not Allowed"),
    }
}

fn is_open(request: &Message<'_>) -> bool {
    request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) == Some(TOKEN)
}
