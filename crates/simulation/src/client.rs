//! Clients: what they ask, how long they wait, what they hear, and whether it was true.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use trunkline_domain::{
    Currency, Money, NumberId, NumberStatus, OrderId, OrderState, PhoneNumber, RequestOperation,
};
use trunkline_provisioning::port::OpenRefusal;
use trunkline_provisioning::{PurchaseError, PurchaseOutcome, ReleaseProgress};

use crate::books::{Books, UserBooks};
use crate::gist::name_of;
use crate::loss::{Loss, LossKind};
use crate::tally::{Fault, Tally};
use crate::world::{Worker, World};

/// Somebody who asks for something, and leaves when it takes too long.
pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    pub(crate) user: &'static str,
    pub(crate) patience: Duration,
    pub(crate) tally: Arc<Tally>,
}

/// What a client is credited under a key, in dollars: an amount that nothing else has.
const CREDIT: &str = "2.51";

/// What a client was told that can be true or false afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// This number is bought.
    Bought { number: NumberId, key: Option<&'static str> },
    /// This order stands, however it ends.
    Ordered { order: OrderId },
    /// This order came to nothing.
    Failed { order: OrderId },
    /// Nothing was opened.
    NothingOpened { user: &'static str, number: PhoneNumber },
    /// This number is given back.
    Released { number: NumberId },
    /// The credit of a key stands.
    Credited { user: &'static str },
}

impl Client {
    pub(crate) async fn buys(
        &self,
        worker: &Worker,
        number: &PhoneNumber,
        key: Option<&'static str>,
    ) -> Option<Heard> {
        let mut command = self.world.purchase(self.user, number);
        command.request = key.and_then(|key| self.world.key(self.user, RequestOperation::Purchase, key));
        self.world.witness.hears_a_client(self.user, number);
        self.says(worker, || format!("buys {number}{}", under(key)));
        let Ok(answer) = timeout(self.patience, worker.provisioning.purchase(command)).await else {
            return self.leaves(worker);
        };
        self.says(worker, || match &answer {
            Ok(outcome) => format!("hears {}", name_of(outcome)),
            Err(error) => format!("hears {error:?}"),
        });
        match answer {
            Ok(PurchaseOutcome::Completed(bought)) => Some(Heard::Bought { number: bought.number.id, key }),
            Err(PurchaseError::Failed { order, .. }) => Some(Heard::Failed { order }),
            Err(PurchaseError::Storage { order: None, .. }) => {
                Some(Heard::NothingOpened { user: self.user, number: number.clone() })
            }
            Ok(PurchaseOutcome::Pending(order)) => Some(Heard::Ordered { order: order.id }),
            Err(PurchaseError::Refused(OpenRefusal::AlreadyOrdering { order })) => {
                Some(Heard::Ordered { order })
            }
            Err(PurchaseError::Refused(OpenRefusal::AlreadyOwned { number })) => {
                Some(Heard::Bought { number, key: None })
            }
            Err(_) => None,
        }
    }

    pub(crate) async fn releases(
        &self,
        worker: &Worker,
        number: NumberId,
        key: Option<&'static str>,
    ) -> Option<Heard> {
        let mut command = self.world.release(self.user, number);
        command.request = key.and_then(|key| self.world.key(self.user, RequestOperation::Release, key));
        self.says(worker, || format!("gives a number back{}", under(key)));
        let Ok(answer) = timeout(self.patience, worker.provisioning.release(command)).await else {
            return self.leaves(worker);
        };
        self.says(worker, || match &answer {
            Ok(progress) => format!("hears {}", name_of(progress)),
            Err(error) => format!("hears {error:?}"),
        });
        matches!(answer, Ok(ReleaseProgress::Released)).then_some(Heard::Released { number })
    }

    pub(crate) async fn is_credited(&self, worker: &Worker, key: &'static str) -> Option<Heard> {
        let mut command = self.world.credit(self.user, CREDIT);
        command.request = self.world.key(self.user, RequestOperation::Credit, key);
        self.says(worker, || format!("is credited{}", under(Some(key))));
        let answer = timeout(self.patience, worker.wallets.credit(command)).await;
        let Ok(answer) = answer else { return self.leaves(worker) };
        self.says(worker, || format!("hears {}", name_of(&answer)));
        matches!(answer, Ok(_)).then_some(Heard::Credited { user: self.user })
    }

    fn leaves(&self, worker: &Worker) -> Option<Heard> {
        self.says(worker, || "leaves");
        self.tally.strikes(Fault::ClientGone);
        None
    }

    fn says<T: std::fmt::Display>(&self, worker: &Worker, what: impl FnOnce() -> T) {
        self.world.note(self.user, || format!("at {}: {}", worker.process.name(), what()));
    }
}

fn under(key: Option<&str>) -> String {
    key.map(|key| format!(" under key {key}")).unwrap_or_default()
}

/// Whatever clients were told that is not so.
pub(crate) fn false_answers(world: &World, books: &Books, heard: &[Heard]) -> Vec<Loss> {
    let false_ones = heard.iter().filter_map(|heard| contradiction(world, books, heard));
    let mut losses: Vec<Loss> = false_ones.map(|what| Loss::new(LossKind::FalseAnswer, what)).collect();
    for (place, one) in heard.iter().enumerate() {
        let Heard::Bought { number, key: Some(key) } = one else { continue };
        let differs = |other: &Heard| matches!(other, Heard::Bought { number: n, key: Some(k) } if k == key && n != number);
        if heard[place..].iter().any(differs) {
            let what = format!("key {key} was answered with two numbers");
            losses.push(Loss::new(LossKind::FalseAnswer, what));
        }
    }
    for books in books.users.iter().filter(|books| credits(books) > 1) {
        let what = format!("{} was credited twice under one key", books.user);
        losses.push(Loss::new(LossKind::DoubleCharge, what));
    }
    losses
}

/// How often the credit of the key stands.
fn credits(books: &UserBooks) -> usize {
    let amount = Money::parse(CREDIT, Currency::USD).unwrap();
    books.lines.iter().filter(|line| line.amount == amount).count()
}

/// What the books say against an answer.
fn contradiction(world: &World, books: &Books, heard: &Heard) -> Option<String> {
    match heard {
        Heard::Bought { number, .. } => {
            let order = books.number(*number).and_then(|row| row.order).and_then(|id| books.order(id));
            let stands = order.is_some_and(|o| o.state == OrderState::Completed && o.number == Some(*number));
            (!stands).then(|| format!("number {number} was said to be bought, and no order says so"))
        }
        Heard::Ordered { order } => {
            books.order(*order).is_none().then(|| format!("order {order} was said to stand, and does not"))
        }
        Heard::Failed { order } => {
            let stands = books.order(*order).is_some_and(|order| order.state == OrderState::Failed);
            (!stands).then(|| format!("order {order} was said to have failed, and has not"))
        }
        Heard::NothingOpened { user, number } => {
            let opened = books.of(user).map_or(0, |books| books.orders_for(number));
            let stands = opened < world.witness.asked(user, number);
            (!stands).then(|| format!("{user} was told that nothing was opened for {number}"))
        }
        Heard::Released { number } => {
            let row = books.number(*number)?;
            let is_held = world.supplier().number(&row.identity.as_ref()?.number).is_some();
            let stands = row.status == NumberStatus::Released && !is_held;
            (!stands).then(|| format!("number {number} was said to be given back, and is not"))
        }
        Heard::Credited { user } => {
            let stands = books.of(user).is_some_and(|books| credits(books) == 1);
            (!stands).then(|| format!("{user} was said to be credited, and is not"))
        }
    }
}
