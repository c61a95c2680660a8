//! What may be repaired, and how much at once. Pure.

use std::collections::HashSet;

use trunkline_domain::{AccountSid, NumberId, NumberSid, Order, ProviderIdentity, WebhookUrls};
use trunkline_provider::{NumberSettings, ProviderNumber};

use super::finding::{Difference, Finding, Setting};
use super::report::{HeldBack, count};
use crate::Marker;

/// What a reconciliation may repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repairs {
    /// Nothing: it finds and reports.
    Nothing,
    /// What nobody has any more and the operator pays for: orphans, and numbers that were given back and are there still.
    Leftovers,
    /// The same, and numbers that are set up otherwise than their rows say, where nobody else's settings are lost.
    All {
        /// How many repairs the operator has confirmed, where there are more than are made unasked.
        confirmed: Option<u64>,
    },
    /// The same, of one number alone, by its id at the provider.
    Of(NumberSid),
}

impl Repairs {
    pub(super) fn allow(&self, planned: &Planned) -> bool {
        match (self, &planned.act) {
            (Self::Nothing, _) | (Self::Leftovers, Act::SetUp { .. }) => false,
            (Self::Leftovers | Self::All { .. }, Act::ReleaseOrphan { .. } | Act::ReleaseAgain { .. })
            | (Self::All { .. }, Act::SetUp { .. }) => true,
            (Self::Of(number), _) => planned.finding.number_sid() == Some(number),
        }
    }

    /// Whether whoever asks for them would have everything repaired that the schedule repairs.
    pub(super) const fn are_whole(&self) -> bool {
        match self {
            Self::Nothing | Self::Of(_) => false,
            Self::Leftovers | Self::All { .. } => true,
        }
    }

    const fn confirmed(&self) -> Option<u64> {
        match self {
            Self::Nothing | Self::Leftovers | Self::Of(_) => None,
            Self::All { confirmed } => *confirmed,
        }
    }

    /// Whether nothing may be repaired because it would be too much, or is not what was confirmed.
    pub(super) fn brake(&self, planned: usize, held: u64) -> Option<HeldBack> {
        let (would_repair, limit) = (count(planned), (held / 100).max(REPAIRS_UNASKED));
        let goes_on = would_repair == 0
            || self.confirmed().map_or(would_repair <= limit, |confirmed| confirmed == would_repair);
        (!goes_on).then_some(HeldBack { would_repair, limit })
    }
}

/// So many repairs, or one in a hundred of the numbers held where that is more, are made without being confirmed. More
/// than that at once is rather a wrong database than so many accidents.
const REPAIRS_UNASKED: u64 = 3;

/// A finding that a repair would touch.
pub(super) struct Planned {
    pub(super) finding: Finding,
    pub(super) act: Act,
}

/// A repair.
pub(super) enum Act {
    /// Releases the number of a failed order.
    ReleaseOrphan { held: Box<ProviderNumber>, order: Box<Order> },
    /// Releases a number that was given back.
    ReleaseAgain { number: NumberId },
    /// Sets a number up as its row says.
    SetUp { number: NumberId },
}

impl Act {
    /// The number at the provider that this gives back.
    pub(super) fn released(&self, finding: &Finding, account: &AccountSid) -> Option<ProviderIdentity> {
        match (self, finding) {
            (Self::ReleaseOrphan { held, .. }, _) => Some(held.identity.clone()),
            (Self::ReleaseAgain { .. }, Finding::ReleasedButPresent { booked }) => {
                Some(ProviderIdentity { account: account.clone(), number: booked.number_sid.clone() })
            }
            (Self::ReleaseAgain { .. } | Self::SetUp { .. }, _) => None,
        }
    }
}

/// What of a number is set up anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetUp {
    /// Its name.
    Name,
    /// Its name and its addresses.
    Whole,
}

/// Why a number is left as somebody has set it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reserve {
    /// Its name says that it is another purchase's.
    StrangeMarker,
    /// It has an address that this deployment never gave it.
    StrangeAddress,
    /// It has the present address, and its row an older one: a backup was restored, or a change broke off.
    OldRow,
}

impl Reserve {
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::StrangeMarker => "its name carries another marker",
            Self::StrangeAddress => "this deployment never gave it that address",
            Self::OldRow => {
                "it has the present address, and our row an older one: `trunkline webhooks repoint` puts the row right"
            }
        }
    }
}

/// What to set up anew, given what differs, unless it would take somebody else's settings away. `used` are all addresses
/// that this deployment has ever given to numbers.
pub(super) fn set_up(
    differences: &[Difference],
    own: Option<Marker>,
    used: &HashSet<String>,
    present: &WebhookUrls,
) -> Result<SetUp, Reserve> {
    let mut set_up = SetUp::Name;
    for difference in differences {
        let held = difference.held.as_deref().unwrap_or_default();
        match difference.setting {
            Setting::FriendlyName => {
                if Marker::is_hinted_at(held) && own.is_none_or(|own| !held.contains(&own.to_string())) {
                    return Err(Reserve::StrangeMarker);
                }
            }
            Setting::VoiceUrl | Setting::SmsUrl | Setting::StatusCallbackUrl => {
                if present_address(present, difference.setting) == Some(held) {
                    return Err(Reserve::OldRow);
                }
                if !held.is_empty() && !used.contains(held) {
                    return Err(Reserve::StrangeAddress);
                }
                set_up = SetUp::Whole;
            }
        }
    }
    Ok(set_up)
}

