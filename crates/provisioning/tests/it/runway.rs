//! The watch over the money at the provider, on mocks and a clock that the test moves: what is added up, what is written
//! down, and what an operator is told, once.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use rstest::rstest;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, AlarmBoard, Onset};
use trunkline_domain::{
    Actor, Change, Clock, Country, Currency, Money, NumberCost, NumberId, NumberStatus, NumberType,
    OwnedNumber, PriceBook, ProviderIdentity, RandomIds,
};
use trunkline_provider::{MockNumberProvider, MockProviderAccount, ProviderError};
use trunkline_provisioning::port::{
    MockBusinesses, MockDecisionStore, MockNumberStore, MockOrderStore, MockOrphanStore, MockPurchaseStore,
    MockReconciliationStore, MockReleaseStore, MockSalesStore, RunwayAnswer, RunwayNote, SalesPause,
    SalesState, SalesStop, Shortage,
};
use trunkline_provisioning::{
    BalanceFloor, CurrentPrices, ProvisioningParts, Runway, RunwayError, RunwayFigures,
};
use uuid::Uuid;

use crate::fixture::{account, number, other_account, outcome_unknown, store_down, unavailable, usd};

/// A Wednesday, at noon.
const NOW: &str = "2027-02-24T12:00:00Z";

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|_| format!("{text}T12:00:00Z").parse().unwrap())
}

struct Moved(Mutex<DateTime<Utc>>);

impl Clock for Moved {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// What an operator is told.
#[derive(Default)]
struct Board(Mutex<Vec<String>>, Mutex<Vec<Onset>>);

impl AlarmBoard for Board {
    fn raise(&self, onset: Onset) {
        self.0.lock().unwrap().push(format!("raised {}", onset.alarm));
        self.1.lock().unwrap().push(onset);
    }

    fn end(&self, alarm: Alarm, subject: &str) {
        assert_eq!(subject, account().as_str());
        self.0.lock().unwrap().push(format!("ended {alarm}"));
    }
}

impl Board {
    /// What was said since it was last asked.
    fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// What the world is like; a test changes it between two looks.
struct World {
    /// `None`: the provider does not say.
    balance: Arc<Mutex<Option<Money>>>,
    state: Arc<Mutex<SalesState>>,
    notes: Arc<Mutex<Vec<Change<RunwayNote>>>>,
    rows: Vec<OwnedNumber>,
    costs: Vec<NumberCost>,
    /// The countries that were asked for.
    asked: Arc<Mutex<Vec<Country>>>,
    board: Arc<Board>,
    clock: Arc<Moved>,
}

impl World {
    fn with(balance: &str) -> Self {
        let state = SalesState { at: time(NOW), stop: None, pause: None, purchases_today: 0 };
        Self {
            balance: Arc::new(Mutex::new(Some(usd(balance)))),
            state: Arc::new(Mutex::new(state)),
            notes: Arc::default(),
            rows: Vec::new(),
            costs: vec![cost(Country::US, NumberType::Local, usd("1.15"))],
            asked: Arc::default(),
            board: Arc::default(),
            clock: Arc::new(Moved(Mutex::new(time(NOW)))),
        }
    }

    fn set(&self, balance: Option<&str>) {
        *self.balance.lock().unwrap() = balance.map(usd);
    }

    fn pause(&self) {
        self.state.lock().unwrap().pause = Some(SalesPause { shortage: shortage(), at: time(NOW) });
    }

    fn is_paused(&self) -> bool {
        self.state.lock().unwrap().pause.is_some()
    }

    fn runway(&self, floor: &str) -> Runway {
        self.runway_over(self.switch(), floor)
    }

