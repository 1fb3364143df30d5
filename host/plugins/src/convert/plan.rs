//! Requests that the hub makes for a plugin.

use mcphub_oauth::profile::{Plan, PlanBody};

use crate::bindings::mcphub::provider::types as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::{names, text};
use crate::convert::request_shape::method;
use crate::convert::template::Reader;
use crate::convert::token_rule;

/// A plan of `flow` or `revocation`.
pub(crate) fn plan(place: &Place<'_>, plan: wit::Plan, reader: Reader<'_>) -> Result<Plan, Objection> {
    let tokens = token_rule::rules(&place.field("tokens"), plan.tokens)?;
    let held = token_rule::places(&tokens);
    Ok(Plan {
        method: method(plan.method),
        url: reader.url(&place.field("url"), plan.url)?,
        query: reader.params(&place.field("query"), plan.query, &names::parameter)?,
        headers: reader.headers(&place.field("headers"), plan.headers)?,
        body: body(&place.field("body"), plan.body, reader)?,
        captures: token_rule::captures(&place.field("captures"), plan.captures, &held)?,
        tokens,
        accept: token_rule::statuses(&place.field("accept"), plan.accept)?,
    })
}

fn body(place: &Place<'_>, body: wit::PlanBody, reader: Reader<'_>) -> Result<PlanBody, Objection> {
    Ok(match body {
        wit::PlanBody::None => PlanBody::None,
        wit::PlanBody::Form(params) => PlanBody::Form(reader.params(place, params, &names::parameter)?),
        wit::PlanBody::Json(params) => PlanBody::Json(reader.params(place, params, &names::parameter)?),
        wit::PlanBody::Raw(raw) => PlanBody::Raw {
            content_type: text::word(&place.field("content-type"), raw.content_type)?,
            content: reader.body(&place.field("content"), raw.content)?,
        },
    })
}
