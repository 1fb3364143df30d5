//! `mcphub completions`: scripts that complete commands and options in a shell.

use std::io::Write;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::arguments::Arguments;

/// Prints the script, byte by byte as it is: a shell reads it. A closed pipe is not an error.
pub(super) fn completions(shell: Shell) {
    let _ = std::io::stdout().write_all(&script(shell));
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown(&Arguments::command()), "mcphub", &mut script);
    script
}

/// The command without what its help hides: some generators would complete that, too.
fn shown(command: &Command) -> Command {
    let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    Command::new("mcphub")
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments().cloned())
        .subcommands(inner.cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_completes_what_the_help_shows_and_nothing_else() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).expect("text");

            assert!(script.contains("doctor") && script.contains("trust-plugins"), "{shell}");
            assert!(!script.contains("guard"), "{shell}");
        }
    }
}
