//! Who a plugin is, and which hosts it may name.

/// Identity of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Lower-case letters, digits, hyphens; what `oauth.provider` names.
    pub id: String,
    /// The plugin's own version (semantic versioning).
    pub version: String,
    /// Name of the provider for people.
    pub title: String,
    /// One sentence that says what the plugin serves.
    pub description: String,
    /// Where its source or manual is.
    pub homepage: Option<String>,
    /// Hosts it may make the hub talk to.
    pub hosts: Vec<HostPattern>,
}

/// One host, or a family of them, that a plugin may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Exactly this host, lower case.
    Exact(String),
    /// Any host below this one (`*.example.com` holds `example.com`).
    Below(String),
    /// The host of the address that a person gave for this input.
    Input(String),
}

impl HostPattern {
    /// Whether `host` (lower case) is meant, given what a person wrote for the inputs.
    #[must_use]
    pub fn admits(&self, host: &str, inputs: &super::Inputs) -> bool {
        match self {
            Self::Exact(name) => name == host,
            Self::Below(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
            }
            Self::Input(key) => inputs.get(key).is_some_and(|value| Self::host_of(value) == Some(host.to_owned())),
        }
    }

    /// Whether a request may go there because this host is named: over https, to its usual port. The address that a person
    /// gave for an input is taken as it is, with its scheme and port.
    #[must_use]
    pub fn admits_url(&self, url: &url::Url, inputs: &super::Inputs) -> bool {
        match self {
            Self::Exact(_) | Self::Below(_) => {
                let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
                url.scheme() == "https" && url.port().is_none() && self.admits(&host, inputs)
            }
            Self::Input(key) => {
                inputs.get(key).and_then(Self::address_of).is_some_and(|address| address.origin() == url.origin())
            }
        }
    }

    /// Whether every host that `other` admits is admitted.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Below(_), Self::Exact(host)) => self.admits(host, &super::Inputs::default()),
            (Self::Below(name), Self::Below(below)) => name == below || below.ends_with(&format!(".{name}")),
            (Self::Exact(_) | Self::Input(_) | Self::Below(_), _) => self == other,
        }
    }

    /// The host of an address with or without a scheme, as an input may hold it.
    #[must_use]
    pub fn host_of(address: &str) -> Option<String> {
        Self::address_of(address)?.host_str().map(str::to_ascii_lowercase)
    }

    fn address_of(text: &str) -> Option<url::Url> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        url::Url::parse(&with_scheme).ok()
    }
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Input(key) => write!(f, "{{{key}}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Inputs;

    #[test]
    fn a_wildcard_admits_hosts_below_it_and_nothing_that_merely_ends_alike() {
        let pattern = HostPattern::Below("example.com".into());

        let none = Inputs::default();

        assert!(pattern.admits("api.example.com", &none));
        assert!(!pattern.admits("example.com", &none));
        assert!(!pattern.admits("evilexample.com", &none));
    }

    #[test]
    fn a_wildcard_covers_what_is_below_it_and_nothing_covers_what_is_wider() {
        let exact = |host: &str| HostPattern::Exact(host.into());
        let below = |host: &str| HostPattern::Below(host.into());

        assert!(below("example.com").covers(&exact("api.example.com")));
        assert!(below("example.com").covers(&below("eu.example.com")));
        assert!(exact("a.example").covers(&exact("a.example")));
        assert!(!exact("api.example.com").covers(&below("example.com")));
        assert!(!below("example.com").covers(&exact("example.com")));
        assert!(!below("example.com").covers(&below("notexample.com")));
    }

    #[test]
    fn an_input_admits_the_host_of_the_address_given() {
        let pattern = HostPattern::Input("address".into());

        let inputs = Inputs::from_iter([("address".to_owned(), "http://127.0.0.1:4000".to_owned())]);

        assert!(pattern.admits("127.0.0.1", &inputs));
        assert!(!pattern.admits("127.0.0.2", &inputs));
    }
}
