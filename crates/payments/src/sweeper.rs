//! Payments of which nothing is heard: an event that never came, a page whose opening nobody heard of.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;
use trunkline_domain::Change;
use trunkline_wallet::WalletStoreError;

use crate::assess::{Subject, assessment};
use crate::service::until_known;
use crate::{
    AssessError, AssessmentAnswer, CheckoutError, GatewayError, Payment, PaymentKind, PaymentReport,
    Payments, Progress,
};

/// How many payments are taken at a time.
const AT_ONCE: u16 = 50;

/// How long after its page has closed a payment that the gateway does not know is given up.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(1);

/// What one sweep came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sweep {
    /// How many payments were due.
    pub due: u32,
    /// How many ended by it: credited, failed or expired.
    pub ended: u32,
    /// How many could not be asked about; they are due again.
    pub unanswered: u32,
}

impl Payments {
    /// Sweeps now and after every interval, until told to stop.
    pub async fn run(&self, interval: Duration, stop: CancellationToken) {
        let sweeping = async {
            loop {
                if let Err(error) = self.sweep().await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "payments that are due could not be read; they are tried again");
                }
                tokio::time::sleep(interval).await;
            }
        };
        stop.run_until_cancelled(sweeping).await;
    }

    /// Asks the gateway about every payment that is due, and applies what it says.
    pub async fn sweep(&self) -> Result<Sweep, AssessError> {
        let mut sweep = Sweep::default();
        loop {
            let due = self.store.due(self.terms.look_after, AT_ONCE).await?;
            let is_last = due.len() < usize::from(AT_ONCE);
            for payment in &due {
                sweep.due += 1;
                match self.ask_again(payment).await {
                    Ok(after) => sweep.ended += u32::from(after.is_some_and(|after| after.state.is_ended())),
                    Err(error) => {
                        sweep.unanswered += 1;
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(payment.id = %payment.id, error, "a payment could not be asked about; it is tried again");
                    }
                }
            }
            if is_last {
                return Ok(sweep);
            }
        }
    }

    async fn ask_again(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        let after = self.ask_of(payment).await;
        self.watch_stalled(payment, after.as_ref().ok().and_then(Option::as_ref));
        after
    }

    async fn ask_of(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        if payment.reference().is_some() {
            let after = self.look(payment).await?;
            let closed_at = payment.page_expires_at.unwrap_or(payment.opened_at);
            return match after {
                // The account at the gateway is another one now, or has forgotten it.
                None if self.clock.now() - closed_at > FORGOTTEN_AFTER => {
                    self.give_up(payment).await.map(Some).map_err(Into::into)
                }
                after => Ok(after),
            };
        }
        match payment.kind {
            PaymentKind::Checkout => self.open_again(payment).await,
            PaymentKind::TopUp => self.charge(payment).await,
        }
    }

    /// A page that was perhaps opened. Under the same key the gateway tells; where it refuses there is none.
    async fn open_again(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        match self.open_page(payment.clone()).await {
            Ok(checkout) => Ok(Some(checkout.payment)),
            Err(CheckoutError::Ended(payment)) => Ok(Some(*payment)),
            Err(CheckoutError::Gateway(
                GatewayError::Refused { .. } | GatewayError::NoSuchCustomer { .. },
            )) => Ok(Some(self.give_up(payment).await?)),
            Err(CheckoutError::Gateway(error)) => Err(error.into()),
            Err(CheckoutError::Store(error)) => Err(error.into()),
            Err(CheckoutError::Amount(_) | CheckoutError::CapReached { .. } | CheckoutError::KeyReused) => {
                Ok(None)
            }
        }
    }

    /// A payment that nobody can pay any more. Should it be paid all the same, it is credited: yes beats no.
    pub(crate) async fn give_up(&self, payment: &Payment) -> Result<Payment, WalletStoreError> {
        let report = PaymentReport {
            mark: None,
            session: None,
            intent: None,
            asked: payment.asked,
            progress: Progress::Expired,
            decline: None,
            takings: Vec::new(),
        };
        let Ok(said) = assessment(&Subject::of(payment), &report, self.clock.now()) else {
            return Ok(payment.clone());
        };
        let change = Change::new(said);
        match until_known(|| self.store.assess(&change)).await? {
            AssessmentAnswer::Stands { payment, .. } | AssessmentAnswer::OtherIntent(payment) => Ok(payment),
            AssessmentAnswer::OtherUser | AssessmentAnswer::TooLarge => Ok(payment.clone()),
        }
    }
}
