//! The schedule of reconciliations: what is overdue is said, and the lease of one that takes long is kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::pending;
use rstest::rstest;
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, AlarmBoard, Onset};
use trunkline_domain::Origin;
use trunkline_provisioning::port::PassLease;
use trunkline_provisioning::{ReconcileCommand, ReconcileError, Repairs};

use crate::fixture::{account, at, lease, seconds, store_down, unavailable};
use crate::lingering::{Delay, LingeringProvider};
use crate::stage::{Scene, Stage};

const DAY_S: i64 = 24 * 3600;

/// What an operator is told.
#[derive(Clone, Default)]
struct Board(Arc<Mutex<Vec<String>>>);

impl AlarmBoard for Board {
    fn raise(&self, onset: Onset) {
        self.0.lock().unwrap().push(format!("raised {} {}", onset.alarm, onset.subject));
    }

    fn end(&self, alarm: Alarm, subject: &str) {
        self.0.lock().unwrap().push(format!("ended {alarm} {subject}"));
    }
}

impl Board {
    fn said(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until it has been told; the paused clock runs meanwhile, and not for ever.
    async fn until_told(&self, line: &str) {
        for _ in 0..1_000 {
            if self.said().iter().any(|said| said == line) {
                return;
            }
            tokio::time::sleep(seconds(1)).await;
        }
        panic!("not told in 1,000 seconds: {line}; but {:?}", self.said());
    }
}

fn pass() -> PassLease {
    PassLease { lease: lease(), begun_at: at(0) }
}

fn run(scene: &Scene) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let (stop, running) = (CancellationToken::new(), scene.provisioning.clone());
    let stopped = stop.clone();
    (stop, tokio::spawn(async move { running.run(stopped).await }))
}

/// What keeps a reconciliation from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    NoPassFromTheStore,
    NoList,
    NoRows,
    Panic,
    NeverEnds,
}

/// Whatever it is, and however it fails. A day without one is long; the last was at second nought.
#[rstest]
#[tokio::test(start_paused = true)]
async fn a_reconciliation_that_is_overdue_is_an_alarm(
    #[values(
        Trouble::NoPassFromTheStore,
        Trouble::NoList,
        Trouble::NoRows,
        Trouble::Panic,
        Trouble::NeverEnds
    )]
    trouble: Trouble,
) {
    let (mut stage, board) = (Stage::new(), Board::default());
    stage.alarms = Arc::new(board.clone());
    stage.orphans.expect_begin_pass().returning(move |_, _| match trouble {
        Trouble::NoPassFromTheStore => Err(store_down()),
        Trouble::NoList | Trouble::NoRows | Trouble::Panic | Trouble::NeverEnds => Ok(Some(pass())),
    });
    match trouble {
        Trouble::NoList => {
            stage.provider.expect_list().returning(|| Err(unavailable()));
        }
        Trouble::NoRows => {
            stage.reconciliations.expect_bought_numbers().returning(|_, _| Err(store_down()));
        }
        Trouble::Panic => {
            stage.reconciliations.expect_bought_numbers().returning(|_, _| panic!("a mistake of ours"));
        }
        Trouble::NoPassFromTheStore | Trouble::NeverEnds => {}
    }
    stage.orphans.expect_renew_pass().returning(|_, _| Ok(true));
    let clock = stage.clock.clone();
    let scene = stage.open_with(
        |provider| match trouble {
            Trouble::NeverEnds => {
                Arc::new(LingeringProvider::new(provider).with_list(Delay::of(seconds(10_000))))
            }
            _ => Arc::new(provider),
        },
        |purchases| Arc::new(purchases),
    );
    clock.set(DAY_S);
    let (stop, running) = run(&scene);
    let overdue = format!("raised {} {}", Alarm::ReconciliationOverdue, account());
    for _ in 0..200 {
        tokio::time::sleep(seconds(1)).await;
    }
    assert!(!board.said().contains(&overdue), "a day to the second is not too long");
    clock.set(DAY_S + 1);
    board.until_told(&overdue).await;
    for _ in 0..200 {
        tokio::time::sleep(seconds(1)).await;
    }
    assert_eq!(board.said().iter().filter(|said| **said == overdue).count(), 1, "once");
    stop.cancel();
    scene.provisioning.shutdown().await;
    running.await.unwrap();
}

/// The next whole one ends the alarm.
#[tokio::test(start_paused = true)]
async fn a_whole_reconciliation_ends_the_alarm() {
    let (mut stage, board) = (Stage::new(), Board::default());
    stage.alarms = Arc::new(board.clone());
    stage.orphans.expect_begin_pass().returning(|_, _| Ok(Some(pass())));
    let scene = stage.open();
    scene.provisioning.pass_once().await.unwrap();
    let ended = format!("ended {} {}", Alarm::ReconciliationOverdue, account());
    assert!(board.said().contains(&ended), "{:?}", board.said());
}

fn asked() -> ReconcileCommand {
    ReconcileCommand { repairs: Repairs::Nothing, origin: Origin::command_line() }
}

/// A list that takes five leases: the lease is renewed three times in each.
#[tokio::test(start_paused = true)]
async fn the_lease_of_a_long_reconciliation_is_renewed() {
    let mut stage = Stage::new();
    stage.orphans.expect_begin_pass().times(1).returning(|_, _| Ok(Some(pass())));
    let (renewals, lease) = (Arc::new(AtomicUsize::new(0)), stage.settings.lease);
    let count = Arc::clone(&renewals);
    stage.orphans.expect_renew_pass().returning(move |renewed, terms| {
        assert_eq!((renewed, terms.lease), (pass(), lease));
        count.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    });
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_list(Delay::of(lease * 5))),
        |purchases| Arc::new(purchases),
    );
    let report = scene.provisioning.reconcile(asked(), Arc::new(|_| {})).await.unwrap();
    assert!(report.complete);
    assert!((14..=15).contains(&renewals.load(Ordering::Relaxed)), "{renewals:?}");
}

/// Whoever has lost the lease, or is told to stop, comes to no conclusion: somebody else may be at it.
#[rstest]
#[tokio::test(start_paused = true)]
async fn a_reconciliation_that_has_lost_its_lease_or_is_stopped_concludes_nothing(
    #[values(true, false)] is_lost: bool,
) {
    let mut stage = Stage::new();
    stage.orphans.expect_begin_pass().times(1).returning(|_, _| Ok(Some(pass())));
    stage.orphans.expect_renew_pass().returning(move |_, _| Ok(!is_lost));
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_list(Delay::of(seconds(10_000)))),
        |purchases| Arc::new(purchases),
    );
    let stopper = async {
        if is_lost {
            pending::<()>().await;
        }
        tokio::time::sleep(seconds(5)).await;
        scene.provisioning.shutdown().await;
        pending::<()>().await;
    };
    let stopped = tokio::select! {
        report = scene.provisioning.reconcile(asked(), Arc::new(|_| {})) => report,
        () = stopper => unreachable!(),
    };
    assert!(matches!(stopped, Err(ReconcileError::Stopped)), "{stopped:?}");
    assert_eq!(scene.asked.passes.count(), 1, "the pass is given back");
    assert_eq!(scene.asked.reports.count(), 0, "no report is kept");
}
