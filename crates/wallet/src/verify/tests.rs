//! One broken ledger for every fault, and the promise that only broken ledgers have any.

mod debts;
mod ledger;

use std::num::NonZeroI64;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rstest::rstest;
use rust_decimal::Decimal;
use trunkline_domain::{Currency, OrderId, OrderState};
use uuid::Uuid;

use super::*;
use crate::TransferKind;
use ledger::{Ledger, account, ann, bob, funding, revenue, rupee_revenue, usd, wallet};

/// Every kind of row, in both wallets.
fn whole() -> Ledger {
    let mut ledger = Ledger::new();
    let gift = ledger.post(ann(), usd(30));
    ledger.post(bob(), usd(5));
    let bought = ledger.hold(ann(), usd(10));
    let failed = ledger.hold(ann(), usd(2));
    ledger.hold(bob(), usd(5));
    let paid = ledger.capture(bought);
    ledger.void(failed);
    ledger.reverse(paid);
    ledger.reverse(gift);
    ledger.post(ann(), usd(1));
    ledger.correct(ann(), usd(1));
    ledger
}

/// What the books of dollars sum to, when they should to nothing.
fn unbalanced(units: i64) -> LedgerFault {
    LedgerFault::Unbalanced { currency: Currency::USD, sum: Decimal::from(units) }
}

#[test]
fn a_whole_ledger_has_no_faults() {
    assert_eq!(verify_ledger(&LedgerSnapshot::default()), []);
    assert_eq!(Ledger::new().faults(), []);
    assert_eq!(whole().faults(), []);
}

#[test]
fn the_order_of_a_snapshot_is_of_no_account() {
    let mut ledger = whole();
    ledger.0.transfers.reverse();
    ledger.0.accounts.reverse();
    assert_eq!(ledger.faults(), []);
}

#[rstest]
#[case::gap(4)]
#[case::double_place(2)]
fn places_follow_one_another(#[case] found: i64) {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    ledger.post(ann(), usd(10));
    let transfer = ledger.post(ann(), usd(10));
    ledger.row(transfer).wallet_version = found;
    ledger.account(ann()).version = found;
    let fault = LedgerFault::BrokenChain { wallet: ann(), transfer, expected: 3, found };
    assert_eq!(ledger.faults(), [fault]);
}

#[test]
fn a_lost_row_is_missed() {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    let lost = ledger.post(ann(), usd(10));
    let transfer = ledger.post(ann(), usd(10));
    ledger.0.transfers.retain(|row| row.id != lost);
    let (posted, held) = (usd(20), usd(0));
    let faults = [
        LedgerFault::BrokenChain { wallet: ann(), transfer, expected: 2, found: 3 },
        LedgerFault::WrongRunningBalance { transfer, posted, held },
        LedgerFault::WrongAccount { account: ann(), posted, held, version: 3 },
        unbalanced(10),
    ];
    assert_eq!(ledger.faults(), faults);
}

#[rstest]
#[case::posted(|row: &mut Transfer| row.posted_after = usd(21))]
#[case::held(|row: &mut Transfer| row.held_after = usd(1))]
fn a_wrong_running_balance_blames_its_own_row_only(#[case] spoil: fn(&mut Transfer)) {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    let transfer = ledger.post(ann(), usd(10));
    ledger.post(ann(), usd(10));
    spoil(ledger.row(transfer));
    let fault = LedgerFault::WrongRunningBalance { transfer, posted: usd(20), held: usd(0) };
    assert_eq!(ledger.faults(), [fault]);
}

#[rstest]
#[case::posted(|account: &mut Account| account.posted = usd(11), &[unbalanced(1)])]
#[case::held(|account: &mut Account| account.held = usd(2), &[])]
#[case::version(|account: &mut Account| account.version = 3, &[])]
fn an_account_is_the_fold_of_its_transfers(
    #[case] spoil: fn(&mut Account),
    #[case] consequences: &[LedgerFault],
) {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    ledger.hold(ann(), usd(3));
    spoil(ledger.account(ann()));
    let fault = LedgerFault::WrongAccount { account: ann(), posted: usd(10), held: usd(3), version: 2 };
    assert_eq!(ledger.faults(), [&[fault], consequences].concat());
}

