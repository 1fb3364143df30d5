//! probe
mod w { wit_bindgen::generate!({ path: "../../wit/provider/v0.1", world: "provider", pub_export_macro: true, additional_derives: [PartialEq] }); }
