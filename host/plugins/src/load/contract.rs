//! Which version of the contract a component speaks, told by the names of what it exports.

use wasmtime::component::Component;

use crate::error::LoadError;

/// The version this hub offers.
pub(crate) const OFFERED: &str = "0.1";
/// What every plugin exports.
const REQUIRED: [&str; 2] = ["identity", "matching"];

/// Interface and version of a name of the contract's package: `mcphub:provider/identity@0.1.0`.
pub(crate) fn interface(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("mcphub:provider/")?.split_once('@')
}

/// Whether a version is one that this hub offers: patch versions only add.
fn is_offered(version: &str) -> bool {
    version.strip_prefix(OFFERED).is_some_and(|rest| rest.starts_with('.'))
}

/// Names of the exports, the required ones among them in the offered version.
pub(crate) fn check(component: &Component) -> Result<Vec<String>, LoadError> {
    let (engine, ty) = (component.engine(), component.component_type());
    let names: Vec<String> = ty.exports(engine).map(|(name, _)| name.to_owned()).collect();
    for required in REQUIRED {
        let versions = names.iter().filter_map(|name| interface(name)).filter(|(name, _)| *name == required);
        let versions: Vec<&str> = versions.map(|(_, version)| version).collect();
        if versions.iter().any(|version| is_offered(version)) {
            continue;
        }
        return Err(match versions.first() {
            Some(found) => LoadError::OtherContract { found: short(found), offered: OFFERED },
            None => LoadError::NoPlugin { interface: required, offered: OFFERED },
        });
    }
    Ok(names)
}

/// Whether one of these names is this interface in the offered version.
pub(crate) fn exports(names: &[String], wanted: &str) -> bool {
    let mut found = names.iter().filter_map(|name| interface(name));
    found.any(|(name, version)| name == wanted && is_offered(version))
}

/// Major and minor version: `0.1` of `0.1.3`.
fn short(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}
