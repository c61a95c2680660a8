//! See `crates/fuzz/src/phone_number.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("phone_number", input));
