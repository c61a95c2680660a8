//! Reconciliation over mocked ports: each class is found, and what may still be on its way is left alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rstest::rstest;
use trunkline_alarms::LoggedAlarms;
use trunkline_domain::{
    Clock, Country, DeploymentId, FailureReason, NumberCost, NumberStatus, NumberType, Order, OrderState,
    Origin, OwnedNumber, PriceBook, RandomIds, ReviewReason,
};
use trunkline_provider::{Listing, MockNumberProvider, MockProviderAccount, ProviderError, ProviderNumber};
use trunkline_provisioning::port::{
    Contradiction, Missing, MockBusinesses, MockDecisionStore, MockNumberStore, MockOrderStore,
    MockOrphanStore, MockPurchaseStore, MockReconciliationStore, MockReleaseStore, OrphanStanding, PassLease,
    PassResult,
};
use trunkline_provisioning::{
    CurrentPrices, Difference, Finding, Found, LeaseToken, Marker, Progress, Provisioning, ProvisioningParts,
    ReconcileCommand, ReconcileError, Repairs, Report, Setting,
};
use uuid::Uuid;

use crate::fixture::{
    account, at, failed, marker, number, order, other_account, outcome_unknown, provider_number, settings,
    sighting, unavailable, usd, user,
};

/// When every reconciliation here happens: long after everything else.
const LATER_S: i64 = 86_400;
/// A quarter of an hour, and a second.
const JUST_SETTLED_S: i64 = LATER_S - 15 * 60 - 1;
const YOUNG_S: i64 = LATER_S - 14 * 60;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        at(LATER_S)
    }
}

/// The two books, and what the provider says when it is asked about one number.
struct Books {
    held: Vec<ProviderNumber>,
    complete: bool,
    rows: Vec<OwnedNumber>,
    orders: Vec<Order>,
    contradictions: Vec<Contradiction>,
    /// How far the release of a number of ours is, where it has begun.
    begun: BTreeMap<String, OrphanStanding>,
    /// Whether an operator has written every number of ours off.
    written_off: bool,
    provider: MockNumberProvider,
    account: MockProviderAccount,
}

/// What a reconciliation left behind.
struct Done {
    report: Result<Report, ReconcileError>,
    kept: Vec<Report>,
    passes: Vec<PassResult>,
    progress: Vec<Progress>,
}

impl Books {
    fn of(held: Vec<ProviderNumber>, rows: Vec<OwnedNumber>) -> Self {
        Self {
            held,
            complete: true,
            rows,
            orders: Vec::new(),
            contradictions: Vec::new(),
            begun: BTreeMap::new(),
            written_off: false,
            provider: MockNumberProvider::new(),
            account: MockProviderAccount::new(),
        }
    }

    /// The provider, asked for one number, does not have it either.
    fn gone(mut self) -> Self {
        self.provider.expect_look().returning(|_| Ok(sighting(None)));
        self.provider.expect_fetch().returning(|_| Ok(None));
        self.provider.expect_locate().returning(|_| Ok(None));
        self
    }

