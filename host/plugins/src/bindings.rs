//! The contract as Rust types, generated from `wit/provider/`.
//!
//! Only `convert/`, `hooks/` and `load/` read these: outside this crate the checked types of `mcphub_oauth` stand for
//! them.

wasmtime::component::bindgen!({
    path: "../../wit/provider/v0.1",
    world: "provider",
    exports: { default: async },
    additional_derives: [serde::Serialize, serde::Deserialize],
});
