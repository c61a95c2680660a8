//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::sabotage::Sabotage;
use crate::stage::Engine;

const AFTER_HELP: &str = "\
Every random choice follows from the seed: what clients want, which faults are in force, when what is killed. The run \
itself does not repeat, because which request a kill hits is up to the machine; the mixture does.

Exit status: 0 nothing lost, 1 something lost, 2 wrong arguments. A run that breaks off ends with 1, too.

Examples:
  scripts/torture --seed 7 --minutes 1
  scripts/torture --seed 7 --minutes 20 --engine postgres";

/// Kills the real program again and again while clients buy and release numbers and the simulated Twilio misbehaves,
/// and counts what is lost: numbers, charges, holds, and promises to clients.
#[derive(Debug, Parser)]
#[command(name = "torture", version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// From which every random choice follows
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// How long each engine is under fire, decimals allowed; the quiet window at the end comes on top
    #[arg(long, default_value = "1", value_name = "M", value_parser = minutes)]
    pub minutes: Duration,
    /// Only on this engine [default: on each, one after the other]
    #[arg(long, value_enum)]
    pub engine: Option<Engine>,
    /// The program to torture [default: the `trunkline` beside this program]
    #[arg(long, value_name = "PATH")]
    pub trunkline: Option<PathBuf>,
    /// Break something on purpose at the end, to see that the checks notice: the run then has to fail
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub sabotage: Vec<Sabotage>,
    /// Keep the folder with the servers' logs and the SQLite file, also when nothing is lost
    #[arg(long)]
    pub keep: bool,
}

impl Arguments {
    pub(crate) fn engines(&self) -> Vec<Engine> {
        self.engine.map_or_else(|| Engine::ALL.to_vec(), |engine| vec![engine])
    }
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: Option<Decimal> = text.parse().ok();
    let ms = minutes.and_then(|minutes| minutes.checked_mul(Decimal::from(60_000_u32)));
    let ms = ms.and_then(|ms| ms.to_u64()).filter(|ms| *ms > 0);
    ms.map(Duration::from_millis).ok_or_else(|| "is not a number of minutes, such as 5 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn minutes_may_have_decimals_and_must_be_some() {
        assert_eq!(minutes("0.5"), Ok(Duration::from_secs(30)));
        assert_eq!(minutes("20"), Ok(Duration::from_mins(20)));
        for wrong in ["", "0", "-1", "soon"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }
}