#[rstest]
#[case::a_wallet_without_transfers(bob(), &[unbalanced(1)])]
#[case::the_operators(revenue(), &[])]
fn an_account_that_no_row_moves_is_empty(#[case] account: AccountId, #[case] consequences: &[LedgerFault]) {
    let mut ledger = whole();
    ledger.0.transfers.retain(|row| row.wallet != bob());
    *ledger.account(bob()) = self::account(bob(), Some("bob"), Currency::USD);
    ledger.account(account).posted = usd(1);
    let fault = LedgerFault::WrongAccount { account, posted: usd(0), held: usd(0), version: 0 };
    assert_eq!(ledger.faults(), [&[fault], consequences].concat());
}

#[rstest]
#[case::holds_more_than_it_has(|ledger: &mut Ledger| ledger.hold(ann(), usd(11)))]
#[case::loses_what_is_held(|ledger: &mut Ledger| { ledger.hold(ann(), usd(6)); ledger.correct(ann(), usd(5)) })]
#[case::has_less_than_nothing(|ledger: &mut Ledger| ledger.correct(ann(), usd(11)))]
fn an_overdrawn_wallet_is_found(#[case] spend: fn(&mut Ledger) -> TransferId) {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    let transfer = spend(&mut ledger);
    assert_eq!(ledger.faults(), [LedgerFault::Overdrawn { wallet: ann(), transfer }]);
}

#[test]
fn a_wallet_may_hold_all_it_has() {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    ledger.hold(ann(), usd(10));
    assert_eq!(ledger.faults(), []);
}

/// Ann's post and her two holds of 3, which the cases of bad resolutions pick from.
struct Held {
    ledger: Ledger,
    post: TransferId,
    first: TransferId,
    second: TransferId,
}

fn held() -> Held {
    let mut ledger = Ledger::new();
    let post = ledger.post(ann(), usd(10));
    let [first, second] = [ledger.hold(ann(), usd(3)), ledger.hold(ann(), usd(3))];
    Held { ledger, post, first, second }
}

#[rstest]
#[case::names_no_hold(|_: &Held| None)]
#[case::names_what_is_not_there(|_: &Held| Some(TransferId::from_uuid(Uuid::nil())))]
#[case::names_a_post(|held: &Held| Some(held.post))]
fn a_resolution_without_its_hold_is_found(#[case] pending: fn(&Held) -> Option<TransferId>) {
    for resolve in [Ledger::capture, Ledger::void] {
        let mut held = held();
        let transfer = resolve(&mut held.ledger, held.first);
        held.ledger.row(transfer).pending = pending(&held);
        assert_eq!(held.ledger.faults(), [LedgerFault::BadResolution { transfer }]);
    }
}

#[test]
fn a_wallet_resolves_its_own_holds_only() {
    for [own, other] in [[ann(), bob()], [bob(), ann()]] {
        for resolve in [Ledger::capture, Ledger::void] {
            let mut ledger = Ledger::new();
            let [hold, others] = [own, other].map(|wallet| {
                ledger.post(wallet, usd(10));
                ledger.hold(wallet, usd(3))
            });
            let transfer = resolve(&mut ledger, hold);
            ledger.row(transfer).pending = Some(others);
            assert_eq!(ledger.faults(), [LedgerFault::BadResolution { transfer }]);
        }
    }
}

#[test]
fn a_second_resolution_is_found() {
    for first in [Ledger::capture, Ledger::void] {
        for second in [Ledger::capture, Ledger::void] {
            let mut held = held();
            first(&mut held.ledger, held.first);
            let transfer = second(&mut held.ledger, held.first);
            assert_eq!(held.ledger.faults(), [LedgerFault::BadResolution { transfer }]);
        }
    }
}