    async fn reconcile(mut self) -> Done {
        let listing = Listing {
            account: account(),
            numbers: self.held,
            complete: self.complete,
            begun_at: at(LATER_S),
        };
        self.provider.expect_account().returning(|| Ok(account()));
        self.provider.expect_list().returning(move || Ok(listing.clone()));
        self.account.expect_number_costs().returning(|_| Ok(Vec::new()));
        let (kept, passes) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let mut books = MockReconciliationStore::new();
        let rows = self.rows.clone();
        books.expect_bought_numbers().returning(move |after, limit| {
            let rest = rows.iter().filter(|row| after.is_none_or(|after| row.id > after));
            Ok(rest.take(usize::from(limit)).cloned().collect())
        });
        let contradictions = self.contradictions;
        books.expect_contradictions().returning(move |before, _| {
            assert_eq!(before, at(LATER_S - 15 * 60));
            Ok(contradictions.clone())
        });
        let log = Arc::clone(&kept);
        books.expect_keep_report().returning(move |report, audit| {
            assert_eq!((audit.action.as_str(), audit.at), ("reconcile", report.ended_at));
            log.lock().unwrap().push(report.clone());
            Ok(())
        });
        books.expect_reports().returning(|_| Ok(Vec::new()));
        let written_off = self.written_off;
        books.expect_was_written_off().returning(move |_| Ok(written_off));
        books.expect_webhooks_used().returning(|| Ok(Vec::new()));
        let mut numbers = MockNumberStore::new();
        let rows = self.rows;
        numbers.expect_number().returning(move |_, id| Ok(rows.iter().find(|row| row.id == id).cloned()));
        let mut orders = MockOrderStore::new();
        let known = self.orders;
        orders.expect_order().returning(move |_, id| Ok(known.iter().find(|order| order.id == id).cloned()));
        let orphans = orphans(self.begun, &passes);
        let parts = ProvisioningParts {
            alarms: Arc::new(LoggedAlarms),
            provider: Arc::new(self.provider),
            account: Arc::new(self.account),
            purchases: Arc::new(MockPurchaseStore::new()),
            releases: Arc::new(MockReleaseStore::new()),
            decisions: Arc::new(MockDecisionStore::new()),
            orphans: Arc::new(orphans),
            numbers: Arc::new(numbers),
            orders: Arc::new(orders),
            reconciliations: Arc::new(books),
            businesses: Arc::new(MockBusinesses::new()),
            prices: CurrentPrices::new(PriceBook::embedded().unwrap()),
            clock: Arc::new(Fixed),
            ids: Arc::new(RandomIds),
        };
        let (report, progress) = asked_for(parts).await;
        let (kept, passes) = (kept.lock().unwrap().clone(), passes.lock().unwrap().clone());
        Done { report, kept, passes, progress }
    }

    async fn report(self) -> Report {
        let done = self.reconcile().await;
        let report = done.report.unwrap();
        assert_eq!(
            done.kept,
            std::slice::from_ref(&report),
            "the report that is told is the one that is kept"
        );
        report
    }

    async fn findings(self) -> Vec<Finding> {
        self.report().await.findings.into_iter().map(|found| found.finding).collect()
    }
}

/// Orphans of which these are being released or wait already, and passes that are noted when they end.
fn orphans(begun: BTreeMap<String, OrphanStanding>, passes: &Arc<Mutex<Vec<PassResult>>>) -> MockOrphanStore {
    let mut orphans = MockOrphanStore::new();
    let pass = PassLease { lease: LeaseToken::from_i64(3), begun_at: at(LATER_S) };
    orphans.expect_begin_pass().times(1).returning(move |_, every| {
        assert!(every.is_zero(), "whoever asks for it need not wait for the schedule");
        Ok(Some(pass))
    });
    orphans
        .expect_orphan_standing()
        .returning(move |identity| Ok(begun.get(identity.number.as_str()).copied()));
    let log = Arc::clone(passes);
    orphans.expect_finish_pass().returning(move |change| {
        log.lock().unwrap().push(change.body.clone());
        Ok(0)
    });
    orphans
}

/// Reconciles once, and answers how far it said that it was.
async fn asked_for(parts: ProvisioningParts) -> (Result<Report, ReconcileError>, Vec<Progress>) {
    let progress = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&progress);
    let provisioning = Provisioning::new(parts, settings()).unwrap();
    let command = ReconcileCommand { repairs: Repairs::Nothing, origin: Origin::command_line() };
    let report =
        provisioning.reconcile(command, Arc::new(move |step| heard.lock().unwrap().push(step))).await;
    let progress = progress.lock().unwrap().clone();
    (report, progress)
}

fn classes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(Finding::class).collect()
}

fn renamed(friendly_name: impl Into<String>) -> ProviderNumber {
    ProviderNumber { friendly_name: friendly_name.into(), ..provider_number() }
}

