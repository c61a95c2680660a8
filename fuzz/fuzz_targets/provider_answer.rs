//! See `crates/fuzz/src/provider_answer.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("provider_answer", input));
