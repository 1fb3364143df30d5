//! What a component wants from its host. It gets a WASI with nothing in it, and is refused by name for anything more.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::error::LoadError;
use crate::load::contract;

/// Packages of WASI 0.2 that are linked.
const WASI: [&str; 5] = ["wasi:cli/", "wasi:io/", "wasi:clocks/", "wasi:random/", "wasi:filesystem/"];

/// Names of the imports, all of them allowed.
pub(crate) fn check(component: &Component) -> Result<Vec<String>, LoadError> {
    let (engine, ty) = (component.engine(), component.component_type());
    let names = ty.imports(engine).map(|(name, item)| {
        if is_wasi(name) || is_types_only(engine, name, &item.ty) {
            Ok(name.to_owned())
        } else {
            Err(LoadError::Import { name: name.to_owned(), hint: hint(name) })
        }
    });
    names.collect()
}

fn is_wasi(name: &str) -> bool {
    let is_version = name.split_once('@').is_some_and(|(_, version)| version.starts_with("0.2."));
    is_version && WASI.iter().any(|package| name.starts_with(package))
}

/// Interfaces of the contract that only give types their names.
fn is_types_only(engine: &Engine, name: &str, item: &ComponentItem) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else { return false };
    contract::interface(name).is_some()
        && instance.exports(engine).all(|(_, item)| matches!(item.ty, ComponentItem::Type(_)))
}

fn hint(name: &str) -> &'static str {
    if name.starts_with("wasi:http/") {
        "return what the hub shall request instead of requesting it (JavaScript: componentize-js with `--disable random clocks http fetch-event`)"
    } else if name.starts_with("wasi:sockets/") {
        "leave networking out of the build (Python: componentize-py with `--stub-wasi`; JavaScript: componentize-js with `--disable http fetch-event`)"
    } else if name.starts_with("wasi:") {
        "build it for WASI 0.2 with cli, io, clocks, random and filesystem only"
    } else {
        "export what you have to say; there is nothing to import but WASI 0.2"
    }
}
