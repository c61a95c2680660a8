//! What countries ask of those who use their numbers, what the account has approved, and what is still missing. Pure.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use trunkline_domain::{BundleGap, BundleSid, BundleStatus, Country, NumberType, RegulatoryIds};

use crate::{AccountAddress, AddressNeed, AddressRequirement};

/// What a country asks of one kind of end user for a type of number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regulation {
    /// The provider's name for it: `Germany: Mobile - Business`.
    pub name: String,
    /// Of whom: `individual` or `business`.
    pub end_user: String,
    /// The names of the facts and documents that it asks for; none where it asks for nothing.
    pub asks_for: Vec<String>,
}

/// A bundle: the evidence about an end user, for one country and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its id.
    pub sid: BundleSid,
    /// The operator's name for it.
    pub friendly_name: String,
    /// Its country.
    pub country: Country,
    /// The type of number that it is for.
    pub number_type: NumberType,
    /// How far the provider is with it.
    pub status: BundleStatus,
    /// When it ceases to hold, where it does.
    pub valid_until: Option<DateTime<Utc>>,
}

impl Bundle {
    /// Whether a number can be bought with it now.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.status.is_approved() && self.valid_until.is_none_or(|end| now < end)
    }
}

/// Everything that is known about what one country and type asks for and what the operator has.
#[derive(Debug, Clone)]
pub struct RegulatoryFacts<'a> {
    /// The country.
    pub country: Country,
    /// What the operator has set for it.
    pub set: &'a RegulatoryIds,
    /// Whose addresses the numbers on offer want to see; empty where nothing is on offer.
    pub requirements: &'a BTreeSet<AddressRequirement>,
    /// The account's addresses; `None` where the provider does not say.
    pub addresses: Option<&'a [AccountAddress]>,
    /// What the country asks for; `None` where the provider does not say.
    pub regulations: Option<&'a [Regulation]>,
    /// The account's bundles for this country and type; `None` where the provider does not say.
    pub bundles: Option<&'a [Bundle]>,
}

/// Something without which purchases of a country and type are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingNeed {
    /// No address is set, and none of the account's satisfies the requirement.
    Address(AddressRequirement),
    /// The address that is set is not one of the account's.
    AddressUnknown(String),
    /// The address that is set is of the wrong country.
    AddressUnfit(String, AddressRequirement),
    /// No bundle is set, and the account has an approved one.
    BundleNotSet(BundleSid),
    /// No bundle is set, and the account has none that is approved; the best it has, if any.
    Bundle(Option<(BundleSid, BundleStatus)>),
    /// The bundle that is set is not one of the account's for this country and type.
    BundleUnknown(String),
    /// The bundle that is set is not approved, or no longer.
    BundleNotGood(String, BundleStatus),
}

impl RegulatoryFacts<'_> {
    /// What purchases would be refused for, as far as that is known.
    pub fn missing(&self, now: DateTime<Utc>) -> Vec<MissingNeed> {
        self.missing_addresses().into_iter().chain(self.missing_bundle(now)).collect()
    }

    /// Whether bundles matter here at all: one is set, or the country asks for something.
    pub fn concerns_bundles(&self) -> bool {
        let regulations = self.regulations.unwrap_or_default();
        self.set.bundle_sid.is_some() || regulations.iter().any(|regulation| !regulation.asks_for.is_empty())
    }

    fn missing_addresses(&self) -> Vec<MissingNeed> {
        let Some(addresses) = self.addresses else { return Vec::new() };
        let Some(sid) = &self.set.address_sid else {
            let wanted = self.requirements.iter().filter(|wanted| **wanted != AddressRequirement::None);
            let unmet = wanted.filter(|wanted| {
                let (country, requirement) = (self.country, **wanted);
                let need = AddressNeed { country, requirement, locality: None, refused: None };
                need.choose(addresses).is_none()
            });
            return unmet.map(|requirement| MissingNeed::Address(*requirement)).collect();
        };
        let Some(address) = addresses.iter().find(|address| address.sid.as_str() == sid) else {
            return vec![MissingNeed::AddressUnknown(sid.clone())];
        };
        let unfit = self.requirements.iter().filter(|wanted| match wanted {
            AddressRequirement::None | AddressRequirement::Any => false,
            AddressRequirement::Local => address.country != Some(self.country),
            AddressRequirement::Foreign => address.country == Some(self.country),
        });
        unfit.map(|requirement| MissingNeed::AddressUnfit(sid.clone(), *requirement)).collect()
    }

    fn missing_bundle(&self, now: DateTime<Utc>) -> Option<MissingNeed> {
        if !self.concerns_bundles() {
            return None;
        }
        bundle_need(self.set.bundle_sid.as_deref(), self.bundles?, now)
    }
}

