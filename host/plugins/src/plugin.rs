//! A loaded plugin.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mcphub_oauth::hook::{Context, FlowOperation};
use mcphub_oauth::profile::Profile;
use tokio::sync::Semaphore;

use crate::calls::Called;
use crate::check::objection::Objection;
use crate::check::references::References;
use crate::code::Code;
use crate::error::{CallError, CallFault};
use crate::foundry::Opened;
use crate::limits::Limits;
use crate::listing::read_file;
use crate::load::{self, Interfaces, OFFERED, Probed, sha256};
use crate::origin::Origin;
use crate::run::{Ended, PluginRun};
use crate::usage::{PluginUsage, UsageCounts};

/// What is known of a plugin's file.
#[derive(Debug)]
pub(crate) struct Provenance {
    pub(crate) origin: Origin,
    pub(crate) sha256: String,
    pub(crate) size: usize,
    /// What asking for the profile cost.
    pub(crate) fuel: u64,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

impl Provenance {
    /// What is known before it is asked.
    pub(crate) const fn new(origin: Origin, sha256: String, size: usize) -> Self {
        Self { origin, sha256, size, fuel: 0, imports: Vec::new(), exports: Vec::new() }
    }
}

/// A plugin. Cheap to clone; a call in flight keeps its plugin alive, whatever becomes of the file.
///
/// The hooks are methods, in `hooks/`: each is `Ok(None)` where the component does not export it.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

struct Inner {
    profile: Profile,
    provenance: Provenance,
    references: References,
    operations: BTreeSet<FlowOperation>,
    code: Code,
    limits: Arc<Limits>,
    turns: Semaphore,
    last_fuel: AtomicU64,
    usage: UsageCounts,
}

impl Plugin {
    pub(crate) fn new(provenance: Provenance, probed: Probed, code: Code, limits: Arc<Limits>) -> Self {
        let Probed { profile, references, operations } = probed;
        let turns = Semaphore::new(limits.in_flight);
        Self(Arc::new(Inner {
            profile,
            provenance,
            references,
            operations,
            code,
            limits,
            turns,
            last_fuel: AtomicU64::new(0),
            usage: UsageCounts::default(),
        }))
    }

    /// What it says of its provider.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// Its id: what `oauth.provider` names.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.profile.identity.id
    }

