//! The facade: what a service embeds.
//!
//! Every purchase and release runs whole in a task that the facade owns. The caller waits for its result and may go
//! away at any moment; nothing that has begun stops because nobody listens any more.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use trunkline_domain::{
    Change, Country, NumberId, NumberType, Order, OrderId, OrderState, OwnedNumber, PriceBook, RequestKey,
};
use trunkline_provider::ProviderError;

use crate::engine::{Engine, ProvisioningParts};
use crate::measure::{InFlight, Saga};
use crate::port::{
    NumberFilter, NumberPage, OrderFilter, OrderPage, Place, ReleaseOpening, ReleaseRefusal, Repeat, Scope,
    StoreError,
};
use crate::purchase::{Opening, SagaEnd, changes, quote};
use crate::recovery::RecoveryRound;
use crate::release::ReleaseTaskEnd;
use crate::settings::SettingsError;
use crate::{
    NumberError, PricedNumber, Progress, ProvisioningSettings, PurchaseCommand, PurchaseEnd, PurchaseError,
    PurchaseOutcome, ReconcileCommand, ReconcileError, RecordCommand, ReleaseCommand, ReleaseError,
    ReleaseOutcome, ReleaseProgress, RepointCommand, RepointError, RepointReport, Report, SearchCommand,
    SearchError, UpdateCommand,
};

/// How often a repeat asks whether the first request with its key has ended.
const REPEAT_POLL: Duration = Duration::from_millis(50);

/// Searches, buys, holds and releases phone numbers. Cheap to clone; clones are one.
#[derive(Clone)]
pub struct Provisioning {
    pub(crate) engine: Arc<Engine>,
}