/// Why the bundles of a country and type that asks for one do not serve; `None` where the one that is set is good, and
/// so something else is wrong.
pub fn bundle_gap(set: &RegulatoryIds, bundles: &[Bundle], now: DateTime<Utc>) -> Option<BundleGap> {
    match bundle_need(set.bundle_sid.as_deref(), bundles, now)? {
        MissingNeed::BundleNotSet(_) => Some(BundleGap::NotSet),
        MissingNeed::Bundle(None) => Some(BundleGap::Absent),
        MissingNeed::BundleUnknown(_) => Some(BundleGap::Unknown),
        MissingNeed::Bundle(Some((_, status))) | MissingNeed::BundleNotGood(_, status) => {
            Some(if status.is_approved() { BundleGap::Expired } else { BundleGap::Unapproved(status) })
        }
        MissingNeed::Address(_) | MissingNeed::AddressUnknown(_) | MissingNeed::AddressUnfit(..) => None,
    }
}

fn bundle_need(set: Option<&str>, bundles: &[Bundle], now: DateTime<Utc>) -> Option<MissingNeed> {
    if let Some(sid) = set {
        return match bundles.iter().find(|bundle| bundle.sid.as_str() == sid) {
            None => Some(MissingNeed::BundleUnknown(sid.to_owned())),
            Some(bundle) if bundle.is_good(now) => None,
            Some(bundle) => Some(MissingNeed::BundleNotGood(sid.to_owned(), bundle.status.clone())),
        };
    }
    Some(match bundles.iter().find(|bundle| bundle.is_good(now)) {
        Some(good) => MissingNeed::BundleNotSet(good.sid.clone()),
        None => MissingNeed::Bundle(bundles.first().map(|b| (b.sid.clone(), b.status.clone()))),
    })
}

