//! Twilio's number API on your own machine: search, buy, list, change and release phone numbers over real HTTP, with
//! addresses, bundles, prices and accounts, with Twilio's JSON, error codes and quirks, and with faults that strike when a script says so.
//!
//! It is for programs that talk to Twilio and must be right when Twilio is slow, refuses, or acts and then loses
//! the answer. Nothing here knows the programs that are tested with it: they get a URL and credentials.
//!
//! ```
//! use trunkline_twilio_sim::{Fault, FaultAction, Simulator, SimulatorConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = SimulatorConfig::new("AC00000000000000000000000000000001", "a token");
//! let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), config).await?;
//! let admin = simulator.admin();
//!
//! // The next purchase happens, but its answer is lost.
//! admin.script(Fault::new(FaultAction::ActThenReset).on("POST", "/IncomingPhoneNumbers.json"));
//! println!("point your client to {}", simulator.url());
//!
//! assert!(admin.owned().is_empty());
//! simulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! A request goes this way: the `wire` accepts its connection, the `gateway` writes it into the `journal` and asks
//! the `fault` script, the `api` acts on the `world` in one step under one lock, and the `answer` goes out, unless
//! a fault withholds, spoils or drops it; a `recorder` may write both down. What is for sale is the `inventory`, made
//! once from a seed; what is owned is in `holdings`, and `billing` charges for it by the simulator's own `clock`.
//! [`Admin`] sees and moves all of it, in process or over HTTP under `/_sim/`.
//!
//! The facts about Twilio are from its pages on the `IncomingPhoneNumber`, `AvailablePhoneNumber` and `Address`
//! resources, regulatory compliance, API keys, test credentials, and the error dictionary. The README lists what is simulated, and where Twilio's behaviour is not
//! documented and this simulator had to choose.

mod accounts;
mod address;
mod admin;
mod admin_routes;
mod answer;
mod api;
mod billing;
mod call;
mod change;
mod clock;
mod config;
mod error;
mod fault;
mod gateway;
mod holdings;
mod inventory;
mod journal;
mod listing;
mod money;
mod number;
mod number_type;
mod paging;
mod parameters;
mod prices;
mod purchase;
mod recorder;
mod refusal;
mod regulatory;
mod requirements;
mod resource;
mod search;
mod shared;
mod sid;
mod simulator;
mod splitmix;
mod state_file;
mod wire;
mod world;

pub use crate::{
    accounts::{Account, AccountStatus, AccountType},
    admin::Admin,
    billing::{Charge, ChargeReason},
    config::{
        ApiKey, ApiKeyKind, Bundle, BundleStatus, GB_BUNDLE_SID, Rebuy, SimulatorConfig, Subaccount,
        TestCredentials,
    },
    error::{ConsoleError, SimulatorError},
    fault::{Acting, Delivery, Fault, FaultAction},
    inventory::{AddressRequirements, AvailableNumber, Capabilities, Place},
    journal::{Outcome, RecordedRequest},
    money::{Cents, NotAnAmount},
    number::OwnedNumber,
    number_type::NumberType,
    parameters::Parameters,
    simulator::Simulator,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
