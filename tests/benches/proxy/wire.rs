//! HTTP/1.1 on a bare socket: as little as a client and a server that know each other need, so that neither is what is
//! measured.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much is read at once.
const PIECE: usize = 16 * 1024;

/// One kept-alive connection, with what was read of it.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
    /// How much of `read` the last message was.
    used: usize,
    /// The body of a message that came in chunks.
    joined: Vec<u8>,
}

/// A request or a response.
pub(crate) struct Message<'a> {
    /// The first line and the header lines.
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Message<'_> {
    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Where these bytes begin.
pub(crate) fn find(within: &[u8], bytes: &[u8]) -> Option<usize> {
    within.windows(bytes.len()).position(|window| window == bytes)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(PIECE), used: 0, joined: Vec::new() })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next message; none where the other side has closed the connection.
    pub(crate) async fn message(&mut self) -> io::Result<Option<Message<'_>>> {
        self.read.drain(..self.used);
        self.used = 0;
        let Some(body) = self.head().await? else { return Ok(None) };
        let head = std::str::from_utf8(&self.read[..body]).map_err(|_| broken("a head that is no text"))?;
        let is_chunked = header(head, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if is_chunked {
            self.chunks(body).await?;
        } else {
            self.at_least(body + length).await?;
            self.used = body + length;
        }
        let head = std::str::from_utf8(&self.read[..body]).map_err(|_| broken("a head that is no text"))?;
        let body = if is_chunked { &self.joined } else { &self.read[body..self.used] };
        Ok(Some(Message { head, body }))
    }

    /// Reads a head to its end: where the body begins.
    async fn head(&mut self) -> io::Result<Option<usize>> {
        loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                return Ok(Some(end + 4));
            }
            if !self.more().await? {
                return if self.read.is_empty() { Ok(None) } else { Err(broken("a head without an end")) };
            }
        }
    }

    /// Reads the chunks of a body that begins here.
    async fn chunks(&mut self, mut at: usize) -> io::Result<()> {
        self.joined.clear();
        loop {
            let line = loop {
                match find(&self.read[at..], b"\r\n") {
                    Some(end) => break at + end,
                    None => self.at_least(self.read.len() + 1).await?,
                }
            };
            let size =
                std::str::from_utf8(&self.read[at..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.ok_or_else(|| broken("a chunk without a size"))?;
            at = line + 2 + size + 2;
            self.at_least(at).await?;
            if size == 0 {
                self.used = at;
                return Ok(());
            }
            self.joined.extend_from_slice(&self.read[line + 2..line + 2 + size]);
        }
    }

    async fn at_least(&mut self, length: usize) -> io::Result<()> {
        while self.read.len() < length {
            if !self.more().await? {
                return Err(broken("a body without an end"));
            }
        }
        Ok(())
    }

    async fn more(&mut self) -> io::Result<bool> {
        self.read.reserve(PIECE);
        Ok(self.stream.read_buf(&mut self.read).await? > 0)
    }
}
