//! A proxy as a process of its own: it is started, waited for until it answers, and stopped by its id.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::wire::Wire;

/// How long it may take to answer: a first start compiles plugins.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often it is asked. It is another process: there is nothing to be woken by.
const PACE: Duration = Duration::from_millis(1);

/// A running proxy. It is stopped when dropped.
pub(crate) struct Proxy {
    child: Child,
    log: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) begun: Instant,
    /// How long it took from its start to its first answer.
    pub(crate) ready_after: Duration,
}

/// Where it will answer, and the path that is asked for.
pub(crate) struct Listening<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'a str,
}

/// A port that is free now.
pub(crate) fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

impl Proxy {
    /// Starts it, and waits until it answers a request for this path.
    ///
    /// What it says goes to the file `log` in its directory.
    pub(crate) async fn start(command: &mut Command, directory: &Path, listening: &Listening<'_>) -> Self {
        let log = directory.join("log");
        let file = File::create(&log).expect("a log");
        command.stdin(Stdio::null()).stdout(file.try_clone().expect("the log")).stderr(file);
        let begun = Instant::now();
        let child = command.spawn().expect("the proxy starts");
        let mut proxy = Self { child, log, address: listening.address, begun, ready_after: Duration::ZERO };
        let mut pace = tokio::time::interval(PACE);
        while !listening.answers().await {
            let ended = proxy.child.try_wait().expect("its state");
            assert!(ended.is_none(), "{command:?} has ended: {ended:?}: {}", proxy.log());
            assert!(begun.elapsed() < PATIENCE, "{command:?} does not answer: {}", proxy.log());
            pace.tick().await;
        }
        proxy.ready_after = begun.elapsed();
        proxy
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Listening<'_> {
    async fn answers(&self) -> bool {
        let Ok(stream) = TcpStream::connect(self.address).await else { return false };
        let Ok(mut wire) = Wire::new(stream) else { return false };
        let request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", self.path, self.address);
        wire.write(request.as_bytes()).await.is_ok() && matches!(wire.message().await, Ok(Some(_)))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // SIGTERM, so that nginx ends its workers, too. It may have ended by itself.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
