//! `callback`: the way back from the login page (RFC 6749 §4.1.2).

/// A value that is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Key under which later templates find it.
    pub key: String,
    /// JSON Pointer, or the name of a callback parameter.
    pub at: String,
}

/// Names of the callback's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Name of the parameter that carries the code.
    pub code: String,
    /// Name of the parameter in which `state` comes back.
    pub state: String,
    /// Parameters that later steps need.
    pub captures: Vec<Capture>,
}

impl Default for Callback {
    fn default() -> Self {
        Self { code: "code".into(), state: "state".into(), captures: Vec::new() }
    }
}
