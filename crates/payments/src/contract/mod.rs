//! The contract suite that every [`PaymentStore`] must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_payments::contract::PaymentFixture { /* a fresh, empty store */ }
//! trunkline_payments::payment_store_contract!(fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken. Every case ends with a ledger that
//! verifies.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a suite fails by panicking"
)]

mod crediting;
mod opening;
mod sending;
mod taking;
mod topping_up;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use trunkline_domain::{
    Change, Clock, Currency, Fingerprint, Money, Origin, PaymentId, RequestKey, RequestOperation, TransferId,
    UserId,
};
use trunkline_notices::NoticeStore;
use trunkline_wallet::contract::ManualClock;
use trunkline_wallet::{
    AccountId, Adjustment, Credit, Transaction, TransactionDirection, TransactionStatus, WalletStore,
    verify_ledger,
};
use uuid::Uuid;

use crate::assess::{Subject, assessment};
use crate::{
    Assessment, AssessmentAnswer, OpeningAnswer, Payment, PaymentKind, PaymentMark, PaymentOpening,
    PaymentReport, PaymentStore, Progress, Taking, TakingKind, TakingStanding, TopUpStore,
};

pub use self::crediting::{
    a_payment_is_credited_once, a_payment_is_paid_in_the_currency_in_which_it_is_paid,
    a_payment_of_which_nothing_is_known_is_written_down, at_once_a_payment_is_credited_once,
    news_in_any_order_lead_to_the_same, the_history_shows_payments, what_is_anothers_is_left_alone,
    yes_beats_no,
};
pub use self::opening::{
    a_key_leads_to_its_payment, a_page_is_noted_once, a_payment_is_written_down_once,
    at_once_no_more_is_opened_than_the_cap, due_payments_are_handed_to_one, payments_are_listed_in_pages,
    what_came_to_nothing_leaves_room,
};
pub use self::taking::{
    a_debt_is_paid_first, a_dispute_that_is_won_gives_back, a_refund_takes_what_is_available,
    more_than_was_paid_can_be_taken, taken_and_returned_leaves_nothing,
    takings_in_any_order_lead_to_the_same, undecided_disputes_are_found, what_was_spent_is_owed,
};

pub use self::sending::{
    a_charge_counts_in_the_month_in_which_it_is_credited, a_new_card_does_not_wait_for_what_was_never_sent,
    a_second_intent_moves_nothing, only_what_a_card_says_is_counted, what_is_void_saves_nothing,
    what_was_never_sent_is_judged_anew, what_was_perhaps_sent_is_repeated_or_looked_for,
};
pub use self::topping_up::{
    a_change_is_of_one_version, a_month_has_a_cap, a_saved_method_switches_on_once, a_user_is_one_customer,
    at_once_one_charge_is_claimed, debts_and_money_on_its_way_keep_it,
    declines_switch_it_off_and_are_told_once, the_cool_down_is_kept_after_success_and_failure,
};

