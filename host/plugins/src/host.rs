//! The plugin host: what compiles and links, and one set of limits for the process.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::check::text;
use crate::engine::Workshops;
use crate::error::{HostError, LoadError};
use crate::limits::Limits;
use crate::load::{self, Compilers, Interfaces, OFFERED, Probed};
use crate::origin::Origin;
use crate::plugin::{Plugin, Provenance};
use crate::run::PluginRun;
use crate::sandbox::Sandbox;

/// Loads plugins. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost(Arc<Inner>);

struct Inner {
    workshops: Workshops,
    limits: Arc<Limits>,
    compilers: Compilers,
}

impl PluginHost {
    /// Makes a host. `cache` is a directory of the hub's own for compiled code, made with mode 0700; it must not lie
    /// where plugins are dropped.
    pub fn new(cache: Option<&Path>, limits: Limits) -> Result<Self, HostError> {
        let workshops = Workshops::new(cache)?;
        let half = std::thread::available_parallelism().map_or(0, |cores| cores.get() / 2);
        let compilers = Compilers::new(half.max(2));
        Ok(Self(Arc::new(Inner { workshops, limits: Arc::new(limits), compilers })))
    }

    /// Loads a plugin: reads, checks, compiles, asks for its profile, checks that too.
    #[tracing::instrument(name = "plugins.load", skip_all, fields(plugin.origin = %origin))]
    pub async fn load(&self, origin: Origin, bytes: Vec<u8>) -> Result<Plugin, LoadError> {
        let Inner { workshops, limits, compilers } = &*self.0;
        let size = bytes.len();
        let (component, sha256) = load::compile(workshops.for_size(size), bytes, compilers, limits).await?;
        let imports = load::check_imports(&component)?;
        let exports = load::check_contract(&component)?;
        let component = link(workshops.linker(&component), &component)?;
        let interfaces = Interfaces::find(&component)?;
        let (probed, fuel) = self.probe(&component, &interfaces).await?;
        let provenance = Provenance { origin, sha256, size, fuel, imports, exports };
        Ok(Plugin::new(provenance, probed, interfaces, component, Arc::clone(limits)))
    }

    /// The largest file that is loaded.
    pub(crate) fn file_bytes(&self) -> usize {
        self.0.limits.file_bytes
    }

    async fn probe(&self, component: &InstancePre<Sandbox>, found: &Interfaces) -> Result<(Probed, u64), LoadError> {
        let turns = Semaphore::new(1);
        let instantiate = |fault| LoadError::Probe { function: "instantiation", fault };
        let mut run = PluginRun::start(component, &self.0.limits, &turns).await.map_err(instantiate)?;
        load::open(&mut run, found)?;
        let probed = load::probe(&mut run, found).await?;
        Ok((probed, run.fuel_used()))
    }
}

fn link(linker: &Linker<Sandbox>, component: &Component) -> Result<InstancePre<Sandbox>, LoadError> {
    linker.instantiate_pre(component).map_err(|error| LoadError::Shape {
        interface: "its imports",
        offered: OFFERED,
        reason: text::printable(&error.root_cause().to_string()),
    })
}

impl fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginHost").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}
