//! What can be wrong with a plugin's answer, each with what its author can do.

/// A rule of the contract that an answer breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} {broken}")]
pub struct Objection {
    place: String,
    broken: Broken,
}

impl Objection {
    pub(crate) const fn new(place: String, broken: Broken) -> Self {
        Self { place, broken }
    }

    /// Interface and field: `metadata.endpoints[0].url`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The rule.
    #[must_use]
    pub const fn broken(&self) -> &Broken {
        &self.broken
    }
}

/// A rule that an answer breaks. The text continues a sentence that begins with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Text is bounded.
    #[error("is longer than {limit} {unit}; shorten it")]
    TooLong {
        /// How long it may be.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// Lists are bounded.
    #[error("has more than {limit} entries; shorten the list")]
    TooMany {
        /// Entries.
        limit: usize,
    },
    /// Parts of secrets that cannot be masked in answers.
    #[error("is a part of a secret that could be read from the answer; take {least} characters or more")]
    TellsSecret {
        /// The fewest characters that may be sent.
        least: u32,
    },
    /// A value is needed.
    #[error("is empty; give it a value")]
    Empty,
    /// Text is shown to people and sent in requests.
    #[error("has a control character; remove it")]
    ControlCharacter,
    /// Syntax of plugin and guide ids.
    #[error("is {value:?}, which is no id; use 2 to 40 lower-case letters, digits and hyphens, a letter first")]
    NotId {
        /// As given, cut.
        value: String,
    },
    /// Semantic versioning.
    #[error("is {value:?}, which is no semantic version; write one like 1.2.3")]
    NotVersion {
        /// As given, cut.
        value: String,
    },
    /// Syntax of hosts.
    #[error(
        "is {value:?}, which is no host; write a lower-case name (api.example.com), *.example.com, or {{key}} of an input"
    )]
    NotHost {
        /// As given, cut.
        value: String,
    },
    /// Syntax of keys of inputs, captures and token slots.
    #[error("is {value:?}, which is no key; use letters, digits, '.', '_' and '-', at most 64")]
    NotKey {
        /// As given, cut.
        value: String,
    },
    /// RFC 9110 §5.1.
    #[error("is {value:?}, which is no header name; use letters, digits and hyphens")]
    NotHeader {
        /// As given, cut.
        value: String,
    },
    /// What the hub sets itself.
    #[error("names {name:?}, which belongs to the hub; leave it out")]
    HubsOwn {
        /// Name of a parameter, header or member.
        name: String,
    },
    /// What another interface says.
    #[error("names {name:?}, which has a place of its own; use {instead}")]
    Elsewhere {
        /// Name of the parameter.
        name: String,
        /// Interface and field.
        instead: &'static str,
    },
    /// What may be renamed or left out.
    #[error("names {name:?}, which cannot be changed; only {allowed} can")]
    NotChangeable {
        /// Name of the parameter.
        name: String,
        /// Names that can.
        allowed: &'static str,
    },
    /// Requests go over https.
    #[error("is no https address; begin it with https:// or with the slot of an input that holds an address")]
    NotHttps,
    /// Syntax of URLs.
    #[error("is no address that a request can go to; write https://host/path without user name or password")]
    NotUrl,
    /// A plugin reaches the hosts it names.
    #[error("leads to {host:?}, which is not in identity.hosts; add it there")]
    HostNotListed {
        /// The host.
        host: String,
    },
    /// A slot where it may not stand.
    #[error("uses the slot {slot}, which may not stand here; allowed: {allowed}")]
    SlotNotAllowed {
        /// Name of the slot.
        slot: &'static str,
        /// Those that may.
        allowed: &'static str,
    },
    /// Slots of inputs name declared ones.
    #[error("uses the input {key:?}, which nothing declares; declare it in the interface inputs")]
    UnknownInput {
        /// Key.
        key: String,
    },
    /// Secret inputs go into `extra-secret` slots.
    #[error("uses the secret input {key:?} as a plain one; use the slot extra-secret")]
    SecretInput {
        /// Key.
        key: String,
    },
    /// `{key}` in `identity.hosts` is for what a person writes.
    #[error(
        "gives {value:?} for {key:?}, which opens a host that identity.hosts does not name; name it there, or let a person write it"
    )]
    OpensHost {
        /// Key of the input.
        key: String,
        /// As given, cut.
        value: String,
    },
    /// `extra-secret` slots name secret inputs.
    #[error("uses {key:?} as a secret input, and no input of this key is secret; set its field secret")]
    NotSecretInput {
        /// Key.
        key: String,
    },
    /// RFC 6901.
    #[error("is {value:?}, which is no JSON Pointer; write one like /access_token")]
    NotPointer {
        /// As given, cut.
        value: String,
    },
    /// Tokens are not captured, shown or compared.
    #[error("points at {pointer:?}, where a token is; point at a value that is no secret")]
    PointsAtToken {
        /// The pointer.
        pointer: String,
    },
    /// Regular expressions in linear time.
    #[error("is no regular expression that can be matched in linear time; {reason}")]
    NotPattern {
        /// What the compiler says.
        reason: String,
    },
    /// The value of a field breaks the pattern beside it.
    #[error("does not match the pattern beside it; change one of them")]
    PatternMismatch,
    /// Documents are objects.
    #[error("is no JSON object; write {{…}}")]
    NotObject,
    /// RFC 9110 §15.
    #[error("is {status}, which is no HTTP status; write 100 to 599")]
    NotStatus {
        /// As given.
        status: u16,
    },
    /// Names are given once.
    #[error("has {value:?} twice; keep one")]
    Twice {
        /// The value.
        value: String,
    },
    /// MCP requests need a token.
    #[error("has no rule that fills the slot \"main\"; add one")]
    NoMain,
    /// Dates.
    #[error("is no date; write YYYY-MM-DD")]
    NotDate,
    /// One of a few words.
    #[error("is {value:?}; write one of: {allowed}")]
    NotOneOf {
        /// As given, cut.
        value: String,
        /// The words.
        allowed: &'static str,
    },
    /// A number in a range.
    #[error("is out of range; write {allowed}")]
    OutOfRange {
        /// The range.
        allowed: &'static str,
    },
    /// A field that this choice needs.
    #[error("is missing; {because}")]
    Missing {
        /// Why it is needed.
        because: &'static str,
    },
    /// A rule that would take every server.
    #[error("has no condition, and its priority is not 0; add a condition, or set ask or the priority 0")]
    TakesEverything,
    /// A guide that is not there.
    #[error("names the guide {id:?}, which is not among setup.guides; add it")]
    UnknownGuide {
        /// Id.
        id: String,
    },
    /// A value that the hub gave and the plugin changed.
    #[error("changes {name:?}, which belongs to the hub; hand it back as it was or leave it out")]
    Changed {
        /// Name of the parameter or member.
        name: String,
    },
    /// An authorization server out of nowhere.
    #[error("is {server:?}, which the metadata does not name and identity.hosts does not hold; name one of them")]
    UnknownAuthorizationServer {
        /// As given, cut.
        server: String,
    },
    /// An operation that was not announced.
    #[error("was asked for an operation that flow.operations does not list; list it there")]
    UnknownOperation,
}

/// A value as it may stand in a sentence: cut, to be printed with `{:?}` so that nothing in it is obeyed by a terminal.
pub(crate) fn cut(value: &str) -> String {
    const SHOWN: usize = 80;
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}