impl Provisioning {
    /// Provisioning over its ports. Refuses settings under which its promises would not hold.
    pub fn new(parts: ProvisioningParts, settings: ProvisioningSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        let (tracker, stopping) = (TaskTracker::new(), CancellationToken::new());
        let (addresses_noted, overdue) = (AtomicBool::new(false), AtomicBool::new(false));
        let engine = Engine { parts, settings, tracker, stopping, addresses_noted, overdue };
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Numbers that could be bought, with what they would cost.
    pub async fn search(&self, command: SearchCommand) -> Result<Vec<PricedNumber>, SearchError> {
        self.engine.search(command).await
    }

    /// The types of number that the provider has in a country and that have a price; empty where it does not say.
    pub async fn supported_types(&self, country: Country) -> Vec<NumberType> {
        self.engine.supported_types(country).await
    }

    /// The prices in force.
    pub fn prices(&self) -> Arc<PriceBook> {
        self.engine.parts.prices.current()
    }

    /// The longest that a purchase or release keeps its caller waiting, a repeat's wait for its first request included.
    /// Whoever puts a time limit around them makes it longer.
    pub fn longest_wait(&self) -> Duration {
        self.engine.settings.purchase_wait + self.engine.settings.repeat_wait
    }

    /// Buys a number. Answers when it is decided, or after `purchase_wait` with the order as it stands then.
    pub async fn purchase(&self, command: PurchaseCommand) -> Result<PurchaseOutcome, PurchaseError> {
        loop {
            match self.purchase_once(&command).await? {
                SagaEnd::Ended(end) => return outcome_of(end),
                SagaEnd::Undecided(order) => return Ok(PurchaseOutcome::Pending(order)),
                SagaEnd::Repeat(repeat) => {
                    let request = command.request.as_ref();
                    // The key may be free again by now, after an end that may be retried: then this request runs.
                    if let Some(outcome) = self.repeated_purchase(request, repeat).await? {
                        return Ok(outcome);
                    }
                }
            }
        }
    }

    async fn purchase_once(&self, command: &PurchaseCommand) -> Result<SagaEnd, PurchaseError> {
        let started = Instant::now();
        let engine = &self.engine;
        // Shutdown waits for this token until the task takes its place: what it does not refuse, it waits for.
        let preparing = engine.tracker.token();
        let opening = match self.prepare(command, started).await {
            Ok(opening) => opening,
            Err(refusal) => return self.repeat_or(command, refusal).await,
        };
        let id = opening.change.body.order.id;
        let (progress, seen) = watch::channel(None);
        let worker = Arc::clone(engine);
        let in_flight = InFlight::enter(Saga::Purchase);
        let task = engine.tracker.spawn(async move {
            let _in_flight = in_flight;
            worker.buy(opening, &progress).await
        });
        drop(preparing);
        let storage = |source| PurchaseError::Storage { order: Some(id), source };
        let waited = tokio::time::timeout_at(started + engine.settings.purchase_wait, task).await;
        let order = seen.borrow().clone();
        match waited {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => Err(storage(broken_task(error))),
            Err(_) => match order {
                Some(order) => engine.end_of(&order).await.map_err(storage),
                None => Err(storage(StoreError::OutcomeUnknown("no answer within the wait".into()))),
            },
        }
    }

    /// Everything that a purchase needs before its first transaction.
    async fn prepare(&self, command: &PurchaseCommand, started: Instant) -> Result<Opening, PurchaseError> {
        let engine = &self.engine;
        if engine.stopping.is_cancelled() {
            return Err(PurchaseError::ShuttingDown);
        }
        let quote = quote(command, &engine.parts.prices.current())?;
        if let Some(business) = command.business {
            let owner = engine.parts.businesses.owner_of(business).await?;
            if owner.as_ref() != Some(&command.user) {
                return Err(PurchaseError::BusinessNotFound);
            }
        }
        let account = engine.parts.provider.account().map_err(|_| PurchaseError::NotConfigured)?;
        let ids = engine.parts.ids.as_ref();
        let change = changes::opening(command, &quote, account, &engine.settings, ids, engine.now());
        Ok(Opening { change, needs: quote.needs, origin: command.origin.clone(), started })
    }

    /// What cannot be bought now may have been bought before: a repeat hears of its first request, whatever prices,
    /// businesses or settings have become since.
    async fn repeat_or(
        &self,
        command: &PurchaseCommand,
        refusal: PurchaseError,
    ) -> Result<SagaEnd, PurchaseError> {
        let Some(request) = &command.request else { return Err(refusal) };
        let storage = |source| PurchaseError::Storage { order: None, source };
        let repeat = self.engine.parts.purchases.repeat(request).await.map_err(storage)?;
        match (repeat, refusal) {
            // The key of a purchase in a business that is out of its caller's reach by now: there is no such business.
            (Some(Repeat::OtherCommand), PurchaseError::BusinessNotFound) => {
                Err(PurchaseError::BusinessNotFound)
            }
            (Some(repeat), _) => Ok(SagaEnd::Repeat(repeat)),
            (None, refusal) => Err(refusal),
        }
    }

    async fn repeated_purchase(
        &self,
        request: Option<&RequestKey>,
        first: Repeat<PurchaseEnd>,
    ) -> Result<Option<PurchaseOutcome>, PurchaseError> {
        let until = Instant::now() + self.engine.settings.repeat_wait;
        let mut repeat = first;
        loop {
            let subject = match repeat {
                Repeat::OtherCommand => return Err(PurchaseError::KeyReused),
                Repeat::Ended(end) => return outcome_of(end).map(Some),
                Repeat::Open { subject } => OrderId::from_uuid(subject),
            };
            let storage = |source| PurchaseError::Storage { order: Some(subject), source };
            let order = self.order(&Scope::Everyone, subject).await.map_err(storage)?;
            match order {
                Some(order) if matches!(order.state, OrderState::Unresolved | OrderState::Review) => {
                    return Ok(Some(PurchaseOutcome::Pending(Box::new(order))));
                }
                Some(_) | None => {}
            }
            if Instant::now() >= until || !self.engine.pause(REPEAT_POLL).await {
                return Err(PurchaseError::InProgress);
            }
            let Some(request) = request else { return Ok(None) };
            match self.engine.parts.purchases.repeat(request).await.map_err(storage)? {
                Some(again) => repeat = again,
                None => return Ok(None),
            }
        }
    }

    /// Gives a number back. Answers when it is decided, or after `purchase_wait` with the number as it stands then.
    pub async fn release(&self, command: ReleaseCommand) -> Result<ReleaseProgress, ReleaseError> {
        match self.release_once(&command).await? {
            ReleaseTaskEnd::Ended(outcome, number) => progress_of(outcome, Some(number)),
            ReleaseTaskEnd::RecordRemoved => Ok(ReleaseProgress::Released),
            ReleaseTaskEnd::Refused(refusal) => Err(refused(refusal)),
            ReleaseTaskEnd::Repeat(repeat) => self.repeated_release(&command, repeat).await,
        }
    }

    async fn release_once(&self, command: &ReleaseCommand) -> Result<ReleaseTaskEnd, ReleaseError> {
        let started = Instant::now();
        let engine = &self.engine;
        // As with a purchase: what shutdown does not refuse, it waits for.
        let preparing = engine.tracker.token();
        if engine.stopping.is_cancelled() {
            return Err(ReleaseError::ShuttingDown);
        }
        self.require_provider_for(command).await?;
        let now = engine.now();
        let opening = ReleaseOpening {
            number: command.number,
            user: command.user.clone(),
            within: command.within.clone(),
            terms: engine.terms(),
            at: now,
        };
        let audit = command.origin.audit("number.release", command.number, Some(&command.user), now);
        let change = Change::new(opening).request(command.request.clone()).audit(audit);
        let (progress, seen) = watch::channel(None);
        let (worker, origin) = (Arc::clone(engine), command.origin.clone());
        let in_flight = InFlight::enter(Saga::Release);
        let task = engine.tracker.spawn(async move {
            let _in_flight = in_flight;
            worker.give_back(&change, &origin, started, &progress).await
        });
        drop(preparing);
        match tokio::time::timeout_at(started + engine.settings.purchase_wait, task).await {
            Ok(Ok(end)) => Ok(end?),
            Ok(Err(error)) => Err(broken_task(error).into()),
            Err(_) => match seen.borrow().clone() {
                Some(number) => Ok(ReleaseTaskEnd::Ended(ReleaseOutcome::Pending, Box::new(number))),
                None => Err(StoreError::OutcomeUnknown("no answer within the wait".into()).into()),
            },
        }
    }

    /// Without a provider a release could only hang: better not to begin it. Records need none.
    async fn require_provider_for(&self, command: &ReleaseCommand) -> Result<(), ReleaseError> {
        if !matches!(self.engine.parts.provider.account(), Err(ProviderError::NotConfigured)) {
            return Ok(());
        }
        let number = self.number(&command.scope(), command.number).await?;
        match number {
            Some(number) if !number.is_record_only() && number.status.accepts_changes() => {
                Err(ReleaseError::NotConfigured)
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn repeated_release(
        &self,
        command: &ReleaseCommand,
        first: Repeat<ReleaseOutcome>,
    ) -> Result<ReleaseProgress, ReleaseError> {
        let until = Instant::now() + self.engine.settings.repeat_wait;
        let scope = command.scope();
        let mut repeat = first;
        loop {
            match repeat {
                Repeat::OtherCommand => return Err(ReleaseError::KeyReused),
                Repeat::Ended(outcome) => {
                    let number = self.number(&scope, command.number).await?;
                    return progress_of(outcome, number.map(Box::new));
                }
                Repeat::Open { .. } => {}
            }
            if Instant::now() >= until || !self.engine.pause(REPEAT_POLL).await {
                let number = self.number(&scope, command.number).await?;
                return progress_of(ReleaseOutcome::Pending, number.map(Box::new));
            }
            let Some(request) = &command.request else { return Err(ReleaseError::InProgress) };
            match self.engine.parts.releases.repeat(request).await? {
                Some(again) => repeat = again,
                None => return Err(ReleaseError::InProgress),
            }
        }
    }

    /// One number, if it is within the scope.
    pub async fn number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, StoreError> {
        self.engine.parts.numbers.number(scope, id).await
    }

    /// Where a number is, for deciding who may reach it.
    pub async fn place_of_number(&self, id: NumberId) -> Result<Option<Place>, StoreError> {
        self.engine.parts.numbers.place_of_number(id).await
    }

    /// Numbers, newest first.
    pub async fn numbers(&self, filter: &NumberFilter) -> Result<NumberPage, StoreError> {
        self.engine.parts.numbers.numbers(filter).await
    }

    /// Changes what a customer may change of a number.
    pub async fn update(&self, command: UpdateCommand) -> Result<OwnedNumber, NumberError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.update_number(&command).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// Records a number that lives elsewhere.
    pub async fn record(&self, command: RecordCommand) -> Result<OwnedNumber, NumberError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.record_number(command).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// One order, if it is within the scope.
    pub async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.engine.parts.orders.order(scope, id).await
    }

    /// Where an order is, for deciding who may reach it.
    pub async fn place_of_order(&self, id: OrderId) -> Result<Option<Place>, StoreError> {
        self.engine.parts.orders.place_of_order(id).await
    }

    /// Orders, newest first.
    pub async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, StoreError> {
        self.engine.parts.orders.orders(filter).await
    }

    /// Compares the provider's books with ours, repairs what the command allows, and keeps the report. `progress` hears
    /// how far it is. Once begun it goes on whether or not its caller waits.
    pub async fn reconcile(
        &self,
        command: ReconcileCommand,
        progress: Arc<dyn Fn(Progress) + Send + Sync>,
    ) -> Result<Report, ReconcileError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.reconcile(&command, progress.as_ref()).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// Gives every number that was bought here, and has other addresses, the present ones: first at the provider, then
    /// in its row. What is right already is left alone, so whoever is interrupted begins again. `progress` hears how many
    /// are done, and of how many.
    pub async fn repoint_webhooks(
        &self,
        command: RepointCommand,
        progress: Arc<dyn Fn(u64, u64) + Send + Sync>,
    ) -> Result<RepointReport, RepointError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.repoint_webhooks(&command, progress.as_ref()).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// Background work until told to stop: takes over what stalled, and reconciles by the schedule, which ends cooling
    /// and releases what nobody has.
    pub async fn run(&self, stop: CancellationToken) {
        Arc::clone(&self.engine).keep_recovering(stop).await;
    }

    /// One round of recovery, for hosts that schedule it themselves.
    pub async fn run_once(&self) -> Result<RecoveryRound, StoreError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.recover().await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error)))
    }

    /// One scheduled reconciliation, if one is due.
    pub async fn pass_once(&self) -> Result<(), StoreError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.make_pass().await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error)))
    }

    /// Takes no more purchases and releases, and waits until those that have begun are stored as far as they come.
    pub async fn shutdown(&self) {
        self.engine.stopping.cancel();
        self.engine.tracker.close();
        self.engine.tracker.wait().await;
    }

    /// Runs in a task that the caller's going away does not cancel.
    pub(crate) async fn in_task<T, F>(&self, work: F) -> Result<T, JoinError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.engine.tracker.spawn(work).await
    }
}

