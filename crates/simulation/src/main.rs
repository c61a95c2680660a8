//! The simulation at the command line: plays schedules until one loses something, and shows how it went.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use mimalloc::MiMalloc;
use trunkline_simulation::{Tally, replay, search};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Plays seeded schedules of purchases and releases under faults, and looks for losses after each.
///
/// A schedule is one or two purchases, releases or credits at two workers whose clocks differ, over a real store and a
/// supplier. From its seed it draws calls that fail, answers that are lost, processes that die, requests that arrive
/// late or twice, lists that lag, and an operator who meddles. Then everything is quiet, time passes, and no number, no
/// money and no answer may be lost.
///
/// One schedule prints its trace: a seed always plays the same. Many stop at the first loss, and print its trace.
#[derive(Debug, Parser)]
#[command(
    name = "trunkline-simulation",
    version,
    after_help = "Exit status: 0 nothing is lost, 1 something is, 2 it was asked wrongly.\n\n\
                  Examples:\n  \
                  cargo run -p trunkline-simulation -- --seed 1 --schedules 100000\n  \
                  cargo run -p trunkline-simulation -- --seed 4711\n  \
                  cargo run -p trunkline-simulation --features mutants -- --schedules 10000 --mutant timeout-is-no"
)]
struct Arguments {
    /// The seed of the first schedule; the others have the seeds after it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many schedules
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    schedules: u64,
    /// How many at once; as many as there are processors where nothing is said
    #[arg(long)]
    threads: Option<usize>,
    /// Makes a mistake on purpose, which must be found
    #[cfg(feature = "mutants")]
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(trunkline_provisioning::Mutant::ALL.map(trunkline_provisioning::Mutant::name)))]
    mutant: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "mutants")]
    if let Some(name) = &arguments.mutant {
        let all = trunkline_provisioning::Mutant::ALL;
        all.into_iter().filter(|mutant| mutant.name() == name).for_each(trunkline_provisioning::Mutant::make);
        println!("mutant      {name}");
    }
    let tally = Arc::new(Tally::default());
    if arguments.schedules == 1 {
        return show(arguments.seed, &tally);
    }
    let began = Instant::now();
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.schedules);
    println!("schedules   {} from seed {}", arguments.schedules, arguments.seed);
    let finding = search(seeds, threads.unwrap_or(1), &tally);
    println!("{tally}");
    println!("time        {:.1} s", began.elapsed().as_secs_f64());
    let Some(finding) = finding else {
        println!("lost        nothing");
        return ExitCode::SUCCESS;
    };
    println!("lost        by seed {}, after {} schedules\n", finding.seed, tally.schedules());
    for loss in &finding.losses {
        println!("  {loss}");
    }
    println!("\nIts trace, which `--seed {}` plays again:\n", finding.seed);
    show(finding.seed, &tally)
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