fn present_address(present: &WebhookUrls, setting: Setting) -> Option<&str> {
    match setting {
        Setting::FriendlyName => None,
        Setting::VoiceUrl => present.voice_url.as_deref(),
        Setting::SmsUrl => present.sms_url.as_deref(),
        Setting::StatusCallbackUrl => present.status_callback_url.as_deref(),
    }
}

impl SetUp {
    /// The settings of a number, of which only the name may be to send.
    pub(super) fn of(self, whole: NumberSettings) -> NumberSettings {
        match self {
            Self::Name => NumberSettings { webhooks: None, ..whole },
            Self::Whole => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn difference(setting: Setting, held: Option<&str>) -> Difference {
        Difference { setting, held: held.map(str::to_owned), booked: Some("ours".to_owned()) }
    }

    #[test]
    fn only_addresses_of_ours_and_empty_ones_are_replaced() {
        let (old, now) = ("https://old.example/voice", "https://now.example/");
        let used = HashSet::from([old.to_owned(), now.to_owned()]);
        let now = Some(now.to_owned());
        let present = WebhookUrls { voice_url: now.clone(), sms_url: now.clone(), status_callback_url: now };
        for setting in [Setting::VoiceUrl, Setting::SmsUrl, Setting::StatusCallbackUrl] {
            for (held, expected) in [
                (None, Ok(SetUp::Whole)),
                (Some(""), Ok(SetUp::Whole)),
                (Some("https://old.example/voice"), Ok(SetUp::Whole)),
                (Some("https://old.example/voice/"), Err(Reserve::StrangeAddress)),
                (Some("https://elsewhere.example/"), Err(Reserve::StrangeAddress)),
                (Some("https://now.example/"), Err(Reserve::OldRow)),
            ] {
                let renamed = difference(Setting::FriendlyName, Some("reception"));
                let found = [renamed, difference(setting, held)];
                assert_eq!(set_up(&found, Some(sample::marker()), &used, &present), expected, "{found:?}");
            }
        }
    }

    #[test]
    fn a_name_is_put_right_unless_it_is_another_purchases() {
        let (own, order) = (sample::marker(), sample::order());
        let other = Marker { order: trunkline_domain::OrderId::from_uuid(uuid::Uuid::from_u128(77)), ..own };
        for (name, expected) in [
            (String::new(), Ok(SetUp::Name)),
            ("reception".to_owned(), Ok(SetUp::Name)),
            (format!("{own} renamed"), Ok(SetUp::Name)),
            (own.friendly_name(&"Other name".parse().unwrap()), Ok(SetUp::Name)),
            (other.friendly_name(&order.display_name), Err(Reserve::StrangeMarker)),
            (format!("{other} renamed"), Err(Reserve::StrangeMarker)),
            ("tl1:".to_owned(), Err(Reserve::StrangeMarker)),
        ] {
            let found = [difference(Setting::FriendlyName, Some(&name))];
            assert_eq!(
                set_up(&found, Some(own), &HashSet::new(), &WebhookUrls::default()),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn one_number_is_repaired_and_no_other() {
        let booked = crate::BookedNumber::of(&sample::number()).unwrap();
        let (own, other) = (booked.number_sid.clone(), format!("PN{}", "7".repeat(32)).parse().unwrap());
        let act = Act::ReleaseAgain { number: booked.number_id };
        let planned = Planned { finding: Finding::ReleasedButPresent { booked }, act };
        assert!(Repairs::Of(own).allow(&planned) && !Repairs::Of(other).allow(&planned));
    }

    #[test]
    fn more_than_three_or_one_in_a_hundred_wait_to_be_confirmed() {
        let all = |confirmed| Repairs::All { confirmed };
        for (repairs, planned, held, goes_on) in [
            (Repairs::Leftovers, 3, 0, true),
            (Repairs::Leftovers, 4, 399, false),
            (Repairs::Leftovers, 4, 400, true),
            (all(None), 100, 10_000, true),
            (all(None), 101, 10_000, false),
            (all(Some(101)), 101, 10_000, true),
            (all(Some(100)), 101, 10_000, false),
            (all(Some(2)), 3, 10_000, false),
            (all(Some(2)), 0, 10_000, true),
            (Repairs::Of(sample::provider_number().identity.number), 1, 0, true),
        ] {
            let held_back = repairs.brake(planned, held);
            assert_eq!(held_back.is_none(), goes_on, "{repairs:?} {planned} {held}");
            if let Some(held_back) = held_back {
                assert_eq!(held_back.would_repair, count(planned));
            }
        }
        assert_eq!(all(None).brake(9, 700), Some(HeldBack { would_repair: 9, limit: 7 }));
    }
}
