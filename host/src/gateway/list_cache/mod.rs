//! The last lists that each server gave, in memory and on disk, and which servers are slow to list now.
//!
//! It may use `json`, `list_kind`, `lock`, `repair` and `revision` of the gateway, and `settings` for what identifies a server. It asks
//! no server anything: it is told what came. Lists that depend on a login stay with that login: whoever removes it calls
//! [`ListCache::forget`].
//!
//! | what | file |
//! |---|---|
//! | one list, and how well it is known | `kept` |
//! | the lists of one server, by the capabilities of clients | `server_lists` |
//! | who reads a list just now | `claims` |
//! | which entry of the settings a file belongs to | `identity` |
//! | the format of a file, and the directory | `file`, `files` |

mod claims;
mod file;
mod files;
mod identity;
mod kept;
mod server_lists;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) use self::claims::Claim;
pub(crate) use self::identity::{class_of_headers, client_class, server_digest};
pub(crate) use self::kept::{Entries, Freshness, Keeping, KeptList, KnownList, ttl};

use self::claims::Claims;
use self::files::ListFiles;
use self::server_lists::ServerLists;
use super::json::Fields;
use super::list_kind::ListKind;
use super::lock::lock;

/// How long changes are gathered before they are written.
const GATHERING: Duration = Duration::from_millis(200);

/// The lists of all servers, shared by all sessions.
#[derive(Default)]
pub(crate) struct ListCache {
    servers: Mutex<HashMap<String, ServerLists>>,
    late: Mutex<HashSet<String>>,
    claims: Arc<Claims>,
    files: Option<ListFiles>,
    /// Servers whose files are not written yet.
    unsaved: Mutex<BTreeSet<String>>,
    /// Held while files are written or removed, so that the last one who does it has the last word.
    writing: Mutex<()>,
}

