//! A running hub says where it listens, in a file beside its settings, so that every command finds it whatever it listens on.
//!
//! The file is its owner's alone and holds a random token, which is never sent: with it each side proves to the other who it
//! is. A program that answers in the hub's place, or a file that a killed hub left, learns nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::random::Random;

/// How the file's name ends.
pub const ENDING: &str = "running";
/// The header by which a request proves that it is a command's: `NONCE.PROOF`, over method, path and nonce.
pub const PROOF: &str = "mcphub-proof";
/// The file is small.
const MAX_BYTES: u64 = 64 * 1024;

/// What a hub and a command both know. Never sent, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Who proves something.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    /// That it is the hub that wrote the file.
    Hub,
    /// That it read the hub's file.
    Command,
}

impl Token {
    /// A fresh one.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        Self(random.text::<32>())
    }

    /// Proves to know the token, for these words.
    #[must_use]
    pub fn proof(&self, role: Role, words: &[&str]) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(role, words).map(|mac| mac.finalize().into_bytes()).unwrap_or_default())
    }

    /// Whether whoever sent this proof for these words knows the token. Takes the same time whatever is wrong.
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

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// The file of this hub; removed when dropped, unless another hub has put its own in its place.
#[derive(Debug)]
pub struct Presence {
    path: PathBuf,
    token: Token,
}

impl Presence {
    /// Writes where this hub listens. What a killed hub left is replaced.
    pub fn announce(path: PathBuf, addresses: &[SocketAddr], token: &Token) -> io::Result<Self> {
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let content = json!({ "pid": std::process::id(), "addresses": addresses, "token": token.0 });
        let mut temporary = path.clone().into_os_string();
        temporary.push(format!(".{}", std::process::id()));
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(content.to_string().as_bytes())?;
        fs::rename(&temporary, &path)?;
        Ok(Self { path, token: token.clone() })
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let found = File::open(&self.path).and_then(read).ok().flatten();
        if found.is_some_and(|found| found.token == self.token) {
            // One that stays is no obstacle: nobody can prove to be the hub in it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What a hub's file says.
#[derive(Debug)]
pub struct Found {
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// What it can prove to know.
    pub token: Token,
}

/// Why a hub's file is not used.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// Not there, or not readable.
    #[error("{path} cannot be read: {cause}", path = path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Somebody else may have written it.
    #[error("{path} may be somebody else's: it is not used; remove it and start the hub again", path = path.display())]
    Foreign {
        /// File.
        path: PathBuf,
    },
    /// No such file of a hub.
    #[error("{path} is no file of a running hub; remove it and start the hub again", path = path.display())]
    Unreadable {
        /// File.
        path: PathBuf,
    },
}

/// Reads the file of the hub that runs with settings beside it. It must be its reader's own, or that of who owns the settings,
/// and nobody else's to read: in a directory that others can write to anybody could put one.
pub fn find(path: &Path, settings: &Path) -> Result<Found, PresenceError> {
    let io = |cause| PresenceError::Io { path: path.to_owned(), cause };
    let file = File::open(path).map_err(io)?;
    let found = file.metadata().map_err(io)?;
    let owner = fs::metadata(settings).map(|settings| settings.uid()).ok();
    let is_trusted = found.uid() == rustix::process::geteuid().as_raw() || Some(found.uid()) == owner;
    if !is_trusted || found.mode() & 0o077 != 0 {
        return Err(PresenceError::Foreign { path: path.to_owned() });
    }
    read(file).map_err(io)?.ok_or_else(|| PresenceError::Unreadable { path: path.to_owned() })
}

/// None: it makes no sense.
fn read(file: File) -> io::Result<Option<Found>> {
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(parsed(&text))
}

fn parsed(text: &str) -> Option<Found> {
    let value: Value = serde_json::from_str(text).ok()?;
    let addresses = value.get("addresses")?.as_array()?.iter();
    let addresses = addresses.map(|address| address.as_str()?.parse().ok()).collect::<Option<_>>()?;
    let token = value.get("token")?.as_str().filter(|token| token.len() >= 40)?;
    Some(Found { addresses, token: Token(token.to_owned()) })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn token(seed: u8) -> Token {
        Token::new(&Random::of(move |bytes| bytes.fill(seed)))
    }

    fn listening() -> Vec<SocketAddr> {
        vec!["127.0.0.1:4000".parse().expect("an address")]
    }

    #[test]
    fn a_proof_holds_for_its_words_its_role_and_its_token_only() {
        let proof = token(1).proof(Role::Hub, &["nonce"]);

        assert!(token(1).proves(Role::Hub, &["nonce"], &proof));
        assert!(!token(1).proves(Role::Command, &["nonce"], &proof));
        assert!(!token(1).proves(Role::Hub, &["other"], &proof));
        assert!(!token(2).proves(Role::Hub, &["nonce"], &proof));
        assert!(!token(1).proves(Role::Hub, &["nonce"], ""));
    }

    #[test]
    fn the_file_is_its_owners_alone_and_goes_with_the_hub() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("running");
        fs::write(&path, "left by a killed hub").expect("written");

        let presence = Presence::announce(path.clone(), &listening(), &token(1)).expect("announced");
        let found = find(&path, folder.path()).expect("found");

        assert_eq!((found.addresses, found.token), (listening(), token(1)));
        assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
        drop(presence);
        assert!(!path.exists());
    }

    #[test]
    fn the_file_of_the_next_hub_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("running");
        let first = Presence::announce(path.clone(), &listening(), &token(1)).expect("announced");
        let second = Presence::announce(path.clone(), &listening(), &token(2)).expect("announced");

        drop(first);

        assert_eq!(find(&path, folder.path()).expect("found").token, token(2));
        drop(second);
    }

    #[test]
    fn a_file_that_others_can_read_and_one_that_makes_no_sense_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("running");
        let _presence = Presence::announce(path.clone(), &listening(), &token(1)).expect("announced");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");

        let readable = find(&path, folder.path());
        fs::write(&path, "{}").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        let senseless = find(&path, folder.path());

        assert!(matches!(readable, Err(PresenceError::Foreign { .. })), "{readable:?}");
        assert!(matches!(senseless, Err(PresenceError::Unreadable { .. })), "{senseless:?}");
    }
}
