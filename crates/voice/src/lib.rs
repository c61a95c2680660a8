//! What happens when somebody calls or texts a number.
//!
//! [`Voice`] decides, from what the number's records say through the port [`NumberDirectory`], and answers with a
//! plan: a [`CallAnswer`] or a [`TextAnswer`]. It knows no carrier's language; whoever takes the webhook turns the
//! plan into it. So far no number has an agent, so a working number says that, and texts are taken without a reply.
//!
//! Invariant: there is always a plan. Where the directory fails, the caller hears a sentence of ours and never the
//! carrier's "an application error has occurred".
//!
//! With feature `mock` the crate exports `MockNumberDirectory`.

mod answer;
mod directory;
mod service;

pub use answer::{CallAnswer, TextAnswer};
#[cfg(feature = "mock")]
pub use directory::MockNumberDirectory;
pub use directory::{CalledNumber, DirectoryError, NumberDirectory};
pub use service::{IncomingCall, IncomingText, Voice};