    fn runway_over(&self, sales: MockSalesStore, floor: &str) -> Runway {
        let mut provider = MockNumberProvider::new();
        provider.expect_account().returning(|| Ok(account()));
        let mut at_provider = MockProviderAccount::new();
        let balance = Arc::clone(&self.balance);
        at_provider.expect_balance().returning(move || balance.lock().unwrap().ok_or_else(outcome_unknown));
        let (costs, asked) = (self.costs.clone(), Arc::clone(&self.asked));
        at_provider.expect_number_costs().returning(move |country| {
            asked.lock().unwrap().push(country);
            let found: Vec<_> = costs.iter().filter(|cost| cost.country == country).copied().collect();
            if found.is_empty() { Err(unavailable()) } else { Ok(found) }
        });
        let mut books = MockReconciliationStore::new();
        let rows = self.rows.clone();
        books.expect_bought_numbers().returning(move |after, limit| {
            let rest = rows.iter().filter(|row| after.is_none_or(|after| row.id > after));
            Ok(rest.take(usize::from(limit)).cloned().collect())
        });
        let parts = ProvisioningParts {
            provider: Arc::new(provider),
            account: Arc::new(at_provider),
            purchases: Arc::new(MockPurchaseStore::new()),
            releases: Arc::new(MockReleaseStore::new()),
            orphans: Arc::new(MockOrphanStore::new()),
            decisions: Arc::new(MockDecisionStore::new()),
            reconciliations: Arc::new(books),
            numbers: Arc::new(MockNumberStore::new()),
            orders: Arc::new(MockOrderStore::new()),
            businesses: Arc::new(MockBusinesses::new()),
            prices: CurrentPrices::new(PriceBook::embedded().unwrap()),
            alarms: Arc::<Board>::clone(&self.board),
            clock: Arc::<Moved>::clone(&self.clock),
            ids: Arc::new(RandomIds),
        };
        let floor: BalanceFloor = floor.parse().unwrap();
        Runway::new(parts, Arc::new(sales), Some(floor))
    }

    fn switch(&self) -> MockSalesStore {
        let mut sales = MockSalesStore::new();
        let state = Arc::clone(&self.state);
        sales.expect_sales().returning(move || Ok(state.lock().unwrap().clone()));
        let (state, notes) = (Arc::clone(&self.state), Arc::clone(&self.notes));
        sales.expect_note_runway().returning(move |change| {
            notes.lock().unwrap().push(change.clone());
            let RunwayNote { shortage, at } = change.body;
            state.lock().unwrap().pause = shortage.map(|shortage| SalesPause { shortage, at });
            Ok(if shortage.is_some() { RunwayAnswer::Paused } else { RunwayAnswer::Resumed })
        });
        sales
    }

