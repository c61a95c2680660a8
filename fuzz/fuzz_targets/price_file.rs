//! See `crates/fuzz/src/price_file.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("price_file", input));
