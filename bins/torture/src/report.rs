//! What a run prints: a line while it goes on, and a table of figures at its end.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::api::OrderStatus;
use crate::checks::{Loss, LossKind, Picture};
use crate::diary::{Attempt, Deed, Diary, Told};
use crate::operator::Operator;
use crate::stage::{Engine, Fleet};

/// How a run is getting on.
pub(crate) struct Progress {
    pub engine: Engine,
    pub kills: u64,
    pub database_kills: u64,
    pub attempted: usize,
    pub undecided: usize,
    pub losses: usize,
    pub left: Duration,
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, kills, database_kills, attempted, undecided, losses, left } = self;
        write!(formatter, "{}: {kills} kills", engine.name())?;
        if *engine == Engine::Postgres {
            write!(formatter, ", {database_kills} of the database")?;
        }
        let left = left.as_secs();
        write!(
            formatter,
            ", {attempted} purchases attempted, {undecided} undecided, {losses} losses, {} min {:02} s left",
            left / 60,
            left % 60
        )
    }
}

/// The figures of a run.
pub(crate) struct Report {
    engine: Engine,
    seed: u64,
    minutes: String,
    figures: Vec<(String, u64)>,
    pub(crate) losses: Vec<Loss>,
}

/// Everything that figures are taken from.
pub(crate) struct Run<'a> {
    pub engine: Engine,
    pub seed: u64,
    pub minutes: String,
    pub fleet: &'a Fleet,
    pub faults: BTreeMap<String, u64>,
    pub restart_checks: u64,
    pub operator: Operator,
    pub diary: &'a Diary,
    pub picture: &'a Picture,
}

impl Report {
    pub(crate) fn of(run: &Run<'_>, losses: Vec<Loss>) -> Self {
        let mut figures = Figures::default();
        figures.add("servers killed", run.fleet.kills);
        figures.add("servers started", run.fleet.starts);
        if run.engine == Engine::Postgres {
            figures.add("databases killed", run.fleet.database_kills);
        }
        figures.add("checks after a restart", run.restart_checks);
        figures.add("faults injected", run.faults.values().sum());
        for (kind, times) in &run.faults {
            figures.add(format!("  {kind}"), *times);
        }
        figures.add_deeds(run.diary);
        figures.add_ends(run.picture);
        figures.add_count("sold too late, released", run.picture.unclaimed_sales());
        figures.add("ended by the operator", run.operator.ended);
        figures.add("confirmed by the operator", run.operator.confirmed);
        let (engine, seed, minutes) = (run.engine, run.seed, run.minutes.clone());
        Self { engine, seed, minutes, figures: figures.0, losses }
    }
}

#[derive(Default)]
struct Figures(Vec<(String, u64)>);

impl Figures {
    fn add(&mut self, name: impl Into<String>, count: u64) {
        self.0.push((name.into(), count));
    }

    fn add_count(&mut self, name: impl Into<String>, things: impl Iterator) {
        self.add(name, u64::try_from(things.count()).unwrap_or(u64::MAX));
    }

    fn add_deeds(&mut self, diary: &Diary) {
        let attempts = diary.attempts();
        let told = || attempts.values().flat_map(Attempt::told);
        let of = |wanted: fn(&Deed) -> bool| attempts.values().filter(move |attempt| wanted(&attempt.deed));
        self.add_count("requests of clients", told());
        self.add_count("  without an answer", told().filter(|told| **told == Told::Nothing));
        self.add_count("  hung up on", told().filter(|told| **told == Told::HungUp));
        self.add_count("purchases attempted", of(|deed| matches!(deed, Deed::Buy { .. })));
        self.add_count("releases attempted", of(|deed| matches!(deed, Deed::Release { .. })));
        self.add_count("credits attempted", of(|deed| matches!(deed, Deed::Credit { .. })));
    }

    fn add_ends(&mut self, picture: &Picture) {
        let orders: Vec<OrderStatus> = picture.statuses().collect();
        let of = |wanted: fn(OrderStatus) -> bool| orders.iter().filter(move |status| wanted(**status));
        self.add_count("orders opened", orders.iter());
        self.add_count("  completed", of(|status| status == OrderStatus::Completed));
        self.add_count("  failed", of(|status| status == OrderStatus::Failed));
        self.add_count("  undecided", of(OrderStatus::is_open));
        self.add_count("numbers released", picture.numbers.iter().filter(|number| !number.is_live()));
        self.add_count("numbers held", picture.numbers.iter().filter(|number| number.is_live()));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, seed, minutes, figures, losses } = self;
        writeln!(formatter, "{}, seed {seed}, {minutes} min under fire", engine.name())?;
        for (name, count) in figures {
            writeln!(formatter, "  {name:<26}{count:>8}")?;
        }
        for kind in LossKind::ALL {
            let count = losses.iter().filter(|loss| loss.kind == kind).count();
            writeln!(formatter, "  {:<26}{count:>8}", kind.name())?;
        }
        for loss in losses.iter().take(LOSSES_SHOWN) {
            writeln!(formatter, "  LOSS {loss}")?;
        }
        match losses.len().checked_sub(LOSSES_SHOWN) {
            Some(more) if more > 0 => writeln!(formatter, "  and {more} more"),
            _ => Ok(()),
        }
    }
}

/// How many losses are written out.
const LOSSES_SHOWN: usize = 30;

/// A duration as decimal minutes, without a float.
pub(crate) fn minutes(time: Duration) -> String {
    let hundredths = time.as_millis() * 100 / 60_000;
    let mut text = format!("{}", hundredths / 100);
    if !hundredths.is_multiple_of(100) {
        let _ = write!(text, ".{:02}", hundredths % 100);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_line() {
        let progress = Progress {
            engine: Engine::Postgres,
            kills: 12,
            database_kills: 3,
            attempted: 345,
            undecided: 6,
            losses: 0,
            left: Duration::from_secs(65),
        };
        assert_eq!(
            progress.to_string(),
            "PostgreSQL: 12 kills, 3 of the database, 345 purchases attempted, 6 undecided, 0 losses, 1 min 05 s left"
        );
    }

    #[test]
    fn minutes_keep_their_hundredths() {
        assert_eq!(minutes(Duration::from_secs(30)), "0.50");
        assert_eq!(minutes(Duration::from_mins(20)), "20");
    }

    #[test]
    fn a_report_counts_and_names_what_is_lost() {
        let losses = vec![
            Loss::new(LossKind::LostNumber, "number n-1 is gone"),
            Loss::new(LossKind::LostNumber, "number n-2 is gone"),
        ];
        let figures = vec![("servers killed".to_owned(), 3)];
        let report = Report { engine: Engine::Sqlite, seed: 7, minutes: "1".into(), figures, losses };
        let text = report.to_string();
        assert!(text.starts_with("SQLite, seed 7, 1 min under fire\n  servers killed"), "{text}");
        assert!(text.contains("lost number                      2\n"), "{text}");
        assert!(text.contains("double charge                    0\n"), "{text}");
        assert!(text.contains("LOSS lost number: number n-2 is gone"), "{text}");
    }
}
