//! Where the code of components comes from: kept from before, else compiled, off the request path, few at a time, within a
//! time. The engines are made when the first component needs one.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use serde_json::value::RawValue;
use wasmtime::component::{Component, InstancePre};

use crate::check::text;
use crate::engine::{Workshop, Workshops};
use crate::error::{HostError, LoadError};
use crate::kept::{Facts, Kept};
use crate::limits::Limits;
use crate::load::{self, Compilers, Interfaces, NotDone, OFFERED};
use crate::sandbox::Sandbox;

/// The bytes of a component.
pub(crate) type Wasm = Cow<'static, [u8]>;

/// Makes code of components. Each engine is made once, when it is first needed.
pub(crate) struct Foundry {
    workshops: Workshops,
    compilers: Compilers,
    kept: Option<Kept>,
    limits: Arc<Limits>,
}

/// A component that can be called.
pub(crate) struct Opened {
    /// Linked and ready to be instantiated.
    pub(crate) component: InstancePre<Sandbox>,
    /// The interfaces of the contract that it exports.
    pub(crate) interfaces: Interfaces,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    /// Whether its code is kept, so that it can be closed and opened again.
    pub(crate) is_kept: bool,
}

/// What came of bytes.
pub(crate) enum Found {
    /// A component that was loaded before, and what it said then.
    Known(Box<Facts>),
    /// A component that has not said anything yet.
    Opened(Box<Opened>),
}

impl Foundry {
    /// With `cache`, code is kept in that directory, which nobody else may write to.
    pub(crate) fn new(cache: Option<&Path>, limits: Limits) -> Result<Self, HostError> {
        let kept = cache.map(|directory| Kept::open(directory, &limits)).transpose()?;
        let half = std::thread::available_parallelism().map_or(0, |cores| cores.get() / 2);
        let compilers = Compilers::new(half.max(2));
        Ok(Self { workshops: Workshops::default(), compilers, kept, limits: Arc::new(limits) })
    }

    /// The limits of every call.
    pub(crate) const fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// What is known of the component of this digest.
    pub(crate) fn facts(&self, sha256: &str) -> Option<Facts> {
        self.kept.as_ref()?.facts(sha256)
    }

    /// Keeps what a component said, for the next start.
    pub(crate) async fn keep(self: &Arc<Self>, sha256: &str, written: Box<RawValue>) {
        let (foundry, sha256) = (Arc::clone(self), sha256.to_owned());
        let work = move || {
            if let Some(kept) = &foundry.kept {
                kept.keep_facts(&sha256, written);
            }
            Ok(())
        };
        // Without it the next start takes longer, and nothing else is different.
        drop(self.work(work).await);
    }

    /// Checks bytes and finds what is known of them, else opens them; with their SHA-256. With `is_anew` they are opened in
    /// any case.
    pub(crate) async fn find(self: &Arc<Self>, file: Wasm, is_anew: bool) -> Result<(Found, String), LoadError> {
        load::check_size(&file, self.limits.file_bytes)?;
        let foundry = Arc::clone(self);
        let found = self.work(move || {
            load::check_format(&file)?;
            let sha256 = load::sha256(&file);
            let facts = if is_anew { None } else { foundry.facts(&sha256) };
            let found = match facts {
                Some(facts) => Found::Known(Box::new(facts)),
                None => Found::Opened(Box::new(foundry.opened(&sha256, &file)?)),
            };
            Ok((found, sha256))
        });
        found.await
    }

    /// Opens a component whose digest is known.
    pub(crate) async fn open(self: &Arc<Self>, sha256: &str, file: Wasm) -> Result<Opened, LoadError> {
        let (foundry, sha256) = (Arc::clone(self), sha256.to_owned());
        self.work(move || foundry.opened(&sha256, &file)).await
    }

    /// Opens a component of this digest and size whose code is kept. None: it is not.
    pub(crate) async fn open_kept(self: &Arc<Self>, sha256: &str, size: usize) -> Result<Option<Opened>, LoadError> {
        let (foundry, sha256) = (Arc::clone(self), sha256.to_owned());
        let work = move || match foundry.kept_code(&foundry.workshops.for_size(size)?, &sha256) {
            Some(component) => foundry.link(&component, true).map(Some),
            None => Ok(None),
        };
        self.work(work).await
    }

    /// Does this on a thread that compiles.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
    ) -> Result<T, LoadError> {
        let limit = self.limits.compile_time;
        match self.compilers.run(limit, work).await {
            Ok(done) => done,
            Err(NotDone::Panicked) => Err(uncompilable("the compiler panicked")),
            Err(NotDone::TooSlow) => Err(LoadError::CompileTime { limit }),
            Err(NotDone::Stuck) => Err(LoadError::CompilersStuck { limit }),
        }
    }

    fn opened(&self, sha256: &str, file: &[u8]) -> Result<Opened, LoadError> {
        let workshops = self.workshops.for_size(file.len())?;
        if let Some(component) = self.kept_code(&workshops, sha256) {
            return self.link(&component, true);
        }
        let component = compiled(&workshops, file)?;
        let is_kept = self.kept.as_ref().is_some_and(|kept| kept.keep_code(sha256, &component));
        self.link(&component, is_kept)
    }

    fn kept_code(&self, workshops: &[&Workshop], sha256: &str) -> Option<Component> {
        let kept = self.kept.as_ref()?;
        workshops.iter().find_map(|workshop| kept.code(&workshop.engine, sha256))
    }

    fn link(&self, component: &Component, is_kept: bool) -> Result<Opened, LoadError> {
        let imports = load::check_imports(component)?;
        let exports = load::check_contract(component)?;
        let linked = self.workshops.linker(component)?.instantiate_pre(component);
        let component = linked.map_err(|error| LoadError::Shape {
            interface: "its imports",
            offered: OFFERED,
            reason: text::printable(&error.root_cause().to_string()),
        })?;
        let interfaces = Interfaces::find(&component)?;
        Ok(Opened { component, interfaces, imports, exports, is_kept })
    }
}

/// Compiles with the first engine that can. The compiler validates as it goes.
fn compiled(workshops: &[&Workshop], file: &[u8]) -> Result<Component, LoadError> {
    let mut problem = String::new();
    for workshop in workshops {
        match Component::new(&workshop.engine, file) {
            Ok(component) => return Ok(component),
            Err(error) => problem = error.root_cause().to_string(),
        }
    }
    Err(load::damage(file).unwrap_or_else(|| uncompilable(&problem)))
}

fn uncompilable(reason: &str) -> LoadError {
    LoadError::Uncompilable { reason: text::printable(reason) }
}
