//! Arguments, log, run.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mcphub::cli::{self, Arguments, LogFormat};
use mcphub::settings::Environment;
use mcphub::telemetry::log_fields::LogFields;
use mcphub::telemetry::log_queue::{LastLines, LogQueue};
use mcphub::visible::VisibleLog;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// How long a thread waits for further work that blocks. Many are needed for a moment when the hub starts.
const REST: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = Environment::of_process();
    let _last_lines = log(&arguments, &environment);
    match tokio::runtime::Builder::new_multi_thread().enable_all().thread_keep_alive(REST).build() {
        Ok(runtime) => {
            let code = runtime.block_on(cli::run(arguments, environment));
            // Work that is still blocked somewhere does not hold the end back.
            runtime.shutdown_timeout(Duration::from_secs(1));
            code
        }
        Err(error) => {
            tracing::error!("no threads can be started: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The log goes to standard error, with nothing in it that a terminal obeys; `RUST_LOG` chooses what is in it. A hub that
/// serves does not wait for whoever reads it.
fn log(arguments: &Arguments, environment: &Environment) -> Option<LastLines> {
    let usual = arguments.log_level();
    let filter =
        EnvFilter::try_new(environment.get("RUST_LOG").unwrap_or(usual)).unwrap_or_else(|_| EnvFilter::new(usual));
    let queue = if arguments.serves() { LogQueue::start(std::io::stderr()).ok() } else { None };
    let (writer, last_lines) = match queue {
        Some((queue, last_lines)) => (BoxMakeWriter::new(queue), Some(last_lines)),
        None => (BoxMakeWriter::new(VisibleLog), None),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false);
    match arguments.log_format {
        LogFormat::Text => log.fmt_fields(LogFields).with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    last_lines
}