impl ListCache {
    /// Keeps the lists in this directory, too.
    pub(crate) fn in_directory(directory: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self { files: directory.map(ListFiles::at), ..Self::default() })
    }

    /// The last list of this kind that clients of this class were given, else the one that others were given.
    pub(crate) fn get(&self, server: &str, kind: ListKind, class: &str) -> Option<Entries> {
        Some(self.known(server, kind, class, Duration::MAX)?.list)
    }

    /// The same with how well it is known. A list without a `ttlMs` of its own is fresh for as long as `usual`.
    pub(crate) fn known(&self, server: &str, kind: ListKind, class: &str, usual: Duration) -> Option<KnownList> {
        lock(&self.servers).get(server)?.known(kind, class, usual)
    }

    /// Stores a list that a client of this class was given.
    pub(crate) fn keep(self: &Arc<Self>, server: &str, kind: ListKind, class: &str, list: KeptList) -> Keeping {
        lock(&self.late).remove(server);
        let (keeping, is_new) = lock(&self.servers).entry(server.to_owned()).or_default().keep(kind, class, list);
        if is_new {
            self.save(server);
        }
        keeping
    }

    /// Records that a server changed a list. Whoever asks for it waits for the new one.
    pub(crate) fn set_changed(&self, server: &str, kind: ListKind) {
        if let Some(lists) = lock(&self.servers).get_mut(server) {
            lists.set_changed(kind);
        }
    }

    /// Whether a list of this server was awaited in vain. Nobody waits for it again until the server has given one.
    pub(crate) fn is_late(&self, server: &str) -> bool {
        lock(&self.late).contains(server)
    }

    /// Records that a list did not come in time.
    pub(crate) fn set_late(&self, server: &str) {
        lock(&self.late).insert(server.to_owned());
    }

    /// The right to read a list anew for clients of this class in the background. `None` while somebody else does.
    pub(crate) fn claim(&self, server: &str, kind: ListKind, class: &str) -> Option<Claim> {
        self.claims.claim((server.to_owned(), kind, class.to_owned()))
    }

    /// What the server last answered to `initialize`.
    pub(crate) fn greeting(&self, server: &str) -> Option<Arc<Fields>> {
        lock(&self.servers).get(server)?.greeting.clone()
    }

    /// Records what a server answered to `initialize`.
    pub(crate) fn greet(self: &Arc<Self>, server: &str, greeting: &Fields) {
        if lock(&self.servers).entry(server.to_owned()).or_default().greet(greeting) {
            self.save(server);
        }
    }

    /// Records the transport over which a server answered.
    pub(crate) fn set_transport(self: &Arc<Self>, server: &str, transport: Option<&str>) {
        let mut servers = lock(&self.servers);
        let known = &mut servers.entry(server.to_owned()).or_default().transport;
        if known.as_deref() != transport {
            *known = transport.map(str::to_owned);
            drop(servers);
            self.save(server);
        }
    }

    /// The transport over which a server answered last.
    pub(crate) fn transport(&self, server: &str) -> Option<String> {
        lock(&self.servers).get(server)?.transport.clone()
    }

    /// Records whether there is a login for this server now.
    pub(crate) fn set_login(&self, server: &str, has_login: bool) {
        lock(&self.servers).entry(server.to_owned()).or_default().has_login = has_login;
    }

    /// Says which entry of the settings a server is. What is known of another entry of that name is forgotten. Returns
    /// whether it was the same entry.
    pub(crate) fn identify(&self, server: &str, digest: &str) -> bool {
        let mut servers = lock(&self.servers);
        let is_same = servers.get(server).is_some_and(|lists| lists.digest == digest);
        if !is_same {
            servers.insert(server.to_owned(), ServerLists::of(digest));
        }
        is_same
    }

    /// Reads what an earlier run knew of a server. Lists that were read with a login are dropped if there is none now.
    pub(crate) fn recall(&self, server: &str, has_login: bool) {
        self.set_login(server, has_login);
        let Some(files) = &self.files else { return };
        let digest = lock(&self.servers).get(server).map(|lists| lists.digest.clone()).unwrap_or_default();
        let Some(file) = files.read(server).and_then(|bytes| file::read(server, &digest, &bytes)) else { return };
        if file.has_login && !has_login {
            files.remove(server);
            return;
        }
        if let Some(lists) = lock(&self.servers).get_mut(server) {
            lists.recall(file);
        }
    }

    /// Drops everything about a server, also on disk.
    pub(crate) fn forget(&self, server: &str) {
        let digest = lock(&self.servers).remove(server).map(|lists| lists.digest);
        lock(&self.late).remove(server);
        if let Some(files) = &self.files {
            let _writing = lock(&self.writing);
            files.remove(server);
        }
        // The entry in the settings may still be there: it was only the login that went.
        if let Some(digest) = digest {
            self.identify(server, &digest);
        }
    }

    /// The time until the first of a server's lists has to be read again by its `ttlMs`. `None` if none says so.
    pub(crate) fn ttl_left(&self, server: &str, class: &str) -> Option<Duration> {
        lock(&self.servers).get(server)?.ttls(class).map(|(_, left)| left).min()
    }

    /// The kinds of list whose `ttlMs` has ended.
    pub(crate) fn ended(&self, server: &str, class: &str) -> Vec<ListKind> {
        let servers = lock(&self.servers);
        let ttls = servers.get(server).into_iter().flat_map(|lists| lists.ttls(class));
        ttls.filter(|(_, left)| left.is_zero()).map(|(kind, _)| kind).collect()
    }

    /// The kinds of which a server is known to list something.
    pub(crate) fn filled(&self, server: &str) -> Vec<ListKind> {
        lock(&self.servers).get(server).map(ServerLists::filled).unwrap_or_default()
    }

    /// How many tools a server lists for clients of this class. `None` if nobody knows.
    pub(crate) fn count_of_tools(&self, server: &str, class: &str) -> Option<usize> {
        Some(self.get(server, ListKind::Tools, class)?.entries.len())
    }

    /// Whether no list of this server was read since the hub was started.
    pub(crate) fn is_of_earlier_run(&self, server: &str) -> bool {
        lock(&self.servers).get(server).is_some_and(ServerLists::is_of_earlier_run)
    }

    /// Writes the server's file soon.
    fn save(self: &Arc<Self>, server: &str) {
        let Some(runtime) = self.files.as_ref().and_then(|_| tokio::runtime::Handle::try_current().ok()) else {
            return;
        };
        let mut unsaved = lock(&self.unsaved);
        let is_first = unsaved.is_empty();
        unsaved.insert(server.to_owned());
        if is_first {
            let cache = Arc::downgrade(self);
            runtime.spawn(async move {
                tokio::time::sleep(GATHERING).await;
                if let Some(cache) = cache.upgrade() {
                    cache.flush().await;
                }
            });
        }
    }

    /// Writes all files that are not written yet.
    pub(crate) async fn flush(self: &Arc<Self>) {
        let cache = self.clone();
        let work = move || {
            let _writing = lock(&cache.writing);
            let unsaved = std::mem::take(&mut *lock(&cache.unsaved));
            for server in unsaved {
                cache.write(&server);
            }
        };
        // It cannot be cancelled, and a panic in it concerns nobody else.
        drop(tokio::task::spawn_blocking(work).await);
    }

    fn write(&self, server: &str) {
        let file = lock(&self.servers).get(server).filter(|lists| !lists.digest.is_empty()).map(ServerLists::to_file);
        let (Some(files), Some(file)) = (&self.files, file) else { return };
        if let Err(error) = files.write(server, &file::write(server, &file)) {
            tracing::warn!(server.name = server, "the lists of {server} cannot be kept on disk: {error}");
        }
    }
}

#[cfg(test)]
mod tests;
