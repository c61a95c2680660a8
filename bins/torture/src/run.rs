//! One run on one engine: start, load and strikes for so long, then quiet, then the full invariants.

use std::io::{IsTerminal, Write, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::checks::{Loss, RestartCheck, Scene, judge};
use crate::diary::Diary;
use crate::dice::Dice;
use crate::load::Load;
use crate::plan::{LATEST_ACT, Strike};
use crate::report::{Progress, Report, Run, minutes};
use crate::stage::{Engine, Fleet, Stage};
use crate::weather;

/// How long everything has to be decided once the faults are over, and how often it is looked at.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(250);

/// How often a line of progress is printed where lines cannot be overwritten.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// What a run is told.
pub(crate) struct Orders<'a> {
    pub engine: Engine,
    pub seed: u64,
    pub length: Duration,
    pub program: &'a Path,
    pub folder: &'a Path,
}

/// Runs, and reports what is lost.
pub(crate) async fn run(orders: &Orders<'_>) -> anyhow::Result<Report> {
    let Orders { engine, seed, .. } = *orders;
    let mut stage = Stage::start(engine, orders.program, orders.folder, seed).await?;
    let diary = Arc::new(Diary::default());
    let forbidden = stage.operators_own.iter().map(|number| number.phone_number.clone()).collect();
    let load = Load::start(seed, &stage.api, &diary, stage.stock.clone(), forbidden);
    let mut check = RestartCheck::default();
    let mut losses = under_fire(orders, &mut stage, &diary, &mut check).await?;
    load.end().await?;
    weather::end(&stage.twilio());
    let scene = Scene { api: &stage.api, twilio: stage.twilio(), operators_own: &stage.operators_own };
    settle_down(&scene).await?;
    let picture = scene.picture(&stage.fleet).await?;
    losses.extend(judge(&picture, &diary));
    let run = Run {
        engine,
        seed,
        minutes: minutes(orders.length),
        fleet: &stage.fleet,
        faults: stage.twilio().struck(),
        restart_checks: check.runs,
        diary: &diary,
        picture: &picture,
    };
    let report = Report::of(&run, losses);
    stage.fleet.kill_all().await?;
    stage.simulator.shutdown().await;
    Ok(report)
}

/// Strikes, starts again and checks, in another weather each time.
async fn under_fire(
    orders: &Orders<'_>,
    stage: &mut Stage,
    diary: &Diary,
    check: &mut RestartCheck,
) -> anyhow::Result<Vec<Loss>> {
    let (mut strikes, mut sky) =
        (Dice::stream(orders.seed, "strikes", 0), Dice::stream(orders.seed, "weather", 0));
    let until = Instant::now() + orders.length;
    let mut losses = Vec::new();
    let mut line = Line::default();
    loop {
        weather::change(&mut sky, &stage.twilio());
        let strike = Strike::draw(&mut strikes, orders.engine);
        if Instant::now() + strike.after > until {
            tokio::time::sleep_until(until).await;
            line.end();
            return Ok(losses);
        }
        tokio::time::sleep(strike.after).await;
        stage.fleet.strike(strike.target).await?;
        tokio::time::sleep(strike.dark).await;
        stage.fleet.recover_from(strike.target).await?;
        losses.extend(check.run(&stage.fleet, &stage.api, diary).await?);
        line.show(&progress(orders.engine, stage, diary, losses.len(), until).await?);
    }
}

async fn progress(
    engine: Engine,
    stage: &Stage,
    diary: &Diary,
    losses: usize,
    until: Instant,
) -> anyhow::Result<Progress> {
    let scene = Scene { api: &stage.api, twilio: stage.twilio(), operators_own: &stage.operators_own };
    let Fleet { kills, database_kills, .. } = stage.fleet;
    let (attempted, undecided) = (diary.purchases(), scene.undecided().await?);
    let left = until.saturating_duration_since(Instant::now());
    Ok(Progress { engine, kills, database_kills, attempted, undecided, losses, left })
}

/// Waits until everything is decided and Twilio holds what is held here. What was sent before the faults ended may be
/// acted on for a while; what stays undecided for longer than patience is judged as it is.
async fn settle_down(scene: &Scene<'_>) -> anyhow::Result<()> {
    tokio::time::sleep(LATEST_ACT).await;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if scene.undecided().await? == 0 && scene.is_matched().await? {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// The line of progress: overwritten on a terminal, one now and then elsewhere.
#[derive(Default)]
struct Line {
    printed: Option<Instant>,
}

impl Line {
    fn show(&mut self, progress: &Progress) {
        let mut out = stdout();
        if out.is_terminal() {
            let _ = write!(out, "\r\x1b[K{progress}");
            let _ = out.flush();
            self.printed = Some(Instant::now());
        } else if self.printed.is_none_or(|printed| printed.elapsed() >= LINE_EVERY) {
            let _ = writeln!(out, "{progress}");
            self.printed = Some(Instant::now());
        }
    }

    fn end(&self) {
        let mut out = stdout();
        if self.printed.is_some() && out.is_terminal() {
            let _ = writeln!(out);
        }
    }
}
