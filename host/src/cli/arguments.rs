//! What can be written on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Many MCP servers behind one endpoint, their OAuth logins taken care of.
#[derive(Debug, Parser)]
#[command(name = "mcphub", version, about)]
pub struct Arguments {
    /// The settings file [default: `mcp_settings.json`, or `MCPHUB_SETTING_PATH`]; made on first run.
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Where to listen; may be given more than once [default: port 3000, or PORT, of `127.0.0.1` and `::1`].
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Vec<SocketAddr>,
    /// A directory with dropped-in plugins; may be given more than once [default: `plugins/` beside the settings file].
    #[arg(long, global = true, value_name = "DIR")]
    pub plugins: Vec<PathBuf>,
    /// Let every dropped-in plugin serve, also one that names new hosts or takes over a server from another plugin.
    #[arg(long, global = true)]
    pub trust_plugins: bool,
    /// Do not open the system browser when a login is needed.
    #[arg(long, global = true)]
    pub no_browser: bool,
    /// How the log is written; `RUST_LOG` chooses what is in it.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Started by the hub itself: ends the servers' commands should the hub be killed.
    #[command(name = crate::gateway::GUARD, hide = true)]
    GuardCommands,
    /// Run the hub (the default).
    Serve,
    /// Logins: where they stand, log in, log out, examine a server.
    Auth {
        #[command(subcommand)]
        command: Auth,
    },
    /// Provider plugins: what is loaded, what is in a file.
    Plugins {
        #[command(subcommand)]
        command: Plugins,
    },
    /// Servers of the settings.
    Servers {
        #[command(subcommand)]
        command: Servers,
    },
    /// Tools of the servers.
    Tools {
        #[command(subcommand)]
        command: Tools,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Auth {
    /// Where every server's login stands, with the steps taken.
    Status {
        /// One JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Log in to a server.
    Login {
        /// Name in the settings.
        server: String,
        /// Which account of yours; a new name becomes one more account, served at `/mcp/SERVER@NAME`.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// Write the login down as a case for `mcphub plugins test`, every secret replaced.
        #[arg(long, value_name = "DIR", conflicts_with = "account")]
        record: Option<PathBuf>,
    },
    /// Set up a client by hand: the provider's guide, and what it hands out.
    Setup {
        /// Name in the settings.
        server: String,
    },
    /// Forget a login, and take it back at the provider where that is possible.
    Logout {
        /// Name in the settings.
        server: String,
    },
    /// Examine any server's login; changes nothing.
    Doctor {
        /// The server's URL.
        url: String,
        /// One JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Plugins {
    /// What is loaded, and what could not be.
    List {
        /// One JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Show a dropped-in plugin that waits for your word, and let it serve if you say yes.
    Approve {
        /// Its id, as `plugins list` shows it.
        id: String,
        /// Do not ask: let serve what is shown.
        #[arg(long, short)]
        yes: bool,
        /// Do not ask: let serve the file with this SHA-256, and no other.
        #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
        sha256: Option<String>,
    },
    /// Write a new plugin's project: source, test, a recorded login, README, and the contract.
    New {
        /// Id of the plugin, such as `acme`.
        name: String,
        /// What it is written in.
        #[arg(long, value_enum, default_value_t = Lang::Rust)]
        lang: Lang,
        /// The plugin to start from: a bundled one, or a worked one in another language. One that is more than data only in
        /// its own language.
        #[arg(long, value_name = "PLUGIN")]
        like: Option<String>,
        /// Fill in what discovery finds at this MCP server.
        #[arg(long, value_name = "URL", conflicts_with = "like")]
        from_doctor: Option<String>,
        /// Where to [default: a directory of the plugin's name].
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Try a component out: what it imports, what every call costs, and whether it keeps the contract.
    Check {
        /// A component (.wasm).
        file: PathBuf,
    },
    /// Play recorded logins with a component, without a network. What it prints is shown.
    Test {
        /// Show every call: what the plugin was told, what it answered and what it printed.
        #[arg(long, short)]
        verbose: bool,
        /// A component (.wasm).
        file: PathBuf,
        /// Cases, or directories of them [default: `cases/`].
        cases: Vec<PathBuf>,
    },
    /// What is in a file, or what is wrong with it.
    Inspect {
        /// A component (.wasm).
        file: PathBuf,
    },
}

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    /// With the SDK.
    Rust,
    /// JavaScript, with componentize-js.
    Js,
    /// With componentize-py.
    Python,
}

#[derive(Debug, Subcommand)]
pub(super) enum Servers {
    /// Names, addresses, and what is wrong with an entry.
    List {
        /// One JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Tools {
    /// The tools of all servers, or of one.
    List {
        /// Name in the settings.
        #[arg(long)]
        server: Option<String>,
        /// One JSON document and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Call a tool.
    Call {
        /// Name of the server in the settings.
        server: String,
        /// Name of the tool.
        tool: String,
        /// Its arguments, a JSON object.
        arguments: String,
    },
}

impl Arguments {
    /// Whether nothing but a JSON document may be printed.
    #[must_use]
    pub(super) fn wants_json(&self) -> bool {
        match &self.command {
            Some(
                Command::Auth { command: Auth::Status { json } | Auth::Doctor { json, .. } }
                | Command::Plugins { command: Plugins::List { json } }
                | Command::Servers { command: Servers::List { json } }
                | Command::Tools { command: Tools::List { json, .. } },
            ) => *json,
            Some(
                Command::Serve
                | Command::GuardCommands
                | Command::Auth { .. }
                | Command::Plugins { .. }
                | Command::Tools { .. },
            )
            | None => false,
        }
    }

    /// What is logged unless said otherwise: the hub's own work; of other commands only warnings, and those of a played
    /// login are its outcome. Where a plugin is tried, what it prints is shown.
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
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_hub_serves() {
        assert_eq!(Arguments::try_parse_from(["mcphub"]).expect("parses").log_level(), "info");
        assert!(Arguments::try_parse_from(["mcphub", "serve", "--no-browser"]).expect("parses").no_browser);
    }

    #[test]
    fn wrong_usage_is_told() {
        for words in
            [&["mcphub", "auth"][..], &["mcphub", "auth", "login"], &["mcphub", "--listen", "here"], &["mcphub", "fly"]]
        {
            assert!(Arguments::try_parse_from(words).is_err(), "{words:?}");
        }
    }
}
