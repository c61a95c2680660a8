//! The HTTP API of Trunkline.
//!
//! [`router`] puts the services of the crates below behind routes; [`serve`] puts the router behind a listener. A
//! request comes in through the edge, which gives it an id and a line in the log; it shows who is calling, is read by
//! an extractor of ours, becomes one command of one service, and the service's answer becomes JSON. There are no
//! decisions here: who may do what is tenancy's, what a purchase comes to is provisioning's.
//!
//! Failures are problem documents. Each service's errors are mapped in one exhaustive match, and every code that a
//! client can meet stands in [`ErrorCode`]; `docs/error-codes.md` explains each.
//!
//! `description` is what a program reads of all this: an OpenAPI document made of the routes.
//!
//! `rate` says how often somebody may ask, `load` what one request may take and how many are answered at once.
//!
//! Invariants: nothing of the inside leaves the process (causes are logged, not shown); what is another user's is
//! answered exactly as what does not exist; a saga runs on when its request is dropped.
//!
//! Features: `fuzz` exports what is otherwise only reached through a connection, for tests that make up what strangers send.

mod access;
mod answer;
mod armour;
mod cors;
mod description;
mod edge;
mod extract;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod load;
mod measure;
mod page;
mod problem;
mod rate;
mod readiness;
mod router;
mod routes;
mod serve;
mod state;
mod within;

pub use cors::{AllowedOrigin, AllowedOriginError};
pub use description::api_description;
pub use measure::describe_metrics;
pub use problem::{ErrorCode, charge_sentence};
pub use rate::{Rate, RateLimiter, RateSettings, TrustedProxies};
pub use readiness::{NotReady, Readiness, StoreReadiness};
pub use router::{router, router_with};
pub use serve::{ConnectionLimits, serve};
pub use state::{ApiState, HttpSettings};
pub use within::{ApiWithin, CallWithin};
