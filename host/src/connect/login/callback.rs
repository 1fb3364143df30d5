//! Handles callbacks from the login page and answers to questions, and decides what the person sees next.

use std::sync::Arc;

use mcphub_oauth::authorization::PendingAuthorization;
use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::{self, CallbackError};
use mcphub_oauth::client::Client;
use mcphub_oauth::error::{Reported, classify, remedy, sentence};
use mcphub_oauth::hook::{ClientKind, ReadCallback};
use mcphub_oauth::mask;
use mcphub_oauth::profile::{ErrorClass, Fault, Operation, Pair};
use tracing::Instrument;

use super::accepted::{AcceptedLogin, Finish, Point};
use super::begin::{self, Begin};
use super::completion::complete;
use super::pending::{Logins, PendingLogin};
use super::question;
use super::stored::LoginAttempt;
use crate::connect::client::document::IssuerTag;
use crate::connect::client::{purged, redirect_uris};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, LinkError};
use crate::connect::core::event::Stage;
use crate::connect::core::observer::LoginStep;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::connect::discovery::learned;
use crate::connect::grant::plugin_steps::Progress;

/// A request to a redirect URI of the hub. It holds a code, so it has no `Debug`.
pub(crate) struct CallbackRequest {
    /// The parameters of the query.
    pub(crate) params: Vec<Pair>,
    /// The tag of the redirect URI. `None` means the redirect URI that all issuers share.
    pub(crate) tag: Option<IssuerTag>,
}

/// Completes the login that a callback belongs to. The callback uses the login up, unless another browser brings it.
#[tracing::instrument(name = "login.finish", skip_all)]
pub(crate) async fn finish(
    logins: &Arc<Logins>,
    callback: CallbackRequest,
    browser: Option<&BrowserId>,
) -> Result<Finish, ConnectError> {
    let (logins, browser) = (logins.clone(), browser.cloned());
    to_its_end(async move {
        let login = logins.take(&callback.params, browser.as_ref()).await?;
        // An answer at the redirect URI of another issuer is a mix-up (RFC 9700 §4.4.2).
        if IssuerTag::in_redirect_uri(&login.authorization.client.redirect_uri) != callback.tag {
            let error = ConnectError::Callback(CallbackError::OtherRedirectUri);
            login.entry.journal.begin(Stage::Authorization, "the callback").failed_with(&error);
            return Err(error);
        }
        logins.core.observe(LoginStep::Back(&callback.params));
        let codes = callback.params.iter().filter(|(name, _)| may_be_a_code(name, &login.discovered));
        codes.for_each(|(_, value)| logins.core.parts.egress.redaction().learn(value));
        let trial = LoginTrial::of(&login.entry, &login.discovered, &login.authorization, login.attempt);
        let outcome = match accept(&logins.core, login, callback.params).await {
            Ok(mut login) => complete(&logins, &mut login).await,
            Err(error) => Err(error),
        };
        trial.concluded(&logins, outcome).await
    })
    .await
}

/// Continues a login with the answer to the question that it stopped at.
#[tracing::instrument(name = "login.choose", skip_all)]
pub(crate) async fn choose(
    logins: &Arc<Logins>,
    ticket: &str,
    browser: Option<&BrowserId>,
    value: &str,
) -> Result<Finish, ConnectError> {
    let (logins, browser) = (logins.clone(), browser.cloned());
    let (ticket, value) = (ticket.to_owned(), value.to_owned());
    to_its_end(async move {
        let mut login = question::answered(&logins, &ticket, browser.as_ref(), &value).await?;
        let trial = LoginTrial::of(&login.entry, &login.discovered, &login.accepted.pending, login.attempt);
        let outcome = complete(&logins, &mut login).await;
        trial.concluded(&logins, outcome).await
    })
    .await
}

/// Runs a login to its end even if the browser closes the connection, because its code can be used only once.
async fn to_its_end(
    login: impl Future<Output = Result<Finish, ConnectError>> + Send + 'static,
) -> Result<Finish, ConnectError> {
    // Spawned, because a task is not dropped together with the request that started it. Boxed, because the future of a
    // login is large.
    tokio::spawn(Box::pin(login).in_current_span()).await.map_err(|_| LinkError::Unknown)?
}

/// Whether a parameter may hold a code. A code is a secret as soon as it arrives, even if the callback is refused.
fn may_be_a_code(name: &str, discovered: &Discovered) -> bool {
    let names = &discovered.provider.profile().callback;
    name == names.code || name.contains("code") || name.contains("token")
}

