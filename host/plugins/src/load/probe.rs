//! Asks a component for its profile: everything there is to ask without a login.

use wasmtime::Store;
use wasmtime::component::Instance;

use crate::calls;
use crate::error::LoadError;
use crate::load::{Answers, Interfaces, LoginAnswers, TokenAnswers};
use crate::run::PluginRun;
use crate::sandbox::Sandbox;

/// An answer on its way.
type Answering<'s, A> = std::pin::Pin<Box<dyn Future<Output = wasmtime::Result<A>> + Send + 's>>;
/// Opens an interface and calls its only function.
type Ask<G, A> = for<'s> fn(&'s G, &'s mut Store<Sandbox>, &'s Instance) -> Answering<'s, A>;

/// Asks everything. What is not exported is not asked.
pub(crate) async fn probe(run: &mut PluginRun<'_>, f: &Interfaces) -> Result<Answers, LoadError> {
    Ok(Answers {
        identity: ask(run, "identity.describe", &f.identity, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_describe(s).await })
        })
        .await?,
        rules: ask(run, "matching.rules", &f.matching, |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_rules(s).await })
        })
        .await?,
        has_on_match: f.on_match.is_some(),
        inputs: may_ask(run, "inputs.inputs", f.inputs.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_inputs(s).await })
        })
        .await?,
        login: login(run, f).await?,
        tokens: tokens(run, f).await?,
        operations: may_ask(run, "flow.operations", f.flow.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_operations(s).await })
        })
        .await?,
    })
}

async fn login(run: &mut PluginRun<'_>, f: &Interfaces) -> Result<LoginAnswers, LoadError> {
    Ok(LoginAnswers {
        metadata: may_ask(run, "metadata.profile", f.metadata.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        registration: may_ask(run, "registration.profile", f.registration.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        guides: may_ask(run, "setup.guides", f.setup.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_guides(s).await })
        })
        .await?,
        authorization: may_ask(run, "authorization.profile", f.authorization.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        callback: may_ask(run, "callback.profile", f.callback.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        resource_indicator: may_ask(run, "resource-indicator.profile", f.resource_indicator.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        scopes: may_ask(run, "scopes.profile", f.scopes.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
    })
}

async fn tokens(run: &mut PluginRun<'_>, f: &Interfaces) -> Result<TokenAnswers, LoadError> {
    Ok(TokenAnswers {
        token_request: may_ask(run, "token-request.profile", f.token_request.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        token_response: may_ask(run, "token-response.profile", f.token_response.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        refresh: may_ask(run, "refresh.profile", f.refresh.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        revocation: may_ask(run, "revocation.profile", f.revocation.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        requests: may_ask(run, "requests.profile", f.requests.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_profile(s).await })
        })
        .await?,
        errors: may_ask(run, "errors.table", f.errors.as_ref(), |g, s, i| {
            Box::pin(async move { g.load(&mut *s, i)?.call_table(s).await })
        })
        .await?,
    })
}

/// Calls one function of the profile, if its interface is exported.
async fn may_ask<G: Sync, A>(
    run: &mut PluginRun<'_>,
    function: &'static str,
    interface: Option<&G>,
    question: Ask<G, A>,
) -> Result<Option<A>, LoadError> {
    match interface {
        Some(interface) => ask(run, function, interface, question).await.map(Some),
        None => Ok(None),
    }
}

/// Calls one function of the profile.
async fn ask<G: Sync, A>(
    run: &mut PluginRun<'_>,
    function: &'static str,
    interface: &G,
    question: Ask<G, A>,
) -> Result<A, LoadError> {
    let ended = run.deadline.wait(question(interface, &mut run.store, &run.instance)).await;
    run.end(ended).map_err(|fault| {
        for line in run.printed() {
            tracing::info!(target: calls::PRINTED, { plugin.hook = function }, "the plugin printed in {function}: {line}");
        }
        LoadError::Probe { function, fault }
    })
}
