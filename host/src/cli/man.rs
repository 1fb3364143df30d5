//! `mcphub man`: the man pages, made of the same texts as `--help`.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::arguments::Arguments;
use super::error::CliError;

/// What no option says: files, variables and exit codes.
const SECTIONS: &str = include_str!("man/sections.1");

/// Writes `mcphub.1`, and `mcphub-COMMAND.1` for each command that the help shows. The date is an argument, so that the same
/// release always has the same pages.
pub(super) fn man(directory: &Path, date: &str) -> Result<(), CliError> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let written = |(name, page): (String, String)| fs::write(directory.join(name), page);
    pages(&command, date).and_then(|pages| pages.into_iter().try_for_each(written)).map_err(|cause| {
        CliError::Refused(format!("{} cannot be written ({cause}); name a directory that exists", directory.display()))
    })
}

/// The pages of a command and of those below it, by the names of their files.
fn pages(command: &Command, date: &str) -> std::io::Result<Vec<(String, String)>> {
    let page = Man::new(command.clone()).date(date).manual("MCPHub");
    let mut text = Vec::new();
    page.render(&mut text)?;
    // Breaks around an empty line, which readers of man pages warn about.
    let mut text = String::from_utf8_lossy(&text).replace(".br\n\n.br\n", ".sp\n");
    let mut pages = Vec::new();
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        pages.append(&mut self::pages(inner, date)?);
    }
    if command.get_name() == "mcphub" {
        text.push_str(SECTIONS);
    }
    pages.push((page.get_filename(), text));
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_that_the_help_shows_has_a_page() {
        let directory = tempfile::tempdir().expect("a directory");

        man(directory.path(), "2026-01-02").expect("written");

        let names = fs::read_dir(directory.path()).expect("read").map(|entry| entry.expect("read").file_name());
        let names: std::collections::BTreeSet<_> = names.map(|name| name.into_string().expect("text")).collect();
        for name in ["mcphub.1", "mcphub-serve.1", "mcphub-auth.1", "mcphub-auth-login.1", "mcphub-completions.1"] {
            assert!(names.contains(name), "{name} is not in {names:?}");
        }
        assert!(!names.contains("mcphub-man.1") && !names.iter().any(|name| name.contains("guard")), "{names:?}");
    }

    #[test]
    fn the_main_page_tells_files_variables_and_exit_codes() {
        let mut command = Arguments::command();
        command.build();

        let pages = pages(&command, "2026-01-02").expect("rendered");

        let (_, text) = pages.iter().find(|(name, _)| name == "mcphub.1").expect("the main page");
        for words in ["2026-01-02", ".SH FILES", ".SH ENVIRONMENT", ".SH \"EXIT STATUS\"", "MCPHUB_SETTING_PATH"] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
    }

    #[test]
    fn a_directory_that_does_not_exist_is_told() {
        let refused = man(Path::new("/nowhere/at/all"), "2026-01-02").expect_err("no such directory");

        assert!(refused.to_string().contains("name a directory that exists"), "{refused}");
    }
}
