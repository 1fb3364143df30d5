//! What a provider's errors mean and what can be done about them.

use http::Response;

use crate::body::read_body;
use crate::hook::ClientKind;
use crate::mask;
use crate::profile::{ConfigFault, ErrorClass, ErrorRow, Fault, Operation, TokenRule};

/// Characters of what a provider wrote that are shown.
const SAID: usize = 300;

/// An error as it came: the step, the status, the provider's name for it, and the text to search.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// The step of the login that the error came from.
    pub operation: Operation,
    /// HTTP status; 0 for a callback.
    pub status: u16,
    /// The `error` member or parameter, if the answer has one.
    pub code: Option<&'a str>,
    /// The body. Never shown.
    pub body: &'a str,
    /// The client that asked, once there is one.
    pub client: Option<ClientKind>,
}

/// The first row of the profile's table that holds, else the RFCs' own reading.
#[must_use]
pub fn classify(table: &[ErrorRow], reported: Reported<'_>) -> Fault {
    let by_rfc = || Fault { class: by_rfc(reported), message: None, help_url: None, said: None };
    of_table(table, reported).unwrap_or_else(by_rfc)
}

/// The first row of the profile's table that holds.
#[must_use]
pub fn of_table(table: &[ErrorRow], reported: Reported<'_>) -> Option<Fault> {
    table.iter().find(|row| holds(row, reported)).map(|row| row.fault.clone())
}

fn holds(row: &ErrorRow, reported: Reported<'_>) -> bool {
    row.operation.is_none_or(|operation| operation == reported.operation)
        && row.status.is_none_or(|status| status == reported.status)
        && row.code.as_deref().is_none_or(|code| reported.code == Some(code))
        && row.contains.as_deref().is_none_or(|text| reported.body.contains(text))
}

/// RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2, RFC 8707 §2.
fn by_rfc(reported: Reported<'_>) -> ErrorClass {
    match (reported.code, reported.status) {
        (Some("access_denied"), _) => ErrorClass::UserDenied,
        (Some("invalid_grant" | "invalid_token"), _) => ErrorClass::ReauthRequired,
        (Some("invalid_client" | "unauthorized_client"), _) => match reported.client {
            Some(ClientKind::Registered) => ErrorClass::ReregisterClient,
            Some(ClientKind::Configured | ClientKind::MetadataDocument) | None => {
                ErrorClass::ClientConfigWrong(ConfigFault::Secret)
            }
        },
        (Some("invalid_target"), _) => ErrorClass::ResourceRejected,
        (Some("invalid_scope"), _) => ErrorClass::ClientConfigWrong(ConfigFault::ScopeNotEnabled),
        (Some("redirect_uri_mismatch" | "invalid_redirect_uri"), _) => {
            ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri)
        }
        (Some("insufficient_scope"), _) => ErrorClass::InsufficientScope(Vec::new()),
        (Some("temporarily_unavailable" | "server_error"), _) | (_, 500..=599 | 408) => ErrorClass::Transient,
        (_, 429) => ErrorClass::RateLimited(None),
        (Some(_) | None, _) => ErrorClass::Unknown,
    }
}

/// What a person reads: the plugin's own sentence, else one by class; then what the provider wrote.
#[must_use]
pub fn sentence(fault: &Fault) -> String {
    let sentence = fault.message.clone().unwrap_or_else(|| by_class(fault));
    match &fault.said {
        Some(said) => format!("{}; the provider writes: {said:?}", sentence.trim_end_matches('.')),
        None => sentence,
    }
}

/// What the provider wrote about an error: `error_description` (RFC 6749 §5.2), or where others put it. Masked, one line, cut.
#[must_use]
pub fn said(response: &Response<Vec<u8>>, rules: &[TokenRule]) -> Option<String> {
    let body = mask::shown(response, &read_body(response)?, rules);
    let places = ["/error_description", "/error/message", "/error_message", "/message", "/detail", "/description"];
    one_line(places.into_iter().find_map(|at| body.pointer(at)?.as_str())?)
}

/// A text that was masked already, in one line that fits on a page. None: it says nothing.
pub(crate) fn one_line(text: &str) -> Option<String> {
    let is_unprintable = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let printable: String = text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    let line = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = line.chars().take(SAID).collect();
    (!shown.is_empty()).then(|| if line.chars().count() > SAID { format!("{shown}…") } else { shown })
}

fn by_class(fault: &Fault) -> String {
    match &fault.class {
        ErrorClass::UserDenied => "the sign-in was refused".into(),
        ErrorClass::ReauthRequired => "the provider no longer accepts this login".into(),
        ErrorClass::ReregisterClient => "the provider does not know this hub's client any more".into(),
        ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri) => {
            "the redirect URI is not the one set up at the provider".into()
        }
        ErrorClass::ClientConfigWrong(ConfigFault::Secret) => {
            "the provider does not accept the client id and secret".into()
        }
        ErrorClass::ClientConfigWrong(ConfigFault::ScopeNotEnabled) => "a scope is not enabled for this client".into(),
        ErrorClass::ClientConfigWrong(ConfigFault::AppSuspended) => {
            "the application is suspended at the provider".into()
        }
        ErrorClass::ClientConfigWrong(ConfigFault::Setting) => {
            "a setting of the application at the provider is wrong".into()
        }
        ErrorClass::ResourceRejected => "the provider does not accept the resource indicator".into(),
        ErrorClass::AuthMethodRejected => "the provider does not accept how the client authenticates".into(),
        ErrorClass::InsufficientScope(_) => "more scopes are needed".into(),
        ErrorClass::ApprovalNeeded(_) => "somebody must approve this application first".into(),
        ErrorClass::SsoRequired(_) => "a single sign-on session is needed first".into(),
        ErrorClass::ClientNotAllowlisted(_) => "the provider admits only clients on its list".into(),
        ErrorClass::AccountNotEligible => "this account cannot be used".into(),
        ErrorClass::RateLimited(_) => "the provider wants fewer requests".into(),
        ErrorClass::Transient => "the provider has a passing fault".into(),
        ErrorClass::Unknown => "the provider answered with an error".into(),
        ErrorClass::Other(name) => format!("the provider answered with an error ({})", plain(name)),
    }
}

