//! One run on one engine: start, load and strikes for so long, then quiet, then the full invariants.

use std::io::{IsTerminal, Write, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use trunkline_twilio_sim::Admin;

use crate::checks::{Loss, Picture, RestartCheck, judge};
use crate::diary::Diary;
use crate::dice::Dice;
use crate::load::Load;
use crate::operator::Operator;
use crate::plan::{Aim, Strike};
use crate::quiet;
use crate::report::{Progress, Report, Run, minutes};
use crate::sabotage::Sabotage;
use crate::stage::{Engine, Fleet, Stage};
use crate::weather;

/// How long an aimed strike waits for its moment.
const MOMENT: Duration = Duration::from_secs(1);

/// How often a line of progress is printed where lines cannot be overwritten.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// What a run is told.
pub(crate) struct Orders<'a> {
    pub engine: Engine,
    pub seed: u64,
    pub length: Duration,
    pub sabotage: &'a [Sabotage],
    pub program: &'a Path,
    pub folder: &'a Path,
}

/// Runs, and reports what is lost.
pub(crate) async fn run(orders: &Orders<'_>) -> anyhow::Result<Report> {
    let Orders { engine, seed, .. } = *orders;
    let mut stage = Stage::start(engine, orders.program, orders.folder, seed).await?;
    let diary = Arc::new(Diary::default());
    let forbidden = stage.neighbours.iter().map(|number| number.phone_number.clone()).collect();
    let load = Load::start(seed, &stage.api, &diary, stage.stock.clone(), forbidden);
    let mut check = RestartCheck::default();
    let mut operator = Operator::default();
    let mut losses = under_fire(orders, &mut stage, &diary, &mut check, &mut operator).await?;
    load.end().await?;
    quiet::settle_down(&stage, &mut operator).await?;
    for sabotage in orders.sabotage {
        sabotage.commit(&stage).await?;
    }
    let picture = Picture::take(&stage).await?;
    losses.extend(judge(&picture, &diary));
    let run = Run {
        engine,
        seed,
        minutes: minutes(orders.length),
        fleet: &stage.fleet,
        faults: stage.twilio().struck(),
        restart_checks: check.runs,
        operator,
        diary: &diary,
        picture: &picture,
    };
    let report = Report::of(&run, losses);
    stage.fleet.kill_all().await?;
    stage.simulator.shutdown().await;
    Ok(report)
}

/// Strikes and starts again, in another weather each time. The checks run while the servers live.
async fn under_fire(
    orders: &Orders<'_>,
    stage: &mut Stage,
    diary: &Diary,
    check: &mut RestartCheck,
    operator: &mut Operator,
) -> anyhow::Result<Vec<Loss>> {
    let (mut strikes, mut sky) =
        (Dice::stream(orders.seed, "strikes", 0), Dice::stream(orders.seed, "weather", 0));
    let until = Instant::now() + orders.length;
    let mut losses = Vec::new();
    let mut line = Line::default();
    loop {
        weather::change(&mut sky, &stage.twilio());
        let strike = Strike::draw(&mut strikes, orders.engine);
        let due = Instant::now() + strike.after;
        let checked = check.run(&stage.fleet, &stage.api, diary);
        let operated = operator.confirm_repairs(stage, due.min(until));
        let (checked, (), ()) = tokio::join!(checked, operated, tokio::time::sleep_until(due.min(until)));
        losses.extend(checked?);
        line.show(&progress(orders.engine, stage, diary, losses.len(), until).await?);
        if due > until {
            line.end();
            return Ok(losses);
        }
        wait_for_the_moment(strike.aim, &stage.twilio()).await;
        stage.fleet.strike(strike.target).await?;
        tokio::time::sleep(strike.dark).await;
        stage.fleet.recover_from(strike.target).await?;
    }
}

/// Waits for the moment that a strike is aimed at, but not for ever: there may be no purchase in this weather.
async fn wait_for_the_moment(aim: Aim, twilio: &Admin) {
    let ((method, path), soon) = match aim {
        Aim::Blind => return,
        Aim::Purchase(soon) => (weather::PURCHASE, soon),
        Aim::Release(soon) => (weather::RELEASE, soon),
    };
    twilio.clear_requests();
    let next = tokio::time::timeout(MOMENT, twilio.wait_for_request(method, path, 1));
    if next.await.is_ok() {
        tokio::time::sleep(soon).await;
    }
}

async fn progress(
    engine: Engine,
    stage: &Stage,
    diary: &Diary,
    losses: usize,
    until: Instant,
) -> anyhow::Result<Progress> {
    let Fleet { kills, database_kills, .. } = stage.fleet;
    let (attempted, undecided) = (diary.purchases(), quiet::undecided(&stage.api).await?);
    let left = until.saturating_duration_since(Instant::now());
    Ok(Progress { engine, kills, database_kills, attempted, undecided, losses, left })
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
