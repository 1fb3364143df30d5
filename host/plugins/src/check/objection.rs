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

    /// The rule that the value breaks.
    #[must_use]
    pub const fn broken(&self) -> &Broken {
        &self.broken
    }
}

/// A rule that an answer breaks. The text continues a sentence that begins with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A text has at most so many characters or bytes.
    #[error("is longer than {limit} {unit}; shorten it")]
    TooLong {
        /// How long it may be.
        limit: usize,
        /// What is counted: characters or bytes.
        unit: &'static str,
    },
    /// A list has at most so many entries.
    #[error("has more than {limit} entries; shorten the list")]
    TooMany {
        /// The most entries that are allowed.
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
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// A version is a semantic one.
    #[error("is {value:?}, which is no semantic version; write one like 1.2.3")]
    NotVersion {
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// A host is a name, a wildcard below a name, or `{key}`.
    #[error(
        "is {value:?}, which is no host; write a lower-case name (api.example.com), *.example.com, or {{key}} of an input"
    )]
    NotHost {
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// Syntax of keys of inputs, captures and token slots.
    #[error("is {value:?}, which is no key; use letters, digits, '.', '_' and '-', at most 64")]
    NotKey {
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// A header's name is a token (RFC 9110 §5.1).
    #[error("is {value:?}, which is no header name; use letters, digits and hyphens")]
    NotHeader {
        /// The value as it was given, cut for the sentence.
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
        /// The interface and field in which it is said.
        instead: &'static str,
    },
    /// What may be renamed or left out.
    #[error("names {name:?}, which cannot be changed; only {allowed} can")]
    NotChangeable {
        /// Name of the parameter.
        name: String,
        /// What may stand there, for the sentence.
        allowed: &'static str,
    },
    /// Requests go over https.
    #[error("is no https address; begin it with https:// or with the slot of an input that holds an address")]
    NotHttps,
    /// An address is a URL that a request can go to.
    #[error("is no address that a request can go to; write https://host/path without user name or password")]
    NotUrl,
    /// A plugin reaches the hosts it names.
    #[error("leads to {host:?}, which is not in identity.hosts; add it there")]
    HostNotListed {
        /// The host that is not named, cut for the sentence.
        host: String,
    },
    /// A slot where it may not stand.
    #[error("uses the slot {slot}, which may not stand here; allowed: {allowed}")]
    SlotNotAllowed {
        /// Name of the slot.
        slot: &'static str,
        /// What may stand there, for the sentence.
        allowed: &'static str,
    },
    /// Slots of inputs name declared ones.
    #[error("uses the input {key:?}, which nothing declares; declare it in the interface inputs")]
    UnknownInput {
        /// The key of the input.
        key: String,
    },
    /// Secret inputs go into `extra-secret` slots.
    #[error("uses the secret input {key:?} as a plain one; use the slot extra-secret")]
    SecretInput {
        /// The key of the input.
        key: String,
    },
    /// `{key}` in `identity.hosts` is for what a person writes.
    #[error(
        "gives {value:?} for {key:?}, which opens a host that identity.hosts does not name; name it there, or let a person write it"
    )]
    OpensHost {
        /// Key of the input.
        key: String,
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// `extra-secret` slots name secret inputs.
    #[error("uses {key:?} as a secret input, and no input of this key is secret; set its field secret")]
    NotSecretInput {
        /// The key of the input.
        key: String,
    },
    /// A JSON Pointer begins with a slash, or is empty (RFC 6901).
    #[error("is {value:?}, which is no JSON Pointer; write one like /access_token")]
    NotPointer {
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// Tokens are not captured, shown or compared.
    #[error("points at {pointer:?}, where a token is; point at a value that is no secret")]
    PointsAtToken {
        /// The pointer that leads to a token.
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
    /// A document or patch is a JSON object.
    #[error("is no JSON object; write {{…}}")]
    NotObject,
    /// An HTTP status has three digits (RFC 9110 §15).
    #[error("is {status}, which is no HTTP status; write 100 to 599")]
    NotStatus {
        /// The status as it was given.
        status: u16,
    },
    /// Names are given once.
    #[error("has {value:?} twice; keep one")]
    Twice {
        /// The value as it was given, cut for the sentence.
        value: String,
    },
    /// MCP requests need a token.
    #[error("has no rule that fills the slot \"main\"; add one")]
    NoMain,
    /// A date is written YYYY-MM-DD.
    #[error("is no date; write YYYY-MM-DD")]
    NotDate,
    /// One of a few words.
    #[error("is {value:?}; write one of: {allowed}")]
    NotOneOf {
        /// The value as it was given, cut for the sentence.
        value: String,
        /// What may stand there, for the sentence.
        allowed: &'static str,
    },
    /// A number in a range.
    #[error("is out of range; write {allowed}")]
    OutOfRange {
        /// What may stand there, for the sentence.
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
        /// The id as it was given, cut for the sentence.
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
        /// The server as it was given, cut for the sentence.
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
