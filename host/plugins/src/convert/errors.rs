//! What a provider's errors mean.

use mcphub_oauth::profile::{ConfigFault, ErrorClass, ErrorRow, Fault, Operation};

use crate::bindings::exports::mcphub::provider::errors as wit;
use crate::bindings::mcphub::provider::types;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::text::{self, CATALOGUE};
use crate::check::url;
use crate::convert::token_rule::statuses;

/// Checks the answer of `errors.table`.
pub(crate) fn table(rows: Vec<wit::Row>) -> Result<Vec<ErrorRow>, Objection> {
    text::list(&Place::Interface("errors"), rows, CATALOGUE, row)
}

fn row(place: &Place<'_>, row: wit::Row) -> Result<ErrorRow, Objection> {
    statuses(&place.field("status"), row.status.into_iter().collect())?;
    Ok(ErrorRow {
        operation: row.operation.map(operation),
        status: row.status,
        code: text::optional(&place.field("code"), row.code, text::line)?,
        contains: text::optional(&place.field("contains"), row.contains, text::word)?,
        fault: fault(&place.field("fault"), row.fault)?,
    })
}

/// A step of a login.
const fn operation(operation: wit::Operation) -> Operation {
    match operation {
        wit::Operation::Registration => Operation::Registration,
        wit::Operation::Authorization => Operation::Authorization,
        wit::Operation::Exchange => Operation::Exchange,
        wit::Operation::Refresh => Operation::Refresh,
        wit::Operation::Revocation => Operation::Revocation,
        wit::Operation::Request => Operation::Request,
    }
}

/// The same, towards the plugin.
pub(crate) const fn operation_for(operation: Operation) -> wit::Operation {
    match operation {
        Operation::Registration => wit::Operation::Registration,
        Operation::Authorization => wit::Operation::Authorization,
        Operation::Exchange => wit::Operation::Exchange,
        Operation::Refresh => wit::Operation::Refresh,
        Operation::Revocation => wit::Operation::Revocation,
        Operation::Request => wit::Operation::Request,
    }
}

/// An error as people see it.
pub(crate) fn fault(place: &Place<'_>, fault: types::Fault) -> Result<Fault, Objection> {
    Ok(Fault {
        class: class(&place.field("class"), fault.class)?,
        message: text::optional(&place.field("message"), fault.message, text::message)?,
        help_url: text::optional(&place.field("help-url"), fault.help_url, url::page)?,
        said: None,
    })
}

fn class(place: &Place<'_>, class: types::ErrorClass) -> Result<ErrorClass, Objection> {
    let page = |address| text::optional(place, address, url::page);
    Ok(match class {
        types::ErrorClass::UserDenied => ErrorClass::UserDenied,
        types::ErrorClass::ReauthRequired => ErrorClass::ReauthRequired,
        types::ErrorClass::ReregisterClient => ErrorClass::ReregisterClient,
        types::ErrorClass::ClientConfigWrong(fault) => ErrorClass::ClientConfigWrong(config(fault)),
        types::ErrorClass::ResourceRejected => ErrorClass::ResourceRejected,
        types::ErrorClass::AuthMethodRejected => ErrorClass::AuthMethodRejected,
        types::ErrorClass::InsufficientScope(scopes) => ErrorClass::InsufficientScope(text::words(place, scopes)?),
        types::ErrorClass::ApprovalNeeded(address) => ErrorClass::ApprovalNeeded(page(address)?),
        types::ErrorClass::SsoRequired(address) => ErrorClass::SsoRequired(page(address)?),
        types::ErrorClass::ClientNotAllowlisted(address) => ErrorClass::ClientNotAllowlisted(page(address)?),
        types::ErrorClass::AccountNotEligible => ErrorClass::AccountNotEligible,
        types::ErrorClass::RateLimited(seconds) => ErrorClass::RateLimited(seconds),
        types::ErrorClass::Transient => ErrorClass::Transient,
        types::ErrorClass::Unknown => ErrorClass::Unknown,
        types::ErrorClass::Other(name) => ErrorClass::Other(text::word(place, name)?),
    })
}

const fn config(fault: types::ConfigFault) -> ConfigFault {
    match fault {
        types::ConfigFault::RedirectUri => ConfigFault::RedirectUri,
        types::ConfigFault::Secret => ConfigFault::Secret,
        types::ConfigFault::ScopeNotEnabled => ConfigFault::ScopeNotEnabled,
        types::ConfigFault::AppSuspended => ConfigFault::AppSuspended,
        types::ConfigFault::Setting => ConfigFault::Setting,
    }
}
