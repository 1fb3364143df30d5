//! `mcphub ready`.

use http::Method;

use super::error::CliError;
use super::local::Local;
use super::output::say;
use crate::serve::paths;

/// Done when the hub with these settings runs and is ready. Never starts one, unlike commands that need a hub.
pub(super) async fn ready(local: &Local) -> Result<(), CliError> {
    let Some(hub) = local.running().await else {
        return Err(CliError::Refused(format!(
            "no hub runs with {}; start it with `mcphub serve`, or name its settings with --settings",
            local.options.settings.display()
        )));
    };
    hub.get(Method::GET, paths::READY).await?;
    say("ready");
    Ok(())
}
