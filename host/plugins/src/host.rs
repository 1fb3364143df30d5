//! The plugin host: what loads plugins, under one set of limits for the process.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::code::Code;
use crate::error::{HostError, LoadError};
use crate::foundry::{Found, Foundry, Opened};
use crate::kept::Facts;
use crate::limits::Limits;
use crate::load::{self, Probed};
use crate::origin::Origin;
use crate::plugin::{Plugin, Provenance};
use crate::run::PluginRun;

/// Loads plugins. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost(Arc<Foundry>);

/// A component that is part of this program.
#[derive(Debug, Clone, Copy)]
pub struct BundledComponent {
    /// The component as it was built, unchanged.
    pub bytes: &'static [u8],
    /// Their SHA-256, lower-case hexadecimal.
    pub sha256: &'static str,
}

impl PluginHost {
    /// Makes a host. `cache` is a directory of the hub's own for compiled code, made with mode 0700; it must not lie
    /// where plugins are dropped.
    pub fn new(cache: Option<&Path>, limits: Limits) -> Result<Self, HostError> {
        Ok(Self(Arc::new(Foundry::new(cache, limits)?)))
    }

    /// Loads a plugin: reads, checks, compiles, asks for its profile, checks that too. One that was loaded before, by this
    /// program, is known: its code is loaded when it is first called.
    pub async fn load(&self, origin: Origin, bytes: Vec<u8>) -> Result<Plugin, LoadError> {
        let size = bytes.len();
        let (found, sha256) = self.0.find(Cow::Owned(bytes), false).await?;
        self.plugin(Provenance::new(origin, sha256, size), found, None).await
    }

    /// The same, with nothing taken from an earlier start but its machine code: it is asked again.
    pub(crate) async fn load_anew(&self, origin: Origin, bytes: Vec<u8>) -> Result<Plugin, LoadError> {
        let size = bytes.len();
        let (found, sha256) = self.0.find(Cow::Owned(bytes), true).await?;
        self.plugin(Provenance::new(origin, sha256, size), found, None).await
    }

    /// Loads a plugin that comes with the program. Its bytes are not touched where it is known.
    pub async fn load_bundled(&self, component: BundledComponent) -> Result<Plugin, LoadError> {
        let BundledComponent { bytes, sha256 } = component;
        let found = match self.0.facts(sha256) {
            Some(facts) => Found::Known(Box::new(facts)),
            None => Found::Opened(Box::new(self.0.open(sha256, Cow::Borrowed(bytes)).await?)),
        };
        self.plugin(Provenance::new(Origin::Bundled, sha256.to_owned(), bytes.len()), found, Some(bytes)).await
    }

    /// The largest file that is loaded.
    pub(crate) fn file_bytes(&self) -> usize {
        self.0.limits().file_bytes
    }

    #[tracing::instrument(name = "plugins.load", skip_all, fields(plugin.origin = %provenance.origin))]
    async fn plugin(
        &self,
        mut provenance: Provenance,
        found: Found,
        bundled: Option<&'static [u8]>,
    ) -> Result<Plugin, LoadError> {
        let (facts, opened) = match found {
            Found::Known(facts) => (*facts, None),
            Found::Opened(opened) => (self.ask(&opened).await?, Some(*opened)),
        };
        // Written out before it is used up, and kept once every word is checked.
        let written = opened.as_ref().filter(|opened| opened.is_kept).and_then(|_| facts.written());
        let Facts { fuel, imports, exports, answers } = facts;
        let probed = Probed::of(answers)?;
        if let Some(written) = written {
            self.0.keep(&provenance.sha256, written).await;
        }
        (provenance.fuel, provenance.imports, provenance.exports) = (fuel, imports, exports);
        let code = Code::new(self.0.clone(), opened, bundled);
        Ok(Plugin::new(provenance, probed, code, self.0.limits().clone()))
    }

    /// Asks a component for its profile.
    async fn ask(&self, opened: &Opened) -> Result<Facts, LoadError> {
        let turns = Semaphore::new(1);
        let instantiate = |fault| LoadError::Probe { function: "instantiation", fault };
        let mut run = PluginRun::start(&opened.component, self.0.limits(), &turns).await.map_err(instantiate)?;
        load::open(&mut run, &opened.interfaces)?;
        let answers = load::probe(&mut run, &opened.interfaces).await?;
        Ok(Facts { fuel: run.fuel_used(), imports: opened.imports.clone(), exports: opened.exports.clone(), answers })
    }
}

impl fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginHost").field("limits", self.0.limits()).finish_non_exhaustive()
    }
}
