//! The ports of provisioning: what it needs of a database and of whoever knows businesses.
//!
//! Every state transition is one method that takes a whole [`trunkline_domain::Change`] and applies it in one
//! database transaction or not at all. Every method is safe to repeat with the same change.

mod businesses;
mod decision_store;
mod limit_store;
mod number_search;
mod number_store;
mod operations_store;
mod order_store;
mod orphan_store;
mod purchase_store;
mod reconciliation_store;
mod release_store;
mod sales_store;
mod store_error;

#[cfg(feature = "mock")]
pub use businesses::MockBusinesses;
pub use businesses::{Businesses, BusinessesError};
#[cfg(feature = "mock")]
pub use decision_store::MockDecisionStore;
pub use decision_store::{
    AdoptAnswer, Adoption, ClaimHolder, DecisionStore, FILES_MAX, NumberFile, NumberFiles, NumberName,
    NumberNameError, OrphanFile, OrphanResumeAnswer, OrphanResumption, OrphanStage, ReleaseResumption,
    ReleaseStop, Restoration, RestoreAnswer, ResumeAnswer, ReviewKeeping, StoppedReleases, WriteOff,
};
#[cfg(feature = "mock")]
pub use limit_store::MockLimitStore;
pub use limit_store::{LimitStore, LimitsFile, LimitsSetting, SetLimitsAnswer};
pub use number_search::{NumberSearch, NumberSearchError};
#[cfg(feature = "mock")]
pub use number_store::MockNumberStore;
pub use number_store::{
    MonthlyCost, NumberFilter, NumberPage, NumberRecording, NumberStore, NumberUpdate, Place, RecordAnswer,
    Scope, UpdateAnswer,
};
#[cfg(feature = "mock")]
pub use operations_store::MockOperationsStore;
pub use operations_store::{OpenWork, OperationsStore, OrdersInState, PoolUse, Workload, clock_offset};
#[cfg(feature = "mock")]
pub use order_store::MockOrderStore;
pub use order_store::{OrderFilter, OrderPage, OrderStore};
#[cfg(feature = "mock")]
pub use orphan_store::MockOrphanStore;
pub use orphan_store::{
    LeftoverOpening, Orphan, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral,
    OrphanRefusal, OrphanStanding, OrphanStore, PassLease, PassResult, StalledOrphan,
};
#[cfg(feature = "mock")]
pub use purchase_store::MockPurchaseStore;
pub use purchase_store::{
    Authority, ClaimEnd, LateSuccess, OpenAnswer, OpenRefusal, OpenedPurchase, PurchaseAbort,
    PurchaseOpening, PurchaseParking, PurchaseReferral, PurchaseSettlement, PurchaseStore, Repeat,
    SettleAnswer, StalledOrder, Transition,
};
#[cfg(feature = "mock")]
pub use reconciliation_store::MockReconciliationStore;
pub use reconciliation_store::{
    Contradiction, Mending, MendingAnswer, Missing, REPORTS_KEPT, ReconciliationStore,
};
#[cfg(feature = "mock")]
pub use release_store::MockReleaseStore;
pub use release_store::{
    BegunRelease, ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseRefusal,
    ReleaseReturn, ReleaseStore, ReleaseTransition, StalledRelease,
};
#[cfg(feature = "mock")]
pub use sales_store::MockSalesStore;
pub use sales_store::{
    PauseCause, RunwayAnswer, RunwayNote, SalesPause, SalesStart, SalesState, SalesStop, SalesStore,
    Shortage, StartAnswer, StopAnswer,
};
pub use store_error::StoreError;
