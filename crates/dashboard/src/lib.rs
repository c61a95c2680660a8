//! Pages for people: what customers and the operator see in a browser.
//!
//! A page is HTML that this server makes; htmx makes some of it live, and nothing but live updates needs it. A page asks the
//! routes of the API for what it shows, and does through them what its visitor asks for ([`ApiWithin`](trunkline_http::ApiWithin)):
//! so it lets nobody do what the API would not, and every refusal comes with the API's own words, which `refusal.rs` turns into
//! a sentence for a person.
//!
//! Where to put the next page: a module beside `numbers` with its handlers and what its templates show, the templates in
//! `templates/`, a line in `router.rs`. `page.rs` has the frame around every page, `form.rs` its forms, `link.rs`
//! addresses with a query, `format.rs` how amounts and times are written.
//!
//! Invariants: a page changes something only by a form that this server's own page sent (`origin.rs`); a form that buys carries
//! the key under which it buys once, however often it is sent; nothing is loaded from elsewhere, and no script or style stands
//! in a page (`policy.rs`).

mod api;
mod assets;
mod businesses;
mod buying;
mod error;
mod form;
mod format;
mod funds;
mod link;
mod numbers;
mod operator;
mod origin;
mod page;
mod paying;
mod policy;
mod refusal;
mod router;
mod settings;
mod signing_in;
mod state;
mod visitor;

pub use router::pages;
pub use state::{Banner, DashboardSettings, DashboardState};
pub use visitor::Visitor;
