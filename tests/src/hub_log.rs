//! What a running hub writes to standard output and standard error. It writes its log a little later than it acts, so who
//! reads it has a request of its own logged first, and waits for that line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

/// How the path of such a request begins. No hub has it.
const MARK: &str = "/marked-in-the-log-";
/// How long its line is waited for. Where the log is switched off, it never comes.
const PATIENCE: Duration = Duration::from_secs(2);

static LAST_MARK: AtomicU64 = AtomicU64::new(0);

/// The text so far. A clone is the same log.
#[derive(Clone, Default)]
pub(crate) struct HubLog(Arc<(Mutex<String>, Condvar)>);

impl HubLog {
    /// Collects what comes from a stream until it ends. The addresses that the hub listens on are told.
    pub(crate) fn collect(&self, stream: impl Read + Send + 'static, told: Option<mpsc::Sender<String>>) {
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if let (Some(told), Some(address)) = (&told, line.strip_prefix("listening on ")) {
                    // The first address is the one that is waited for.
                    let _ = told.send(address.to_owned());
                }
                let (text, more) = &*log.0;
                let mut text = text.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
                more.notify_all();
            }
        });
    }

    /// What has come so far.
    pub(crate) fn so_far(&self) -> String {
        without_marks(&self.0.0.lock().unwrap())
    }

    /// What has come, with everything that the hub at this port did before this call. A hub that has ended is not asked.
    pub(crate) fn up_to_now(&self, port: u16) -> String {
        let mark = format!("{MARK}{} ", LAST_MARK.fetch_add(1, Ordering::Relaxed));
        if request(port, &mark).is_ok() {
            let (text, more) = &*self.0;
            let waited = more.wait_timeout_while(text.lock().unwrap(), PATIENCE, |text| !text.contains(mark.trim()));
            drop(waited.unwrap());
        }
        self.so_far()
    }
}

/// A request that the guard refuses and logs, whatever else the hub demands: its host is a stranger.
fn request(port: u16, path: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("localhost", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path}HTTP/1.1\r\nHost: nobody.invalid\r\nConnection: close\r\n\r\n")?;
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

fn without_marks(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains(MARK)).collect()
}
