//! What must be true after every play: the books, the rows and the supplier agree with one another.

use std::collections::BTreeSet;

use trunkline_domain::{Currency, NumberSid, NumberStatus, OrderState, UserId};
use trunkline_provisioning::Marker;
use trunkline_provisioning::contract::fixture::{ann, bob};
use trunkline_wallet::{TransactionDirection, TransactionStatus, verify_ledger};

use super::world::World;

/// Who may still wait for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reviews {
    /// Nobody.
    None,
    /// Orders and numbers in `review`.
    Some,
}

impl World {
    /// Fails unless everything is decided, and everything that was decided is so everywhere.
    pub(crate) async fn assert_whole(&self, context: &str) {
        let faults = self.faults(Reviews::None).await;
        assert!(faults.is_empty(), "{context}: {faults:#?}");
    }

    /// The same where a person has to decide something.
    pub(crate) async fn assert_whole_but_for_reviews(&self) {
        let faults = self.faults(Reviews::Some).await;
        assert!(faults.is_empty(), "{faults:#?}");
    }

    pub(crate) async fn faults(&self, reviews: Reviews) -> Vec<String> {
        let mut faults: Vec<String> = Vec::new();
        let ledger = verify_ledger(&self.stores.wallets.snapshot().await.unwrap());
        faults.extend(ledger.iter().map(ToString::to_string));
        self.check_orders(reviews, &mut faults).await;
        self.check_numbers(reviews, &mut faults).await;
        for user in [ann(), bob()] {
            self.check_money(&user, &mut faults).await;
        }
        faults
    }

    /// Completed means one row, failed none, here and at the supplier; nothing else is an end.
    async fn check_orders(&self, reviews: Reviews, faults: &mut Vec<String>) {
        let (rows, owned) = (self.rows().await, self.supplier.owned());
        for order in self.orders().await {
            let its_rows = rows.iter().filter(|row| row.order == Some(order.id)).count();
            let marker = Marker { deployment: Self::deployment(), order: order.id };
            let bought =
                owned.iter().filter(|number| Marker::find_in(&number.friendly_name) == Some(marker)).count();
            match order.state {
                OrderState::Completed if its_rows == 1 && bought <= 1 => {}
                OrderState::Failed if its_rows == 0 && bought == 0 => {}
                OrderState::Review if reviews == Reviews::Some && its_rows == 0 => {}
                state => faults.push(format!(
                    "order {} is {} with {its_rows} rows and {bought} numbers at the supplier",
                    order.id,
                    state.as_str()
                )),
            }
        }
    }

    /// A live row is one number at the supplier with its id, and the supplier has no others but the operator's own.
    async fn check_numbers(&self, reviews: Reviews, faults: &mut Vec<String>) {
        let owned = self.supplier.owned();
        let mut accounted: BTreeSet<NumberSid> = BTreeSet::new();
        for row in self.rows().await.into_iter().filter(|row| row.status.is_live()) {
            let identity = row.identity.clone().unwrap();
            if row.status == NumberStatus::Releasing {
                faults.push(format!("{} is still being released", row.id));
            }
            if row.status == NumberStatus::Review && reviews == Reviews::Some {
                accounted.insert(identity.number);
                continue;
            }
            let held = owned.iter().find(|number| number.identity == identity);
            if held.is_none_or(|number| number.phone_number != row.phone_number) {
                faults.push(format!("{} is here and not at the supplier", row.id));
            }
            if !accounted.insert(identity.number) {
                faults.push(format!("{} has a second row", row.phone_number));
            }
        }
        let reviewed = self.orders().await.into_iter().filter(|order| order.state == OrderState::Review);
        let reviewed: Vec<_> = reviewed.map(|order| (order.phone_number, order.number_sid)).collect();
        for number in owned {
            let sid = &number.identity.number;
            let is_the_operators = Marker::find_in(&number.friendly_name).is_none();
            let is_reviewed = reviewed
                .iter()
                .any(|(phone, kept)| *phone == number.phone_number || kept.as_ref() == Some(sid));
            if !accounted.contains(sid) && !is_the_operators && !is_reviewed {
                faults.push(format!("{} is at the supplier, and nobody's here", number.phone_number));
            }
        }
    }

    /// A user has what was credited, less what was bought; what is undecided is held, and nothing else.
    async fn check_money(&self, user: &UserId, faults: &mut Vec<String>) {
        use TransactionDirection::Credit;
        use TransactionStatus::Completed;
        let balance = self.stores.balance(user).await;
        let lines = self.stores.wallets.transactions(user, None, 100).await.unwrap().transactions;
        let credits = lines.iter().filter(|line| line.direction == Credit && line.status == Completed);
        let credited: i64 = credits.map(|line| line.amount.micros()).sum();
        let orders = self.orders().await;
        let charged = |state| {
            let mine = orders.iter().filter(|order| order.user == *user && order.state == state);
            mine.map(|order| order.charge.micros()).sum::<i64>()
        };
        let expected = (credited - charged(OrderState::Completed), charged(OrderState::Review));
        let found = (balance.posted.micros(), balance.held.micros());
        if found != expected {
            let currency = Currency::USD;
            faults.push(format!("{user} has {found:?} micros of {currency}, and should have {expected:?}"));
        }
    }
}
