//! The parameters of an authorization request that belong to the hub, whatever a plugin proposes.

use crate::profile::Pair;

/// The parameters that belong to the hub: whatever a plugin proposes, these are what is sent.
///
/// RFC 6749 §4.1.1, RFC 7636 §4.3, `OpenID` Connect Core §3.1.2.1. `request` and `request_uri` would carry a whole other
/// request (RFC 9101 §5): the hub sends neither, and no plugin does.
pub const HOST_PARAMETERS: [&str; 9] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "request",
    "request_uri",
];

/// Whether a parameter belongs to the hub, in any spelling that a server may read so: case, and what PHP makes of names.
#[must_use]
pub fn belongs_to_hub(name: &str) -> bool {
    HOST_PARAMETERS.contains(&plain(name).as_str())
}

/// A name as a server may read it: case, and what PHP makes of names.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim().split('[').next().unwrap_or_default();
    name.to_ascii_lowercase().replace(['.', ' '], "_")
}

/// What a hook proposes, with the hub's own parameters put back in.
#[must_use]
pub fn keep_own(proposed: Vec<Pair>, own: &[Pair]) -> Vec<Pair> {
    let kept = own.iter().filter(|(name, _)| belongs_to_hub(name)).cloned();
    kept.chain(proposed.into_iter().filter(|(name, _)| !belongs_to_hub(name))).collect()
}

/// What an installation link carries so that its callback is as safe as that of a login page: `state`, and the PKCE
/// challenge where the login has one.
#[must_use]
pub fn of_link(own: &[Pair]) -> Vec<Pair> {
    let carried = ["state", "code_challenge", "code_challenge_method", "nonce"];
    own.iter().filter(|(name, _)| carried.contains(&name.as_str())).cloned().collect()
}
