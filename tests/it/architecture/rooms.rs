//! The rooms of `host/src`, and which of the others each may use. Nothing runs against it.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Crate, Module};
use super::sources::Source;

/// A room, and the rooms that it may use.
struct Room {
    name: &'static str,
    uses: &'static [&'static str],
}

/// The rooms, from the lowest up. `main` and `lib` are none.
const ROOMS: &[Room] = &[
    Room { name: "addresses", uses: &[] },
    Room { name: "bundled", uses: &[] },
    Room { name: "clock", uses: &[] },
    Room { name: "desktop", uses: &[] },
    Room { name: "random", uses: &[] },
    Room { name: "regular", uses: &[] },
    Room { name: "visible", uses: &[] },
    Room { name: "telemetry", uses: &["clock", "random", "visible"] },
    Room { name: "presence", uses: &["random", "regular"] },
    Room { name: "settings", uses: &["regular"] },
    Room { name: "keys", uses: &["random", "settings"] },
    Room { name: "egress", uses: &["visible"] },
    Room { name: "store", uses: &["regular", "settings"] },
    Room {
        name: "connect",
        uses: &["addresses", "clock", "egress", "random", "regular", "settings", "store", "telemetry", "visible"],
    },
    Room { name: "cases", uses: &["clock", "connect", "egress", "random", "regular", "settings", "store"] },
    Room { name: "scaffold", uses: &["bundled", "cases", "egress"] },
    Room { name: "gateway", uses: &["clock", "connect", "egress", "random", "settings", "telemetry"] },
    Room {
        name: "app",
        uses: &[
            "addresses",
            "bundled",
            "clock",
            "connect",
            "desktop",
            "egress",
            "gateway",
            "keys",
            "presence",
            "random",
            "regular",
            "settings",
            "store",
            "telemetry",
        ],
    },
    Room {
        name: "serve",
        uses: &[
            "addresses",
            "app",
            "clock",
            "connect",
            "gateway",
            "keys",
            "presence",
            "random",
            "settings",
            "telemetry",
        ],
    },
    Room {
        name: "cli",
        uses: &[
            "app",
            "cases",
            "clock",
            "connect",
            "desktop",
            "egress",
            "gateway",
            "keys",
            "presence",
            "random",
            "scaffold",
            "serve",
            "settings",
            "telemetry",
            "visible",
        ],
    },
];

/// The order of the rooms inside a room: each may use those before it, and none that stands beside it. Files that are in
/// none of them may use all.
struct Layers {
    room: &'static str,
    layers: &'static [&'static [&'static str]],
}

const LAYERS: &[Layers] = &[
    Layers {
        room: "connect",
        layers: &[
            &["core"],
            &["trust"],
            &["discovery"],
            &["client"],
            &["prepare"],
            &["grant"],
            &["login", "access"],
            &["doctor", "view", "people", "plugins"],
        ],
    },
    Layers {
        room: "gateway",
        layers: &[
            &["budget", "id", "json", "list_kind", "lock", "revision"],
            &["message", "repair"],
            &["local_replies", "list_cache"],
            &["upstream"],
            &["roster"],
            &["merged"],
            &["session"],
            &["sessions"],
            &["core"],
            &["tools", "watch"],
        ],
    },
    Layers {
        room: "store",
        layers: &[
            &["error", "lease", "model"],
            &["pending", "sharing"],
            &["file", "memory"],
            &["verbs"],
            &["verbs_of_pending"],
        ],
    },
    Layers { room: "cases", layers: &[&["case", "messages", "slots"], &["redact", "replay"], &["files", "record"]] },
    Layers {
        room: "settings",
        layers: &[&["fault", "key_material"], &["oauth", "system"], &["model"], &["read"], &["file"], &["watch"]],
    },
];

/// One sentence for each use against the order.
pub(super) fn violations(sources: &[Source]) -> Vec<String> {
    let all = Crate::of("host/src/", sources);
    let mut found = BTreeSet::new();
    for (module, file) in &all.files {
        let path = &file.source.path;
        let Some(room) = module.first() else { continue };
        let Some(rule) = ROOMS.iter().find(|rule| rule.name == room) else {
            found.insert(format!("{path}: {room} is a room that has no place in the order"));
            continue;
        };
        for used in all.names(module).iter().chain(all.needs(module).keys()) {
            if let Some(other) = used.first().filter(|other| is_room(other) && *other != room)
                && !rule.uses.contains(&other.as_str())
            {
                found.insert(format!("{path}: {room} may not use {other}"));
            }
            if let Some((own, other)) = against_layers(module, used) {
                found.insert(format!("{path}: {room}/{own} may not use {room}/{other}"));
            }
        }
    }
    found.into_iter().collect()
}

/// The arrows between rooms, with the number of imports of each.
pub(super) fn arrows(sources: &[Source]) -> BTreeMap<(String, String), usize> {
    let all = Crate::of("host/src/", sources);
    let mut arrows = BTreeMap::new();
    for module in all.files.keys() {
        for used in all.needs(module).keys() {
            if let (Some(from), Some(to)) = (module.first(), used.first().filter(|to| module.first() != Some(to))) {
                *arrows.entry((from.clone(), to.clone())).or_default() += 1;
            }
        }
    }
    arrows
}

fn is_room(name: &str) -> bool {
    ROOMS.iter().any(|room| room.name == name)
}

fn against_layers<'m>(module: &'m Module, used: &'m Module) -> Option<(&'m str, &'m str)> {
    let (room, own, other) = (module.first()?, module.get(1)?, used.get(1)?);
    if used.first() != Some(room) || own == other {
        return None;
    }
    let layers = LAYERS.iter().find(|layers| layers.room == room)?.layers;
    let layer = |name: &str| layers.iter().position(|layer| layer.contains(&name));
    let (from, to) = (layer(own)?, layer(other)?);
    (from <= to).then_some((own, other))
}