fn with_status(status: NumberStatus) -> OwnedNumber {
    OwnedNumber { status, ..number() }
}

#[tokio::test]
async fn books_that_agree_have_no_findings() {
    let report = Books::of(vec![provider_number()], vec![number()]).report().await;
    assert_eq!((report.held, report.compared, report.skipped, report.found), (1, 1, 0, 0));
    assert!(report.complete && report.findings.is_empty());
}

#[rstest]
#[case::failed(Some(failed(FailureReason::ProviderUnavailable)), vec!["orphan"])]
#[case::unknown(None, vec!["unknown_order"])]
#[case::completed(Some(Order { state: OrderState::Completed, ..order() }), vec!["second_number"])]
#[case::ordering(Some(order()), vec![])]
#[case::unresolved(Some(Order { state: OrderState::Unresolved, ..order() }), vec![])]
#[case::in_review(Some(Order { state: OrderState::Review, review: Some(ReviewReason::OwnedBefore), ..order() }), vec![])]
#[tokio::test]
async fn a_number_under_our_marker_goes_by_its_order(
    #[case] known: Option<Order>,
    #[case] expected: Vec<&str>,
) {
    let mut books = Books::of(vec![provider_number()], Vec::new());
    books.orders = known.into_iter().collect();
    let report = books.report().await;
    let found: Vec<_> = report.findings.iter().map(|found| found.finding.class()).collect();
    assert_eq!(found, expected);
    assert_eq!(report.skipped, u64::from(expected.is_empty()), "what is being decided is left alone");
}

#[tokio::test]
async fn numbers_without_our_marker_are_foreign() {
    let elsewhere = DeploymentId::from_uuid(Uuid::from_u128(77));
    let staging = Marker { deployment: elsewhere, ..marker() }.friendly_name(&order().display_name);
    for (label, deployment) in [("(415) 230-0101".to_owned(), None), (staging, Some(elsewhere))] {
        let findings = Books::of(vec![renamed(label)], Vec::new()).findings().await;
        assert!(
            matches!(&findings[..], [Finding::Foreign { deployment: found, .. }] if *found == deployment),
            "{findings:?}"
        );
    }
}

#[tokio::test]
async fn what_is_younger_than_a_quarter_of_an_hour_is_left_alone() {
    let number_at = |seconds| ProviderNumber {
        date_created: at(seconds),
        date_updated: at(seconds),
        ..renamed("somebody's")
    };
    for (age, found) in [(JUST_SETTLED_S, 1), (YOUNG_S, 0)] {
        let report = Books::of(vec![number_at(age)], Vec::new()).report().await;
        assert_eq!((report.found, report.skipped), (found, 1 - found));
        let row = OwnedNumber { updated_at: at(age), ..with_status(NumberStatus::Released) };
        let report = Books::of(vec![provider_number()], vec![row]).report().await;
        assert_eq!((report.found, report.skipped), (found, 1 - found));
    }
}

/// Somebody is at work in the provider's console, or a change of ours is not in its row yet.
#[tokio::test]
async fn what_the_provider_changed_a_moment_ago_is_left_alone() {
    for row in [number(), with_status(NumberStatus::Released)] {
        for (age, found) in [(JUST_SETTLED_S, 1), (YOUNG_S, 0)] {
            let held = ProviderNumber { date_updated: at(age), ..renamed("reception") };
            let report = Books::of(vec![held], vec![row.clone()]).report().await;
            assert_eq!((report.found, report.skipped), (found, 1 - found));
        }
    }
}

#[tokio::test]
async fn a_number_that_all_three_answers_lack_is_a_ghost() {
    let findings = Books::of(Vec::new(), vec![number()]).gone().findings().await;
    assert!(matches!(&findings[..], [Finding::Ghost { moved_to: None, .. }]), "{findings:?}");
}

