//! What is wrong with the settings: file, key, value unless secret, rule and remedy.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFault {
    /// The file's name, or `environment`.
    pub file: String,
    /// The path of the key, such as `mcpServers.notes.url`.
    pub key: String,
    /// What stands there, quoted, unless it may be a secret.
    pub value: Option<String>,
    /// The rule that it breaks.
    pub rule: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}:", self.file, self.key)?;
        if let Some(value) = &self.value {
            write!(f, " {value}")?;
        }
        write!(f, " {}; {}.", self.rule, self.remedy)
    }
}

/// Why the file cannot be read or written. Nothing was changed.
///
/// The sentences are shown alone, on pages and terminals, so the system's own words are part of them.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The system refused to read, write or lock the file.
    #[error("{path}: {action}: {cause}; {remedy}", path = path.display(), remedy = io_remedy(cause))]
    Io {
        /// The path of the settings file.
        path: PathBuf,
        /// What the hub attempted to do.
        action: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not JSON.
    #[error("{path}: this is not valid JSON ({problem}); correct it, nothing was changed", path = path.display())]
    NotJson {
        /// The path of the settings file.
        path: PathBuf,
        /// What is wrong, and in which line.
        problem: String,
    },
    /// The file is JSON, but not an object.
    #[error("{path}: the settings must be a JSON object such as {{ \"mcpServers\": {{}} }}; correct it, nothing was changed", path = path.display())]
    NotAnObject {
        /// The path of the settings file.
        path: PathBuf,
    },
    /// A person's value stands where the hub would write.
    #[error("{path}: {key}: there is something here that the hub would have to overwrite; take it out or rename it, nothing was changed", path = path.display())]
    InTheWay {
        /// The path of the settings file.
        path: PathBuf,
        /// The key that is in the way.
        key: String,
    },
    /// Another program keeps writing the file.
    #[error("{path}: another program keeps writing this file; close that program and try again", path = path.display())]
    Contended {
        /// The path of the settings file.
        path: PathBuf,
    },
    /// Another hub holds the lock for too long.
    #[error("{path}: another hub holds this lock for too long; stop it and try again", path = path.display())]
    Locked {
        /// The path of the lock file.
        path: PathBuf,
    },
    /// A change would have made the text invalid; a fault of the hub.
    #[error("{path}: the change would have broken the file and was not made; please report this", path = path.display())]
    Broken {
        /// The path of the settings file.
        path: PathBuf,
    },
    /// The system does not report changes of the file.
    #[error("{path}: changes of this file cannot be watched ({problem}); restart the hub after an edit", path = path.display())]
    NotWatched {
        /// The path of the settings file.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// No name of an account.
    #[error("{name:?} cannot name an account; use letters, digits, '-', '_' and '.', and not \"default\"")]
    NoAccount {
        /// The name that was given.
        name: String,
    },
    /// The settings have no server of this name.
    #[error("{path}: mcpServers has no {name:?}; add the server first", path = path.display())]
    NoServer {
        /// The path of the settings file.
        path: PathBuf,
        /// The name that was given.
        name: String,
    },
}

impl SettingsError {
    /// Whether the file is there and readable but not valid: it was broken, or an editor is just saving it.
    #[must_use]
    pub const fn is_broken_text(&self) -> bool {
        match self {
            Self::NotJson { .. } | Self::NotAnObject { .. } => true,
            Self::Io { .. }
            | Self::InTheWay { .. }
            | Self::Contended { .. }
            | Self::Locked { .. }
            | Self::Broken { .. }
            | Self::NotWatched { .. }
            | Self::NoAccount { .. }
            | Self::NoServer { .. } => false,
        }
    }
}

fn io_remedy(cause: &io::Error) -> Cow<'static, str> {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => "let the user that runs the hub read and write the file and its folder",
        io::ErrorKind::ReadOnlyFilesystem => {
            "the hub keeps logins in this file: name one with --settings where it can write"
        }
        io::ErrorKind::NotFound => "make its folder first, or name another file with --settings",
        io::ErrorKind::IsADirectory => "name a file with --settings",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk",
        _ => "see to the file and its folder",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_file_key_value_rule_and_remedy() {
        let fault = SettingsFault {
            file: "mcp_settings.json".into(),
            key: "mcpServers.notes.url".into(),
            value: Some("\"htp://…\"".into()),
            rule: "has no http or https scheme".into(),
            remedy: "write https://notes.example/mcp".into(),
        };

        let expected = "mcp_settings.json: mcpServers.notes.url: \"htp://…\" has no http or https scheme; write https://notes.example/mcp.";
        assert_eq!(fault.to_string(), expected);
    }

    #[test]
    fn what_the_system_refuses_is_told_with_a_way_out() {
        let error = SettingsError::Io {
            path: "/x/mcp_settings.json".into(),
            action: "cannot be written",
            cause: io::ErrorKind::PermissionDenied.into(),
        };

        let expected = "/x/mcp_settings.json: cannot be written: permission denied; let the user that runs the hub read and write the file and its folder";
        assert_eq!(error.to_string(), expected);
    }
}
