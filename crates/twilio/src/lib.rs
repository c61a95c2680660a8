//! Twilio as a supplier of phone numbers, and as the one who calls our webhooks.
//!
//! [`TwilioClient`] implements the port `trunkline_provider::NumberProvider` over Twilio's 2010-04-01 REST API. The
//! one thing it has to be right about is what a failed request means: `classification.rs` holds the whole table, and
//! whatever is not certainly a "no" in Twilio's own words is `OutcomeUnknown`. A purchase is on the wire at most
//! once; absence is only ever concluded from a complete answer.
//!
//! ```text
//! client ─▶ search, owned, changes           one file a flow: parameters in, the ports' types out
//!           account, regulatory, pricing
//!              └─▶ transport                 share of the requests, breaker, deadline, repeats, one line in the log
//!                     └─▶ classification ─▶ failure ─▶ ProviderError
//! ```
//!
//! It implements `trunkline_provider::ProviderAccount` as well: the account's status, balance, addresses and bundles,
//! and what numbers cost, from Twilio's hosts beside the first (`hosts.rs`).
//!
//! For the webhooks there are [`verify_signature`], [`WebhookForm`] with the three things it can be read as, and
//! [`twiml()`] for the answers. The crate reads no environment and starts no tasks.

mod account;
mod breaker;
mod changes;
mod classification;
mod client;
mod config;
mod deadline;
mod failure;
mod filters;
mod hosts;
mod locate;
mod operation;
mod owned;
mod paging;
mod pricing;
mod regulatory;
mod search;
mod signature;
mod transport;
mod twiml;
mod webhook;
mod wire;

pub use client::TwilioClient;
pub use config::{
    ApiKeySid, ApiKeySidError, BreakerPolicy, Credentials, HttpClientError, RetryPolicy, TwilioConfig,
};
pub use hosts::{HostError, check_base_url, regional_base_url};
pub use signature::{SIGNATURE_HEADER, SignedBody, sign, verify_signature};
pub use twiml::{RejectReason, TWIML_CONTENT_TYPE, Verb, twiml};
pub use webhook::{CallWebhook, StatusWebhook, TextWebhook, WebhookForm};
