//! Whether what an alarm was raised about still stands, over mocked ports: what was not looked at is never gone.

use std::sync::Arc;

use rstest::rstest;
use serde_json::Map;
use trunkline_alarms::{Alarm, AlarmRecord, CauseError, CauseVerdict, Causes, LoggedAlarms};
use trunkline_domain::{
    AccountSid, Clock, FailureReason, NumberStatus, Order, OrderState, OwnedNumber, PriceBook, RandomIds,
};
use trunkline_provider::{MockNumberProvider, MockProviderAccount, ProviderError, ProviderNumber};
use trunkline_provisioning::port::{
    Contradiction, Missing, MockBusinesses, MockDecisionStore, MockNumberStore, MockOrderStore,
    MockOrphanStore, MockPurchaseStore, MockReconciliationStore, MockReleaseStore, OrphanStanding,
};
use trunkline_provisioning::{
    BookedNumber, CurrentPrices, Finding, Found, HeldNumber, ProvisioningCauses, ProvisioningParts,
    RepairCounts, Report,
};
use uuid::Uuid;

use crate::fixture::{
    account, at, failed, identity, number, order, other_account, outcome_unknown, provider_number, settings,
    unavailable, unresolved, user,
};

/// When alarms here were raised last.
const RAISED_S: i64 = 10_000;
/// When everything here is looked at.
const LATER_S: i64 = 100_000;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        at(LATER_S)
    }
}

/// What there is to be looked at.
#[derive(Default)]
struct World {
    order: Option<Order>,
    number: Option<OwnedNumber>,
    orphan: Option<OrphanStanding>,
    report: Option<Report>,
    /// What the provider says of the number, where it may be asked.
    held: Option<Result<Option<ProviderNumber>, ProviderError>>,
}

/// What the provider says when it is asked for the number.
enum Says {
    NotAsked,
    Absent,
    Holds(ProviderNumber),
}

impl Says {
    fn said(self) -> Option<Result<Option<ProviderNumber>, ProviderError>> {
        match self {
            Self::NotAsked => None,
            Self::Absent => Some(Ok(None)),
            Self::Holds(number) => Some(Ok(Some(number))),
        }
    }
}

/// A complete report, begun after the alarm was raised.
fn report(findings: Vec<Finding>) -> Report {
    Report {
        account: account(),
        begun_at: at(RAISED_S + 5_000),
        ended_at: at(RAISED_S + 5_001),
        complete: true,
        held: 1,
        compared: 1,
        skipped: 0,
        on_other_accounts: 0,
        costs_unknown: Vec::new(),
        found: u64::try_from(findings.len()).unwrap(),
        repairable: 0,
        repairs: RepairCounts::default(),
        held_back: None,
        findings: findings.into_iter().map(Found::from).collect(),
    }
}

fn record(alarm: Alarm, subject: &impl ToString, on: &AccountSid) -> AlarmRecord {
    let mut details = Map::new();
    details.insert("account".to_owned(), on.as_str().into());
    AlarmRecord {
        id: Uuid::from_u128(1),
        alarm,
        subject: subject.to_string(),
        sentence: "something is wrong".to_owned(),
        details,
        raised_at: at(RAISED_S - 5_000),
        last_raised_at: at(RAISED_S),
        times: 2,
        end: None,
    }
}

impl World {
    async fn stands(self, record: &AlarmRecord) -> Result<CauseVerdict, CauseError> {
        let Self { order, number, orphan, report, held } = self;
        let mut orders = MockOrderStore::new();
        orders.expect_order().returning(move |_, id| Ok(order.clone().filter(|order| order.id == id)));
        let mut numbers = MockNumberStore::new();
        let row = number.clone();
        numbers.expect_number().returning(move |_, id| Ok(row.clone().filter(|row| row.id == id)));
        numbers.expect_number_by_identity().returning(move |identity| {
            Ok(number.clone().filter(|row| row.identity.as_ref() == Some(identity)))
        });
        let mut orphans = MockOrphanStore::new();
        orphans.expect_orphan_standing().returning(move |_| Ok(orphan));
        let mut books = MockReconciliationStore::new();
        books.expect_reports().returning(move |_| Ok(report.iter().cloned().collect()));
        let mut provider = MockNumberProvider::new();
        provider.expect_account().returning(|| Ok(account()));
        if let Some(held) = held {
            provider.expect_fetch().times(1).return_once(move |_| held);
        }
        let parts = ProvisioningParts {
            alarms: Arc::new(LoggedAlarms),
            provider: Arc::new(provider),
            account: Arc::new(MockProviderAccount::new()),
            purchases: Arc::new(MockPurchaseStore::new()),
            releases: Arc::new(MockReleaseStore::new()),
            orphans: Arc::new(orphans),
            decisions: Arc::new(MockDecisionStore::new()),
            reconciliations: Arc::new(books),
            numbers: Arc::new(numbers),
            orders: Arc::new(orders),
            businesses: Arc::new(MockBusinesses::new()),
            prices: CurrentPrices::new(PriceBook::embedded().unwrap()),
            clock: Arc::new(Fixed),
            ids: Arc::new(RandomIds),
        };
        let causes = ProvisioningCauses::new(parts, &settings());
        causes.stands(record).await
    }

