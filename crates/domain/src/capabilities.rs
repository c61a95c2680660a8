//! What a number can do.

use serde::{Deserialize, Serialize};

/// What a number can do, as the provider says. Fax is retired at Twilio and always false there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, named as the provider names them")]
pub struct Capabilities {
    /// Takes and makes calls.
    pub voice: bool,
    /// Takes and sends texts.
    pub sms: bool,
    /// Takes and sends pictures.
    pub mms: bool,
    /// Takes and sends faxes.
    pub fax: bool,
}

impl Capabilities {
    /// The names of what the number can do, in a fixed order: the `features` of a number record.
    pub fn names(self) -> Vec<&'static str> {
        [("voice", self.voice), ("sms", self.sms), ("mms", self.mms), ("fax", self.fax)]
            .into_iter()
            .filter_map(|(name, has)| has.then_some(name))
            .collect()
    }
}
