//! Asks a component for its profile, and checks every word of it.

use std::collections::BTreeSet;

use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::profile::Profile;
use wasmtime::Store;
use wasmtime::component::Instance;

use crate::bindings::exports::mcphub::provider::flow as wit_flow;
use crate::calls;
use crate::check::place::Place;
use crate::check::references::References;
use crate::convert;
use crate::error::LoadError;
use crate::load::Interfaces;
use crate::run::PluginRun;
use crate::sandbox::Sandbox;

/// What a component says of itself, checked.
pub(crate) struct Probed {
    /// The profile, every part of it checked.
    pub(crate) profile: Profile,
    /// What its answers may refer to.
    pub(crate) references: References,
    /// The operations that `flow` takes over.
    pub(crate) operations: BTreeSet<FlowOperation>,
}

/// An answer on its way.
type Answering<'s, A> = std::pin::Pin<Box<dyn Future<Output = wasmtime::Result<A>> + Send + 's>>;
/// Opens an interface and calls its only function.
type Ask<G, A> = for<'s> fn(&'s G, &'s mut Store<Sandbox>, &'s Instance) -> Answering<'s, A>;

/// Asks everything there is to ask without a login.
pub(crate) async fn probe(run: &mut PluginRun<'_>, found: &Interfaces) -> Result<Probed, LoadError> {
    let (mut profile, references) = begin(run, found).await?;
    client(run, found, &references, &mut profile).await?;
    authorization(run, found, &references, &mut profile).await?;
    tokens(run, found, &references, &mut profile).await?;
    afterwards(run, found, &references, &mut profile).await?;
    let operations = match &found.flow {
        Some(flow) => {
            ask(run, "flow.operations", flow, |g, s, i| {
                Box::pin(async move { g.load(&mut *s, i)?.call_operations(s).await })
            })
            .await?
        }
        None => Vec::new(),
    };
    Ok(Probed { profile, references, operations: operations.into_iter().map(operation).collect() })
}

/// Who it is, and what it may refer to.
async fn begin(run: &mut PluginRun<'_>, found: &Interfaces) -> Result<(Profile, References), LoadError> {
    let identity = ask(run, "identity.describe", &found.identity, |g, s, i| {
        Box::pin(async move { g.load(&mut *s, i)?.call_describe(s).await })
    });
    let identity = convert::identity::identity(identity.await?)?;
    let rules = ask(run, "matching.rules", &found.matching, |g, s, i| {
        Box::pin(async move { g.load(&mut *s, i)?.call_rules(s).await })
    });
    let rules = convert::matching::rules(rules.await?)?;
    let mut profile = Profile::new(identity, rules);
    if let Some(g) = &found.inputs {
        let answer =
            ask(run, "inputs.inputs", g, |g, s, i| Box::pin(async move { g.load(&mut *s, i)?.call_inputs(s).await }));
        profile.inputs = convert::inputs::inputs(answer.await?, &profile.matching)?;
    }
    let any_input = found.on_match.is_some();
    let references = References::new(profile.identity.hosts.clone(), &profile.inputs, &profile.matching, any_input);
    convert::inputs::opens_no_host(&profile.inputs, &profile.matching, &references)?;
    Ok((profile, references))
}

/// How the hub gets a client identity.
async fn client(
    run: &mut PluginRun<'_>,
    found: &Interfaces,
    references: &References,
    profile: &mut Profile,
) -> Result<(), LoadError> {
    if let Some(g) = &found.metadata {
        let answer = ask(run, "metadata.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.metadata = convert::metadata::metadata(answer.await?, references)?;
    }
    if let Some(g) = &found.registration {
        let answer = ask(run, "registration.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.registration = convert::registration::registration(answer.await?)?;
    }
    if let Some(g) = &found.setup {
        let answer =
            ask(run, "setup.guides", g, |g, s, i| Box::pin(async move { g.load(&mut *s, i)?.call_guides(s).await }));
        profile.setup = convert::setup::guides(&Place::Interface("setup"), answer.await?, references)?;
    }
    Ok(())
}

/// How a person is sent away and comes back.
async fn authorization(
    run: &mut PluginRun<'_>,
    found: &Interfaces,
    references: &References,
    profile: &mut Profile,
) -> Result<(), LoadError> {
    if let Some(g) = &found.authorization {
        let answer = ask(run, "authorization.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.authorization = convert::authorization::authorization(answer.await?, references)?;
    }
    if let Some(g) = &found.callback {
        let answer = ask(run, "callback.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.callback = convert::callback::callback(answer.await?)?;
    }
    if let Some(g) = &found.resource_indicator {
        let answer = ask(run, "resource-indicator.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.resource_indicator = convert::resource_indicator::resource_indicator(answer.await?, references)?;
    }
    if let Some(g) = &found.scopes {
        let answer =
            ask(run, "scopes.profile", g, |g, s, i| Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await }));
        profile.scopes = convert::scopes::scopes(answer.await?, references)?;
    }
    Ok(())
}

/// How tokens are had.
async fn tokens(
    run: &mut PluginRun<'_>,
    found: &Interfaces,
    references: &References,
    profile: &mut Profile,
) -> Result<(), LoadError> {
    if let Some(g) = &found.token_request {
        let answer = ask(run, "token-request.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.token_request = convert::token_request::token_request(answer.await?, references)?;
    }
    if let Some(g) = &found.token_response {
        let answer = ask(run, "token-response.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.token_response = convert::token_response::token_response(answer.await?)?;
    }
    if let Some(g) = &found.refresh {
        let answer = ask(run, "refresh.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.refresh = convert::refresh::refresh(answer.await?, references)?;
    }
    Ok(())
}

/// What becomes of a grant.
async fn afterwards(
    run: &mut PluginRun<'_>,
    found: &Interfaces,
    references: &References,
    profile: &mut Profile,
) -> Result<(), LoadError> {
    if let Some(g) = &found.revocation {
        let answer = ask(run, "revocation.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.revocation = convert::revocation::revocation(answer.await?, references)?;
    }
    if let Some(g) = &found.requests {
        let answer = ask(run, "requests.profile", g, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        });
        profile.requests = convert::requests::requests(answer.await?, references)?;
    }
    if let Some(g) = &found.errors {
        let answer =
            ask(run, "errors.table", g, |g, s, i| Box::pin(async move { g.load(&mut *s, i)?.call_table(s).await }));
        profile.errors = convert::errors::table(answer.await?)?;
    }
    Ok(())
}

/// Calls one function of the profile.
async fn ask<G: Sync, A>(
    run: &mut PluginRun<'_>,
    function: &'static str,
    interface: &G,
    ask: Ask<G, A>,
) -> Result<A, LoadError> {
    let ended = run.deadline.wait(ask(interface, &mut run.store, &run.instance)).await;
    run.end(ended).map_err(|fault| {
        for line in run.printed() {
            tracing::info!(target: calls::PRINTED, { plugin.hook = function }, "the plugin printed in {function}: {line}");
        }
        LoadError::Probe { function, fault }
    })
}

/// An operation of `flow`.
const fn operation(operation: wit_flow::Operation) -> FlowOperation {
    match operation {
        wit_flow::Operation::Exchange => FlowOperation::Exchange,
        wit_flow::Operation::Refresh => FlowOperation::Refresh,
        wit_flow::Operation::Revoke => FlowOperation::Revoke,
        wit_flow::Operation::Lookup => FlowOperation::Lookup,
    }
}
