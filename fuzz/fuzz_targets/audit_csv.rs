//! See `crates/fuzz/src/audit_csv.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| trunkline_fuzz::run("audit_csv", input));
