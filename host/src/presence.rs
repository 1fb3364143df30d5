//! A running hub says where it listens, in a file beside its settings, so that every command finds it whatever it listens on.
//!
//! The file is its owner's alone and holds a random token, which is never sent: with it each side proves to the other who it
//! is. A program that answers in the hub's place, or a file that a killed hub left, learns nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rustix::process::{Pid, geteuid, getpid, test_kill_process};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::random::Random;
use crate::regular;

/// How the file's name ends.
pub const ENDING: &str = "running";
/// The header by which a request proves that it is a command's: `NONCE.PROOF`, over method, path, nonce and body.
pub const PROOF: &str = "mcphub-proof";
/// The file is small.
const MAX_BYTES: u64 = 64 * 1024;

/// What a hub and a command both know. Never sent, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HubToken(String);

/// The two sides that prove to each other who they are.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    /// That it is the hub that wrote the file.
    Hub,
    /// That it read the hub's file.
    Command,
}

impl HubToken {
    /// A new random token.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        Self(random.text::<32>())
    }

    /// Proves to know the token, for these words.
    #[must_use]
    pub fn proof(&self, role: Role, words: &[&str]) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(role, words).map(|mac| mac.finalize().into_bytes()).unwrap_or_default())
    }

    /// Whether the sender of this proof for these words knows the token. Takes the same time for every wrong proof.
    #[must_use]
    pub fn proves(&self, role: Role, words: &[&str], proof: &str) -> bool {
        let sent = URL_SAFE_NO_PAD.decode(proof).unwrap_or_default();
        self.mac(role, words).is_some_and(|mac| mac.verify_slice(&sent).is_ok())
    }

    /// HMAC takes keys of every length, so that there always is one.
    fn mac(&self, role: Role, words: &[&str]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
        mac.update(match role {
            Role::Hub => b"mcphub hub",
            Role::Command => b"mcphub command",
        });
        for word in words {
            mac.update(b"\n");
            mac.update(word.as_bytes());
        }
        Some(mac)
    }
}

/// A body as a word of a proof: its SHA-256.
#[must_use]
pub fn digest(body: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(body))
}

impl std::fmt::Debug for HubToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// The file of this hub. Dropped, it is removed, or makes place for that of the hub that ran before and still runs; a file
/// that another hub has put in its place stays.
#[derive(Debug)]
pub struct Presence {
    path: PathBuf,
    token: HubToken,
    /// Another hub with the same settings, whose file was here.
    former: Option<FoundHub>,
}

impl Presence {
    /// Writes where this hub listens. What another hub left is replaced.
    pub fn announce(path: PathBuf, addresses: &[SocketAddr], token: &HubToken) -> io::Result<Self> {
        let former = own(&path).filter(FoundHub::runs);
        let this =
            FoundHub { pid: getpid().as_raw_nonzero().get(), addresses: addresses.to_vec(), token: token.clone() };
        this.write(&path)?;
        Ok(Self { path, token: token.clone(), former })
    }

    /// The process of another hub that runs with the same settings and that commands do not find while this one runs.
    #[must_use]
    pub fn hides(&self) -> Option<i32> {
        self.former.as_ref().map(|former| former.pid)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if own(&self.path).is_none_or(|found| found.token != self.token) {
            return;
        }
        // A file that stays is no obstacle: nobody can prove to be the hub in it.
        let _ = match self.former.as_ref().filter(|former| former.runs()) {
            Some(former) => former.write(&self.path),
            None => fs::remove_file(&self.path),
        };
    }
}

/// What a hub's file says.
#[derive(Debug)]
pub struct FoundHub {
    /// Id of the hub's process.
    pid: i32,
    /// The addresses that the hub listens on.
    pub addresses: Vec<SocketAddr>,
    /// What it can prove to know.
    pub token: HubToken,
}

impl FoundHub {
    /// Whether its process is another one that runs. A number may have been given again: then nobody proves to be the hub.
    fn runs(&self) -> bool {
        let other = Pid::from_raw(self.pid).filter(|pid| *pid != getpid());
        other.is_some_and(|pid| test_kill_process(pid).is_ok())
    }

    /// Puts a file that says this in place of any other.
    fn write(&self, path: &Path) -> io::Result<()> {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        let content = json!({ "pid": self.pid, "addresses": addresses, "token": self.token.0 });
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}", std::process::id()));
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        let written = file.write_all(content.to_string().as_bytes()).and_then(|()| fs::rename(&temporary, path));
        written.inspect_err(|_| drop(fs::remove_file(&temporary)))
    }
}

/// Why a hub's file is not used.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// Not there, or not readable.
    #[error("{path} cannot be read: {cause}", path = path.display())]
    Io {
        /// The file beside the settings.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another user may have written the file.
    #[error("{path} may belong to another user and is not used; remove it and start the hub again", path = path.display())]
    Foreign {
        /// The file beside the settings.
        path: PathBuf,
    },
    /// No such file of a hub.
    #[error("{path} is not the file of a running hub; remove it and start the hub again", path = path.display())]
    Unreadable {
        /// The file beside the settings.
        path: PathBuf,
    },
}

/// Reads the file of the hub that runs with settings beside it. It must be its reader's own, or that of who owns the settings,
/// and nobody else's to read: in a directory that others can write to anybody could put one.
pub fn find(path: &Path, settings: &Path) -> Result<FoundHub, PresenceError> {
    let io = |cause| PresenceError::Io { path: path.to_owned(), cause };
    let file = regular::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => PresenceError::Unreadable { path: path.to_owned() },
        _ => io(error),
    })?;
    let owner = fs::metadata(settings).map(|settings| settings.uid()).ok();
    if !is_of(&file, owner).map_err(io)? {
        return Err(PresenceError::Foreign { path: path.to_owned() });
    }
    read(file).map_err(io)?.ok_or_else(|| PresenceError::Unreadable { path: path.to_owned() })
}

/// The file of a hub of this user.
fn own(path: &Path) -> Option<FoundHub> {
    let file = regular::open(path).ok().filter(|file| is_of(file, None).unwrap_or(false))?;
    read(file).ok().flatten()
}

/// Whether a file is this user's, or the owner's, and nobody else's to read.
fn is_of(file: &File, owner: Option<u32>) -> io::Result<bool> {
    let found = file.metadata()?;
    let is_trusted = found.uid() == geteuid().as_raw() || Some(found.uid()) == owner;
    let is_open = found.mode() & 0o077 != 0;
    Ok(is_trusted && !is_open)
}

/// None: it makes no sense.
fn read(file: File) -> io::Result<Option<FoundHub>> {
    Ok(parsed(&regular::rest(file, MAX_BYTES)?))
}

fn parsed(text: &[u8]) -> Option<FoundHub> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let pid = i32::try_from(value.get("pid")?.as_i64()?).ok()?;
    let addresses = value.get("addresses")?.as_array()?.iter();
    let addresses = addresses.map(|address| address.as_str()?.parse().ok()).collect::<Option<_>>()?;
    let token = value.get("token")?.as_str().filter(|token| token.len() >= 40)?;
    Some(FoundHub { pid, addresses, token: HubToken(token.to_owned()) })
}

#[cfg(test)]
mod tests;