#[test]
fn a_wallet_that_holds_less_than_nothing_is_found() {
    let Held { mut ledger, first, second, .. } = held();
    ledger.void(first);
    ledger.void(second);
    let transfer = ledger.void(second);
    let faults =
        [LedgerFault::BadResolution { transfer }, LedgerFault::Overdrawn { wallet: ann(), transfer }];
    assert_eq!(ledger.faults(), faults);
}

#[test]
fn a_resolution_of_another_amount_is_found() {
    for (kind, posted) in [(TransferKind::Capture, usd(-2)), (TransferKind::Void, usd(0))] {
        let Held { mut ledger, second, .. } = held();
        let by = [posted.micros(), usd(-2).micros()];
        let row = ledger.write(kind, [ann(), revenue()], ann(), usd(2), by);
        row.pending = Some(second);
        let transfer = row.id;
        assert_eq!(ledger.faults(), [LedgerFault::BadResolution { transfer }]);
    }
}

#[rstest]
#[case::unknown_debit(|row: &mut Transfer| row.debit = wallet("eve"), "names an account that does not exist")]
#[case::unknown_credit(|row: &mut Transfer| row.credit = wallet("eve"), "names an account that does not exist")]
#[case::no_amount(|row: &mut Transfer| row.amount = usd(0), "has no amount")]
#[case::less_than_nothing(|row: &mut Transfer| row.amount = usd(-1), "has no amount")]
#[case::not_the_sides_currency(
    |row: &mut Transfer| row.amount = Money::from_micros(1, Currency::INR), "mixes currencies"
)]
#[case::out_of_another_currency(|row: &mut Transfer| row.debit = rupee_revenue(), "mixes currencies")]
#[case::into_another_currency(
    |row: &mut Transfer| (row.debit, row.credit) = (ann(), rupee_revenue()), "mixes currencies"
)]
#[case::two_wallets(|row: &mut Transfer| row.debit = bob(), "does not touch exactly one wallet")]
#[case::no_wallet(
    |row: &mut Transfer| (row.credit, row.wallet) = (revenue(), revenue()), "does not touch exactly one wallet"
)]
#[case::a_wallet_that_is_no_side(
    |row: &mut Transfer| row.wallet = bob(), "does not touch exactly one wallet"
)]
#[case::a_post_out_of_the_revenue(
    |row: &mut Transfer| row.debit = revenue(), "is a post, and its other side is neither the funding account nor that of opening balances"
)]
#[case::a_correction_into_the_revenue(
    |row: &mut Transfer| (row.debit, row.credit) = (ann(), revenue()),
    "is a post, and its other side is neither the funding account nor that of opening balances"
)]
#[case::the_side_that_is_no_wallet(
    |row: &mut Transfer| row.wallet = funding(), "does not touch exactly one wallet"
)]
fn a_row_that_is_no_transfer_is_found(#[case] spoil: fn(&mut Transfer), #[case] what: &'static str) {
    let mut ledger = Ledger::new();
    let post = ledger.post(ann(), usd(10));
    let transfer = ledger.next_id();
    let mut row = Transfer { id: transfer, wallet_version: 2, ..ledger.row(post).clone() };
    spoil(&mut row);
    ledger.0.transfers.push(row);
    assert_eq!(ledger.faults(), [LedgerFault::Malformed { transfer, what }]);
}

#[rstest]
#[case::a_post_that_names_a_hold(
    |row: &mut Transfer| row.pending = Some(row.id), "names a hold, and is neither capture nor void"
)]
#[case::a_post_that_undoes(
    |row: &mut Transfer| row.reverses = Some(row.id), "names a transfer to undo, and is no reversal"
)]
#[case::a_hold_into_its_wallet(
    |row: &mut Transfer| row.kind = TransferKind::Hold, "is a hold, and does not take from its wallet"
)]
fn a_row_names_what_its_kind_asks_for_and_nothing_else(
    #[case] spoil: fn(&mut Transfer),
    #[case] what: &'static str,
) {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    let transfer = ledger.next_id();
    let mut row = Transfer { id: transfer, wallet_version: 2, ..ledger.0.transfers[0].clone() };
    spoil(&mut row);
    ledger.0.transfers.push(row);
    assert_eq!(ledger.faults(), [LedgerFault::Malformed { transfer, what }]);
}