    /// How often something was written.
    fn written(&self) -> usize {
        self.notes.lock().unwrap().len()
    }
}

fn cost(country: Country, number_type: NumberType, monthly: Money) -> NumberCost {
    NumberCost { country, number_type, monthly }
}

/// The `n`th number, bought on this day.
fn bought(n: u128, day: &str) -> OwnedNumber {
    OwnedNumber { id: NumberId::from_uuid(Uuid::from_u128(n)), purchased_at: time(day), ..number() }
}

fn shortage() -> Shortage {
    Shortage { balance: usd("19.99"), coming_fees: usd("0"), floor: usd("20") }
}

/// What both alarms are told when all is well at first sight.
const WELL: [&str; 2] = ["ended balance_unreadable", "ended balance_low"];

#[tokio::test]
async fn a_drained_balance_pauses_sales_once_and_a_top_up_resumes_them() {
    let world = World { rows: vec![bought(1, "2027-01-26")], ..World::with("21.15") };
    let runway = world.runway("20.00");
    runway.check_once().await.unwrap();
    assert_eq!((world.written(), world.board.said()), (0, WELL.map(str::to_owned).to_vec()), "just enough");

    world.set(Some("21.149999"));
    let figures = runway.check_once().await.unwrap();
    assert_eq!(figures.left().unwrap(), usd("19.999999"));
    let shortage = Shortage { balance: usd("21.149999"), coming_fees: usd("1.15"), floor: usd("20") };
    let [change] = &world.notes.lock().unwrap().clone()[..] else { panic!("one note") };
    assert_eq!(change.body, RunwayNote { shortage: Some(shortage), at: time(NOW) });
    let [told] = &change.audit[..] else { panic!("one audit line") };
    assert_eq!((told.action.as_str(), &told.actor), ("sales.pause", &Actor::System));
    assert_eq!(told.details["balance"], json!(usd("21.149999")));
    assert_eq!(world.board.said(), ["raised balance_low"]);
    let onset = world.board.1.lock().unwrap()[0].clone();
    assert_eq!(onset.subject, account().as_str());
    assert_eq!(
        json!(onset.details),
        json!({ "balance": "21.149999 USD", "comingFees": "1.15 USD", "floor": "20.00 USD" })
    );

    world.set(Some("3.00"));
    runway.check_once().await.unwrap();
    assert_eq!((world.written(), world.board.said()), (1, Vec::new()), "still low is nothing new");

    world.set(Some("50.00"));
    runway.check_once().await.unwrap();
    assert!(!world.is_paused());
    assert_eq!((world.written(), world.board.said()), (2, vec!["ended balance_low".to_owned()]));
    runway.check_once().await.unwrap();
    assert_eq!((world.written(), world.board.said()), (2, Vec::new()));
}

#[rstest]
#[case::open(false)]
#[case::paused(true)]
#[tokio::test]
async fn a_balance_that_cannot_be_read_leaves_sales_as_they_are(#[case] paused: bool) {
    let world = World::with(if paused { "1" } else { "100" });
    let runway = world.runway("20");
    runway.check_once().await.unwrap();
    let (written, _) = (world.written(), world.board.said());
    world.set(None);
    for _ in 0..3 {
        let error = runway.check_once().await.unwrap_err();
        assert!(matches!(error, RunwayError::Balance(ProviderError::OutcomeUnknown { .. })), "{error:?}");
    }
    assert_eq!(world.board.said(), ["raised balance_unreadable"]);
    assert_eq!((world.is_paused(), world.written()), (paused, written));
    world.set(Some(if paused { "1" } else { "100" }));
    runway.check_once().await.unwrap();
    assert_eq!(world.board.said(), ["ended balance_unreadable"]);
    assert_eq!((world.is_paused(), world.written()), (paused, written));
}

/// Whoever noted it may have ended before it was said.
#[tokio::test]
async fn a_server_that_starts_says_what_holds() {
    let world = World::with("1");
    world.pause();
    world.runway("20").check_once().await.unwrap();
    assert_eq!(world.board.said(), ["ended balance_unreadable", "raised balance_low"]);
    assert_eq!(world.written(), 0, "it is known already");
}

#[tokio::test]
async fn what_is_renewed_within_a_week_is_added_up() {
    let released = OwnedNumber { status: NumberStatus::Released, ..bought(6, "2027-01-26") };
    let elsewhere =
        Some(ProviderIdentity { account: other_account(), number: number().identity.unwrap().number });
    let rows = vec![
        bought(1, "2027-01-31"),           // the 28th of February
        bought(2, "2026-08-24"),           // today, at this moment
        bought(3, "2027-02-03T11:59:59Z"), // within the week by a second
        bought(4, "2027-02-03T12:00:00Z"), // a week from now
        bought(5, "2027-02-23"),           // yesterday
        released,                          // paid by nobody
        OwnedNumber { identity: elsewhere, ..bought(7, "2027-01-26") },
        OwnedNumber { status: NumberStatus::Releasing, ..bought(8, "2026-02-25") },
    ];
    let world = World { rows, ..World::with("10") };
    let figures = world.runway("1").check_once().await.unwrap();
    let expected = RunwayFigures { balance: usd("10"), coming_fees: usd("4.60"), renewals: 4, unpriced: 0 };
    assert_eq!(figures, expected);
    assert_eq!(world.asked.lock().unwrap()[..], [Country::US], "asked once");

    // In March the 31st is the 31st again.
    *world.clock.0.lock().unwrap() = time("2027-03-24T12:00:01Z");
    let figures = world.runway("1").check_once().await.unwrap();
    assert_eq!(figures.renewals, 2, "those of the 25th and, a second within the week, of the 31st");
    *world.clock.0.lock().unwrap() = time("2027-03-23T12:00:00Z");
    assert_eq!(world.runway("1").check_once().await.unwrap().renewals, 3, "those of the 23rd, 24th and 25th");
}

#[tokio::test]
async fn what_has_no_cost_in_the_accounts_currency_is_counted_and_not_added() {
    let (gb, fr): (Country, Country) = ("GB".parse().unwrap(), "FR".parse().unwrap());
    let rows = vec![
        bought(1, "2027-01-26"),
        OwnedNumber { country: gb, ..bought(2, "2027-01-26") },
        OwnedNumber { country: fr, ..bought(3, "2027-01-26") },
        OwnedNumber { country: fr, ..bought(4, "2027-01-26") },
        OwnedNumber { kind: NumberType::Mobile.into(), ..bought(5, "2027-01-26") },
    ];
    let mut world = World { rows, ..World::with("10") };
    world.costs.push(cost(gb, NumberType::Local, Money::parse("90", Currency::INR).unwrap()));
    let RunwayFigures { coming_fees, renewals, unpriced, .. } = world.runway("1").check_once().await.unwrap();
    assert_eq!((coming_fees, renewals, unpriced), (usd("1.15"), 5, 4));
    assert_eq!(
        world.asked.lock().unwrap()[..],
        [Country::US, gb, fr],
        "once each, also where nobody answers"
    );
}

#[tokio::test]
async fn numbers_are_read_to_the_last_page() {
    let rows = (1..=1_001).map(|n| bought(n, "2027-01-26")).collect();
    let world = World { rows, ..World::with("10") };
    let figures = world.runway("1").figures().await.unwrap();
    assert_eq!((figures.renewals, figures.coming_fees), (1_001, usd("1151.15")));
    assert!(!world.is_paused(), "asking changes nothing");
}

#[tokio::test]
async fn without_a_floor_nothing_is_too_low_and_nobody_is_told() {
    let world = World::with("-5");
    world.pause();
    let runway = world.runway("0.00");
    world.set(None);
    runway.check_once().await.unwrap_err();
    assert!(!world.is_paused(), "a pause of before is over");
    assert_eq!(world.board.said(), [""; 0]);
    world.set(Some("-5"));
    runway.check_once().await.unwrap();
    assert!(!world.is_paused());
    assert_eq!(world.board.said(), WELL);
}

#[tokio::test]
async fn figures_are_shown() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let world = World { rows: vec![bought(1, "2027-01-26")], ..World::with("-0.50") };
    let (by, reason, at) = (Actor::CommandLine { login: None }, "fraud".to_owned(), time(NOW));
    let runway = world.runway("-10");
    let shown = || {
        let told = snapshotter.snapshot().into_vec().into_iter().filter_map(|(key, _, _, value)| {
            let (key, DebugValue::Gauge(value)) = (key.key(), value) else { return None };
            let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
            Some(([&[key.name()], &labels[..]].concat().join(" "), value.to_string()))
        });
        told.collect::<BTreeMap<_, _>>()
    };
    runway.check_once().await.unwrap();
    let gauges = shown();
    for (series, value) in [
        ("trunkline_provider_balance USD", "-0.5"),
        ("trunkline_provider_fees_week USD", "1.15"),
        ("trunkline_provider_fees_unpriced", "0"),
        ("trunkline_sales_open", "1"),
        ("trunkline_runway_checked_timestamp_seconds", &time(NOW).timestamp().to_string()),
    ] {
        assert_eq!(gauges.get(series).map(String::as_str), Some(value), "{series}");
    }
    world.state.lock().unwrap().purchases_today = 2;
    let capped = runway.clone().with_purchases_per_day(NonZeroU32::new(2));
    for (runway, open) in [(&capped, "0"), (&runway, "1")] {
        runway.check_once().await.unwrap();
        assert_eq!(shown()["trunkline_sales_open"], open, "the purchases of the day, where they are limited");
    }
    world.state.lock().unwrap().stop = Some(SalesStop { by, reason, at });
    runway.check_once().await.unwrap();
    assert_eq!(shown()["trunkline_sales_open"], "0");
}

/// A store that is down for one look is asked again at the next one.
#[tokio::test(start_paused = true)]
async fn the_watch_goes_on_until_it_is_told_to_stop() {
    let world = World::with("1");
    let stop = CancellationToken::new();
    let mut sales = MockSalesStore::new();
    sales.expect_sales().times(1).returning(|| Err(store_down()));
    let (state, stopping) = (world.state.lock().unwrap().clone(), stop.clone());
    sales.expect_sales().times(1).returning(move || Ok(state.clone()));
    sales.expect_note_runway().times(1).returning(move |_| {
        stopping.cancel();
        Ok(RunwayAnswer::Paused)
    });
    let state = world.state.lock().unwrap().clone();
    sales.expect_sales().returning(move || Ok(state.clone()));
    let runway = world.runway_over(sales, "20");
    let began = tokio::time::Instant::now();
    runway.run(Duration::from_mins(5), stop).await;
    assert!(began.elapsed() >= Duration::from_mins(5));
    assert_eq!(world.board.said(), ["ended balance_unreadable", "raised balance_low"], "said once, at once");
}
