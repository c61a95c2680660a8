//! Stripe's payments API on your own machine: Checkout sessions with their hosted page, payment intents, saved payment
//! methods, refunds, disputes, events and signed webhooks over real HTTP, with Stripe's JSON, error bodies and
//! idempotency, and with faults that strike when a script says so.
//!
//! It is for programs that take money through Stripe and must be right when an answer is lost, a webhook comes twice,
//! late, in another order or never, and when money is taken back. Nothing here knows the programs that are tested with
//! it: they get a URL, a secret key and the secret of their webhook endpoint.
//!
//! ```
//! use trunkline_stripe_sim::{Fault, FaultAction, Simulator, SimulatorConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), SimulatorConfig::new("sk_test_1")).await?;
//! let admin = simulator.admin();
//! admin.point_webhooks("http://127.0.0.1:8080/api/payment/webhook", "whsec_1")?;
//!
//! // The next session is made, but its answer is lost.
//! admin.script(Fault::new(FaultAction::ActThenReset).on("POST", "/v1/checkout/sessions"))?;
//! println!("point your client to {}", simulator.url());
//!
//! assert!(admin.events().is_empty());
//! simulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! A request goes this way: the `wire` accepts its connection, the `gateway` writes it into the `journal`, asks the
//! `fault` script and the `idempotency` keys, and the `api` reads its form and has a teller (`flow`) act on the `books`
//! in one step under one lock. The hosted `page`, the [`Admin`] and the clock go through the same teller. What it
//! changes it tells: an event goes into the `webhook` outbox, from where the courier delivers it, again and again until
//! it is taken.
//!
//! The facts about Stripe are from its API reference, its pages on Checkout, webhooks, idempotent requests, errors,
//! currencies and disputes, and from its official Python library. The README lists what is simulated, and where it
//! differs from Stripe.

mod admin;
mod admin_routes;
mod answer;
mod api;
mod books;
mod call;
mod clock;
mod config;
mod currency;
mod error;
mod fault;
mod flow;
mod form;
mod gateway;
mod idempotency;
mod ids;
mod journal;
mod model;
mod page;
mod refusal;
mod shared;
mod simulator;
mod state_file;
mod table;
mod webhook;
mod wire;
mod world;

pub use crate::{
    admin::{Admin, DisputeKind, PayLater},
    config::SimulatorConfig,
    error::{AdminError, SimulatorError},
    fault::{Fault, FaultAction, HangAct},
    flow::RefundFate,
    journal::{RecordedRequest, RequestOutcome},
    model::{Behaviour, Outcome},
    simulator::Simulator,
    webhook::{WebhookChange, WebhookSettings, WebhookShuffle, sign},
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