#[rstest]
#[case::another_order(|row: &mut Transfer| row.order = Some(OrderId::from_uuid(Uuid::nil())))]
#[case::another_counterpart(|row: &mut Transfer| row.credit = funding())]
fn a_resolution_agrees_with_its_hold(#[case] spoil: fn(&mut Transfer)) {
    for resolve in [Ledger::capture, Ledger::void] {
        let mut held = held();
        let transfer = resolve(&mut held.ledger, held.first);
        spoil(held.ledger.row(transfer));
        assert_eq!(held.ledger.faults(), [LedgerFault::BadResolution { transfer }]);
    }
}

/// A reversal of ann's post that says something else than it should.
#[rstest]
#[case::names_nothing(|row: &mut Transfer, _: &Held| row.reverses = None)]
#[case::names_what_is_not_there(|row: &mut Transfer, _: &Held| row.reverses = Some(TransferId::from_uuid(Uuid::nil())))]
#[case::names_a_hold(|row: &mut Transfer, held: &Held| row.reverses = Some(held.first))]
#[case::names_itself(|row: &mut Transfer, _: &Held| row.reverses = Some(row.id))]
#[case::pays_somebody_else(|row: &mut Transfer, _: &Held| row.credit = revenue())]
fn a_reversal_undoes_something(#[case] spoil: fn(&mut Transfer, &Held)) {
    let mut held = held();
    let small = held.ledger.post(ann(), usd(1));
    let transfer = held.ledger.reverse(small);
    let mut row = held.ledger.row(transfer).clone();
    spoil(&mut row, &held);
    *held.ledger.row(transfer) = row;
    assert_eq!(held.ledger.faults(), [LedgerFault::BadReversal { transfer }]);
}

#[test]
fn a_reversal_goes_the_other_way() {
    let mut ledger = Ledger::new();
    let post = ledger.post(ann(), usd(1));
    let row = ledger.write(TransferKind::Reversal, [funding(), ann()], ann(), usd(1), [usd(1).micros(), 0]);
    row.reverses = Some(post);
    let transfer = row.id;
    assert_eq!(ledger.faults(), [LedgerFault::BadReversal { transfer }]);
}

#[test]
fn no_more_is_undone_than_was_done() {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    let post = ledger.post(ann(), usd(3));
    let mut undo = |units| {
        let by = [-usd(units).micros(), 0];
        let row = ledger.write(TransferKind::Reversal, [ann(), funding()], ann(), usd(units), by);
        row.reverses = Some(post);
        let transfer = row.id;
        (transfer, ledger.faults())
    };
    assert_eq!(undo(1).1, []);
    assert_eq!(undo(2).1, [], "in parts is as good as at once");
    let (transfer, faults) = undo(1);
    assert_eq!(faults, [LedgerFault::BadReversal { transfer }]);
}

#[test]
fn a_reversal_stays_in_its_wallet() {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(1));
    let others = ledger.post(bob(), usd(1));
    let row = ledger.write(TransferKind::Reversal, [ann(), funding()], ann(), usd(1), [-usd(1).micros(), 0]);
    row.reverses = Some(others);
    let transfer = row.id;
    assert_eq!(ledger.faults(), [LedgerFault::BadReversal { transfer }]);
}

#[test]
fn an_id_names_one_transfer_in_all_wallets() {
    let mut ledger = Ledger::new();
    let transfer = ledger.post(ann(), usd(1));
    let others = ledger.post(bob(), usd(1));
    ledger.row(others).id = transfer;
    assert_eq!(ledger.faults(), [LedgerFault::RepeatedId { transfer }]);
}

