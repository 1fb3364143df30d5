use std::os::unix::fs::PermissionsExt;

use super::*;

fn token(seed: u8) -> HubToken {
    HubToken::new(&Random::of(move |bytes| bytes.fill(seed)))
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

#[test]
fn a_pipe_in_the_place_of_the_file_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("running");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).expect("a pipe");

    let found = find(&path, folder.path());
    let presence = Presence::announce(path.clone(), &listening(), &token(1)).expect("announced");

    assert!(matches!(found, Err(PresenceError::Unreadable { .. })), "{found:?}");
    assert_eq!(find(&path, folder.path()).expect("found").token, token(1));
    drop(presence);
}

/// Another hub that still runs: the process that runs the tests stands for it.
fn of_another(path: &Path, pid: i32) {
    FoundHub { pid, addresses: listening(), token: token(7) }.write(path).expect("written");
}

#[test]
fn a_hub_that_ran_before_is_found_again_when_this_one_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("running");
    let parent = rustix::process::getppid().expect("a parent").as_raw_nonzero().get();
    of_another(&path, parent);

    let presence = Presence::announce(path.clone(), &listening(), &token(1)).expect("announced");

    assert_eq!(presence.hides(), Some(parent));
    assert_eq!(find(&path, folder.path()).expect("found").token, token(1));
    drop(presence);
    assert_eq!(find(&path, folder.path()).expect("found").token, token(7));
}

#[test]
fn a_file_that_somebody_else_may_have_written_is_not_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("running");
    of_another(&path, rustix::process::getppid().expect("a parent").as_raw_nonzero().get());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");

    drop(Presence::announce(path.clone(), &listening(), &token(1)).expect("announced"));

    assert!(!path.exists());
}
