//! Buying: the quote, the changes, the opener's saga and its conclusions, and the end that all ways lead to.
//!
//! The transaction boundaries are the calls to `PurchaseStore`: TX1 is `open`, TX2 is `settle`, `abort`, `park` or
//! `refer`. Between them no transaction is open, because nothing here could hold one.

pub(crate) mod changes;
mod conclude;
pub(crate) mod decide;
mod opener;
mod quote;
pub(crate) mod recovery;
mod regulation;

pub(crate) use changes::row_of;
pub(crate) use opener::{Opening, SagaEnd};
pub(crate) use quote::{quote, quote_held};
