//! The stories that are played under faults: a purchase, a release, a credit, as each of them can go.

use std::sync::Arc;

use chrono::TimeDelta;
use trunkline_domain::{NumberStatus, OrderState};
use trunkline_provisioning::contract::fixture::{ann, business, phone};
use trunkline_provisioning::{
    PurchaseCommand, PurchaseError, PurchaseOutcome, ReleaseCommand, ReleaseError, ReleaseProgress,
};
use trunkline_wallet::{CreditError, Credited, Posting, WalletStoreError};

use super::process::{Plan, Process};
use super::supplier::Moods;
use super::world::{CHARGE, World, credit_of, keyed_purchase_of, keyed_release_of};

/// The number that the stories are about.
const NUMBER: u16 = 1;

/// What happens, were it not for the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    /// The number is bought.
    Purchase,
    /// The provider says no.
    RefusedPurchase,
    /// The number is bought, the answer never comes, and the list shows it a while later.
    SilentPurchase,
    /// The purchase never arrives.
    LostPurchase,
    /// The number is bought, the answer never comes, and the list shows it when the order has been given up.
    LatePurchase,
    /// The number is given back.
    Release,
    /// The provider does not take it back.
    RefusedRelease,
    /// The provider takes it back, and does not answer at first.
    SilentRelease,
    /// Money from the operator.
    Credit,
}

/// What the client was told.
#[derive(Debug)]
pub(crate) enum Told {
    Purchase(Result<PurchaseOutcome, PurchaseError>),
    Release(Result<ReleaseProgress, ReleaseError>),
    Credit(Result<Posting<Credited>, CreditError>),
}

impl Story {
    /// Sets the scene.
    pub(crate) async fn arrange(self, world: &World) {
        if self != Self::Credit {
            world.credit(&ann(), "10").await;
        }
        if matches!(self, Self::Release | Self::RefusedRelease | Self::SilentRelease) {
            world.buy(&ann(), NUMBER).await;
        }
        let calm = Moods::default();
        world.supplier.misbehave(match self {
            Self::SilentPurchase => Moods { buys_silently: true, lag: TimeDelta::seconds(100), ..calm },
            Self::LatePurchase => Moods { buys_silently: true, lag: TimeDelta::hours(1), ..calm },
            Self::LostPurchase => Moods { keeps_purchases_back: true, ..calm },
            Self::RefusedRelease => Moods { refuses_releases: true, ..calm },
            Self::SilentRelease => Moods { releases_silently: true, ..calm },
            Self::Purchase | Self::RefusedPurchase | Self::Release | Self::Credit => calm,
        });
        if self == Self::RefusedPurchase {
            world.supplier.sell_elsewhere(&phone(NUMBER));
        }
    }

    /// Whether an order is given up without knowing what became of its purchase.
    pub(crate) fn gives_up(self) -> bool {
        matches!(self, Self::LostPurchase | Self::LatePurchase)
    }

    /// What was bought, and shown in time, is not given up to be released later: its order is completed.
    pub(crate) async fn assert_nothing_was_given_up(self, world: &World, context: &str) {
        if self.gives_up() || world.supplier.look(&phone(NUMBER)).number.is_none() {
            return;
        }
        let order = world.order_of(NUMBER).await;
        assert_eq!(order.state, OrderState::Completed, "{context}: the supplier has the number");
    }

    /// A client asks for it, under an idempotency key; `None` where nobody hears the answer.
    pub(crate) async fn ask(self, world: &World, process: &Arc<Process>) -> Option<Told> {
        if self == Self::Credit {
            let wallets = world.wallets(process);
            return process.heard(wallets.credit(credit_of(&ann(), "5"))).await.map(Told::Credit);
        }
        let provisioning = world.provisioning(process);
        let told = match self {
            Self::Release | Self::RefusedRelease | Self::SilentRelease => {
                process.heard(provisioning.release(release(world).await)).await.map(Told::Release)
            }
            _ => process.heard(provisioning.purchase(purchase())).await.map(Told::Purchase),
        };
        world.end(process, &provisioning).await;
        // Only the first answers are lost.
        if self == Self::SilentRelease {
            world.supplier.misbehave(Moods::default());
        }
        told
    }

    /// What the client was told is so in the end.
    pub(crate) async fn assert_told_the_truth(self, world: &World, told: &Told, context: &str) {
        let orders = world.orders().await;
        let (ordered, row) = match self {
            Self::Credit => (None, None),
            _ => (orders.first(), world.rows().await.into_iter().next()),
        };
        let state = ordered.map(|order| order.state);
        let status = row.map(|row| row.status);
        let is_true = match told {
            Told::Purchase(Ok(PurchaseOutcome::Completed(purchased))) => {
                state == Some(OrderState::Completed) && purchased.amount.to_string().starts_with(CHARGE)
            }
            // Undecided, or nobody knows: nothing is promised.
            Told::Purchase(
                Ok(PurchaseOutcome::Pending(_)) | Err(PurchaseError::Storage { order: Some(_), .. }),
            )
            | Told::Release(Ok(ReleaseProgress::Pending(_)) | Err(ReleaseError::Storage(_)))
            | Told::Credit(Err(CreditError::Store(WalletStoreError::OutcomeUnknown(_)))) => true,
            Told::Purchase(Err(PurchaseError::Failed { .. })) => state == Some(OrderState::Failed),
            // Refused, or never opened: certainly nothing stands.
            Told::Purchase(Err(_)) => state.is_none(),
            Told::Release(Ok(ReleaseProgress::Released)) => status == Some(NumberStatus::Released),
            Told::Release(Err(_)) => status == Some(NumberStatus::Active),
            Told::Credit(Ok(_)) => credits(world).await == 1,
            Told::Credit(Err(_)) => credits(world).await == 0,
        };
        assert!(is_true, "{context}: the client was told {told:?}; order {state:?}, number {status:?}");
    }

    /// What a client finds who asks once more, with the same key, when all is over.
    pub(crate) async fn assert_repeat_agrees(self, world: &World, first: Option<&Told>, context: &str) {
        let before = world.orders().await.len();
        let process = Process::new(Plan::Healthy);
        let again = self.ask(world, &process).await.unwrap();
        world.decide(&process).await;
        match (first, &again) {
            (
                Some(Told::Purchase(Ok(PurchaseOutcome::Completed(first)))),
                Told::Purchase(Ok(PurchaseOutcome::Completed(again))),
            ) => {
                assert_eq!(
                    (first.number.id, first.transaction),
                    (again.number.id, again.transaction),
                    "{context}"
                );
                assert_eq!(world.orders().await.len(), before, "{context}");
            }
            (Some(Told::Purchase(Ok(PurchaseOutcome::Completed(_)))), _) => {
                panic!("{context}: then {again:?}")
            }
            (_, Told::Credit(credited)) => {
                assert!(credited.is_ok(), "{context}: {credited:?}");
                assert_eq!(credits(world).await, 1, "{context}: credited once");
            }
            _ => {}
        }
    }
}

fn purchase() -> PurchaseCommand {
    PurchaseCommand { business: Some(business(1)), ..keyed_purchase_of(&ann(), NUMBER) }
}

async fn release(world: &World) -> ReleaseCommand {
    let row = world.rows().await.into_iter().next().unwrap();
    keyed_release_of(&ann(), row.id)
}

/// How many credits stand.
async fn credits(world: &World) -> usize {
    world.stores.wallets.transactions(&ann(), None, 100).await.unwrap().transactions.len()
}
