//! From an accepted callback to a stored grant: the exchange, the account, and a question to the person if one is
//! needed.

use super::accepted::{AcceptedLogin, Finish, Finished, Point, StepOutcome};
use super::pending::Logins;
use super::{account, exchange, question};
use crate::connect::core::error::ConnectError;
use crate::connect::core::observer::LoginStep;
use crate::connect::grant::keep;
use crate::connect::login::setup::entry;

/// Continues the login to its end, or to a question.
#[tracing::instrument(name = "login.complete", skip_all, fields(server.name = login.entry.name()))]
pub(crate) async fn complete(logins: &Logins, login: &mut AcceptedLogin) -> Result<Finish, ConnectError> {
    let core = &*logins.core;
    // The point is moved out and replaced, because a question that follows stores the rest of the login.
    let point = std::mem::replace(&mut login.point, Point::Exchange(Box::default()));
    let (grant, progress) = match point {
        Point::Exchange(progress) => match exchange::exchange(core, login, *progress).await? {
            StepOutcome::Done(grant) => (grant, None),
            StepOutcome::Asks(open) => return question::put(logins, login, open).await,
        },
        Point::Lookup(grant, progress) => (*grant, Some(*progress)),
    };
    let grant = match account::look_up(core, login, grant, progress).await {
        StepOutcome::Done(grant) => grant,
        StepOutcome::Asks(open) => return question::put(logins, login, open).await,
    };
    core.observe(LoginStep::Granted(grant.granted_scopes.as_deref()));
    // The grant is stored before the answers. If the settings cannot be written, the login still counts.
    keep::keep(core, &login.entry, &grant).await?;
    entry::remember(core, &login.entry, &login.answers).await;
    let account = grant.account_label.map(|label| login.entry.redaction.shown(&label));
    Ok(Finish::Done(Finished { server: login.entry.name().to_owned(), account }))
}
