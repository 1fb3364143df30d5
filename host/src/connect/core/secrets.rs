//! The values in a server's settings that may be secret, so that no text shows them.

use mcphub_oauth::mask::Redactor;
use url::Url;

use crate::egress::Redaction;
use crate::settings::{CommandArguments, GrantKind, Material, OAuth, Server, Transport, is_public, is_secret_name};

/// Headers whose values are not secret.
const PUBLIC_HEADERS: [&str; 8] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-type",
    "origin",
    "referer",
    "user-agent",
];

/// A redaction that hides the secrets that the hub has sent, and those in this server's settings.
pub(crate) fn learned(redaction: &Redaction, server: &Server) -> Redaction {
    for secret in oauth(&server.oauth) {
        redaction.learn_configured(&secret);
    }
    let mut own = Redactor::default();
    for (name, value) in &server.headers {
        if !PUBLIC_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            add_value(&mut own, name, value);
        }
    }
    match &server.transport {
        Transport::Http { url, .. } => {
            add_url(&mut own, url);
            let in_path = server.filled.iter().filter(|value| url.path().contains(value.as_str()));
            in_path.for_each(|value| own.add(value));
        }
        Transport::Stdio { env, args, .. } => {
            for (name, value) in env {
                add_variable(&mut own, name, value);
            }
            add_arguments(&mut own, args);
        }
    }
    redaction.of(own)
}

/// Hides a value, and the part of it after a scheme name such as `Bearer`. If the value's name says that it is secret,
/// no part of it is shown.
fn add_value(own: &mut Redactor, name: &str, value: &str) {
    if is_secret_name(name) {
        own.add(value);
    } else {
        own.add_whole(value);
    }
    if let Some((_, credential)) = value.trim().rsplit_once(' ') {
        own.add(credential);
    }
}

fn add_variable(own: &mut Redactor, name: &str, value: &str) {
    if !is_public(name) {
        add_value(own, name, value);
        value.parse().iter().for_each(|url| add_url(own, url));
    }
}

/// Hides the secrets in the arguments of a command, and those in the URLs among them.
fn add_arguments(own: &mut Redactor, args: &CommandArguments) {
    for argument in args.iter() {
        let value = argument.split_once('=').filter(|(name, _)| name.starts_with('-')).map(|(_, value)| value);
        value.unwrap_or(argument).parse().iter().for_each(|url| add_url(own, url));
    }
    args.secrets().for_each(|secret| own.add(secret));
}

/// Hides the password of a URL and the values of its query.
fn add_url(own: &mut Redactor, url: &Url) {
    url.password().iter().for_each(|password| own.add_whole(password));
    url.query_pairs().for_each(|(_, value)| own.add_whole(&value));
}

fn oauth(oauth: &OAuth) -> Vec<String> {
    let registration = oauth.dynamic_registration.as_ref();
    let texts = [
        oauth.client_secret.as_ref().map(|secret| secret.secret().clone()),
        oauth.access_token.as_ref().map(|token| token.secret().clone()),
        oauth.refresh_token.as_ref().map(|token| token.secret().clone()),
        registration
            .and_then(|registration| registration.initial_access_token.as_ref())
            .map(|token| token.secret().clone()),
        oauth.private_key.as_ref().and_then(text),
    ];
    let granted = match &oauth.grant {
        GrantKind::AuthorizationCode | GrantKind::ClientCredentials => [None, None],
        GrantKind::JwtBearer(assertion) => [text(assertion), None],
        GrantKind::Enterprise(enterprise) => {
            [text(&enterprise.id_token), enterprise.client_secret.as_ref().map(|secret| secret.secret().clone())]
        }
    };
    texts.into_iter().chain(granted).flatten().collect()
}

fn text(material: &Material) -> Option<String> {
    match material {
        Material::Text(text) => Some(text.clone()),
        Material::File(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_variable_filled_into_the_path_of_an_address_is_hidden() {
        let mut server = Server::examined("https://mcp.example/s/capability-1/mcp".parse().expect("url"));
        server.filled = vec!["capability-1".to_owned(), "mcp.example".to_owned()];

        let redaction = learned(&Redaction::default(), &server);

        assert_eq!(redaction.hide("https://mcp.example/s/capability-1/mcp"), "https://mcp.example/s/***/mcp");
    }

    #[test]
    fn headers_and_variables_of_an_entry_are_hidden_and_words_are_not() {
        let mut server = Server::examined("https://mcp.example/mcp?key=key-in-query".parse().expect("url"));
        server.headers =
            vec![("X-Api-Key".into(), "header-secret".into()), ("Authorization".into(), "Token header-token".into())];
        let redaction = learned(&Redaction::default(), &server);

        assert_eq!(redaction.hide("header-secret, header-token, key-in-query; ok"), "***, ***, ***; ok");

        let env = [("API_KEY", "env-secret"), ("LOG_LEVEL", "information"), ("DB", "pg://ann:pass-word@db.example/x")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let transport = Transport::Stdio {
            command: "x".into(),
            args: [
                "-y",
                "server-x",
                "--api-key=arg-key-1",
                "--header",
                "X-Token: arg-token-2",
                "postgresql://ann:arg-password@db/x",
                "--db=pg://ann:option-password@db/x",
                "-k",
                "short-option-1",
                "sk-positional-key-1",
            ]
            .map(str::to_owned)
            .to_vec()
            .into(),
            env,
            inherits_environment: false,
            directory: None,
        };
        let redaction = learned(&Redaction::default(), &Server { transport, ..server });

        assert_eq!(
            redaction.hide("env-secret at db.example by pass-word: information, server-x"),
            "*** at db.example by ***: information, server-x"
        );
        assert_eq!(redaction.hide("arg-key-1 and arg-token-2"), "*** and ***");
        assert_eq!(redaction.hide("arg-password, option-password"), "***, ***");
        assert_eq!(redaction.hide("short-option-1, sk-positional-key-1"), "***, ***");
    }
}
