//! See `crates/fuzz/src/proxies.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("proxies", input));