impl fmt::Display for MissingNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(AddressRequirement::Local) => {
                f.write_str("an address in the country is needed, and the account has no validated one there")
            }
            Self::Address(AddressRequirement::Foreign) => f.write_str(
                "an address outside the country is needed, and the account has no validated one elsewhere",
            ),
            Self::Address(AddressRequirement::Any | AddressRequirement::None) => {
                f.write_str("an address is needed, and the account has no validated one")
            }
            Self::AddressUnknown(sid) => write!(f, "the address {sid} is not one of the account's"),
            Self::AddressUnfit(sid, AddressRequirement::Foreign) => {
                write!(f, "an address outside the country is needed, and {sid} is inside")
            }
            Self::AddressUnfit(
                sid,
                AddressRequirement::Local | AddressRequirement::Any | AddressRequirement::None,
            ) => write!(f, "an address in the country is needed, and {sid} is elsewhere"),
            Self::BundleNotSet(sid) => {
                write!(f, "a bundle is needed; the account has an approved one, {sid}")
            }
            Self::Bundle(None) => f.write_str("an approved bundle is needed, and the account has none"),
            Self::Bundle(Some((sid, status))) => {
                write!(f, "an approved bundle is needed, and the account's {sid} is {status}")
            }
            Self::BundleUnknown(sid) => {
                write!(f, "the bundle {sid} is not one of the account's for this country and type")
            }
            Self::BundleNotGood(sid, BundleStatus::Approved) => {
                write!(f, "the bundle {sid} has expired")
            }
            Self::BundleNotGood(sid, status) => write!(f, "the bundle {sid} is {status}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use trunkline_domain::AddressSid;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn bundle(last: u8, status: BundleStatus) -> Bundle {
        Bundle {
            sid: format!("BU{last:032x}").parse().unwrap(),
            friendly_name: "ours".into(),
            country: Country::GB,
            number_type: NumberType::Mobile,
            status,
            valid_until: None,
        }
    }

    fn sid(prefix: &str, last: u8) -> String {
        format!("{prefix}{last:032x}")
    }

    fn asks() -> Vec<Regulation> {
        vec![Regulation { name: "x".into(), end_user: "business".into(), asks_for: vec!["Address".into()] }]
    }

    fn missing_bundle(set: Option<u8>, regulations: &[Regulation], bundles: &[Bundle]) -> Vec<MissingNeed> {
        let set = RegulatoryIds { bundle_sid: set.map(|last| sid("BU", last)), address_sid: None };
        let facts = RegulatoryFacts {
            country: Country::GB,
            set: &set,
            requirements: &BTreeSet::new(),
            addresses: Some(&[]),
            regulations: Some(regulations),
            bundles: Some(bundles),
        };
        facts.missing(now())
    }

    #[test]
    fn a_bundle_is_missed_where_the_country_asks_for_one() {
        let good = bundle(1, BundleStatus::Approved);
        let draft = bundle(2, BundleStatus::Draft);
        assert_eq!(missing_bundle(None, &[], &[]), []);
        assert_eq!(missing_bundle(None, &asks(), &[]), [MissingNeed::Bundle(None)]);
        let unfinished = MissingNeed::Bundle(Some((draft.sid.clone(), BundleStatus::Draft)));
        assert_eq!(missing_bundle(None, &asks(), std::slice::from_ref(&draft)), [unfinished]);
        let unset = MissingNeed::BundleNotSet(good.sid.clone());
        assert_eq!(missing_bundle(None, &asks(), &[draft.clone(), good.clone()]), [unset]);
        assert_eq!(missing_bundle(Some(1), &asks(), &[good]), []);
        assert_eq!(missing_bundle(Some(3), &[], &[]), [MissingNeed::BundleUnknown(sid("BU", 3))]);
        assert_eq!(
            missing_bundle(Some(2), &asks(), &[draft]),
            [MissingNeed::BundleNotGood(sid("BU", 2), BundleStatus::Draft)]
        );
    }

    #[test]
    fn customers_hear_how_the_bundles_fall_short() {
        let gap = |set: Option<u8>, bundles: &[Bundle]| {
            let set = RegulatoryIds { bundle_sid: set.map(|last| sid("BU", last)), address_sid: None };
            bundle_gap(&set, bundles, now())
        };
        let good = bundle(1, BundleStatus::Approved);
        let rejected = bundle(2, BundleStatus::Rejected);
        let expired = Bundle { valid_until: Some(now()), ..good.clone() };
        let unapproved = Some(BundleGap::Unapproved(BundleStatus::Rejected));
        assert_eq!(gap(None, &[]), Some(BundleGap::Absent));
        assert_eq!(gap(None, std::slice::from_ref(&rejected)), unapproved);
        assert_eq!(gap(Some(2), &[good.clone(), rejected]), unapproved);
        assert_eq!(gap(None, std::slice::from_ref(&good)), Some(BundleGap::NotSet));
        assert_eq!(gap(Some(3), std::slice::from_ref(&good)), Some(BundleGap::Unknown));
        assert_eq!(gap(Some(1), &[expired]), Some(BundleGap::Expired));
        assert_eq!(gap(Some(1), &[good]), None);
    }

    #[test]
    fn a_bundle_that_has_run_out_is_missed() {
        let expired = Bundle { valid_until: Some(now()), ..bundle(1, BundleStatus::Approved) };
        let missing = missing_bundle(Some(1), &asks(), &[expired]);
        assert!(missing[0].to_string().contains("expired"), "{missing:?}");
    }

    #[rstest]
    #[case(AddressRequirement::None, None, "")]
    #[case(AddressRequirement::Any, None, "")]
    #[case(AddressRequirement::Local, None, "in the country")]
    #[case(AddressRequirement::Foreign, None, "")]
    #[case(AddressRequirement::Local, Some(1), "is elsewhere")]
    #[case(AddressRequirement::Any, Some(1), "")]
    #[case(AddressRequirement::None, Some(2), "not one of the account's")]
    fn an_address_is_missed_where_it_is_required(
        #[case] requirement: AddressRequirement,
        #[case] set: Option<u8>,
        #[case] words: &str,
    ) {
        let boston = AccountAddress {
            sid: sid("AD", 1).parse::<AddressSid>().unwrap(),
            customer_name: "Us".into(),
            city: "Boston".into(),
            country: Some(Country::US),
            validated: true,
        };
        let set = RegulatoryIds { bundle_sid: None, address_sid: set.map(|last| sid("AD", last)) };
        let facts = RegulatoryFacts {
            country: Country::GB,
            set: &set,
            requirements: &BTreeSet::from([requirement]),
            addresses: Some(&[boston]),
            regulations: None,
            bundles: None,
        };
        let missing = facts.missing(now());
        assert_eq!(missing.is_empty(), words.is_empty(), "{missing:?}");
        assert!(missing.iter().all(|need| need.to_string().contains(words)), "{missing:?}");
    }
}