    /// Where it is from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.provenance.origin
    }

    /// SHA-256 of its bytes, lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.0.provenance.sha256
    }

    /// SHA-256 of what its file holds now. None: it has no file, or that cannot be read.
    pub async fn digest_of_file(&self) -> Option<String> {
        let Origin::File(path) = self.origin() else { return None };
        read_file(path, self.0.limits.file_bytes).await.ok().map(|bytes| sha256(&bytes))
    }

    /// Version of the contract that it speaks.
    #[must_use]
    pub fn contract(&self) -> &str {
        OFFERED
    }

    /// Bytes of its file.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.provenance.size
    }

    /// What asking for the profile cost; units of work as the engine counts them.
    #[must_use]
    pub fn probe_fuel(&self) -> u64 {
        self.0.provenance.fuel
    }

    /// What the last call that ended cost.
    #[must_use]
    pub fn last_fuel(&self) -> u64 {
        self.0.last_fuel.load(Ordering::Relaxed)
    }

    /// What all its calls used since it was loaded.
    #[must_use]
    pub fn usage(&self) -> PluginUsage {
        self.0.usage.read()
    }

    /// Names of the interfaces that the component imports.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.0.provenance.imports
    }

    /// Names of the interfaces that the component exports.
    #[must_use]
    pub fn exports(&self) -> &[String] {
        &self.0.provenance.exports
    }

    /// What it matches: the values of its rules' conditions, sorted, or `anything`.
    #[must_use]
    pub fn matches(&self) -> Vec<String> {
        let rules = self.profile().matching.iter().filter(|rule| !rule.ask);
        let values = rules.flat_map(|rule| match rule.conditions.as_slice() {
            [] => vec!["anything".to_owned()],
            conditions => conditions.iter().map(|condition| condition.value.clone()).collect(),
        });
        values.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// Whether one of its rules sets an input of this key.
    #[must_use]
    pub fn sets(&self, key: &str) -> bool {
        self.0.references.inputs.contains(key)
    }

    /// Whether it handles an operation of `flow`.
    #[must_use]
    pub fn handles(&self, operation: FlowOperation) -> bool {
        self.0.operations.contains(&operation)
    }

    /// Its code, which is loaded where it is not yet.
    pub(crate) async fn opened(&self, hook: &'static str) -> Result<&Opened, CallError> {
        let Provenance { origin, sha256, size, .. } = &self.0.provenance;
        let opened = self.0.code.opened(origin, sha256, *size).await;
        opened.map_err(|error| self.fault(hook, CallFault::Unopened { reason: error.to_string() }))
    }

    /// The interface of a hook. None: the component does not export it, which is known without its code.
    pub(crate) async fn interface<'a, G: 'a>(
        &'a self,
        hook: &'static str,
        find: fn(&Interfaces) -> Option<&G>,
    ) -> Result<Option<&'a G>, CallError> {
        if !self.has(hook) {
            return Ok(None);
        }
        Ok(find(&self.opened(hook).await?.interfaces))
    }

    /// Whether it exports an interface of the contract.
    pub(crate) fn has(&self, interface: &str) -> bool {
        load::exports(self.exports(), interface)
    }

    /// What its answers may refer to without a login.
    pub(crate) fn references(&self) -> &References {
        &self.0.references
    }

    /// What its answers may refer to during a login.
    pub(crate) fn references_during(&self, context: &Context) -> References {
        self.0.references.during(context)
    }

    /// A fresh instance for a call.
    pub(crate) async fn start(&self, hook: &'static str) -> Result<PluginRun<'_>, CallError> {
        let component = &self.opened(hook).await?.component;
        let run = PluginRun::start(component, &self.0.limits, &self.0.turns).await;
        run.map_err(|fault| self.fault(hook, fault))
    }

    /// Understands what came of a call, and logs it with what it was told.
    pub(crate) fn end<T: fmt::Debug + Sync>(
        &self,
        hook: &'static str,
        run: &PluginRun<'_>,
        ended: Ended<T>,
        told: &(dyn fmt::Debug + Sync),
    ) -> Result<T, CallError> {
        let fuel = run.fuel_used();
        self.0.last_fuel.store(fuel, Ordering::Relaxed);
        let answer = run.end(ended).map_err(|fault| self.fault(hook, fault));
        self.0.usage.add(answer.is_ok(), fuel, run.elapsed());
        Called { hook, told, answered: &answer, printed: &run.printed(), fuel }.log(self.id(), self.origin());
        answer
    }

    /// The answer of a hook, or what it does wrong.
    pub(crate) fn checked<T>(&self, hook: &'static str, answer: Result<T, Objection>) -> Result<T, CallError> {
        answer.map_err(|objection| self.fault(hook, CallFault::Refused(objection)))
    }

    fn fault(&self, hook: &'static str, fault: CallFault) -> CallError {
        CallError { plugin: self.id().to_owned(), hook, fault }
    }
}

/// Who it is; with `#` also what a person should know before it serves: contract, digest, what it matches, whom it names.
impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identity = &self.profile().identity;
        write!(f, "plugin {} {}", identity.id, identity.version)?;
        if !f.alternate() {
            return Ok(());
        }
        let hosts: Vec<String> = identity.hosts.iter().map(ToString::to_string).collect();
        let listed = |all: Vec<String>| if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
        write!(f, " ({}; contract {}, sha-256 {}", self.origin(), self.contract(), self.sha256())?;
        write!(f, "; matches {}; names {})", listed(self.matches()), listed(hosts))
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("id", &self.id()).field("origin", self.origin()).finish_non_exhaustive()
    }
}
