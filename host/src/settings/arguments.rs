//! Which parts of a command's arguments are secrets, so that nobody's words show them. What is left says which command it is.

use std::fmt;
use std::ops::Deref;

/// What the name of an option or of a variable has in it whose value is a secret.
const SECRET_NAMES: [&str; 9] = ["auth", "bearer", "cookie", "credential", "header", "key", "pass", "secret", "token"];
/// Short options that commonly take one. `-p` is as often a port or a profile: what is plainly one of those stays.
const SHORT: [&str; 7] = ["-k", "-K", "-t", "-T", "-P", "-H", "-p"];
/// The beginnings that services give to their keys and tokens.
const BEGINNINGS: [&str; 34] = [
    "sk-",
    "sk_",
    "pk_live",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxs-",
    "xapp-",
    "eyJ",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "npm_",
    "pypi-",
    "hf_",
    "lin_api_",
    "secret_",
    "ntn_",
    "figd_",
    "sntrys_",
    "dop_v1_",
    "SG.",
    "pat_",
    "whsec_",
];
/// A key is no shorter than this behind its beginning.
const LEAST: usize = 8;
/// From here on a word of mixed characters is no name of anything.
const LONG: usize = 24;
/// Bits for each character of a text that nobody wrote by hand.
const ENTROPY: f64 = 3.5;

/// The arguments of a command. `Debug` shows no secret of them.
#[derive(Clone, Default)]
pub struct CommandArguments {
    all: Vec<String>,
    /// What was filled in for `${VAR}`: it came from the environment.
    filled: Vec<String>,
}

impl CommandArguments {
    /// These, into which some values of the environment were filled.
    #[must_use]
    pub(super) const fn new(all: Vec<String>, filled: Vec<String>) -> Self {
        Self { all, filled }
    }

    /// Everything in them that nobody may read, whole.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        secrets(&self.all).into_iter().chain(self.filled.iter().map(String::as_str))
    }
}

impl From<Vec<String>> for CommandArguments {
    fn from(all: Vec<String>) -> Self {
        Self { all, filled: Vec::new() }
    }
}

impl Deref for CommandArguments {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.all
    }
}

impl fmt::Debug for CommandArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden: Vec<&str> = self.secrets().filter(|secret| !secret.is_empty()).collect();
        let shown = |arg: &String| hidden.iter().fold(arg.clone(), |arg, secret| arg.replace(secret, "***"));
        f.debug_list().entries(self.all.iter().map(shown)).finish()
    }
}

/// The secrets in the arguments, whole: the values of options (`--api-key VALUE`, `--api-key=VALUE`, `-k VALUE`), of
/// variables (`-e API_KEY=VALUE`), and what looks like a key wherever it stands.
fn secrets(args: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut before: Option<&str> = None;
    for arg in args {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) if is_name(name) => (Some(name), value),
            Some(_) | None => (None, arg.as_str()),
        };
        let is_named = match name {
            Some(name) => is_secret_name(name),
            None => before.is_some_and(|option| takes_secret(option, value)),
        };
        if is_named || looks_secret(value) {
            found.push(value);
            // `Authorization: Bearer VALUE`
            found.extend(value.trim().rsplit_once(' ').map(|(_, credential)| credential));
        } else if let Some(joined) = joined(arg) {
            found.push(joined);
        }
        before = (name.is_none() && arg.starts_with('-')).then_some(arg);
    }
    found
}

/// Whether the name of an option, a header or a variable says that its value is a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|word| name.contains(word))
}

/// Whether a text looks like a key or a token by itself.
fn looks_secret(text: &str) -> bool {
    let behind = |start: &&str| text.strip_prefix(*start).is_some_and(|rest| rest.len() >= LEAST && is_word(rest));
    BEGINNINGS.iter().any(behind) || is_random(text)
}

fn takes_secret(option: &str, value: &str) -> bool {
    if option.starts_with("--") || option.len() > 2 {
        return is_secret_name(option) && !value.starts_with("--");
    }
    SHORT.contains(&option) && !value.starts_with("--") && !is_plain(value)
}

