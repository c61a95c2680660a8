//! The simulation at the command line: plays schedules until one loses something, and shows how it went.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use clap::Parser;
use clap::builder::PossibleValuesParser;
use mimalloc::MiMalloc;
use trunkline_provisioning::Mutant;
use trunkline_simulation::{Finding, Tally, replay, search};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How many schedules are played when nothing is said.
const SCHEDULES: u64 = 100_000;

/// From so many schedules on every kind of fault must have struck.
const ENOUGH: u64 = 2_000;

/// How often a long run says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Plays seeded schedules of purchases and releases under faults, and looks for losses after each.
///
/// A schedule is one or two purchases, releases or credits at two workers whose clocks differ, over a real store and a
/// simulated provider. From its seed it draws calls that fail, answers that are lost, processes that die, requests that
/// arrive late or twice, lists that lag, and an operator who meddles. Then everything is quiet, time passes, and no
/// number, no money and no answer may be lost.
///
/// Many schedules stop at the first loss and print its trace. A seed alone prints its trace; it always plays the same.
#[derive(Debug, Parser)]
#[command(
    name = "scripts/simulate",
    version,
    after_help = "Exit status: 0 nothing is lost, 1 something is, or a kind of fault never struck, 2 it was asked \
                  wrongly.\n\n\
                  Examples:\n  \
                  scripts/simulate                              100,000 schedules from seed 1\n  \
                  scripts/simulate --seed 7 --schedules 1000000 as many as you like, from any seed\n  \
                  scripts/simulate --seed 4711                  one schedule, with its trace\n  \
                  scripts/simulate --mutant timeout-is-no       with a mistake that must be found"
)]
struct Arguments {
    /// The seed of the first schedule; the others have the seeds after it
    #[arg(long)]
    seed: Option<u64>,
    /// How many schedules: one where only a seed is named, and 100,000 where nothing is said
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    schedules: Option<u64>,
    /// How many at once; as many as there are processors where nothing is said
    #[arg(long)]
    threads: Option<usize>,
    /// Makes a mistake on purpose, which must be found
    #[arg(long, value_parser = PossibleValuesParser::new(Mutant::ALL.map(Mutant::name)))]
    mutant: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.mutant {
        Mutant::ALL.into_iter().filter(|mutant| mutant.name() == name).for_each(Mutant::make);
        println!("mutant      {name}");
    }
    let is_one_named = arguments.seed.is_some() && arguments.mutant.is_none();
    let schedules = arguments.schedules.unwrap_or(if is_one_named { 1 } else { SCHEDULES });
    let seed = arguments.seed.unwrap_or(1);
    let tally = Arc::new(Tally::default());
    if schedules == 1 {
        return show(seed, &tally);
    }
    println!("schedules   {schedules} from seed {seed}");
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let began = Instant::now();
    let finding =
        with_progress(&tally, || search(seed..seed.saturating_add(schedules), threads.unwrap_or(1), &tally));
    println!("{tally}");
    println!("time        {:.1} s", began.elapsed().as_secs_f64());
    if let Some(Finding { seed, losses }) = finding {
        println!("lost        by seed {seed}\n");
        losses.iter().for_each(|loss| println!("  {loss}"));
        println!("\nIts trace, which `--seed {seed} --schedules 1` plays again:\n");
        return show(seed, &tally);
    }
    println!("lost        nothing");
    let untested = if schedules < ENOUGH { Vec::new() } else { tally.never_struck() };
    untested.iter().for_each(|fault| println!("UNTESTED    {fault}: never in {schedules} schedules"));
    if untested.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Does something that takes long, and says now and then how far it is.
fn with_progress<T>(tally: &Tally, work: impl FnOnce() -> T) -> T {
    let (done, is_done) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let began = Instant::now();
            while is_done.recv_timeout(PROGRESS_EVERY) == Err(RecvTimeoutError::Timeout) {
                println!("{:>11.0}  s: {} schedules", began.elapsed().as_secs_f64(), tally.schedules());
            }
        });
        let answer = work();
        drop(done);
        answer
    })
}

/// Plays one schedule and prints what happened.
fn show(seed: u64, tally: &Arc<Tally>) -> ExitCode {
    let (losses, trace) = replay(seed, tally);
    println!("{:>11}  {:<9} what happened", "seconds", "who");
    for line in trace.lines() {
        println!("{line}");
    }
    if losses.is_empty() {
        println!("\nseed {seed} loses nothing");
        return ExitCode::SUCCESS;
    }
    println!("\nseed {seed} loses:");
    for loss in losses {
        println!("  {loss}");
    }
    ExitCode::FAILURE
}