/// A fresh, empty store with the clock that it was given.
pub struct PaymentFixture {
    /// The store under test.
    pub store: Arc<dyn PaymentStore>,
    /// The same store's top-ups.
    pub top_ups: Arc<dyn TopUpStore>,
    /// The same store's notices.
    pub notices: Arc<dyn NoticeStore>,
    /// The same store's wallets.
    pub wallets: Arc<dyn WalletStore>,
    /// The store's clock.
    pub clock: Arc<ManualClock>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> PaymentFixture`.
#[macro_export]
macro_rules! payment_store_contract {
    ($fixture:path) => {
        $crate::payment_store_contract!(@each $fixture,
            a_payment_is_written_down_once,
            a_key_leads_to_its_payment,
            at_once_no_more_is_opened_than_the_cap,
            what_came_to_nothing_leaves_room,
            a_page_is_noted_once,
            due_payments_are_handed_to_one,
            payments_are_listed_in_pages,
            a_payment_is_credited_once,
            at_once_a_payment_is_credited_once,
            news_in_any_order_lead_to_the_same,
            yes_beats_no,
            a_payment_is_paid_in_the_currency_in_which_it_is_paid,
            a_payment_of_which_nothing_is_known_is_written_down,
            what_is_anothers_is_left_alone,
            the_history_shows_payments,
            a_refund_takes_what_is_available,
            what_was_spent_is_owed,
            a_debt_is_paid_first,
            a_dispute_that_is_won_gives_back,
            taken_and_returned_leaves_nothing,
            more_than_was_paid_can_be_taken,
            takings_in_any_order_lead_to_the_same,
            undecided_disputes_are_found,
            a_saved_method_switches_on_once,
            at_once_one_charge_is_claimed,
            the_cool_down_is_kept_after_success_and_failure,
            a_month_has_a_cap,
            declines_switch_it_off_and_are_told_once,
            debts_and_money_on_its_way_keep_it,
            a_change_is_of_one_version,
            a_user_is_one_customer,
            what_was_never_sent_is_judged_anew,
            a_new_card_does_not_wait_for_what_was_never_sent,
            what_was_perhaps_sent_is_repeated_or_looked_for,
            what_is_void_saves_nothing,
            a_second_intent_moves_nothing,
            only_what_a_card_says_is_counted,
            a_charge_counts_in_the_month_in_which_it_is_credited,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

const LOOK_AFTER: Duration = Duration::from_mins(5);

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn ann() -> UserId {
    "ann".parse().unwrap()
}

fn payment_id(n: u128) -> PaymentId {
    PaymentId::from_uuid(Uuid::from_u128(n))
}

fn key(text: &str, parts: &[&str]) -> RequestKey {
    RequestKey::new(ann(), RequestOperation::Checkout, text, Fingerprint::of(parts)).unwrap()
}

impl PaymentFixture {
    fn opening(&self, n: u128, amount: Money) -> Change<PaymentOpening> {
        let at = self.clock.now();
        let opening = PaymentOpening {
            id: payment_id(n),
            user: ann(),
            kind: PaymentKind::Checkout,
            amount,
            description: "Funds added".to_owned(),
            daily_cap: None,
            look_after: LOOK_AFTER,
            at,
        };
        Change::new(opening).audit(Origin::system().audit("payment.open", payment_id(n), Some(&ann()), at))
    }

    async fn open(&self, n: u128, amount: Money) -> Payment {
        match self.store.open(&self.opening(n, amount)).await.unwrap() {
            OpeningAnswer::Opened(payment) => payment,
            other => panic!("{other:?}"),
        }
    }

    /// What the store is to apply of a report on Ann's `n`th payment.
    fn said(&self, n: u128, report: &PaymentReport) -> Change<Assessment> {
        let subject = Subject {
            id: payment_id(n),
            user: ann(),
            kind: PaymentKind::Checkout,
            description: "Funds added".to_owned(),
        };
        Change::new(assessment(&subject, report, self.clock.now()).unwrap())
    }

    async fn assess(&self, n: u128, report: &PaymentReport) -> (Payment, bool) {
        match self.store.assess(&self.said(n, report)).await.unwrap() {
            AssessmentAnswer::Stands { payment, moved } => (payment, moved),
            other => panic!("{other:?}"),
        }
    }

    /// A payment that is paid.
    async fn paid(&self, n: u128, amount: Money) -> Payment {
        self.open(n, amount).await;
        self.assess(n, &paid(n, amount)).await.0
    }

    async fn spend(&self, n: u128, amount: Money) {
        self.adjust(n, TransactionDirection::Debit, amount).await;
    }

    async fn adjust(&self, n: u128, direction: TransactionDirection, amount: Money) {
        let adjustment = Adjustment {
            transfer: TransferId::from_uuid(Uuid::from_u128(n)),
            user: ann(),
            wallet: AccountId::wallet(&ann(), amount.currency()),
            direction,
            amount,
            description: "spent".to_owned(),
            at: self.clock.now(),
            approval: None,
        };
        self.wallets.adjust(&Change::new(adjustment)).await.unwrap();
    }

    async fn credit(&self, n: u128, amount: Money) {
        let credit = Credit {
            transfer: TransferId::from_uuid(Uuid::from_u128(n)),
            user: ann(),
            wallet: AccountId::wallet(&ann(), amount.currency()),
            amount,
            description: "a gift".to_owned(),
            at: self.clock.now(),
            approval: None,
        };
        self.wallets.credit(&Change::new(credit)).await.unwrap();
    }

    /// What is available, and what is owed.
    async fn standing(&self) -> (Money, Money) {
        let balance = self.wallets.balance(&ann(), Currency::USD).await.unwrap();
        let available = balance.map_or(usd("0"), |balance| balance.available().unwrap());
        let debt = self.wallets.debt(&ann(), Currency::USD).await.unwrap();
        let listed = self.wallets.wallets(&ann()).await.unwrap();
        let mut dollars = listed.iter().filter(|wallet| wallet.debt.currency() == Currency::USD);
        assert!(dollars.all(|wallet| wallet.debt == debt), "{listed:?} and {debt}");
        (available, debt)
    }

    async fn lines(&self) -> Vec<(TransactionDirection, String, TransactionStatus)> {
        let page = self.wallets.transactions(&ann(), None, 100).await.unwrap();
        let line = |line: Transaction| (line.direction, line.amount.to_string(), line.status);
        page.transactions.into_iter().map(line).collect()
    }

    async fn assert_whole(&self) {
        assert_eq!(verify_ledger(&self.wallets.snapshot().await.unwrap()), []);
    }
}

fn report(n: u128, asked: Money, progress: Progress) -> PaymentReport {
    let mark = PaymentMark { deployment: "here".to_owned(), payment: payment_id(n), user: ann() };
    PaymentReport {
        mark: Some(mark),
        session: Some(format!("cs_{n}").parse().unwrap()),
        intent: Some(format!("pi_{n}").parse().unwrap()),
        asked,
        progress,
        decline: None,
        takings: Vec::new(),
    }
}

fn paid(n: u128, amount: Money) -> PaymentReport {
    report(n, amount, Progress::Paid { amount })
}

fn taking(id: &str, kind: TakingKind, amount: Money, standing: TakingStanding) -> Taking {
    Taking { id: id.parse().unwrap(), kind, amount, standing }
}

fn refund(id: &str, amount: Money) -> Taking {
    taking(id, TakingKind::Refund, amount, TakingStanding::Taken)
}

fn dispute(id: &str, amount: Money, standing: TakingStanding) -> Taking {
    taking(id, TakingKind::Dispute, amount, standing)
}

/// The same report with these takings.
fn with(report: &PaymentReport, takings: &[Taking]) -> PaymentReport {
    PaymentReport { takings: takings.to_vec(), ..report.clone() }
}
