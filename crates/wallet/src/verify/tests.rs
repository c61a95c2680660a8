//! One broken ledger for every fault, and the promise that only broken ledgers have any.

mod ledger;

use std::num::NonZeroI64;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rstest::rstest;
use trunkline_domain::Currency;
use uuid::Uuid;

use super::*;
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
#[case::posted(|account: &mut Account| account.posted = usd(11))]
#[case::held(|account: &mut Account| account.held = usd(2))]
#[case::version(|account: &mut Account| account.version = 3)]
fn an_account_is_the_fold_of_its_transfers(#[case] spoil: fn(&mut Account)) {
    let mut ledger = Ledger::new();
    ledger.post(ann(), usd(10));
    ledger.hold(ann(), usd(3));
    spoil(ledger.account(ann()));
    let fault = LedgerFault::WrongAccount { account: ann(), posted: usd(10), held: usd(3), version: 2 };
    assert_eq!(ledger.faults(), [fault]);
}

#[rstest]
#[case::a_wallet_without_transfers(bob())]
#[case::the_operators(revenue())]
fn an_account_that_no_row_moves_is_empty(#[case] account: AccountId) {
    let mut ledger = whole();
    ledger.0.transfers.retain(|row| row.wallet != bob());
    *ledger.account(bob()) = self::account(bob(), Some("bob"), Currency::USD);
    ledger.account(account).posted = usd(1);
    let fault = LedgerFault::WrongAccount { account, posted: usd(0), held: usd(0), version: 0 };
    assert_eq!(ledger.faults(), [fault]);
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

/// Ann's post, her two holds of 3 and Bob's hold of 3, which the cases of bad resolutions pick from.
struct Held {
    ledger: Ledger,
    post: TransferId,
    first: TransferId,
    second: TransferId,
    bobs: TransferId,
}

fn held() -> Held {
    let mut ledger = Ledger::new();
    let post = ledger.post(ann(), usd(10));
    ledger.post(bob(), usd(10));
    let [first, second] = [ledger.hold(ann(), usd(3)), ledger.hold(ann(), usd(3))];
    let bobs = ledger.hold(bob(), usd(3));
    Held { ledger, post, first, second, bobs }
}

#[rstest]
#[case::names_no_hold(|_: &Held| None)]
#[case::names_what_is_not_there(|_: &Held| Some(TransferId::from_uuid(Uuid::nil())))]
#[case::names_a_post(|held: &Held| Some(held.post))]
#[case::names_the_hold_of_another_wallet(|held: &Held| Some(held.bobs))]
fn a_resolution_without_its_hold_is_found(#[case] pending: fn(&Held) -> Option<TransferId>) {
    for resolve in [Ledger::capture, Ledger::void] {
        let mut held = held();
        let transfer = resolve(&mut held.ledger, held.first);
        held.ledger.row(transfer).pending = pending(&held);
        assert_eq!(held.ledger.faults(), [LedgerFault::BadResolution { transfer }]);
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
#[case::two_currencies(|row: &mut Transfer| row.debit = rupee_revenue(), "mixes currencies")]
#[case::two_wallets(|row: &mut Transfer| row.debit = bob(), "does not touch exactly one wallet")]
#[case::no_wallet(
    |row: &mut Transfer| (row.credit, row.wallet) = (revenue(), revenue()), "does not touch exactly one wallet"
)]
#[case::a_wallet_that_is_no_side(
    |row: &mut Transfer| row.wallet = bob(), "does not touch exactly one wallet"
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
