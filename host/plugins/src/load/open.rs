//! Opens every interface of an instance once: only then are its types known to be the contract's.

use wasmtime::Store;
use wasmtime::component::Instance;

use crate::check::text;
use crate::error::LoadError;
use crate::load::{Interfaces, OFFERED};
use crate::run::PluginRun;
use crate::sandbox::Sandbox;

/// Refuses the first interface whose functions have other types than the contract gives them.
pub(crate) fn open(run: &mut PluginRun<'_>, found: &Interfaces) -> Result<(), LoadError> {
    let (s, i, f) = (&mut run.store, &run.instance, found);
    check(s, i, "identity", Some(&f.identity), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "matching", Some(&f.matching), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "inputs", f.inputs.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "metadata", f.metadata.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "registration", f.registration.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "authorization", f.authorization.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "callback", f.callback.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "resource-indicator", f.resource_indicator.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "scopes", f.scopes.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "token-request", f.token_request.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "token-response", f.token_response.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "refresh", f.refresh.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "revocation", f.revocation.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "requests", f.requests.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "setup", f.setup.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "errors", f.errors.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-match", f.on_match.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-protected-resource", f.on_protected_resource.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-server-metadata", f.on_server_metadata.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-registration", f.on_registration.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-authorize", f.on_authorize.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-callback", f.on_callback.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-scopes-for", f.on_scopes_for.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-granted", f.on_granted.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-error", f.on_error.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "on-setup", f.on_setup.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    check(s, i, "flow", f.flow.as_ref(), |g, s, i| g.load(s, i).map(drop))?;
    Ok(())
}

/// Opens one interface and checks its types.
type Open<G> = fn(&G, &mut Store<Sandbox>, &Instance) -> wasmtime::Result<()>;

fn check<G>(
    store: &mut Store<Sandbox>,
    instance: &Instance,
    interface: &'static str,
    found: Option<&G>,
    open: Open<G>,
) -> Result<(), LoadError> {
    let Some(Err(error)) = found.map(|found| open(found, store, instance)) else { return Ok(()) };
    Err(LoadError::Shape { interface, offered: OFFERED, reason: text::printable(&error.root_cause().to_string()) })
}
