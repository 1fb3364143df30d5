//! The plugins that come with the hub, as components. The build script makes them from `plugins/`.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
include!(concat!(env!("OUT_DIR"), "/sources.rs"));
