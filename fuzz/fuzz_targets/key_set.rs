//! See `crates/fuzz/src/key_set.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("key_set", input));