/// What a person can do about it.
#[must_use]
pub fn remedy(fault: &Fault) -> String {
    let page = |url: &Option<String>| {
        url.as_ref().or(fault.help_url.as_ref()).map(|url| format!(" See {url}")).unwrap_or_default()
    };
    match &fault.class {
        ErrorClass::UserDenied => "Get a fresh link and choose Allow.".into(),
        ErrorClass::ReauthRequired | ErrorClass::ReregisterClient => "Log in again.".into(),
        ErrorClass::ClientConfigWrong(_) => {
            format!("Compare the client's set-up at the provider with the guide.{}", page(&None))
        }
        ErrorClass::ResourceRejected => {
            "Set oauth.resource to what the provider expects; false sends none, and then the server may get a token that is good elsewhere, too.".into()
        }
        ErrorClass::AuthMethodRejected => "Set oauth.tokenEndpointAuthMethod to what the provider expects.".into(),
        ErrorClass::InsufficientScope(_) => "Log in again and allow what is asked for.".into(),
        ErrorClass::ApprovalNeeded(url) => format!("Ask an owner or administrator to approve it.{}", page(url)),
        ErrorClass::SsoRequired(url) => format!("Sign in to your organisation first.{}", page(url)),
        ErrorClass::ClientNotAllowlisted(url) => {
            format!("Apply at the provider, or set up a client of your own.{}", page(url))
        }
        ErrorClass::AccountNotEligible => {
            format!("Use another account, or change this one at the provider.{}", page(&None))
        }
        ErrorClass::RateLimited(Some(seconds)) => format!("Try again in {seconds} seconds."),
        ErrorClass::RateLimited(None) | ErrorClass::Transient => "Try again later.".into(),
        ErrorClass::Unknown | ErrorClass::Other(_) => {
            format!("Try again; the hub's log shows the step that failed.{}", page(&None))
        }
    }
}

/// A server's word made safe to show: at most 64 characters of a plain alphabet.
#[must_use]
pub fn plain(word: &str) -> String {
    let safe = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
    word.chars().take(64).map(|character| if safe(character) { character } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(code: &'static str, client: ClientKind) -> Reported<'static> {
        Reported { operation: Operation::Exchange, status: 400, code: Some(code), body: "", client: Some(client) }
    }

    #[test]
    fn the_table_goes_before_the_rfcs() {
        let row = ErrorRow {
            operation: Some(Operation::Exchange),
            status: None,
            code: Some("invalid_grant".into()),
            contains: None,
            fault: Fault {
                class: ErrorClass::AccountNotEligible,
                message: Some("Verify your address.".into()),
                help_url: None,
                said: None,
            },
        };

        let fault = classify(&[row], reported("invalid_grant", ClientKind::Configured));

        assert_eq!(sentence(&fault), "Verify your address.");
    }

    #[test]
    fn a_client_that_is_gone_is_registered_anew_only_if_it_was_registered() {
        let registered = classify(&[], reported("invalid_client", ClientKind::Registered));
        let configured = classify(&[], reported("invalid_client", ClientKind::Configured));

        assert_eq!(registered.class, ErrorClass::ReregisterClient);
        assert_eq!(configured.class, ErrorClass::ClientConfigWrong(ConfigFault::Secret));
    }

    #[test]
    fn a_servers_word_cannot_carry_markup_or_a_long_secret() {
        assert_eq!(plain("<b>x</b>"), "_b_x__b_");
        assert_eq!(plain(&"a".repeat(500)).len(), 64);
    }

    #[test]
    fn what_the_provider_wrote_is_told_masked_in_one_line_and_cut() {
        let said_of = |body: String| said(&Response::new(body.into_bytes()), &[]);

        let told = said_of(r#"{"error":"x","error_description":"No\n\u202e client  for access_token=abc"}"#.to_owned());
        let long = said_of(format!(r#"{{"error":{{"message":"{}"}}}}"#, "a ".repeat(500)));

        assert_eq!(told.as_deref(), Some("No client for access_token=***"));
        assert_eq!(long.map(|text| text.chars().count()), Some(SAID + 1));
        assert_eq!(said_of("<html>".to_owned()), None);
    }

    #[test]
    fn the_sentence_ends_with_what_the_provider_wrote() {
        let fault =
            Fault { class: ErrorClass::Unknown, message: Some("No.".into()), help_url: None, said: Some("why".into()) };

        assert_eq!(sentence(&fault), "No; the provider writes: \"why\"");
    }
}
