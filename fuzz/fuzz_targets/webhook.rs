//! See `crates/fuzz/src/webhook.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("webhook", input));