fn outcome_of(end: PurchaseEnd) -> Result<PurchaseOutcome, PurchaseError> {
    match end {
        PurchaseEnd::Completed(purchased) => Ok(PurchaseOutcome::Completed(purchased)),
        PurchaseEnd::Failed { order, reason } => Err(PurchaseError::Failed { order, reason }),
        PurchaseEnd::Refused(refusal) => Err(PurchaseError::Refused(refusal)),
    }
}

fn progress_of(
    outcome: ReleaseOutcome,
    number: Option<Box<OwnedNumber>>,
) -> Result<ReleaseProgress, ReleaseError> {
    match outcome {
        ReleaseOutcome::Released => Ok(ReleaseProgress::Released),
        ReleaseOutcome::Pending => number.map(ReleaseProgress::Pending).ok_or(ReleaseError::NotFound),
        ReleaseOutcome::RefusedByProvider { code } => Err(ReleaseError::RefusedByProvider { code }),
        ReleaseOutcome::Refused { why } => Err(refused(why)),
    }
}

const fn refused(refusal: ReleaseRefusal) -> ReleaseError {
    match refusal {
        ReleaseRefusal::NotFound => ReleaseError::NotFound,
        ReleaseRefusal::Primary => ReleaseError::Primary,
        ReleaseRefusal::Busy => ReleaseError::Busy,
    }
}

/// A task that panicked. What it had begun is taken over by recovery.
pub(crate) fn broken_task(error: JoinError) -> StoreError {
    tracing::error!(error = &error as &dyn std::error::Error, "a task ended without an answer");
    StoreError::OutcomeUnknown(Box::new(error))
}