#[tokio::test]
async fn a_ghost_that_was_moved_says_where_to() {
    let mut books = Books::of(Vec::new(), vec![number()]);
    books.provider.expect_look().returning(|_| Ok(sighting(None)));
    books.provider.expect_fetch().returning(|_| Ok(None));
    books.provider.expect_locate().returning(|_| Ok(Some(other_account())));
    let findings = books.findings().await;
    assert!(
        matches!(&findings[..], [Finding::Ghost { moved_to: Some(there), .. }] if *there == other_account()),
        "{findings:?}"
    );
}

/// A list may lag, an answer may be missing: then nothing is gone.
#[rstest]
#[case::the_look_has_it(Ok(Some(provider_number())), Ok(None))]
#[case::the_question_by_id_has_it(Ok(None), Ok(Some(provider_number())))]
#[case::the_look_has_no_answer(Err(unavailable()), Ok(None))]
#[case::the_question_by_id_has_no_answer(Ok(None), Err(outcome_unknown()))]
#[tokio::test]
async fn one_answer_is_not_enough_to_call_a_number_gone(
    #[case] look: Result<Option<ProviderNumber>, ProviderError>,
    #[case] fetch: Result<Option<ProviderNumber>, ProviderError>,
) {
    let mut books = Books::of(Vec::new(), vec![number()]);
    books.provider.expect_look().return_once(|_| look.map(sighting));
    books.provider.expect_fetch().return_once(|_| fetch);
    let report = books.report().await;
    assert_eq!((report.found, report.skipped), (0, 1));
}

#[rstest]
#[case(NumberStatus::Releasing)]
#[case(NumberStatus::Review)]
#[tokio::test]
async fn a_release_under_way_or_in_review_is_left_alone(#[case] status: NumberStatus) {
    let review = (status == NumberStatus::Review).then_some(ReviewReason::AttemptsSpent);
    let row = OwnedNumber { review, ..with_status(status) };
    assert_eq!(Books::of(Vec::new(), vec![row.clone()]).findings().await, []);
    assert_eq!(Books::of(vec![provider_number()], vec![row]).findings().await, []);
}

#[tokio::test]
async fn a_released_number_is_found_where_the_provider_still_has_it() {
    let row = with_status(NumberStatus::Released);
    assert_eq!(Books::of(Vec::new(), vec![row.clone()]).findings().await, []);
    let findings = Books::of(vec![provider_number()], vec![row]).findings().await;
    assert_eq!(classes(&findings), ["released_but_present"]);
}

/// What is being given back, or waits for an operator, comes to nothing when it is repaired: it is none of the repairs that
/// are counted before any is made.
#[rstest]
#[case::an_orphan(None, "orphan")]
#[case::a_leftover(Some(with_status(NumberStatus::Released)), "released_but_present")]
#[tokio::test]
async fn a_release_that_has_begun_is_found_and_not_repaired(
    #[case] row: Option<OwnedNumber>,
    #[case] class: &str,
    #[values(
        (None, 1),
        (Some(OrphanStanding::UnderWay), 0),
        (Some(OrphanStanding::InReview), 0),
        (Some(OrphanStanding::Released), 1)
    )]
    (standing, repairable): (Option<OrphanStanding>, u64),
) {
    let mut books = Books::of(vec![provider_number()], row.into_iter().collect());
    books.orders = vec![failed(FailureReason::ProviderUnavailable)];
    books.begun =
        standing.map(|it| (provider_number().identity.number.to_string(), it)).into_iter().collect();
    let report = books.report().await;
    let found: Vec<_> = report.findings.iter().map(|found| found.finding.class()).collect();
    assert_eq!((found, report.repairable), (vec![class], repairable));
}

/// An operator said that it was gone, and it is back. Its customer never gave it up.
#[tokio::test]
async fn a_number_that_was_written_off_is_never_released() {
    for (written_off, repairable) in [(false, 1), (true, 0)] {
        let mut books = Books::of(vec![provider_number()], vec![with_status(NumberStatus::Released)]);
        books.written_off = written_off;
        let report = books.report().await;
        assert_eq!((report.found, report.repairable), (1, repairable));
    }
}

