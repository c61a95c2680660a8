//! Webhooks: which events wait to be told, in which order, how often, and who tells them.

mod courier;
mod outbox;
mod settings;
mod signature;

pub(crate) use self::{courier::carry, outbox::Outbox};
pub use self::{
    settings::{WebhookChange, WebhookSettings, WebhookShuffle},
    signature::sign,
};
