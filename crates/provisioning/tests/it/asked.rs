//! What a test sees afterwards: everything that was asked of the ports, and the order and the number as the last
//! change left them. No rules live here: whatever a change says is shown.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;
use trunkline_domain::{Change, Order, OrderState, OwnedNumber, PhoneNumber, ProviderIdentity};
use trunkline_provider::{NumberPurchase, NumberSettings};
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{
    LateSuccess, NumberUpdate, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, PassResult,
    PurchaseAbort, PurchaseOpening, PurchaseParking, PurchaseReferral, PurchaseSettlement, ReleaseEnd,
    ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseReturn,
};

use crate::fixture;

/// What a mock was asked, in order.
#[derive(Debug)]
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Log<T> {
    pub(crate) fn note(&self, entry: &T) {
        self.0.lock().unwrap().push(entry.clone());
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The one entry.
    #[track_caller]
    pub(crate) fn only(&self) -> T {
        let all = self.all();
        assert_eq!(all.len(), 1, "one entry expected");
        all.into_iter().next().unwrap()
    }
}

/// Everything that was asked of the ports.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    pub looks: Log<(PhoneNumber, Instant)>,
    pub buys: Log<NumberPurchase>,
    pub configured: Log<(ProviderIdentity, NumberSettings)>,
    pub deleted: Log<ProviderIdentity>,
    pub opened: Log<Change<PurchaseOpening>>,
    pub settled: Log<Change<PurchaseSettlement>>,
    pub aborted: Log<Change<PurchaseAbort>>,
    pub parked: Log<Change<PurchaseParking>>,
    pub referred: Log<Change<PurchaseReferral>>,
    pub late: Log<Change<LateSuccess>>,
    pub release_begun: Log<Change<ReleaseOpening>>,
    pub release_finished: Log<Change<ReleaseEnd>>,
    pub release_returned: Log<Change<ReleaseReturn>>,
    pub release_parked: Log<Change<ReleaseParking>>,
    pub release_referred: Log<Change<ReleaseReferral>>,
    pub orphan_begun: Log<Change<OrphanOpening>>,
    pub orphan_finished: Log<Change<OrphanEnd>>,
    pub orphan_parked: Log<Change<OrphanParking>>,
    pub orphan_referred: Log<Change<OrphanReferral>>,
    pub passes: Log<Change<PassResult>>,
    pub reports: Log<Report>,
    pub updated: Log<Change<NumberUpdate>>,
}

/// The order and the number as the last change left them.
#[derive(Clone, Default)]
pub(crate) struct Standing {
    order: Arc<Mutex<Option<Order>>>,
    number: Arc<Mutex<Option<OwnedNumber>>>,
}

impl Standing {
    pub(crate) fn put_order(&self, order: &Order) {
        *self.order.lock().unwrap() = Some(order.clone());
    }

    pub(crate) fn put_number(&self, number: &OwnedNumber) {
        *self.number.lock().unwrap() = Some(number.clone());
    }

    pub(crate) fn order(&self) -> Option<Order> {
        self.order.lock().unwrap().clone()
    }

    pub(crate) fn number(&self) -> Option<OwnedNumber> {
        self.number.lock().unwrap().clone()
    }

    pub(crate) fn change_order(&self, change: impl FnOnce(&mut Order)) -> Order {
        let mut order = self.order().expect("the order was opened");
        change(&mut order);
        self.put_order(&order);
        order
    }

    pub(crate) fn change_number(&self, change: impl FnOnce(&mut OwnedNumber)) -> OwnedNumber {
        let mut number = self.number().unwrap_or_else(fixture::number);
        change(&mut number);
        self.put_number(&number);
        number
    }

    /// Shows a settlement as stored.
    pub(crate) fn settle(&self, settlement: &PurchaseSettlement) -> OwnedNumber {
        self.put_number(&settlement.number);
        self.change_order(|order| {
            order.state = OrderState::Completed;
            order.number = Some(settlement.number.id);
            order.number_sid = Some(settlement.number_sid.clone());
        });
        settlement.number.clone()
    }
}
