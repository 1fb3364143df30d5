use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use axum::body::{Body, Bytes};

use super::*;

struct Routes(Router);

impl Answering for Routes {
    async fn answer(&self, request: Request) -> Response {
        TowerToHyperService::new(self.0.clone()).call(request).await.unwrap_or_else(|never: Infallible| match never {})
    }
}

/// An address where a small hub listens, and what ends it.
struct Small {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

async fn read(body: Body) -> String {
    match axum::body::to_bytes(body, 1024).await {
        Ok(bytes) => format!("{} bytes", bytes.len()),
        Err(error) => TooSlow::in_error(&error).map_or("another error".to_owned(), |slow| slow.to_string()),
    }
}

/// Streams `ticks` signs of life, longer than a head or a body may take.
async fn stream() -> Body {
    let ticks = futures::stream::unfold(0, |tick| async move {
        sleep(Duration::from_millis(100)).await;
        (tick < 8).then_some((Ok::<_, Infallible>("tick "), tick + 1))
    });
    Body::from_stream(ticks)
}

/// Streams as fast as it is taken.
async fn endless() -> Body {
    Body::from_stream(futures::stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 4096]))))
}

async fn start(connections: usize) -> Small {
    start_with(connections, 0).await
}

async fn start_with(connections: usize, reserve: usize) -> Small {
    let router =
        Router::new().route("/read", post(read)).route("/stream", get(stream)).route("/", get(|| async { "hi" }));
    let router = router.route("/health", get(|| async { "well" })).route("/endless", get(endless));
    let limit = Duration::from_millis(300);
    let (head, body, end, stall) = (limit, limit, limit, limit);
    let bounds = Bounds { head, body, end, stall, head_bytes: 16 * 1024, connections, reserve, streams: 1 };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = watch::channel(false);
    let served = tokio::spawn(serve(listener, Arc::new(Routes(router)), bounds, bounds.places(), stopped));
    Small { address, stop, served }
}

async fn sent(small: &Small, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(small.address).await.expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    stream
}

/// All that comes until the other side closes.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes));
    // A reset is an end, too.
    let _ = read.await.expect("it is closed in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_half_sent_head_is_closed_in_time() {
    let small = start(16).await;

    for half in ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "] {
        let answered = until_closed(sent(&small, half).await).await;
        assert!(!answered.contains("200 OK"), "{answered}");
    }
}

#[tokio::test]
async fn a_head_that_trickles_ends_in_time_too() {
    let small = start(16).await;
    let mut stream = sent(&small, "GET / HTTP/1.1\r\nHost: localhost\r\n").await;

    let trickle = async {
        while stream.write_all(b"X: y\r\n").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };

    timeout(Duration::from_secs(10), trickle).await.expect("it is closed in time");
}

#[tokio::test]
async fn a_stalled_body_ends_in_time_and_says_so() {
    let small = start(16).await;

    let answered =
        until_closed(sent(&small, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nabc").await).await;

    assert!(answered.contains("the request's body did not arrive within"), "{answered}");
}

#[tokio::test]
async fn a_body_that_trickles_ends_in_time_too() {
    let small = start(16).await;
    let mut stream = sent(&small, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n").await;
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        while writer.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut first = [0; 12];

    tokio::select! {
        read = reader.read_exact(&mut first) => drop(read.expect("an answer")),
        () = trickle => {}
    }

    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test]
async fn an_answer_that_streams_is_not_cut() {
    let small = start(16).await;

    let answered =
        until_closed(sent(&small, "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await).await;

    assert_eq!(answered.matches("tick ").count(), 8, "{answered}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let small = start(16).await;
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(20_000));

    let answered = until_closed(sent(&small, &head).await).await;

    assert!(answered.starts_with("HTTP/1.1 431"), "{answered}");
}

/// A stream that is open: it is at work.
async fn streaming(small: &Small, accept: &str) -> TcpStream {
    let mut stream = sent(small, &format!("GET /endless HTTP/1.1\r\nHost: a\r\n{accept}\r\n")).await;
    stream.read_exact(&mut [0; 12]).await.expect("an answer");
    stream
}

const LAST: &str = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn connections_that_wait_for_a_request_make_room_for_a_new_one() {
    let small = start(2).await;
    let (first, second) = (sent(&small, "GET").await, sent(&small, "").await);

    let third = until_closed(sent(&small, &format!("GET /{LAST}")).await).await;

    assert!(third.contains("200 OK"), "{third}");
    let (first, second) = (until_closed(first).await, until_closed(second).await);
    assert!(!first.contains("200 OK") && !second.contains("200 OK"));
}

#[tokio::test]
async fn where_all_are_at_work_health_answers_and_others_are_told() {
    let small = start_with(1, 1).await;
    let at_work = streaming(&small, "").await;

    let other = until_closed(sent(&small, &format!("GET /{LAST}")).await).await;
    let health = until_closed(sent(&small, &format!("GET /health{LAST}")).await).await;

    assert!(other.starts_with("HTTP/1.1 503") && other.contains("as many connections as it takes"), "{other}");
    assert!(health.contains("200 OK") && health.contains("connection: close"), "{health}");
    drop(at_work);
}

#[tokio::test]
async fn streams_do_not_take_all_places() {
    let small = start(16).await;
    let open = streaming(&small, "Accept: text/event-stream\r\n").await;

    let second =
        until_closed(sent(&small, "GET /endless HTTP/1.1\r\nAccept: text/event-stream\r\nHost: a\r\n\r\n").await).await;

    assert!(second.starts_with("HTTP/1.1 503") && second.contains("open streams"), "{second}");
    drop(open);
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_does_not_keep_the_place() {
    let small = start(1).await;
    let stalled = streaming(&small, "").await;

    let next = until_closed(sent(&small, &format!("GET /{LAST}")).await).await;

    assert!(next.contains("200 OK"), "{next}");
    drop(stalled);
}

#[tokio::test]
async fn stopping_has_an_end_although_an_answer_goes_on() {
    let small = start(16).await;
    let streaming = sent(&small, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n").await;

    small.stop.send(true).expect("told");

    timeout(Duration::from_secs(10), small.served).await.expect("in time").expect("ended");
    drop(streaming);
}
