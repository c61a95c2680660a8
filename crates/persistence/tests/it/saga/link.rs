//! A process's way to the store: every port that purchases, releases and credits go through.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{
    ApprovalId, AuditEntry, BusinessId, Change, Currency, Money, NumberId, Order, OrderId, OwnedNumber,
    PhoneNumber, ProviderIdentity, RequestKey, TransferId, UserId,
};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, bob, business};
use trunkline_provisioning::port::{
    Businesses, BusinessesError, Contradiction, LateSuccess, LeftoverOpening, Mending, MendingAnswer,
    NumberFilter, NumberPage, NumberRecording, NumberStore, NumberUpdate, OpenAnswer, OrderFilter, OrderPage,
    OrderStore, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanStanding,
    OrphanStore, PassLease, PassResult, Place, PurchaseAbort, PurchaseOpening, PurchaseParking,
    PurchaseReferral, PurchaseSettlement, PurchaseStore, ReconciliationStore, RecordAnswer, ReleaseAnswer,
    ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseReturn, ReleaseStore,
    ReleaseTransition, Repeat, Scope, SettleAnswer, StalledOrder, StalledOrphan, StalledRelease, StoreError,
    Transition, UpdateAnswer,
};
use trunkline_provisioning::{LeaseTerms, PurchaseEnd, ReleaseOutcome, Report};
use trunkline_wallet::{
    Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter, ApprovalGrant, ApprovalPage,
    ApprovalRejection, ApproveAnswer, AskAnswer, Balance, Credit, CreditAnswer, LedgerSnapshot, RejectAnswer,
    TransactionPage, WalletStanding, WalletStore, WalletStoreError,
};

use super::process::Process;

/// The store as one process sees it.
pub(crate) struct Link {
    pub(crate) process: Arc<Process>,
    pub(crate) stores: Arc<Fixture>,
}

