//! See `crates/fuzz/src/json_money.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("json_money", input));
