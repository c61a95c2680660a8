//! The marker: `tl1:<deployment>:<order>` in the provider's friendly name, evidence of whose purchase a number is.
//!
//! It counts only for an order that is not settled. After settlement the number's identity at the provider says whose
//! it is, and a strange marker is merely drift.

use std::fmt;

use trunkline_domain::{DeploymentId, DisplayName, OrderId};
use uuid::Uuid;

const PREFIX: &str = "tl1:";

/// The longest friendly name that Twilio takes (Twilio, "`IncomingPhoneNumber` resource").
const FRIENDLY_NAME_MAX: usize = 64;

/// Which order of which deployment a number was bought for. At most 49 characters as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    /// Whose database knows the order.
    pub deployment: DeploymentId,
    /// The order.
    pub order: OrderId,
}

impl Marker {
    /// The marker that ends a friendly name, if there is one.
    pub fn find_in(friendly_name: &str) -> Option<Self> {
        let (_, text) = friendly_name.rsplit_once(PREFIX)?;
        let (deployment, order) = text.split_once(':')?;
        let id = |digits: &str| base62::decode(digits).ok().map(Uuid::from_u128);
        let marker = Self {
            deployment: DeploymentId::from_uuid(id(deployment)?),
            order: OrderId::from_uuid(id(order)?),
        };
        // Only what we would write ourselves counts: one spelling, nothing after it.
        friendly_name.ends_with(&marker.to_string()).then_some(marker)
    }

    /// Whether a name may have carried a marker, perhaps with something after it since.
    pub(crate) fn is_hinted_at(friendly_name: &str) -> bool {
        friendly_name.contains(PREFIX)
    }

    /// What a friendly name says before its marker; all of it where it has none.
    pub(crate) fn name_before(friendly_name: &str) -> &str {
        let marker = Self::find_in(friendly_name).and_then(|_| friendly_name.rsplit_once(PREFIX));
        marker.map_or(friendly_name, |(name, _)| name).trim()
    }

    /// The friendly name of a number: the display name, cut at a character to fit, and the whole marker.
    pub fn friendly_name(&self, display_name: &DisplayName) -> String {
        let marker = self.to_string();
        let room = FRIENDLY_NAME_MAX.saturating_sub(marker.chars().count() + 1);
        let name: String = display_name.as_str().chars().take(room).collect();
        format!("{} {marker}", name.trim_end())
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = |id: Uuid| base62::encode(id.as_u128());
        write!(f, "{PREFIX}{}:{}", digits(self.deployment.as_uuid()), digits(self.order.as_uuid()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            deployment: DeploymentId::from_uuid(Uuid::from_u128(u128::MAX)),
            order: OrderId::from_uuid(Uuid::from_u128(7)),
        }
    }

    #[test]
    fn the_longest_marker_leaves_room_for_a_name() {
        let longest = Marker { order: OrderId::from_uuid(Uuid::from_u128(u128::MAX)), ..marker() };
        assert!(longest.to_string().len() <= 50);
        let name = "É".repeat(64).parse().unwrap();
        assert_eq!(longest.friendly_name(&name).chars().count(), 64);
    }

    #[test]
    fn a_friendly_name_gives_its_marker_back() {
        for name in ["Front desk", "tl1:x:y", "a tl1:", "ends with blank "] {
            let friendly = marker().friendly_name(&name.parse().unwrap());
            assert_eq!(Marker::find_in(&friendly), Some(marker()), "{friendly}");
        }
    }

    #[test]
    fn only_our_own_spelling_counts() {
        let text = marker().to_string();
        for strange in
            ["", "Front desk", "tl1:", "tl1:a", "tl1:a:", "tl1:!:?", &format!("{text} renamed"), "tl1:00a:0b"]
        {
            assert_eq!(Marker::find_in(strange), None, "{strange}");
        }
    }
}
