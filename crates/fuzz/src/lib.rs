//! What must hold of every input that a stranger can send, as functions over bytes.
//!
//! Each target takes any bytes, gives them to the code that meets them first, and panics where something does not hold
//! that must: beyond "no panic", that what is accepted is what was sent, and that what cannot be read is refused and
//! never guessed. The same functions are run twice: by `scripts/fuzz` under libFuzzer, which looks for new inputs, and by
//! this crate's tests, which replay the inputs in `fuzz/corpus/` and a bounded number of mutations of them.
//!
//! Inputs are text where the code reads text, so that a corpus can be read and written by hand. Invariants: a target
//! remembers nothing that decides about a later input, does not read the clock to decide, and sends nothing to any
//! other machine. The crate is a tool of tests: nothing depends on it.

#![expect(clippy::expect_used, reason = "what cannot fail fails the run that finds out")]
#![expect(clippy::panic, reason = "to panic is how a target says that something does not hold")]

mod audit_csv;
mod exact;
mod json_money;
mod key_set;
mod loopback;
mod names;
mod phone_number;
mod price_file;
mod provider_answer;
mod proxies;
mod request;
mod token;
mod webhook;

/// One thing that strangers' bytes reach.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: of the program under libFuzzer, and of the folder of its corpus.
    pub name: &'static str,
    /// Takes an input; panics where something does not hold.
    pub run: fn(&[u8]),
    /// The longest input that is worth trying, in bytes: a little more than the code reads.
    pub longest: usize,
    /// How many mutations of the corpus a test tries; fewer where each one takes a round trip.
    pub mutations: u32,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "audit_csv", run: audit_csv::run, longest: 1_024, mutations: 2_000 },
    Target { name: "json_money", run: json_money::run, longest: 128, mutations: 20_000 },
    Target { name: "key_set", run: key_set::run, longest: 4_096, mutations: 300 },
    Target { name: "names", run: names::run, longest: 512, mutations: 10_000 },
    Target { name: "phone_number", run: phone_number::run, longest: 96, mutations: 3_000 },
    Target { name: "price_file", run: price_file::run, longest: 4_096, mutations: 2_000 },
    Target { name: "provider_answer", run: provider_answer::run, longest: 4_096, mutations: 600 },
    Target { name: "proxies", run: proxies::run, longest: 1_024, mutations: 5_000 },
    Target { name: "request", run: request::run, longest: 4_096, mutations: 400 },
    Target { name: "token", run: token::run, longest: 9_000, mutations: 3_000 },
    Target { name: "webhook", run: webhook::run, longest: 2_048, mutations: 3_000 },
];

/// Runs the target of this name, for a program that is named after it.
///
/// # Panics
///
/// Where something does not hold, and where there is no such target.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    (target.run)(input);
}
