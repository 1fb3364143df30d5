//! The command line: commands, options, and the texts of `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Put many MCP servers behind one endpoint, with their OAuth logins taken care of.
#[derive(Debug, Parser)]
#[command(name = "mcphub", version, about)]
pub struct Arguments {
    /// Settings file; created on the first run [default: `mcp_settings.json`, or `MCPHUB_SETTING_PATH`].
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Address to listen on; may be given more than once [default: `127.0.0.1` and `::1` with port 3000, or `PORT`].
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Vec<SocketAddr>,
    /// Directory with your own plugins; may be given more than once [default: `plugins/` beside the settings file].
    #[arg(long, global = true, value_name = "DIR")]
    pub plugins: Vec<PathBuf>,
    /// Use every plugin in these directories without asking, even one that names new hosts or replaces another plugin.
    #[arg(long, global = true)]
    pub trust_plugins: bool,
    /// Do not open the system browser when a login is needed.
    #[arg(long, global = true)]
    pub no_browser: bool,
    /// Seconds that requests under way may take when the hub is told to stop (SIGTERM).
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10)]
    pub drain: u64,
    /// Put the arguments of calls into the log's line of each request, with the secrets masked that the hub knows.
    #[arg(long, global = true)]
    pub log_arguments: bool,
    /// Format of the log; `RUST_LOG` chooses what is logged.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// The command; without one the hub runs.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text for each entry.
    Text,
    /// One JSON object for each entry.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Started by the hub itself: ends the servers' commands if the hub is killed.
    #[command(name = crate::gateway::GUARD, hide = true)]
    GuardCommands,
    /// Run the hub (the default).
    Serve,
    /// Show logins, log in, log out, diagnose a server.
    Auth {
        #[command(subcommand)]
        command: Auth,
    },
    /// List, write, check and approve provider plugins.
    Plugins {
        #[command(subcommand)]
        command: Plugins,
    },
    /// List the servers in the settings.
    Servers {
        #[command(subcommand)]
        command: Servers,
    },
    /// Make, list and revoke the keys of clients.
    ///
    /// Where there is a key, MCP clients must send one: `Authorization: Bearer KEY`. The hub may then listen beyond this machine.
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// List and call tools: through the running hub, else with servers started for this command alone.
    Tools {
        #[command(subcommand)]
        command: Tools,
    },
    /// Ask the running hub whether it is ready, for health checks.
    Ready,
    /// Print completions for a shell.
    Completions {
        /// Shell that completes.
        shell: Shell,
    },
    /// Write the man pages, one for each command. Packages are made with it.
    #[command(hide = true)]
    Man {
        /// Directory that the pages are written to.
        directory: PathBuf,
        /// Date of the pages, as YYYY-MM-DD.
        #[arg(long)]
        date: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Auth {
    /// Show the login of every server, with the steps taken so far.
    Status {
        /// Print one JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Log in to a server.
    Login {
        /// Name of the server in the settings.
        server: String,
        /// Name for the account to log in with; a new name adds an account, which is served at `/mcp/SERVER@NAME`.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// Write the login to this directory as a case for `mcphub plugins test`, with every secret replaced.
        #[arg(long, value_name = "DIR", conflicts_with = "account")]
        record: Option<PathBuf>,
    },
    /// Set up an OAuth client by hand, guided step by step.
    Setup {
        /// Name of the server in the settings.
        server: String,
    },
    /// Forget a login, and revoke it at the provider where possible.
    Logout {
        /// Name of the server in the settings.
        server: String,
    },
    /// Diagnose how a login at any server would go; changes nothing.
    Doctor {
        /// The server's URL.
        url: String,
        /// Print one JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Plugins {
    /// List the plugins that are loaded, and those that could not be.
    List {
        /// Print one JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Show a plugin that waits for your approval, and use it if you say yes.
    Approve {
        /// Id of the plugin, as `plugins list` shows it.
        id: String,
        /// Approve what is shown without asking.
        #[arg(long, short)]
        yes: bool,
        /// Approve the file with this SHA-256 digest, and no other, without asking.
        #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
        sha256: Option<String>,
    },
    /// Create a new plugin project: source, tests, a recorded login, README, and the contract.
    New {
        /// Id of the plugin, such as `acme`.
        name: String,
        /// Language of the plugin.
        #[arg(long, value_enum, default_value_t = Lang::Rust)]
        lang: Lang,
        /// Plugin to start from: a bundled one or an example. One that has code of its own only in its own language.
        #[arg(long, value_name = "PLUGIN")]
        like: Option<String>,
        /// Address of an MCP server; fills in what discovery finds there.
        #[arg(long, value_name = "URL", conflicts_with = "like")]
        from_doctor: Option<String>,
        /// Directory of the project [default: the plugin's name].
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Check a component: what it imports, what each call costs, and whether it keeps the contract.
    Check {
        /// WebAssembly component (.wasm).
        file: PathBuf,
    },
    /// Play recorded logins with a component, without a network. Shows what the component prints.
    Test {
        /// Show every call: what the plugin received, what it answered, and what it printed.
        #[arg(long, short)]
        verbose: bool,
        /// WebAssembly component (.wasm).
        file: PathBuf,
        /// Case files, or directories of them [default: `cases/`].
        cases: Vec<PathBuf>,
    },
    /// Show what is in a plugin file, or what is wrong with it.
    Inspect {
        /// WebAssembly component (.wasm).
        file: PathBuf,
    },
}

/// A language that plugins can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    /// Rust, with the SDK.
    Rust,
    /// JavaScript, with componentize-js.
    Js,
    /// Python, with componentize-py.
    Python,
}

#[derive(Debug, Subcommand)]
pub(super) enum Servers {
    /// List names and addresses, and what is wrong with an entry.
    List {
        /// Print one JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the keys, and what is wrong with those that cannot be used. Shows no key itself.
    List {
        /// Print one JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Make a key, and print it. It is shown once; the hub keeps its digest only.
    Add {
        /// Name of the key, for you and for the log.
        name: String,
        /// Group whose servers the key may use; may be given more than once [default: all servers].
        #[arg(long, value_name = "GROUP")]
        group: Vec<String>,
        /// Server that the key may use; may be given more than once [default: all servers].
        #[arg(long, value_name = "SERVER")]
        server: Vec<String>,
        /// Let the key use the API and the pages, too.
        #[arg(long)]
        admin: bool,
    },
    /// Revoke a key. It opens nothing any more, and sessions that it began end.
    Revoke {
        /// Name of the key.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Tools {
    /// List the tools of all servers, or of one. A running hub answers with what it knows; a server that is slow or down is
    /// named and not waited for, unless it is the one that you ask for.
    List {
        /// Name of the server in the settings.
        #[arg(long)]
        server: Option<String>,
        /// Print one JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Call a tool, and print its result. A running hub calls it, and cancels the call if you stop this command.
    Call {
        /// Name of the server in the settings.
        server: String,
        /// Name of the tool.
        tool: String,
        /// Arguments of the tool, as a JSON object.
        arguments: String,
    },
}

impl Arguments {
    /// Whether standard output must be one JSON document and nothing else.
    #[must_use]
    pub(super) fn wants_json(&self) -> bool {
        match &self.command {
            Some(
                Command::Auth { command: Auth::Status { json } | Auth::Doctor { json, .. } }
                | Command::Plugins { command: Plugins::List { json } }
                | Command::Servers { command: Servers::List { json } }
                | Command::Keys { command: Keys::List { json } }
                | Command::Tools { command: Tools::List { json, .. } },
            ) => *json,
            Some(
                Command::Serve
                | Command::GuardCommands
                | Command::Auth { .. }
                | Command::Plugins { .. }
                | Command::Keys { .. }
                | Command::Tools { .. }
                | Command::Ready
                | Command::Completions { .. }
                | Command::Man { .. },
            )
            | None => false,
        }
    }

    /// Whether the hub itself runs, until it is told to stop.
    #[must_use]
    pub fn serves(&self) -> bool {
        matches!(self.command, None | Some(Command::Serve))
    }

    /// The log filter where `RUST_LOG` is not set: the hub logs its work, other commands log warnings only. A command that
    /// tries a plugin also logs what the plugin prints; warnings about a played login are part of its result.
    #[must_use]
    pub fn log_level(&self) -> &'static str {
        match self.command {
            None | Some(Command::Serve) => "info",
            Some(Command::Plugins { command: Plugins::Test { verbose: true, .. } }) => {
                "error,mcphub_plugins::printed=info,mcphub_plugins::calls=trace"
            }
            Some(Command::Plugins { command: Plugins::Test { verbose: false, .. } }) => {
                "error,mcphub_plugins::printed=info"
            }
            Some(
                Command::Plugins { command: Plugins::Check { .. } } | Command::Auth { command: Auth::Login { .. } },
            ) => "warn,mcphub_plugins::printed=info",
            Some(_) => "warn",
        }
    }
}

#[cfg(test)]
mod tests;