    async fn verdict(self, record: &AlarmRecord) -> CauseVerdict {
        self.stands(record).await.unwrap()
    }
}

fn held() -> HeldNumber {
    HeldNumber {
        number_sid: identity().number,
        phone_number: order().phone_number,
        friendly_name: "Shop".to_owned(),
    }
}

#[rstest]
#[case::ordering(Some(order()), CauseVerdict::Stands)]
#[case::unresolved(Some(unresolved()), CauseVerdict::Stands)]
#[case::completed(Some(Order { state: OrderState::Completed, ..order() }), CauseVerdict::Gone)]
#[case::failed(Some(failed(FailureReason::NeverArrived)), CauseVerdict::Gone)]
#[case::missing(None, CauseVerdict::NotKnown)]
#[tokio::test]
async fn an_orders_alarm_ends_with_the_order(
    #[case] known: Option<Order>,
    #[case] expected: CauseVerdict,
    #[values(
        Alarm::OrderUndecided,
        Alarm::OrderInReview,
        Alarm::PurchaseHitOwnedNumber,
        Alarm::PurchaseAnswerMismatch,
        Alarm::SettlementConflict
    )]
    alarm: Alarm,
) {
    let world = World { order: known, ..World::default() };
    assert_eq!(world.verdict(&record(alarm, &order().id, &account())).await, expected);
}

/// The alarm is raised just before the release goes to review.
#[rstest]
#[case(NumberStatus::Releasing, CauseVerdict::Stands)]
#[case(NumberStatus::Review, CauseVerdict::Stands)]
#[case(NumberStatus::Active, CauseVerdict::Gone)]
#[case(NumberStatus::Released, CauseVerdict::Gone)]
#[tokio::test]
async fn a_releases_alarm_ends_when_its_number_is_in_review_no_more(
    #[case] status: NumberStatus,
    #[case] expected: CauseVerdict,
) {
    let world = World { number: Some(OwnedNumber { status, ..number() }), ..World::default() };
    assert_eq!(world.verdict(&record(Alarm::ReleaseInReview, &number().id, &account())).await, expected);
    let other = record(Alarm::ReleaseInReview, &"no number of ours", &account());
    assert_eq!(World::default().verdict(&other).await, CauseVerdict::NotKnown);
}

fn stray(alarm: Alarm) -> AlarmRecord {
    record(alarm, &identity().number, &account())
}

#[rstest]
#[tokio::test]
async fn a_stray_number_that_was_given_back_or_adopted_is_none(
    #[values(
        Alarm::SecondNumberForOrder,
        Alarm::LateSuccess,
        Alarm::OrphanInReview,
        Alarm::OrphanInDoubt,
        Alarm::UnknownOrder
    )]
    alarm: Alarm,
) {
    let released = World { orphan: Some(OrphanStanding::Released), ..World::default() };
    assert_eq!(released.verdict(&stray(alarm)).await, CauseVerdict::Gone);
    let adopted = World { number: Some(number()), ..World::default() };
    assert_eq!(adopted.verdict(&stray(alarm)).await, CauseVerdict::Gone);
    for standing in [OrphanStanding::UnderWay, OrphanStanding::InReview] {
        let world = World { orphan: Some(standing), ..World::default() };
        assert_eq!(world.verdict(&stray(alarm)).await, CauseVerdict::Stands);
    }
    assert_eq!(World::default().verdict(&stray(alarm)).await, CauseVerdict::NotKnown);
}

/// Where a reconciliation does not name it, the provider is asked; and not otherwise.
#[rstest]
#[case::named_as_orphan(
    report(vec![Finding::Orphan { held: held(), order: order().id }]), Says::NotAsked, CauseVerdict::Stands
)]
#[case::named_as_second(
    report(vec![Finding::SecondNumber { held: held(), order: order().id }]), Says::NotAsked, CauseVerdict::Stands
)]
#[case::incomplete(Report { complete: false, ..report(vec![]) }, Says::NotAsked, CauseVerdict::NotKnown)]
#[case::found_more_than_it_names(Report { found: 1, ..report(vec![]) }, Says::NotAsked, CauseVerdict::NotKnown)]
#[case::begun_before(Report { begun_at: at(RAISED_S), ..report(vec![]) }, Says::NotAsked, CauseVerdict::NotKnown)]
#[case::not_there(report(vec![]), Says::Absent, CauseVerdict::Gone)]
#[case::marked_still(report(vec![]), Says::Holds(provider_number()), CauseVerdict::Stands)]
#[case::renamed(
    report(vec![]),
    Says::Holds(ProviderNumber { friendly_name: "Shop".to_owned(), ..provider_number() }),
    CauseVerdict::Gone
)]
#[tokio::test]
async fn a_stray_number_is_gone_when_a_reconciliation_and_the_provider_say_so(
    #[case] report: Report,
    #[case] answer: Says,
    #[case] expected: CauseVerdict,
) {
    let world = World { report: Some(report), held: answer.said(), ..World::default() };
    assert_eq!(world.verdict(&stray(Alarm::OrphanInDoubt)).await, expected);
}

