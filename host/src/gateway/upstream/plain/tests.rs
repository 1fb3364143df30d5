use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;

/// A server that says what it is told, and counts who comes.
struct Spoken {
    url: Url,
    connections: Arc<AtomicUsize>,
    /// Says when a connection was closed.
    closed: mpsc::UnboundedReceiver<()>,
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// Answers the requests of each connection with these in turn, and closes it after the last one.
async fn speaking(answers: &'static [&'static str]) -> Spoken {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = Url::parse(&format!("http://{}/mcp?a=b", listener.local_addr().expect("an address"))).expect("a URL");
    let connections = Arc::new(AtomicUsize::new(0));
    let (count, (told, closed)) = (connections.clone(), mpsc::unbounded_channel());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            for answer in answers {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap_or(b'\n'));
                    if head.ends_with(b"\n\n") {
                        break;
                    }
                }
                stream.write_all(answer.as_bytes()).await.expect("written");
            }
            drop(stream);
            // Most tests do not listen.
            let _ = told.send(());
        }
    });
    Spoken { url, connections, closed }
}

fn client() -> PlainHttp {
    PlainHttp::new(Duration::from_secs(5), &Network::default(), "tests")
}

async fn asked(client: &PlainHttp, url: &Url) -> Result<PlainResponse, String> {
    client.send(Method::GET, url, HeaderMap::new(), None).await
}

/// The body, and whether it came to its end.
async fn read(mut response: PlainResponse) -> (String, bool) {
    let mut text = Vec::new();
    loop {
        match poll_fn(|cx| response.body.poll_chunk(cx)).await {
            Some(Ok(part)) => text.extend_from_slice(&part),
            Some(Err(_)) => return (String::from_utf8(text).expect("text"), false),
            None => return (String::from_utf8(text).expect("text"), true),
        }
    }
}

#[tokio::test]
async fn one_connection_serves_requests_one_after_the_other() {
    let (server, client) = (speaking(&[WHOLE, "HTTP/1.1 204 No Content\r\n\r\n", WHOLE]).await, client());

    for expected in ["hi", "", "hi"] {
        let response = asked(&client, &server.url).await.expect("an answer");
        assert_eq!(read(response).await, (expected.to_owned(), true));
    }

    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn requests_at_the_same_time_have_connections_of_their_own() {
    let (server, client) = (speaking(&[WHOLE]).await, client());

    let (one, other) = tokio::join!(asked(&client, &server.url), asked(&client, &server.url));

    for response in [one, other] {
        assert_eq!(read(response.expect("an answer")).await.0, "hi");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_waited_costs_no_request() {
    let (mut server, client) = (speaking(&[WHOLE]).await, client());

    for _ in 0..20 {
        assert_eq!(read(asked(&client, &server.url).await.expect("an answer")).await.0, "hi");
        server.closed.recv().await.expect("closed");
        // The end of the connection is there; the runtime looks at its sockets between its tasks.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_read_to_its_end_closes_its_connection() {
    let (server, client) = (speaking(&["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", WHOLE]).await, client());

    drop(asked(&client, &server.url).await.expect("an answer"));
    drop(asked(&client, &server.url).await.expect("an answer"));

    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_whole_body() {
    let client = client();
    for cut in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let server = speaking(Box::leak(Box::new([cut]))).await;
        assert_eq!(read(asked(&client, &server.url).await.expect("a head")).await, ("half".to_owned(), false), "{cut}");
    }
}

#[tokio::test]
async fn parts_come_as_the_server_sends_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = Url::parse(&format!("http://{}/", listener.local_addr().expect("an address"))).expect("a URL");
    let (go_on, mut told) = mpsc::channel::<()>(1);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.expect("written");
        while told.recv().await.is_some() {
            stream.write_all(b"4\r\npart\r\n").await.expect("written");
        }
        stream.write_all(b"0\r\n\r\n").await.expect("written");
        std::future::pending::<()>().await;
    });
    let mut response = asked(&client(), &url).await.expect("a head");

    for _ in 0..3 {
        go_on.send(()).await.expect("listened to");
        let part = poll_fn(|cx| response.body.poll_chunk(cx)).await.expect("a part").ok();
        assert_eq!(part.as_deref(), Some(&b"part"[..]));
    }
    drop(go_on);

    assert_eq!(read(response).await, (String::new(), true));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_its_address() {
    let nobody = Url::parse("http://127.0.0.1:1/secret").expect("a URL");

    let error = asked(&client(), &nobody).await.err().expect("refused");

    assert!(error.contains("refused") && !error.contains("secret"), "{error}");
}
