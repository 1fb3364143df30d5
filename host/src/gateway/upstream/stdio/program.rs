//! How a command is started, and a sentence for each reason why it was not.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Stdio as Pipe;
use std::sync::Arc;

use tokio::process::{Child, Command};

use super::environment;
use super::environment::OWN_SECRETS;
use super::process_group::RunningCommands;
use crate::gateway::budget::Budget;
use crate::gateway::error::UpstreamError;
use crate::gateway::limits::GatewayLimits;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::settings::{CommandArguments, Environment};

/// The surroundings that commands are started in.
#[derive(Clone)]
pub struct CommandContext {
    /// The hub's own variables. A command gets only those that are safe.
    pub environment: Environment,
    /// The directory of the settings file. A relative `cwd` begins there.
    pub directory: PathBuf,
    /// The hub's own program, which ends the commands if the hub is killed. Without it, nobody does.
    pub guard: Option<PathBuf>,
}

impl CommandContext {
    /// Resolves a directory from the settings: `~` is the home directory, and a relative path begins at the settings
    /// file.
    fn place(&self, directory: &Path) -> PathBuf {
        match (directory.strip_prefix("~"), self.environment.get("HOME")) {
            (Ok(rest), Some(home)) => Path::new(home).join(rest),
            (Ok(_) | Err(_), _) => self.directory.join(directory),
        }
    }
}

/// A command with everything it needs to be started.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) args: CommandArguments,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) inherits_environment: bool,
    /// As the settings write it.
    pub(crate) directory: Option<PathBuf>,
    pub(crate) context: CommandContext,
    pub(crate) running_commands: RunningCommands,
    pub(crate) limits: GatewayLimits,
    /// Bytes that wait for the readers of streams, over all sessions.
    pub(crate) waiting: Arc<Budget>,
    /// How long an answer is awaited.
    pub(crate) limit: AnswerLimit,
}

impl Program {
    /// Starts the command with pipes for its three streams, as the leader of its own process group.
    pub(super) fn start(&self) -> Result<Child, UpstreamError> {
        let directory = self.directory.as_deref().map(|directory| self.context.place(directory));
        if let Some(directory) = directory.as_deref().filter(|directory| !directory.is_dir()) {
            let problem = format!("its cwd {} is no directory; create it or correct it", directory.display());
            return Err(self.unusable(problem));
        }
        let mut command = Command::new(&self.command);
        command
            .args(self.args.iter())
            .stdin(Pipe::piped())
            .stdout(Pipe::piped())
            .stderr(Pipe::piped())
            .process_group(0);
        if !self.inherits_environment {
            command.env_clear().envs(environment::safe(&self.context.environment));
        }
        for secret in OWN_SECRETS {
            command.env_remove(secret);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &directory {
            command.current_dir(directory);
        }
        command.spawn().map_err(|error| self.unusable(self.reason(&error, directory.as_deref())))
    }

    pub(super) fn unusable(&self, problem: String) -> UpstreamError {
        UpstreamError::Unusable { server: self.name.clone(), problem }
    }

    fn reason(&self, error: &io::Error, directory: Option<&Path>) -> String {
        let command = &self.command;
        let place = directory.map(|directory| format!(" (in {})", directory.display())).unwrap_or_default();
        let file = directory.unwrap_or(Path::new("")).join(command);
        let program = command.split_whitespace().next().unwrap_or_default();
        let is_path = command.contains('/');
        match error.kind() {
            ErrorKind::NotFound if !program.contains('/') && program != command => {
                format!(
                    "there is no program {command:?}{place}; write {program:?} as its command, and put the arguments into args"
                )
            }
            ErrorKind::NotFound if is_path && file.exists() => {
                format!(
                    "the interpreter in the first line of {command:?} was not found{place}; install it or correct it"
                )
            }
            ErrorKind::NotFound if is_path => format!("there is no file {command:?}{place}; correct it"),
            ErrorKind::NotFound => {
                format!("the program {command:?} was not found in PATH; install it or write its whole path")
            }
            ErrorKind::PermissionDenied => {
                format!("the program {command:?} is not executable{place}; make it so (chmod +x) or correct it")
            }
            ErrorKind::ExecutableFileBusy | ErrorKind::ArgumentListTooLong => {
                format!("the program {command:?} cannot be started now{place} ({error}); try again")
            }
            _ => format!("the program {command:?} cannot be started{place} ({error}); correct it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_directory_and_a_relative_path_begins_at_the_settings() {
        let environment = Environment::of([("HOME", "/home/p")]);
        let command_context = CommandContext { environment, directory: "/etc/hub".into(), guard: None };

        for (written, place) in
            [("~", "/home/p"), ("~/x", "/home/p/x"), ("x", "/etc/hub/x"), ("/y", "/y"), ("~x", "/etc/hub/~x")]
        {
            assert_eq!(command_context.place(Path::new(written)), PathBuf::from(place), "{written}");
        }
    }
}