#[tokio::test]
async fn a_number_on_another_account_is_not_asked_for() {
    let world = || World { report: Some(report(vec![])), ..World::default() };
    let elsewhere = record(Alarm::UnknownOrder, &identity().number, &other_account());
    assert_eq!(world().verdict(&elsewhere).await, CauseVerdict::NotKnown);
    let nowhere = AlarmRecord { details: Map::new(), ..stray(Alarm::UnknownOrder) };
    assert_eq!(world().verdict(&nowhere).await, CauseVerdict::NotKnown);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_ends_nothing() {
    for error in [unavailable(), outcome_unknown()] {
        let world = World { report: Some(report(vec![])), held: Some(Err(error)), ..World::default() };
        assert!(world.stands(&stray(Alarm::LateSuccess)).await.is_err());
    }
}

fn ghost(moved_to: Option<AccountSid>) -> Finding {
    let booked = BookedNumber {
        number_id: number().id,
        user: user(),
        phone_number: number().phone_number,
        number_sid: identity().number,
    };
    Finding::Ghost { booked, moved_to }
}

/// That a reconciliation could not ask for it is no reason to believe that it is back.
#[rstest]
#[case::written_off(NumberStatus::Released, None, Says::NotAsked, CauseVerdict::Gone)]
#[case::no_report_since(NumberStatus::Active, None, Says::NotAsked, CauseVerdict::NotKnown)]
#[case::named(NumberStatus::Active, Some(report(vec![ghost(None)])), Says::NotAsked, CauseVerdict::Stands)]
#[case::not_named_and_there(
    NumberStatus::Active, Some(report(vec![])), Says::Holds(provider_number()), CauseVerdict::Gone
)]
#[case::not_named_and_not_there(NumberStatus::Active, Some(report(vec![])), Says::Absent, CauseVerdict::Stands)]
#[tokio::test]
async fn a_ghost_is_none_when_it_is_written_off_or_back(
    #[case] status: NumberStatus,
    #[case] report: Option<Report>,
    #[case] answer: Says,
    #[case] expected: CauseVerdict,
) {
    let row = Some(OwnedNumber { status, ..number() });
    let world = World { number: row, report, held: answer.said(), ..World::default() };
    assert_eq!(world.verdict(&record(Alarm::GhostNumber, &number().id, &account())).await, expected);
}

fn contradiction() -> Finding {
    Finding::Contradiction(Contradiction {
        order: order().id,
        user: user(),
        phone_number: order().phone_number,
        missing: Missing::Charge,
    })
}

/// An order that something happened to a moment before was left out.
#[rstest]
#[case::named(vec![contradiction()], 0, CauseVerdict::Stands)]
#[case::judged_and_not_named(vec![], 0, CauseVerdict::Gone)]
#[case::left_out(vec![], RAISED_S + 4_990, CauseVerdict::NotKnown)]
#[tokio::test]
async fn a_contradiction_is_none_when_a_reconciliation_that_judged_it_does_not_name_it(
    #[case] findings: Vec<Finding>,
    #[case] updated_s: i64,
    #[case] expected: CauseVerdict,
) {
    let order = Order { state: OrderState::Completed, updated_at: at(updated_s), ..order() };
    let world = World { order: Some(order.clone()), report: Some(report(findings)), ..World::default() };
    assert_eq!(world.verdict(&record(Alarm::BooksContradict, &order.id, &account())).await, expected);
}

#[rstest]
#[case(LATER_S - 86_400, CauseVerdict::NotKnown)]
#[case(LATER_S - 86_401, CauseVerdict::Gone)]
#[tokio::test]
async fn a_mistake_that_is_not_met_again_is_forgotten_after_a_day(
    #[case] last_raised_s: i64,
    #[case] expected: CauseVerdict,
) {
    let last_raised_at = at(last_raised_s);
    let record = AlarmRecord { last_raised_at, ..record(Alarm::RecoveryPanicked, &order().id, &account()) };
    assert_eq!(World::default().verdict(&record).await, expected);
}

#[tokio::test]
async fn what_others_end_is_not_known_here() {
    for alarm in [
        Alarm::RepairsHeldBack,
        Alarm::ReconciliationOverdue,
        Alarm::BalanceLow,
        Alarm::BalanceUnreadable,
        Alarm::LedgerUnbalanced,
        Alarm::TopUpStalled,
        Alarm::MailUndelivered,
    ] {
        let record = record(alarm, &account(), &account());
        assert_eq!(World::default().verdict(&record).await, CauseVerdict::NotKnown);
    }
}

/// Nobody looks at the account any more that was configured then, so nobody else would end it.
#[tokio::test]
async fn what_was_raised_about_another_account_ends_with_it() {
    for alarm in
        [Alarm::RepairsHeldBack, Alarm::ReconciliationOverdue, Alarm::BalanceLow, Alarm::BalanceUnreadable]
    {
        let record = record(alarm, &other_account(), &other_account());
        assert_eq!(World::default().verdict(&record).await, CauseVerdict::Gone);
    }
}