/// Checks a callback against the login that it belongs to.
async fn accept(core: &Core, login: PendingLogin, params: Vec<Pair>) -> Result<AcceptedLogin, ConnectError> {
    let PendingLogin { entry, discovered, authorization, is_bound, attempt } = login;
    let at = AtIssuer { core, entry: &entry, discovered: &discovered };
    let action = entry.journal.begin(Stage::Authorization, "the callback");
    let mut names = at.profile().callback.clone();
    let mut captured = Vec::new();
    if let Some(read) = read_by_hook(at, &params).await? {
        names.code = read.code;
        captured = read.captured;
    }
    let callback = callback::read(&params, &names).ok_or(CallbackError::UnknownState)?;
    let (kind, browser) = (authorization.client.kind, authorization.browser.clone());
    let mut accepted = match authorization.accept(callback, Some(&browser), core.now()) {
        Ok(accepted) => accepted,
        Err(CallbackError::Refused { error, said }) => {
            let said = said.map(|said| entry.redaction.shown(&said));
            let description = params.iter().find(|(name, _)| name == "error_description");
            let refusal = Refused { error: &error, said, body: description.map_or("", |(_, text)| text), client: kind };
            return Err(refused(&discovered, refusal));
        }
        Err(error) => return Err(error.into()),
    };
    action.done("a code");
    captured.append(&mut accepted.captured);
    let point = Point::Exchange(Box::new(Progress::beginning(&captured)));
    accepted.captured = captured;
    Ok(AcceptedLogin { entry, discovered, attempt, is_bound, accepted, answers: Vec::new(), point })
}

/// What the plugin's hook reads from the callback. The hook sees code and state masked.
async fn read_by_hook(at: AtIssuer<'_>, params: &[Pair]) -> Result<Option<ReadCallback>, ConnectError> {
    let masked = mask::callback(params, &at.profile().callback);
    let redirect_uri = redirect_uris::preferred(at.core, at.entry, at.profile());
    let context = at.context(&at.discovered.hook_input(&redirect_uri))?;
    match at.discovered.provider.plugin.read_callback(&context, &masked).await? {
        None => Ok(None),
        Some(Ok(read)) => Ok(Some(read)),
        Some(Err(fault)) => Err(ConnectError::Provider(fault)),
    }
}

/// A refusal that the callback carries.
struct Refused<'a> {
    error: &'a str,
    /// `error_description` (RFC 6749 §4.1.2.1), as a person may see it.
    said: Option<String>,
    /// The same text as it arrived. It takes the place of the body in the provider's error table.
    body: &'a str,
    client: ClientKind,
}

/// What a refusal means. The provider's table comes first, so that the person gets its remedy.
fn refused(discovered: &Discovered, refused: Refused<'_>) -> ConnectError {
    let Refused { error, said, body, client } = refused;
    let reported =
        Reported { operation: Operation::Authorization, status: 0, code: Some(error), body, client: Some(client) };
    let fault = classify(&discovered.provider.profile().errors, reported);
    match fault.class {
        ErrorClass::Unknown | ErrorClass::UserDenied if fault.message.is_none() => {
            CallbackError::Refused { error: error.to_owned(), said }.into()
        }
        _ => ConnectError::Provider(Fault { said: fault.said.clone().or(said), ..fault }),
    }
}

/// What is still needed after a login has failed.
struct LoginTrial {
    entry: Arc<Entry>,
    discovered: Arc<Discovered>,
    client: Client,
    resource: Option<String>,
    browser: BrowserId,
    attempt: LoginAttempt,
}

impl LoginTrial {
    fn of(
        entry: &Arc<Entry>,
        discovered: &Arc<Discovered>,
        authorization: &PendingAuthorization,
        attempt: LoginAttempt,
    ) -> Self {
        Self {
            entry: entry.clone(),
            discovered: discovered.clone(),
            client: authorization.client.clone(),
            resource: authorization.resource.clone(),
            browser: authorization.browser.clone(),
            attempt,
        }
    }

    /// Ends a login. If it failed and taught the hub something, it is started once more.
    async fn concluded(self, logins: &Logins, outcome: Result<Finish, ConnectError>) -> Result<Finish, ConnectError> {
        let error = match outcome {
            Ok(finish) => return Ok(finish),
            Err(error) => error,
        };
        self.entry.journal.begin(Stage::Authorization, "the sign-in").failed_with(&error);
        self.entry.journal.login_ended(false);
        self.entry.login_required(Some(error.summary()));
        if self.learn(&logins.core, &error).await?
            && !self.attempt.is_retry
            && let Begin::Redirect(url) =
                begin::again(logins, &self.entry, &self.browser, self.attempt.at_terminal).await?
        {
            return Ok(Finish::Again(url));
        }
        Err(error)
    }

    /// Learns from a failed login. Returns whether the next try will differ from this one.
    async fn learn(&self, core: &Core, error: &ConnectError) -> Result<bool, ConnectError> {
        let ConnectError::Provider(fault) = error else {
            return Ok(false);
        };
        let at = AtIssuer { core, entry: &self.entry, discovered: &self.discovered };
        tracing::debug!(server.name = self.entry.name(), "{}", self.entry.shown(&remedy(fault), error));
        match &fault.class {
            ErrorClass::ResourceRejected => match &self.resource {
                Some(resource) => learned::without_resource(at, resource).await,
                None => Ok(false),
            },
            ErrorClass::ReregisterClient => {
                purged::forget_client(core, &self.entry, &self.client).await;
                Ok(true)
            }
            ErrorClass::ClientConfigWrong(_) if !at.profile().setup.is_empty() => {
                self.entry.setup_required(&sentence(fault));
                Ok(false)
            }
            _ => Ok(false),
        }
    }
}
