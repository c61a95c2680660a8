//! The regulatory API as far as it is read: regulations, and the bundles of evidence that satisfy them.
//!
//! Of the countries in stock only Great Britain is regulated: one regulation for each type of number and of end
//! user.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    NumberType,
    call::Call,
    config::{Bundle, BundleStatus},
    inventory::country_name,
    parameters::Parameters,
};

const ROOT: &str = "/v2/RegulatoryCompliance";

/// Who uses a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndUser {
    Individual,
    Business,
}

impl EndUser {
    const ALL: [Self; 2] = [Self::Individual, Self::Business];

    const fn name(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Business => "business",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Individual => "Individual",
            Self::Business => "Business",
        }
    }

    /// What is asked about such a user.
    const fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Individual => &[("first_name", "First Name"), ("last_name", "Last Name")],
            Self::Business => &[
                ("business_name", "Business Name"),
                ("business_registration_number", "Business Registration Number"),
            ],
        }
    }
}

/// What a country asks of those who use one type of its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Regulation {
    country: &'static str,
    number_type: NumberType,
    end_user: EndUser,
}

/// Every regulation.
pub(crate) fn regulations() -> impl Iterator<Item = Regulation> {
    NumberType::ALL.into_iter().flat_map(|number_type| {
        EndUser::ALL.into_iter().map(move |end_user| Regulation { country: "GB", number_type, end_user })
    })
}

/// Whether numbers of this country need a bundle. A search does not tell.
pub(crate) fn needs_bundle(country: &str) -> bool {
    regulations().any(|regulation| regulation.country == country)
}

impl Regulation {
    /// The same at every start.
    pub(crate) fn sid(&self) -> String {
        let place = regulations().zip(1..).find(|(regulation, _)| regulation == self).map_or(0, |(_, n)| n);
        format!("RN{place:032x}")
    }

    /// Whether a list with these filters shows it.
    pub(crate) fn is_shown(&self, query: &Parameters) -> bool {
        query.given("IsoCountry").is_none_or(|country| country == self.country)
            && query.given("NumberType").is_none_or(|text| is_type(text, self.number_type))
            && query.given("EndUserType").is_none_or(|text| text == self.end_user.name())
    }

    pub(crate) fn to_json(self, call: &Call) -> Value {
        let detailed: Vec<_> = self
            .end_user
            .fields()
            .iter()
            .map(|(name, title)| {
                json!({ "machine_name": name, "friendly_name": title, "description": format!("The {title}") })
            })
            .collect();
        let kind = self.end_user.name();
        let title = self.end_user.title();
        json!({
            "sid": self.sid(),
            "friendly_name": format!("{}: {} - {title}", country_name(self.country), self.number_type.title()),
            "iso_country": self.country,
            "number_type": self.number_type.name(),
            "end_user_type": kind,
            "requirements": {
                "end_user": [{
                    "name": title,
                    "type": kind,
                    "requirement_name": format!("{kind}_info"),
                    "url": call.absolute(&format!("{ROOT}/Regulations/{kind}")),
                    "fields": self.end_user.fields().iter().map(|(name, _)| *name).collect::<Vec<_>>(),
                    "detailed_fields": detailed,
                }],
                "supporting_document": [[proof_of_address(call)]],
            },
            "url": call.absolute(&format!("{ROOT}/Regulations/{}", self.sid())),
        })
    }
}

fn proof_of_address(call: &Call) -> Value {
    json!({
        "name": "Address",
        "type": "document",
        "requirement_name": "proof_of_address",
        "description": "Where the end user is",
        "accepted_documents": [{
            "name": "Address Validation",
            "type": "address",
            "url": call.absolute(&format!("{ROOT}/DocumentTypes/address")),
            "fields": ["address_sids"],
            "detailed_fields": [{
                "machine_name": "address_sids",
                "friendly_name": "Address sid(s)",
                "description": "Address sid of the end user",
            }],
        }],
    })
}

/// `toll-free` and, as one of Twilio's samples has it, `tollfree`.
fn is_type(text: &str, number_type: NumberType) -> bool {
    text == number_type.name() || text.replace('-', "") == number_type.name().replace('-', "")
}

/// The bundles that a list with these filters shows, each SID once. A SID that stands for several types of number
/// is shown with the first type that the filters let through.
pub(crate) fn shown_bundles<'b>(bundles: &'b [Bundle], query: &Parameters) -> Vec<&'b Bundle> {
    let mut shown: Vec<&Bundle> = Vec::new();
    for bundle in bundles {
        let again = shown.iter().any(|other| other.sid == bundle.sid);
        if !again && is_shown(bundle, query) {
            shown.push(bundle);
        }
    }
    shown
}

fn is_shown(bundle: &Bundle, query: &Parameters) -> bool {
    let mut sids = query.iter().filter(|(name, _)| *name == "BundleSids").map(|(_, sid)| sid).peekable();
    (sids.peek().is_none() || sids.any(|sid| sid == bundle.sid))
        && query.given("Status").is_none_or(|status| status == bundle.status.name())
        && query.given("FriendlyName").is_none_or(|name| name == friendly_name(bundle))
        && query.given("RegulationSid").is_none_or(|sid| regulation_of(bundle).is_some_and(|it| it.sid() == sid))
        && query.given("IsoCountry").is_none_or(|country| country == bundle.country)
        && query.given("NumberType").is_none_or(|text| is_type(text, bundle.number_type))
        && query.given("EndUserType").is_none_or(|text| text == EndUser::Business.name())
        // No bundle here is valid only for a time.
        && query.given("HasValidUntilDate").is_none_or(|text| text == "false")
}

/// The regulation that a bundle was made for; every bundle here is a business's.
fn regulation_of(bundle: &Bundle) -> Option<Regulation> {
    regulations().find(|regulation| {
        regulation.country == bundle.country
            && regulation.number_type == bundle.number_type
            && regulation.end_user == EndUser::Business
    })
}

fn friendly_name(bundle: &Bundle) -> String {
    format!("{} {}", bundle.country, bundle.number_type.name())
}

/// A bundle as Twilio writes it.
pub(crate) fn bundle_json(bundle: &Bundle, account_sid: &str, made: DateTime<Utc>, call: &Call) -> Value {
    let url = call.absolute(&format!("{ROOT}/Bundles/{}", bundle.sid));
    let made = iso_8601(made);
    json!({
        "sid": bundle.sid,
        "account_sid": account_sid,
        "regulation_sid": regulation_of(bundle).map(|regulation| regulation.sid()),
        "friendly_name": friendly_name(bundle),
        "status": bundle.status,
        "valid_until": null,
        "email": "compliance@example.com",
        "status_callback": null,
        "date_created": made,
        "date_updated": made,
        "links": {
            "evaluations": format!("{url}/Evaluations"),
            "item_assignments": format!("{url}/ItemAssignments"),
            "bundle_copies": format!("{url}/Copies"),
        },
        "url": url,
    })
}

/// `2019-07-30T22:29:24Z`, as the newer APIs write times.
fn iso_8601(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl BundleStatus {
    const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingReview => "pending-review",
            Self::InReview => "in-review",
            Self::TwilioRejected => "twilio-rejected",
            Self::TwilioApproved => "twilio-approved",
            Self::ProvisionallyApproved => "provisionally-approved",
        }
    }
}