/// The value that follows a letter without a blank (`-kVALUE`).
fn joined(arg: &str) -> Option<&str> {
    let (option, value) = arg.split_at_checked(2)?;
    let looks = || value.len() >= LEAST && value.contains(|c: char| c.is_ascii_digit());
    (SHORT.contains(&option) && looks() && !is_plain(value)).then_some(value)
}

/// Whether the value of a short option is plainly not a secret: a number, a word, a path, a package, an address.
fn is_plain(value: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let is_lower = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '.');
    is_number(value)
        || value.starts_with(['/', '.', '@', '~'])
        || value.contains("://")
        || (value.len() < LEAST * 2 && value.chars().all(is_lower) && value.len() < 6)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=' | '~'))
}

/// A long word of letters and digits that are mixed as nobody mixes them: no path, no version, no identifier in words.
fn is_random(text: &str) -> bool {
    let is_mixed = |kinds: [fn(&char) -> bool; 2]| kinds.iter().all(|kind| text.chars().any(|c| kind(&c)));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=');
    text.len() >= LONG
        && text.chars().all(plain)
        && is_mixed([char::is_ascii_digit, char::is_ascii_alphabetic])
        && text.split(['-', '_']).any(|part| part.len() >= LONG / 2 && changes(part) >= part.len() / 4)
        && entropy(text) >= ENTROPY
}

/// How often letters of one case, letters of the other, and digits follow each other.
fn changes(text: &str) -> usize {
    let kind = |c: &char| (c.is_ascii_digit(), c.is_ascii_uppercase());
    text.chars().zip(text.chars().skip(1)).filter(|(a, b)| kind(a) != kind(b)).count()
}

/// Bits for each character.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<char, u32>::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let all = f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
    counts.values().map(|count| f64::from(*count) / all).map(|part| -part * part.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Vec<String> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        secrets(&args).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn values_of_options_and_variables_that_say_so_are_secrets() {
        for (args, secret) in [
            (&["-y", "server", "--api-key", "hunter2"][..], "hunter2"),
            (&["--api-key=hunter2"], "hunter2"),
            (&["-e", "ACME_TOKEN=hunter2"], "hunter2"),
            (&["-k", "hunter2"], "hunter2"),
            (&["-t", "Hunter two"], "Hunter two"),
            (&["-P", "correct-horse"], "correct-horse"),
            (&["-khunter2hunter"], "hunter2hunter"),
            (&["--password", "-dash-first"], "-dash-first"),
        ] {
            assert!(of(args).contains(&secret.to_owned()), "{args:?}: {:?}", of(args));
        }
        assert!(of(&["--header", "Authorization: Bearer abcdefgh"]).contains(&"abcdefgh".to_owned()));
    }

    #[test]
    fn what_looks_like_a_key_is_a_secret_wherever_it_stands() {
        for key in [
            "sk-proj-abc123def456",
            "ghp_0123456789abcdefABCDEF",
            "xoxb-1234-5678-abcdef",
            "eyJhbGciOiJIUzI1NiJ9.e30.abc",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "kZ8vQ2mX7pR4tL9wB3nY6cD1",
        ] {
            assert_eq!(of(&["-y", "server", key]), [key]);
        }
    }

    #[test]
    fn printed_arguments_show_no_secret_and_which_command_it_is() {
        let all = ["-y", "server", "--token=hunter2-hunter2", "--region", "eu-1-from-env"].map(str::to_owned).to_vec();
        let arguments = CommandArguments::new(all, vec!["eu-1-from-env".to_owned()]);

        assert_eq!(format!("{arguments:?}"), r#"["-y", "server", "--token=***", "--region", "***"]"#);
    }

    #[test]
    fn what_says_which_command_it_is_stays() {
        for args in [
            &["-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "/home/ann/projects/notes-2024"][..],
            &["run", "-i", "--rm", "-p", "8080:80", "ghcr.io/acme/mcp-server-with-a-long-name:v1.24.3"],
            &["-m", "mcp_server_time", "--local-timezone=Europe/Berlin"],
            &["--project-id", "my-long-project-name-for-2024-and-2025", "-t", "stdio", "-k", "5000"],
            &["https://mcp.example.com/sse", "--transport", "http-first", "--verbose"],
            &["550e8400-e29b-41d4-a716-446655440000"],
        ] {
            assert_eq!(of(args), Vec::<String>::new(), "{args:?}");
        }
    }
}