#[async_trait]
impl PurchaseStore for Link {
    async fn open(&self, change: &Change<PurchaseOpening>) -> Result<OpenAnswer, StoreError> {
        self.process.change("purchases.open", || self.stores.purchases.open(change)).await
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<PurchaseEnd>>, StoreError> {
        self.process.ask("purchases.repeat", || self.stores.purchases.repeat(request)).await
    }

    async fn settle(&self, change: &Change<PurchaseSettlement>) -> Result<SettleAnswer, StoreError> {
        self.process.change("purchases.settle", || self.stores.purchases.settle(change)).await
    }

    async fn abort(&self, change: &Change<PurchaseAbort>) -> Result<Transition, StoreError> {
        self.process.change("purchases.abort", || self.stores.purchases.abort(change)).await
    }

    async fn park(&self, change: &Change<PurchaseParking>) -> Result<Transition, StoreError> {
        self.process.change("purchases.park", || self.stores.purchases.park(change)).await
    }

    async fn refer(&self, change: &Change<PurchaseReferral>) -> Result<Transition, StoreError> {
        self.process.change("purchases.refer", || self.stores.purchases.refer(change)).await
    }

    async fn record_late_success(&self, change: &Change<LateSuccess>) -> Result<Transition, StoreError> {
        let call = || self.stores.purchases.record_late_success(change);
        self.process.change("purchases.record_late_success", call).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrder>, StoreError> {
        let call = || self.stores.purchases.claim_stalled(terms, limit);
        self.process.ask("purchases.claim_stalled", call).await
    }
}

#[async_trait]
impl ReleaseStore for Link {
    async fn begin(&self, change: &Change<ReleaseOpening>) -> Result<ReleaseAnswer, StoreError> {
        self.process.change("releases.begin", || self.stores.releases.begin(change)).await
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<ReleaseOutcome>>, StoreError> {
        self.process.ask("releases.repeat", || self.stores.releases.repeat(request)).await
    }

    async fn finish(&self, change: &Change<ReleaseEnd>) -> Result<ReleaseTransition, StoreError> {
        self.process.change("releases.finish", || self.stores.releases.finish(change)).await
    }

    async fn give_back(&self, change: &Change<ReleaseReturn>) -> Result<ReleaseTransition, StoreError> {
        self.process.change("releases.give_back", || self.stores.releases.give_back(change)).await
    }

    async fn park(&self, change: &Change<ReleaseParking>) -> Result<ReleaseTransition, StoreError> {
        self.process.change("releases.park", || self.stores.releases.park(change)).await
    }

    async fn refer(&self, change: &Change<ReleaseReferral>) -> Result<ReleaseTransition, StoreError> {
        self.process.change("releases.refer", || self.stores.releases.refer(change)).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledRelease>, StoreError> {
        let call = || self.stores.releases.claim_stalled(terms, limit);
        self.process.ask("releases.claim_stalled", call).await
    }
}

#[async_trait]
impl OrphanStore for Link {
    async fn begin(&self, change: &Change<OrphanOpening>) -> Result<OrphanAnswer, StoreError> {
        self.process.change("orphans.begin", || self.stores.orphans.begin(change)).await
    }

    async fn begin_leftover(&self, change: &Change<LeftoverOpening>) -> Result<OrphanAnswer, StoreError> {
        self.process.change("orphans.begin_leftover", || self.stores.orphans.begin_leftover(change)).await
    }

    async fn finish(&self, change: &Change<OrphanEnd>) -> Result<bool, StoreError> {
        self.process.change("orphans.finish", || self.stores.orphans.finish(change)).await
    }

    async fn park(&self, change: &Change<OrphanParking>) -> Result<bool, StoreError> {
        self.process.change("orphans.park", || self.stores.orphans.park(change)).await
    }

    async fn refer(&self, change: &Change<OrphanReferral>) -> Result<bool, StoreError> {
        self.process.change("orphans.refer", || self.stores.orphans.refer(change)).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrphan>, StoreError> {
        let call = || self.stores.orphans.claim_stalled(terms, limit);
        self.process.ask("orphans.claim_stalled", call).await
    }

    async fn orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, StoreError> {
        self.process.ask("orphans.orphan_standing", || self.stores.orphans.orphan_standing(identity)).await
    }

    async fn begin_pass(&self, terms: LeaseTerms, every: Duration) -> Result<Option<PassLease>, StoreError> {
        self.process.ask("orphans.begin_pass", || self.stores.orphans.begin_pass(terms, every)).await
    }

    async fn renew_pass(&self, pass: PassLease, terms: LeaseTerms) -> Result<bool, StoreError> {
        self.process.ask("orphans.renew_pass", || self.stores.orphans.renew_pass(pass, terms)).await
    }

    async fn finish_pass(&self, change: &Change<PassResult>) -> Result<u64, StoreError> {
        self.process.change("orphans.finish_pass", || self.stores.orphans.finish_pass(change)).await
    }
}

#[async_trait]
impl ReconciliationStore for Link {
    async fn bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, StoreError> {
        let call = || self.stores.reconciliations.bought_numbers(after, limit);
        self.process.ask("reconciliations.bought_numbers", call).await
    }

    async fn contradictions(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Contradiction>, StoreError> {
        let call = || self.stores.reconciliations.contradictions(before, limit);
        self.process.ask("reconciliations.contradictions", call).await
    }

    async fn keep_report(&self, report: &Report, audit: &AuditEntry) -> Result<(), StoreError> {
        let call = || self.stores.reconciliations.keep_report(report, audit);
        self.process.change("reconciliations.keep_report", call).await
    }

    async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError> {
        self.process.ask("reconciliations.reports", || self.stores.reconciliations.reports(limit)).await
    }

    async fn last_reconciled_at(&self) -> Result<DateTime<Utc>, StoreError> {
        let call = || self.stores.reconciliations.last_reconciled_at();
        self.process.ask("reconciliations.last_reconciled_at", call).await
    }

    async fn begin_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, StoreError> {
        let call = || self.stores.reconciliations.begin_mending(change);
        self.process.change("reconciliations.begin_mending", call).await
    }

    async fn was_written_off(&self, number: NumberId) -> Result<bool, StoreError> {
        self.process
            .ask("reconciliations.was_written_off", || self.stores.reconciliations.was_written_off(number))
            .await
    }

    async fn remember_webhooks(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        let call = || self.stores.reconciliations.remember_webhooks(addresses, at);
        self.process.change("reconciliations.remember_webhooks", call).await
    }

    async fn webhooks_used(&self) -> Result<Vec<String>, StoreError> {
        self.process
            .ask("reconciliations.webhooks_used", || self.stores.reconciliations.webhooks_used())
            .await
    }
}

#[async_trait]
impl NumberStore for Link {
    async fn number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, StoreError> {
        self.process.ask("numbers.number", || self.stores.numbers.number(scope, id)).await
    }

    async fn place_of_number(&self, id: NumberId) -> Result<Option<Place>, StoreError> {
        self.process.ask("numbers.place", || self.stores.numbers.place_of_number(id)).await
    }

    async fn number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, StoreError> {
        let call = || self.stores.numbers.number_by_identity(identity);
        self.process.ask("numbers.number_by_identity", call).await
    }

    async fn number_by_phone(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, StoreError> {
        let call = || self.stores.numbers.number_by_phone(phone_number);
        self.process.ask("numbers.number_by_phone", call).await
    }

    async fn numbers(&self, filter: &NumberFilter) -> Result<NumberPage, StoreError> {
        self.process.ask("numbers.numbers", || self.stores.numbers.numbers(filter)).await
    }

    async fn update(&self, change: &Change<NumberUpdate>) -> Result<UpdateAnswer, StoreError> {
        self.process.change("numbers.update", || self.stores.numbers.update(change)).await
    }

    async fn record(&self, change: &Change<NumberRecording>) -> Result<RecordAnswer, StoreError> {
        self.process.ask("numbers.record", || self.stores.numbers.record(change)).await
    }
}

#[async_trait]
impl OrderStore for Link {
    async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.process.ask("orders.order", || self.stores.orders.order(scope, id)).await
    }

    async fn place_of_order(&self, id: OrderId) -> Result<Option<Place>, StoreError> {
        self.process.ask("orders.place", || self.stores.orders.place_of_order(id)).await
    }

    async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, StoreError> {
        self.process.ask("orders.orders", || self.stores.orders.orders(filter)).await
    }
}

#[async_trait]
impl WalletStore for Link {
    async fn balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, WalletStoreError> {
        self.process.ask("wallets.balance", || self.stores.wallets.balance(user, currency)).await
    }

    async fn debt(&self, user: &UserId, currency: Currency) -> Result<Money, WalletStoreError> {
        self.process.ask("wallets.debt", || self.stores.wallets.debt(user, currency)).await
    }

    async fn wallets(&self, user: &UserId) -> Result<Vec<WalletStanding>, WalletStoreError> {
        self.process.ask("wallets.wallets", || self.stores.wallets.wallets(user)).await
    }

    async fn credit(&self, change: &Change<Credit>) -> Result<CreditAnswer, WalletStoreError> {
        self.process.change("wallets.credit", || self.stores.wallets.credit(change)).await
    }

    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError> {
        self.process.change("wallets.adjust", || self.stores.wallets.adjust(change)).await
    }

    async fn ask_approval(&self, change: &Change<ApprovalAsking>) -> Result<AskAnswer, WalletStoreError> {
        self.process.change("wallets.ask_approval", || self.stores.wallets.ask_approval(change)).await
    }

    async fn approve(&self, change: &Change<ApprovalGrant>) -> Result<ApproveAnswer, WalletStoreError> {
        self.process.change("wallets.approve", || self.stores.wallets.approve(change)).await
    }

    async fn reject(&self, change: &Change<ApprovalRejection>) -> Result<RejectAnswer, WalletStoreError> {
        self.process.change("wallets.reject", || self.stores.wallets.reject(change)).await
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, WalletStoreError> {
        self.process.ask("wallets.approval", || self.stores.wallets.approval(id)).await
    }

    async fn approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, WalletStoreError> {
        self.process.ask("wallets.approvals", || self.stores.wallets.approvals(filter)).await
    }

    async fn transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, WalletStoreError> {
        let call = || self.stores.wallets.transactions(user, after, limit);
        self.process.ask("wallets.transactions", call).await
    }

    async fn snapshot(&self) -> Result<LedgerSnapshot, WalletStoreError> {
        self.process.ask("wallets.snapshot", || self.stores.wallets.snapshot()).await
    }
}

/// The first business is Ann's, the second is Bob's.
#[async_trait]
impl Businesses for Link {
    async fn owner_of(&self, id: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        let owner = [(business(1), ann()), (business(2), bob())].into_iter().find(|(known, _)| *known == id);
        let owner = owner.map(|(_, user)| user);
        self.process.ask("businesses.owner_of", || async { Ok(owner.clone()) }).await
    }
}
