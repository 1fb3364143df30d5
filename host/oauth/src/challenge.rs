//! `WWW-Authenticate` (RFC 9110 §11.6.1) as protected resources use it (RFC 6750 §3, RFC 9728 §5.1).

/// Header text beyond this is not read.
const MAX_HEADER: usize = 16 * 1024;
/// Parameters beyond this many are not read.
const MAX_PARAMS: usize = 64;

/// What a `401` or `403` says about logging in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Authentication scheme, lower case.
    pub scheme: String,
    /// `error` (RFC 6750 §3.1).
    pub error: Option<String>,
    /// The scopes that the challenge asks for, one each.
    pub scope: Vec<String>,
    /// `resource_metadata` (RFC 9728 §5.1), as written: it may be relative.
    pub resource_metadata: Option<String>,
    /// `resource`: an older way to name the resource or its metadata.
    pub resource: Option<String>,
    /// The authorization server, by the older names `authorization_server`, `as_uri` and `authorization_uri`.
    pub authorization_server: Option<String>,
}

/// Reads the challenges of all header values and returns the one to follow: `Bearer` with the most to say, else `DPoP`.
#[must_use]
pub fn accept<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Challenge> {
    let mut all: Vec<Challenge> = values.into_iter().flat_map(parse).collect();
    all.retain(|challenge| challenge.scheme == "bearer" || challenge.scheme == "dpop");
    all.into_iter().max_by_key(|challenge| (challenge.scheme == "bearer", challenge.resource_metadata.is_some()))
}

/// Reads one header value, which may hold several challenges.
#[must_use]
pub fn parse(value: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = ChallengeReader { text: bounded(value) };
    for _ in 0..MAX_PARAMS {
        match rest.next_item() {
            Some(Item::Scheme(scheme)) => {
                challenges.push(Challenge { scheme: scheme.to_ascii_lowercase(), ..Challenge::default() });
            }
            Some(Item::Param(name, value)) => {
                if let Some(challenge) = challenges.last_mut() {
                    challenge.set(&name.to_ascii_lowercase(), value);
                }
            }
            None => break,
        }
    }
    challenges
}

impl Challenge {
    fn set(&mut self, name: &str, value: String) {
        match name {
            "error" => self.error = Some(value),
            "scope" => self.scope = value.split_ascii_whitespace().map(str::to_owned).collect(),
            "resource_metadata" => self.resource_metadata = Some(value),
            "resource" => self.resource = Some(value),
            "authorization_server" | "as_uri" | "authorization_uri" => {
                self.authorization_server.get_or_insert(value);
            }
            _ => {}
        }
    }

    /// Whether more scopes are asked for (RFC 6750 §3.1).
    #[must_use]
    pub fn wants_more_scopes(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }
}

fn bounded(value: &str) -> &str {
    let mut end = value.len().min(MAX_HEADER);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value.get(..end).unwrap_or_default()
}

enum Item<'a> {
    Scheme(&'a str),
    Param(&'a str, String),
}

struct ChallengeReader<'a> {
    text: &'a str,
}

impl<'a> ChallengeReader<'a> {
    fn next_item(&mut self) -> Option<Item<'a>> {
        loop {
            self.text = self.text.trim_start_matches([' ', '\t', ',']);
            let name = self.token();
            if name.is_empty() {
                // A stray character: step over it.
                let mut characters = self.text.chars();
                characters.next()?;
                self.text = characters.as_str();
                continue;
            }
            let after = self.text.trim_start_matches([' ', '\t']);
            let Some(value) = after.strip_prefix('=') else {
                return Some(Item::Scheme(name));
            };
            self.text = value.trim_start_matches([' ', '\t']);
            return Some(Item::Param(name, self.value()));
        }
    }

    fn token(&mut self) -> &'a str {
        let end = self.text.find(|c: char| !is_token(c)).unwrap_or(self.text.len());
        let (token, rest) = self.text.split_at_checked(end).unwrap_or((self.text, ""));
        self.text = rest;
        token
    }

    fn value(&mut self) -> String {
        if let Some(quoted) = self.text.strip_prefix('"') {
            return self.quoted(quoted);
        }
        let end = self.text.find([',', ' ', '\t']).unwrap_or(self.text.len());
        let (value, rest) = self.text.split_at_checked(end).unwrap_or((self.text, ""));
        self.text = rest;
        value.to_owned()
    }

    fn quoted(&mut self, text: &'a str) -> String {
        let mut value = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => break,
                '\\' => value.extend(characters.next()),
                other => value.push(other),
            }
        }
        self.text = characters.as_str();
        value
    }
}

const fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '.' | '^' | '_' | '`' | '|' | '~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_of_the_resource_is_found_among_other_parameters() {
        let header = r#"Bearer realm="a, b=c", error="invalid_token", resource_metadata="https://rs.example/.well-known/x", scope="read write""#;

        let challenge = accept([header]).expect("a challenge");

        assert_eq!(challenge.resource_metadata.as_deref(), Some("https://rs.example/.well-known/x"));
        assert_eq!(challenge.scope, ["read", "write"]);
        assert_eq!(challenge.error.as_deref(), Some("invalid_token"));
    }

    #[test]
    fn the_older_names_of_the_authorization_server_are_read() {
        for name in ["authorization_server", "as_uri", "authorization_uri"] {
            let header = format!(r#"Bearer {name}="https://as.example""#);

            let challenge = accept([header.as_str()]).expect("a challenge");

            assert_eq!(challenge.authorization_server.as_deref(), Some("https://as.example"), "{name}");
        }
    }

    #[test]
    fn bearer_is_followed_where_several_schemes_are_offered() {
        let challenge = accept(["Basic realm=\"x\", DPoP algs=\"ES256\", bearer resource=https://rs.example/mcp"]);

        let challenge = challenge.expect("a challenge");
        assert_eq!(
            (challenge.scheme.as_str(), challenge.resource.as_deref()),
            ("bearer", Some("https://rs.example/mcp"))
        );
    }

    #[test]
    fn a_scheme_alone_is_a_challenge_and_other_schemes_are_none() {
        assert_eq!(accept(["Bearer"]).map(|challenge| challenge.scheme), Some("bearer".to_owned()));
        assert_eq!(accept(["Negotiate abc=="]), None);
    }

    #[test]
    fn an_unfinished_quote_and_escapes_do_no_harm() {
        let challenge = accept([r#"Bearer error="in\"valid, scope="a"#]).expect("a challenge");

        assert_eq!(challenge.error.as_deref(), Some("in\"valid, scope="));
    }
}
