//! What keeps a server able to answer: limits on what one request may be and take, and on how much is done at once.
//!
//! `head` and `body` refuse requests that are too large or too slow; `admission` refuses those for which there is no room
//! now, at once and before they cost anything; `socket` ends connections whose other end does not read.

mod admission;
mod body;
mod head;
mod socket;

pub(crate) use admission::{Admission, admit, overloaded};
pub(crate) use body::{BodyCut, limit_body_time};
pub(crate) use head::limit_head;
pub(crate) use socket::Watched;
