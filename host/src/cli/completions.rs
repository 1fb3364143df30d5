//! `mcphub completions`: scripts that complete commands and options in a shell.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::Arguments;
use super::error::CliError;

/// Prints the script, byte by byte as it is: a shell reads it. A closed pipe is not an error.
pub(super) fn completions(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "mcphub", &mut script);
    let _ = std::io::stdout().write_all(&script);
    Ok(())
}
