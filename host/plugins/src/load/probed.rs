//! What a component says of itself, every word of it checked.

use std::collections::BTreeSet;

use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::profile::Profile;

use crate::bindings::exports::mcphub::provider::flow as wit_flow;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::references::References;
use crate::convert;
use crate::load::{Answers, LoginAnswers, TokenAnswers};

/// The answers of a component that passed every check; one that failed a check has none.
pub(crate) struct Probed {
    /// The profile, every part of it checked.
    pub(crate) profile: Profile,
    /// What its answers may refer to.
    pub(crate) references: References,
    /// The operations that `flow` takes over.
    pub(crate) operations: BTreeSet<FlowOperation>,
}

impl Probed {
    /// Checks what a component said, now or at an earlier start.
    pub(crate) fn of(answers: Answers) -> Result<Self, Objection> {
        let identity = convert::identity::identity(answers.identity)?;
        let mut profile = Profile::new(identity, convert::matching::rules(answers.rules)?);
        if let Some(answer) = answers.inputs {
            profile.inputs = convert::inputs::inputs(answer, &profile.matching)?;
        }
        let named = profile.identity.hosts.clone();
        let references = References::new(named, &profile.inputs, &profile.matching, answers.has_on_match);
        convert::inputs::opens_no_host(&profile.inputs, &profile.matching, &references)?;
        login(&mut profile, &references, answers.login)?;
        tokens(&mut profile, &references, answers.tokens)?;
        Ok(Self {
            profile,
            references,
            operations: answers.operations.unwrap_or_default().into_iter().map(operation).collect(),
        })
    }
}

/// How the hub gets a client identity, and how a person is sent away and comes back.
fn login(profile: &mut Profile, references: &References, answers: LoginAnswers) -> Result<(), Objection> {
    if let Some(answer) = answers.metadata {
        profile.metadata = convert::metadata::metadata(answer, references)?;
    }
    if let Some(answer) = answers.registration {
        profile.registration = convert::registration::registration(answer)?;
    }
    if let Some(answer) = answers.guides {
        profile.setup = convert::setup::guides(&Place::Interface("setup"), answer, references)?;
    }
    if let Some(answer) = answers.authorization {
        profile.authorization = convert::authorization::authorization(answer, references)?;
    }
    if let Some(answer) = answers.callback {
        profile.callback = convert::callback::callback(answer)?;
    }
    if let Some(answer) = answers.resource_indicator {
        profile.resource_indicator = convert::resource_indicator::resource_indicator(answer, references)?;
    }
    if let Some(answer) = answers.scopes {
        profile.scopes = convert::scopes::scopes(answer, references)?;
    }
    Ok(())
}

/// How tokens are obtained, and what becomes of a grant.
fn tokens(profile: &mut Profile, references: &References, answers: TokenAnswers) -> Result<(), Objection> {
    if let Some(answer) = answers.token_request {
        profile.token_request = convert::token_request::token_request(answer, references)?;
    }
    if let Some(answer) = answers.token_response {
        profile.token_response = convert::token_response::token_response(answer)?;
    }
    if let Some(answer) = answers.refresh {
        profile.refresh = convert::refresh::refresh(answer, references)?;
    }
    if let Some(answer) = answers.revocation {
        profile.revocation = convert::revocation::revocation(answer, references)?;
    }
    if let Some(answer) = answers.requests {
        profile.requests = convert::requests::requests(answer, references)?;
    }
    if let Some(answer) = answers.errors {
        profile.errors = convert::errors::table(answer)?;
    }
    Ok(())
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
