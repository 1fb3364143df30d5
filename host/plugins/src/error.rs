//! What can go wrong, each as one sentence that names what a person can do.

use std::path::PathBuf;
use std::time::Duration;

use crate::check::objection::Objection;

/// The plugin host cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The compile cache has no place.
    #[error("the directory {path} for compiled plugins cannot be used; make it writable or choose another one")]
    CacheDirectory {
        /// The file or directory that was read.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// A file is not loaded as a plugin. The text continues a sentence that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot be read ({reason}); make it readable for the hub")]
    Unreadable {
        /// What the operating system says.
        reason: String,
    },
    /// A directory, a pipe.
    #[error("is not a regular file; put the component itself there, or a link to it")]
    NoFile,
    /// A file is bounded in size, before anything of it is read.
    #[error("is larger than {limit} bytes; build it for release and strip it")]
    TooLarge {
        /// The limit that was exceeded.
        limit: usize,
    },
    /// It does not begin like WebAssembly.
    #[error("is no WebAssembly file; drop a component in, not its source or an archive")]
    NotWasm,
    /// A module without interfaces.
    #[error(
        "is a core module, not a component; build it with `--target wasm32-wasip2` or run `wasm-tools component new` on it"
    )]
    CoreModule,
    /// The file is no whole component.
    #[error("is damaged at byte {offset} ({reason}); build or download it again")]
    Damaged {
        /// Where in the file, in bytes.
        offset: u64,
        /// What the parser says.
        reason: String,
    },
    /// The engine cannot compile it.
    #[error("cannot be compiled ({reason}); build it with another compiler version")]
    Uncompilable {
        /// What the compiler says.
        reason: String,
    },
    /// The engine does not run on this machine.
    #[error("is not loaded: the WebAssembly engine cannot be made on this machine ({reason})")]
    NoEngine {
        /// What the engine says.
        reason: String,
    },
    /// Compiling takes too long.
    #[error("takes longer than {} s to compile; make it smaller", limit.as_secs())]
    CompileTime {
        /// The limit that was exceeded.
        limit: Duration,
    },
    /// Other files keep the compilers busy.
    #[error(
        "is not compiled now: other files still are after more than {} s each, and take every thread there is for that; remove them, restart the hub, and drop it in again", limit.as_secs()
    )]
    CompilersStuck {
        /// The limit that was exceeded.
        limit: Duration,
    },
    /// It wants what no plugin gets.
    #[error("imports {name}, which no plugin gets; {hint}")]
    Import {
        /// Name of the interface.
        name: String,
        /// How to be without it.
        hint: &'static str,
    },
    /// It is no plugin.
    #[error(
        "is a component but no plugin: it does not export mcphub:provider/{interface}@{offered}; build it against wit/provider/v{offered} (in Rust, mark the impl with #[provider])"
    )]
    NoPlugin {
        /// The interface of the contract.
        interface: &'static str,
        /// Version of this hub's contract.
        offered: &'static str,
    },
    /// It was built for another contract.
    #[error(
        "was built for contract {found}, and this hub offers {offered}; rebuild the plugin or take a hub that offers {found}"
    )]
    OtherContract {
        /// The version that the plugin was built for.
        found: String,
        /// The version that the hub offers.
        offered: &'static str,
    },
    /// An interface has another shape than the contract gives it.
    #[error(
        "exports {interface} in another shape than contract {offered} gives it ({reason}); rebuild it against wit/provider/v{offered}"
    )]
    Shape {
        /// The interface of the contract.
        interface: &'static str,
        /// Version of this hub's contract.
        offered: &'static str,
        /// What the engine says.
        reason: String,
    },
    /// A function of the profile does not answer.
    #[error("does not answer {function}: it {fault}")]
    Probe {
        /// Interface and function that were called.
        function: &'static str,
        /// How the call ended.
        fault: CallFault,
    },
    /// The profile breaks a rule of the contract.
    #[error("is refused: {0}")]
    Refused(#[from] Objection),
    /// Two files with one id.
    #[error("has the id {id:?}, which {other} has already; remove one of the two")]
    SameId {
        /// The id that two files have.
        id: String,
        /// The file that has the id already.
        other: String,
    },
}

/// A hook gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plugin {plugin}, hook {hook}: {fault}")]
pub struct CallError {
    /// Id of the plugin.
    pub plugin: String,
    /// Interface of the hook.
    pub hook: &'static str,
    /// How the call ended.
    pub fault: CallFault,
}

/// How a call ended badly. The text continues a sentence about the plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// Its code was loaded before, and is not to be had now that it is called.
    #[error("could not be loaded for the call: its file {reason}")]
    Unopened {
        /// Why; continues the sentence.
        reason: String,
    },
    /// It computes without end.
    #[error("ran out of fuel after {fuel} units of work; its author must let it do less")]
    OutOfFuel {
        /// The limit, in units of fuel.
        fuel: u64,
    },
    /// It takes too long.
    #[error("gave no answer within {} ms; try again; if it stays so its author must let it do less", limit.as_millis())]
    TimedOut {
        /// The limit that was exceeded.
        limit: Duration,
    },
    /// Too many calls at a time.
    #[error("was busy with {limit} other calls for too long; try again")]
    Busy {
        /// Calls at a time.
        limit: usize,
    },
    /// It wants more memory than it may have.
    #[error("wanted more than {limit} bytes of memory; its author must let it keep less")]
    OutOfMemory {
        /// The limit that was exceeded.
        limit: usize,
    },
    /// It wants larger tables than it may have.
    #[error("wanted a table of more than {limit} elements; its author must let it keep less")]
    OutOfTable {
        /// The limit that was exceeded.
        limit: usize,
    },
    /// Its answer is too large.
    #[error("gave an answer of more than {limit} bytes; its author must shorten it")]
    AnswerTooLarge {
        /// The limit that was exceeded.
        limit: usize,
    },
    /// The component trapped, as after a panic.
    #[error(
        "crashed ({reason}); its author must fix it: RUST_LOG=debug shows what it wrote, and an answer in another shape than the contract's ends so, too"
    )]
    Crashed {
        /// The trap as wasmtime names it.
        reason: String,
    },
    /// Its answer breaks a rule of the contract.
    #[error("answered what is not allowed: {0}")]
    Refused(#[from] Objection),
}
