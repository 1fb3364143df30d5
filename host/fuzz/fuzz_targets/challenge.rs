#![no_main]

#[path = "../../oauth/tests/surfaces/mod.rs"]
mod surfaces;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| surfaces::challenges(bytes));