#[tokio::test]
async fn settings_that_somebody_changed_are_drift_one_by_one() {
    let mut held = renamed("reception");
    held.webhooks.voice_url = None;
    held.webhooks.sms_url = Some("https://elsewhere.example/sms".to_owned());
    let findings = Books::of(vec![held], vec![number()]).findings().await;
    let [Finding::Drifted { differences, .. }] = &findings[..] else { panic!("{findings:?}") };
    let settings: Vec<Setting> = differences.iter().map(|difference| difference.setting).collect();
    assert_eq!(settings, [Setting::FriendlyName, Setting::VoiceUrl, Setting::SmsUrl]);
    let voice = Difference {
        setting: Setting::VoiceUrl,
        held: None,
        booked: Some("https://numbers.example/voice".to_owned()),
    };
    assert_eq!(differences[1], voice);
}

#[tokio::test]
async fn rows_on_another_account_are_counted_and_nothing_is_concluded() {
    let mut row = number();
    row.identity.as_mut().unwrap().account = other_account();
    let report = Books::of(Vec::new(), vec![row.clone()]).report().await;
    assert_eq!((report.on_other_accounts, report.compared, report.found), (1, 0, 0));
    let findings = Books::of(vec![provider_number()], vec![row]).findings().await;
    assert!(
        matches!(&findings[..], [Finding::Ghost { moved_to: Some(here), .. }] if *here == account()),
        "its id is here, so it was moved here: {findings:?}"
    );
}

#[tokio::test]
async fn an_incomplete_list_concludes_nothing_about_any_number() {
    let contradiction = Contradiction {
        order: order().id,
        user: user(),
        phone_number: order().phone_number,
        missing: Missing::Charge,
    };
    let mut books = Books::of(vec![renamed("somebody's")], vec![with_status(NumberStatus::Released)]);
    books.complete = false;
    books.contradictions = vec![contradiction.clone()];
    let done = books.reconcile().await;
    let report = done.report.unwrap();
    assert!(!report.complete);
    assert_eq!(
        report.findings,
        [Found::from(Finding::Contradiction(contradiction))],
        "our own books need no list"
    );
}

#[tokio::test]
async fn a_price_under_the_providers_is_found_and_an_unknown_one_is_said() {
    let mut books = Books::of(vec![provider_number()], vec![number()]);
    let cost = NumberCost { country: Country::US, number_type: NumberType::Local, monthly: usd("1.51") };
    books.account.expect_number_costs().times(1).returning(move |_| Ok(vec![cost]));
    assert_eq!(classes(&books.findings().await), ["price_under_cost"]);

    let mut books = Books::of(vec![provider_number()], vec![number()]);
    books.account.expect_number_costs().times(1).returning(|_| Err(unavailable()));
    let report = books.report().await;
    assert_eq!((report.found, report.costs_unknown), (0, vec![Country::US]));
}

/// Or whoever reconciles often would keep orphans from ever being released.
#[tokio::test]
async fn it_puts_no_pass_off_and_ends_no_cooling() {
    let done = Books::of(vec![provider_number()], vec![number()]).reconcile().await;
    assert!(done.report.unwrap().complete);
    assert_eq!(done.passes.len(), 1, "the right is given back");
    assert!(!done.passes[0].complete && done.passes[0].present.is_empty());
}

#[tokio::test]
async fn the_right_is_given_back_whatever_fails() {
    let mut books = Books::of(vec![provider_number()], vec![number()]);
    books.provider.expect_list().times(1).returning(|| Err(unavailable()));
    let done = books.reconcile().await;
    assert!(matches!(done.report, Err(ReconcileError::Provider(_))));
    assert_eq!((done.kept.len(), done.passes.len()), (0, 1));
}

#[tokio::test]
async fn it_tells_how_far_it_is() {
    let done = Books::of(vec![provider_number()], vec![number()]).reconcile().await;
    assert_eq!(done.progress, [Progress::Listed(1), Progress::Compared(1)]);
}
