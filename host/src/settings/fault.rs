//! What is wrong with the settings: key, value unless secret, rule and remedy.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFault {
    /// Where: `mcpServers.notes.url`.
    pub key: String,
    /// What stands there, unless it may be a secret.
    pub value: Option<String>,
    /// The rule that it breaks.
    pub rule: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mcp_settings.json: {}:", self.key)?;
        if let Some(value) = &self.value {
            write!(f, " {value}")?;
        }
        write!(f, " {}; {}.", self.rule, self.remedy)
    }
}

/// Why the file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The system refused.
    #[error("{path}: {action}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// Not JSON.
    #[error("{path}: this is not valid JSON ({problem}); mend it, nothing was changed", path = path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where and what.
        problem: String,
    },
    /// JSON, but no object.
    #[error("{path}: the settings must be a JSON object such as {{ \"mcpServers\": {{}} }}", path = path.display())]
    NotAnObject {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else writes all the time.
    #[error("{path}: somebody else keeps writing this file; close the other program and try again", path = path.display())]
    Contended {
        /// The file.
        path: PathBuf,
    },
    /// No such server.
    #[error("mcp_settings.json: mcpServers has no {0:?}; add the server first")]
    NoServer(String),
}
