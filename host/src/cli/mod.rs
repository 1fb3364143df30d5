//! The command line: each command asks the running hub, or builds one of its own for as long as it needs it.
//!
//! May use every room. Results go to standard output, everything else to standard error; with `--json` standard output is one
//! JSON document. A command ends with 0 (done), 1 (failed, with one sentence and what to do) or 2 (wrong usage).
//!
//! | what | where |
//! |---|---|
//! | commands, options and help | `arguments` |
//! | why a command fails | `error` |
//! | the hub on this machine | `local`, `hub_tools` |
//! | what is printed | `output` |
//! | one file for each command | `serve`, `auth`, `setup`, `record`, `plugins`, `new`, `servers`, `keys`, `tools`, `ready`, `completions`, `man` |
//! | traces for a collector | `traces` |

mod arguments;
mod auth;
mod completions;
mod error;
mod hub_tools;
mod keys;
mod local;
mod man;
mod new;
mod output;
mod plugins;
mod ready;
mod record;
mod serve;
mod servers;
mod setup;
mod tools;
mod traces;

use std::process::ExitCode;

pub use arguments::{Arguments, LogFormat};

use arguments::{Auth, Command, Keys, Plugins, Servers, Tools};
use error::CliError;
use local::Local;
use output::say;

use crate::app::Options;
use crate::keys::WantedKey;
use crate::settings::Environment;

/// Runs what the arguments say.
pub async fn run(arguments: Arguments, environment: Environment) -> ExitCode {
    let json = arguments.wants_json();
    match dispatch(arguments, environment).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if json {
                say(&serde_json::json!({ "error": error.to_string() }).to_string());
            }
            output::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments, environment: Environment) -> Result<(), CliError> {
    let options = arguments.options(&environment)?;
    let local = Local { options, environment };
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(local).await,
        Command::GuardCommands => {
            crate::gateway::stand_guard(std::io::stdin().lock());
            Ok(())
        }
        Command::Auth { command } => match command {
            Auth::Status { json } => auth::status(&local, json).await,
            Auth::Login { server, record: Some(directory), .. } => record::login(&local, &server, &directory).await,
            Auth::Login { server, account, record: None } => auth::login(&local, &server, account.as_deref()).await,
            Auth::Setup { server } => setup::setup(&local, &server).await,
            Auth::Logout { server } => auth::logout(&local, &server).await,
            Auth::Doctor { url, json } => auth::doctor(&local, &url, json).await,
        },
        Command::Plugins { command } => match command {
            Plugins::List { json } => plugins::list(&local, json).await,
            Plugins::Approve { id, yes, sha256 } => {
                plugins::approve(&local, &id, plugins::Consent::of(yes, sha256)).await
            }
            Plugins::New { name, lang, like, from_doctor, dir } => {
                new::new(&local, new::WantedProject { name, lang, like, from_doctor, dir }).await
            }
            Plugins::Check { file } => plugins::check(&local, &file).await,
            Plugins::Test { file, cases, verbose: _ } => plugins::test(&local, &file, &cases).await,
            Plugins::Inspect { file } => plugins::inspect(&local, &file).await,
        },
        Command::Servers { command: Servers::List { json } } => servers::list(&local, json),
        Command::Keys { command } => match command {
            Keys::List { json } => keys::list(&local, json),
            Keys::Add { name, group, server, admin } => {
                keys::add(&local, WantedKey { name, groups: group, servers: server, is_admin: admin }).await
            }
            Keys::Revoke { name } => keys::revoke(&local, &name).await,
        },
        Command::Tools { command } => match command {
            Tools::List { server, json } => tools::list(&local, server.as_deref(), json).await,
            Tools::Call { server, tool, arguments } => tools::call(&local, &server, &tool, &arguments).await,
        },
        Command::Ready => ready::ready(&local).await,
        Command::Completions { shell } => {
            completions::completions(shell);
            Ok(())
        }
        Command::Man { directory, date } => man::man(&directory, &date),
    }
}

impl Arguments {
    /// What the arguments and the environment choose.
    fn options(&self, environment: &Environment) -> Result<Options, CliError> {
        let settings = self.settings.clone().or_else(|| environment.get("MCPHUB_SETTING_PATH").map(Into::into));
        let settings: std::path::PathBuf = settings.unwrap_or_else(|| "mcp_settings.json".into());
        let beside = settings.parent().unwrap_or(std::path::Path::new("")).join("plugins");
        let port = match environment.get("PORT") {
            Some(text) => text.parse().map_err(|_| {
                CliError::Refused(format!("PORT is {text:?}, which is not a port; set it to a number up to 65535"))
            })?,
            None => crate::app::PORT,
        };
        let listen = if self.listen.is_empty() { crate::app::loopback(port) } else { self.listen.clone() };
        Ok(Options {
            settings,
            listen,
            plugins: if self.plugins.is_empty() { vec![beside] } else { self.plugins.clone() },
            cache: cache(environment),
            open_browser: !self.no_browser && !environment.get("BROWSER").is_some_and(crate::desktop::is_of_terminals),
            trust_plugins: self.trust_plugins,
            guard: std::env::current_exe().ok(),
            drain: std::time::Duration::from_secs(self.drain),
            log_arguments: self.log_arguments,
            only: None,
        })
    }
}

/// Where compiled plugins are kept: the person's cache directory, apart from where plugins are dropped in.
fn cache(environment: &Environment) -> Option<std::path::PathBuf> {
    let base = environment.get("XDG_CACHE_HOME").map(std::path::PathBuf::from);
    let base = base.or_else(|| environment.get("HOME").map(|home| std::path::Path::new(home).join(".cache")));
    Some(base?.join("mcphub").join("compiled"))
}
