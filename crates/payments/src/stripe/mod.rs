//! Stripe as the payment gateway, over its REST API and without its SDK.
//!
//! [`StripeGateway`] implements the port [`PaymentGateway`]. The two things it has to be right about are what a failed
//! request means (`classification.rs` holds the whole table, and whatever is not certainly a "no" in Stripe's own words is
//! `OutcomeUnknown`) and what was received: only what an intent that succeeded says, in its own currency.
//!
//! ```text
//! gateway ─▶ checkout, setup, saved      parameters in, the port's types out; each change under a key of its own
//!            payments ─▶ standing, takings
//!               └─▶ transport            time, repeats of reads, one line in the log
//!                      └─▶ classification ─▶ failure ─▶ GatewayError
//!            signature ─▶ event          webhooks
//! ```

mod checkout;
mod classification;
mod config;
mod currency;
mod event;
mod failure;
mod mark;
mod payments;
mod saved;
mod setup;
mod signature;
mod standing;
mod takings;
mod transport;
mod wire;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Money, PaymentId, UserId};

use crate::{
    CheckoutRequest, CustomerId, EventError, GatewayError, GatewayEvent, IntentId, MethodId, OpenedPage,
    PaymentGateway, PaymentRef, PaymentReport, ReportPage, SavedCharge, SessionId, SetupReport, SetupRequest,
};
pub use config::{ReadRetry, STRIPE_VERSION, StripeClientError, StripeConfig};
pub use currency::{can_be_charged, smallest_unit};
pub use signature::STRIPE_SIGNATURE_HEADER;
use transport::Transport;

/// Stripe, and the operator's account there.
///
/// Every request, a read with its repeats, ends within one [`StripeConfig::request_timeout`] of monotonic time; a call
/// that needs several requests takes as long as these. Dropping the future of a call that changes something leaves open
/// whether it happened; the same call again, unchanged, tells.
///
/// Stripe keeps its first answer to a key for a day, also where that is a server error ("Idempotent requests"): what such
/// a request did is found by asking for the payment, not by repeating it.
#[derive(Debug)]
pub struct StripeGateway {
    transport: Transport,
}

impl StripeGateway {
    /// The adapter over a client of the caller's, best one from [`Self::http_client`]: it must not follow redirects and
    /// must not repeat requests.
    pub const fn new(http: reqwest::Client, config: StripeConfig) -> Self {
        Self { transport: Transport::new(http, config) }
    }

    /// A client that does what [`Self::new`] asks: no redirects, no repeats, the configured connect timeout, and no proxy
    /// to a server on this machine.
    pub fn http_client(config: &StripeConfig) -> Result<reqwest::Client, StripeClientError> {
        config::http_client(config)
    }
}

#[async_trait]
impl PaymentGateway for StripeGateway {
    async fn open_checkout(&self, checkout: &CheckoutRequest) -> Result<OpenedPage, GatewayError> {
        checkout::open(&self.transport, checkout).await
    }

    async fn payment(&self, of: &PaymentRef) -> Result<Option<PaymentReport>, GatewayError> {
        payments::read(&self.transport, of).await
    }

    async fn payments_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<IntentId>,
    ) -> Result<ReportPage, GatewayError> {
        Ok(payments::between(&self.transport, from, to, after.as_ref()).await?)
    }

    async fn charges_of(
        &self,
        payment: PaymentId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<PaymentReport>, GatewayError> {
        Ok(payments::of_mark(&self.transport, payment, from, to).await?)
    }

    async fn taken_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<IntentId>, GatewayError> {
        Ok(takings::between(&self.transport, from, to).await?)
    }

    async fn make_customer(
        &self,
        user: &UserId,
        email: Option<String>,
        instead_of: Option<CustomerId>,
    ) -> Result<CustomerId, GatewayError> {
        Ok(saved::make_customer(&self.transport, user, email, instead_of.as_ref()).await?)
    }

    async fn open_setup(&self, setup: &SetupRequest) -> Result<OpenedPage, GatewayError> {
        setup::open(&self.transport, setup).await
    }

    async fn setup(&self, session: &SessionId) -> Result<Option<SetupReport>, GatewayError> {
        Ok(setup::read(&self.transport, session).await?)
    }

    async fn expire_setup(&self, session: &SessionId) -> Result<(), GatewayError> {
        Ok(setup::expire(&self.transport, session).await?)
    }

    async fn charge_saved(&self, charge: &SavedCharge) -> Result<PaymentReport, GatewayError> {
        saved::charge(&self.transport, charge).await
    }

    async fn cancel_charge(&self, intent: &IntentId) -> Result<PaymentReport, GatewayError> {
        Ok(saved::end(&self.transport, intent).await?)
    }

    async fn forget_method(&self, method: &MethodId) -> Result<(), GatewayError> {
        Ok(saved::forget(&self.transport, method).await?)
    }

    fn can_express(&self, amount: Money) -> bool {
        can_be_charged(amount)
    }

    fn read_event(
        &self,
        body: &[u8],
        signature: &str,
        now: DateTime<Utc>,
    ) -> Result<GatewayEvent, EventError> {
        signature::verify(&self.transport.config().webhook_secrets, body, signature, now)?;
        event::read(body)
    }
}