#[test]
fn an_open_hold_belongs_to_an_undecided_order() {
    let mut held = held();
    let order = OrderId::from_uuid(Uuid::from_u128(7));
    held.ledger.row(held.second).order = Some(order);
    let audited = |owned: &[TransferId]| {
        let mut audit = LedgerAudit::new();
        held.ledger.0.accounts.iter().for_each(|account| audit.account(account));
        audit.owned_holds(owned.iter().copied());
        held.ledger.0.transfers.iter().for_each(|transfer| audit.transfer(transfer));
        audit.finish().faults
    };
    assert_eq!(audited(&[held.first, held.second]), []);
    let stranded = LedgerFault::StrandedHold { hold: held.second, wallet: ann(), order: Some(order) };
    assert_eq!(audited(&[held.first]), std::slice::from_ref(&stranded));
    let missing = LedgerFault::MissingHold { hold: held.post };
    assert_eq!(audited(&[held.first, held.post]), [stranded, missing]);
}

#[test]
fn a_row_that_cannot_be_read_is_a_fault() {
    let mut audit = LedgerAudit::new();
    audit.unreadable("transfer x".to_owned(), "unknown kind `gift`".to_owned());
    let report = audit.finish();
    assert!(!report.is_balanced());
    assert_eq!(report.faults[0].to_string(), "transfer x cannot be read: unknown kind `gift`");
}

#[test]
fn faults_are_all_counted_and_some_named() {
    let mut audit = LedgerAudit::new();
    for row in 0..FAULTS_NAMED + 5 {
        audit.unreadable(format!("transfer {row}"), "nonsense".to_owned());
    }
    let report = audit.finish();
    assert_eq!((report.faults.len(), report.fault_count), (FAULTS_NAMED, FAULTS_NAMED as u64 + 5));
}

#[test]
fn each_currency_has_its_sums() {
    let Ledger(snapshot) = whole();
    let mut audit = LedgerAudit::new();
    snapshot.accounts.iter().for_each(|account| audit.account(account));
    let mut transfers = snapshot.transfers;
    transfers.sort_by_key(|transfer| (transfer.wallet, transfer.wallet_version));
    for transfer in &transfers {
        audit.transfer(transfer);
    }
    let report = audit.finish();
    assert_eq!((report.accounts, report.transfers), (5, 11));
    let [rupees, dollars] = &report.sums[..] else { panic!("{:?}", report.sums) };
    assert_eq!((rupees.currency, rupees.sum), (Currency::INR, Decimal::ZERO));
    // 30 and 5 came in, 30 were taken back, 1 came and went; what was paid for was undone.
    let books = [dollars.wallets, dollars.held, dollars.revenue, dollars.funding, dollars.sum];
    assert_eq!(books.map(|sum| sum.to_string()), ["5", "5", "0", "-5", "0"]);
}

/// A ledger in which ann has brought dollars along.
fn brought_along() -> (LedgerSnapshot, AccountId) {
    let mut ledger = Ledger::new();
    let opening = AccountId::operator(AccountKind::Opening, Currency::USD);
    let account = Account { kind: AccountKind::Opening, ..account(opening, None, Currency::USD) };
    ledger.0.accounts.push(account);
    ledger.write(TransferKind::Post, [opening, ann()], ann(), usd(3), [usd(3).micros(), 0]);
    (ledger.0, opening)
}

#[test]
fn opening_balances_have_a_sum_of_their_own() {
    let (snapshot, _) = brought_along();
    assert_eq!(verify_ledger(&snapshot), []);
    let mut audit = LedgerAudit::new();
    snapshot.accounts.iter().for_each(|account| audit.account(account));
    snapshot.transfers.iter().for_each(|transfer| audit.transfer(transfer));
    let sums = audit.finish().sums;
    let dollars = sums.iter().find(|books| books.currency == Currency::USD).unwrap();
    let books = [dollars.wallets, dollars.funding, dollars.opening, dollars.sum];
    assert_eq!(books.map(|sum| sum.to_string()), ["3", "0", "-3", "0"]);
}

#[test]
fn opening_balances_only_give() {
    let (mut snapshot, opening) = brought_along();
    let mut ledger = Ledger(snapshot);
    let taken = ledger.write(TransferKind::Post, [ann(), opening], ann(), usd(1), [-usd(1).micros(), 0]).id;
    snapshot = ledger.0;
    let what = "takes something back to the opening balances, which only ever give";
    assert!(
        verify_ledger(&snapshot).contains(&LedgerFault::Malformed { transfer: taken, what }),
        "{snapshot:?}"
    );
}

