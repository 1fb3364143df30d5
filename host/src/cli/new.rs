//! `mcphub plugins new`.

use std::path::PathBuf;

use mcphub_plugins::{Limits, PluginHost};

use super::arguments::Lang;
use super::error::CliError;
use super::local::Local;
use super::output::say;
use crate::app::{App, AppError};
use crate::egress::Egress;
use crate::scaffold::{self, FoundLogin, Language, Listener, ProjectDraft, ScaffoldError, Start};

/// What a person wants.
pub(super) struct WantedProject {
    pub(super) name: String,
    pub(super) lang: Lang,
    pub(super) like: Option<String>,
    pub(super) from_doctor: Option<String>,
    pub(super) dir: Option<PathBuf>,
}

/// Writes a new plugin's project.
pub(super) async fn new(local: &Local, wanted: WantedProject) -> Result<(), CliError> {
    let found = match &wanted.from_doctor {
        Some(url) => Some(found(local, url).await?),
        None => None,
    };
    let like = match &wanted.like {
        Some(name) => Some(start(local, name).await?),
        None => None,
    };
    let language = match wanted.lang {
        Lang::Rust => Language::Rust,
        Lang::Js => Language::JavaScript,
        Lang::Python => Language::Python,
    };
    let draft = ProjectDraft { id: wanted.name, language, like, found };
    let files = scaffold::files(&draft).map_err(refused)?;
    let directory = wanted.dir.unwrap_or_else(|| PathBuf::from(&draft.id));
    scaffold::write(&directory, &files).map_err(refused)?;
    say(&format!(
        "{} has a plugin for {}; go on with its README.md, where the commands stand",
        directory.display(),
        draft.id
    ));
    say(&format!("the source is {}", directory.join(language.source()).display()));
    Ok(())
}

/// The plugin that is started from.
async fn start(local: &Local, name: &str) -> Result<Start, CliError> {
    let host = PluginHost::new(local.options.cache.as_deref(), Limits::default()).map_err(AppError::from)?;
    Start::at(name, &host).await.map_err(refused)
}

/// Examines a server and keeps what it answered.
async fn found(local: &Local, url: &str) -> Result<FoundLogin, CliError> {
    let url = super::auth::server_url(url)?;
    let listener = Listener::default();
    let egress = Egress::new().witnessed_by(listener.witness());
    let app = App::build_on(local.options.clone(), local.environment.clone(), egress, None).await?;
    app.connector.doctor(&url).await;
    listener.found(&url).map_err(refused)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: ScaffoldError) -> CliError {
    CliError::Refused(error.to_string())
}
