//! Replays what is in `fuzz/corpus/` through every target, and a bounded number of mutations of it, without libFuzzer.
//!
//! The mutations are drawn from a fixed seed, so a run tells the same story every time. `TRUNKLINE_FUZZ_INPUT=FILE` runs
//! one more input: a file that `scripts/fuzz` has found.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says by what")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use trunkline_fuzz::{TARGETS, Target};

/// The most files that a corpus has, and their bytes together: it is cloned with every copy of the project.
const FILES_MAX: usize = 200;
const BYTES_MAX: u64 = 256 * 1024;

/// A test for each target, so that they run beside each other and a failure has a name.
macro_rules! replayed {
    ($($target:ident),* $(,)?) => {
        /// What this file replays.
        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
        $(
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*
    };
}

replayed!(
    audit_csv,
    json_money,
    key_set,
    names,
    phone_number,
    price_file,
    provider_answer,
    proxies,
    request,
    token,
    webhook,
);

#[test]
fn every_target_has_a_corpus_a_program_and_a_test() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let replayed: BTreeSet<String> = REPLAYED.iter().map(|&name| name.to_owned()).collect();
    let corpora: BTreeSet<String> = names_in(&folder().join("corpus"));
    let programs: BTreeSet<String> = names_in(&folder().join("fuzz_targets"));
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let declared: BTreeSet<String> = manifest
        .split("[[bin]]")
        .skip(1)
        .filter_map(|bin| bin.split('"').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(targets, replayed, "targets (left), and those that this file replays");
    assert_eq!(targets, corpora, "targets (left), and the folders of fuzz/corpus");
    assert_eq!(targets, programs, "targets (left), and the programs in fuzz/fuzz_targets");
    assert_eq!(targets, declared, "targets (left), and the programs that fuzz/Cargo.toml declares");
}

#[test]
fn corpora_are_small() {
    for target in TARGETS {
        let files = corpus(target.name);
        let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!((1..=FILES_MAX).contains(&files.len()), "{}: {} files", target.name, files.len());
        assert!(
            bytes <= BYTES_MAX,
            "{}: {bytes} bytes; scripts/fuzz --minimize makes them fewer",
            target.name
        );
    }
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds: Vec<Vec<u8>> = corpus(name).iter().map(|file| fs::read(file).unwrap()).collect();
    for (seed, file) in seeds.iter().zip(corpus(name)) {
        try_input(target, seed, &file.display().to_string());
    }
    if let Some(found) = std::env::var_os("TRUNKLINE_FUZZ_INPUT").map(PathBuf::from) {
        try_input(target, &fs::read(&found).unwrap(), &found.display().to_string());
    }
    let mut chance = Chance(0x5eed);
    for number in 0..target.mutations {
        let input = mutation(&seeds, &mut chance, target.longest);
        try_input(target, &input, &format!("mutation {number}"));
    }
}

/// A failure says by which input.
fn try_input(target: &Target, input: &[u8], origin: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        eprintln!("{} fails by {origin}:\n{}", target.name, input.escape_ascii());
        resume_unwind(panic);
    }
}

/// A seed with a few changes of the kinds that fuzzers make.
fn mutation(seeds: &[Vec<u8>], chance: &mut Chance, longest: usize) -> Vec<u8> {
    /// What readers of text stumble over.
    const PIECES: [&[u8]; 14] = [
        b"0",
        b"9",
        b"-",
        b".",
        b"e",
        b"\"",
        b"{",
        b"[",
        b"\n",
        b"%00",
        b"\0",
        b"\xff",
        "\u{fffd}".as_bytes(),
        b"null",
    ];
    let mut input = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(input.len() + 1);
        let until = (at + 1 + chance.below(8)).min(input.len());
        match chance.below(6) {
            0 if at < input.len() => input[at] ^= 1 << chance.below(8),
            1 if at < input.len() => drop(input.drain(at..until)),
            2 if at < input.len() => input = input[at..until].repeat(1 + chance.below(64)),
            3 => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            4 => {
                let copied = input[at..until.max(at)].to_vec();
                drop(input.splice(at..at, copied));
            }
            _ => drop(input.splice(at..at, PIECES[chance.below(PIECES.len())].iter().copied())),
        }
    }
    input.truncate(longest);
    input
}

/// Numbers from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn corpus(name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder().join("corpus").join(name)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The names in a folder, without their endings.
fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}