#[test]
fn an_order_without_a_hold_is_completed_and_charges_nothing() {
    let order = OrderId::from_uuid(Uuid::from_u128(7));
    let books = |state, charge| OrderBooks { order, state, charge, wallet: ann(), hold_id: None, hold: None };
    let faults = |books: &OrderBooks| {
        let mut audit = LedgerAudit::new();
        audit.order(books);
        audit.finish().faults.len()
    };
    assert_eq!(faults(&books(OrderState::Completed, usd(0))), 0);
    assert_eq!(faults(&books(OrderState::Completed, usd(1))), 1);
    assert_eq!(faults(&books(OrderState::Failed, usd(0))), 1);
    let missing = OrderBooks {
        hold_id: Some(TransferId::from_uuid(Uuid::from_u128(8))),
        ..books(OrderState::Completed, usd(0))
    };
    assert_eq!(faults(&missing), 1, "a hold that is named must be there");
}

/// Something that happens to a wallet, in micros.
#[derive(Debug, Clone)]
enum Operation {
    Post(i64),
    Hold(i64),
    Capture(Index),
    Void(Index),
}

fn operations() -> impl Strategy<Value = Vec<(AccountId, Operation)>> {
    let operation = prop_oneof![
        (1..1_000_i64).prop_map(Operation::Post),
        (1..1_000_i64).prop_map(Operation::Hold),
        any::<Index>().prop_map(Operation::Capture),
        any::<Index>().prop_map(Operation::Void),
    ];
    prop::collection::vec((select(vec![ann(), bob()]), operation), 1..60)
}

/// The ledger after those of the operations that are valid in their turn. It begins with a row of Ann's.
fn played(operations: &[(AccountId, Operation)]) -> Ledger {
    let micros = |amount| Money::from_micros(amount, Currency::USD);
    let mut ledger = Ledger::new();
    ledger.post(ann(), micros(1_000));
    let mut open: Vec<TransferId> = Vec::new();
    for (wallet, operation) in operations {
        match operation {
            Operation::Post(amount) => {
                ledger.post(*wallet, micros(*amount));
            }
            Operation::Hold(amount) if *amount <= ledger.available(*wallet) => {
                open.push(ledger.hold(*wallet, micros(*amount)));
            }
            Operation::Capture(index) if !open.is_empty() => {
                ledger.capture(open.swap_remove(index.index(open.len())));
            }
            Operation::Void(index) if !open.is_empty() => {
                ledger.void(open.swap_remove(index.index(open.len())));
            }
            Operation::Hold(_) | Operation::Capture(_) | Operation::Void(_) => {}
        }
    }
    ledger
}

proptest! {
    #[test]
    fn valid_operations_leave_no_fault(operations in operations()) {
        let mut ledger = played(&operations);
        prop_assert_eq!(ledger.faults(), []);
        for wallet in [ann(), bob()] {
            let [posts, holds, captured, voided] =
                [TransferKind::Post, TransferKind::Hold, TransferKind::Capture, TransferKind::Void]
                    .map(|kind| ledger.sum(wallet, kind));
            let account = ledger.account(wallet);
            prop_assert_eq!(account.held.micros(), holds - captured - voided);
            prop_assert_eq!(account.posted.micros(), posts - captured);
        }
    }

    #[test]
    fn one_flipped_amount_is_found(
        operations in operations(),
        row in any::<Index>(),
        amount in 0..3_usize,
        mask in any::<NonZeroI64>(),
    ) {
        let mut ledger = played(&operations);
        let row = row.get_mut(&mut ledger.0.transfers);
        let amount = match amount {
            0 => &mut row.amount,
            1 => &mut row.posted_after,
            _ => &mut row.held_after,
        };
        *amount = Money::from_micros(amount.micros() ^ mask.get(), amount.currency());
        let name = row.id.to_string();
        let faults = ledger.faults();
        prop_assert!(faults.iter().any(|fault| fault.to_string().contains(&name)), "{:?}", faults);
    }
}
