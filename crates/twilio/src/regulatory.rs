//! What countries ask of those who use their numbers, and the bundles of evidence that the account has. Field names
//! are those of Twilio's Regulations and Bundles resources (regulatory compliance API, version 2).
//!
//! That API knows no account in its paths: it answers for whoever logs in. So nothing is read through a parent
//! account, whose bundles are of no use to the subaccount that buys.

use chrono::DateTime;
use serde::Deserialize;
use trunkline_domain::{AccountSid, BundleSid, BundleStatus, Country, NumberType};
use trunkline_provider::{Bundle, ProviderError, Refusal, Regulation};
use url::Url;

use crate::failure::Failure;
use crate::operation::Operation;
use crate::paging::read_list;
use crate::transport::Transport;

/// Rows on a page.
const PAGE_SIZE: &str = "100";

/// A bundle, as Twilio writes it. Its country and type are not among the fields; the list is filtered by them.
#[derive(Deserialize)]
struct BundleRow {
    sid: BundleSid,
    account_sid: Option<AccountSid>,
    friendly_name: Option<String>,
    status: String,
    valid_until: Option<String>,
}

/// The account's bundles for a country and type.
pub(crate) async fn bundles(
    transport: &Transport,
    country: Country,
    number_type: NumberType,
) -> Result<Vec<Bundle>, ProviderError> {
    if !transport.config().logs_in_as_itself() {
        let message = "Twilio shows the bundles of the account that logs in, which is the parent; \
                       use the subaccount's own auth token or API key to read them";
        return Err(ProviderError::Refused {
            reason: Refusal::Other,
            code: None,
            message: message.to_owned(),
        });
    }
    let url = list_url(transport, "Bundles", country, number_type);
    let rows = read_list(transport, Operation::Bundles, url, "results").await?;
    let mut bundles = Vec::new();
    for row in rows {
        let unreadable = || Failure::unreadable(Operation::Bundles, "a bundle cannot be read");
        let row: BundleRow = serde_json::from_value(row).map_err(|error| unreadable().with_source(error))?;
        if row.account_sid.is_some_and(|account| account != transport.config().account_sid) {
            continue;
        }
        let valid_until = row.valid_until.map(|text| DateTime::parse_from_rfc3339(&text)).transpose();
        bundles.push(Bundle {
            sid: row.sid,
            friendly_name: row.friendly_name.unwrap_or_default(),
            country,
            number_type,
            status: status(row.status),
            valid_until: valid_until
                .map_err(|error| unreadable().with_source(error))?
                .map(|date| date.to_utc()),
        });
    }
    Ok(bundles)
}

fn status(word: String) -> BundleStatus {
    match word.as_str() {
        "draft" => BundleStatus::Draft,
        "pending-review" => BundleStatus::PendingReview,
        "in-review" => BundleStatus::InReview,
        "twilio-rejected" => BundleStatus::Rejected,
        "twilio-approved" => BundleStatus::Approved,
        "provisionally-approved" => BundleStatus::ProvisionallyApproved,
        _ => BundleStatus::Other(word),
    }
}

/// A regulation, as Twilio writes it.
#[derive(Deserialize)]
struct RegulationRow {
    friendly_name: Option<String>,
    end_user_type: Option<String>,
    requirements: Option<Requirements>,
}

#[derive(Deserialize, Default)]
struct Requirements {
    #[serde(default)]
    end_user: Vec<Requirement>,
    /// Groups, from each of which one document is asked for.
    #[serde(default)]
    supporting_document: Vec<Vec<Requirement>>,
}

#[derive(Deserialize)]
struct Requirement {
    name: String,
}

/// What a country asks of those who use a type of number there.
pub(crate) async fn regulations(
    transport: &Transport,
    country: Country,
    number_type: NumberType,
) -> Result<Vec<Regulation>, ProviderError> {
    let url = list_url(transport, "Regulations", country, number_type);
    let rows = read_list(transport, Operation::Regulations, url, "results").await?;
    let regulations = rows.into_iter().map(|row| {
        let row: RegulationRow = serde_json::from_value(row).map_err(|error| {
            Failure::unreadable(Operation::Regulations, "a regulation cannot be read").with_source(error)
        })?;
        let Requirements { end_user, supporting_document } = row.requirements.unwrap_or_default();
        let asked = end_user.into_iter().chain(supporting_document.into_iter().flatten());
        Ok(Regulation {
            name: row.friendly_name.unwrap_or_default(),
            end_user: row.end_user_type.unwrap_or_default(),
            asks_for: asked.map(|requirement| requirement.name).collect(),
        })
    });
    regulations.collect()
}

fn list_url(transport: &Transport, resource: &str, country: Country, number_type: NumberType) -> Url {
    let mut url = transport.regulatory_url(resource);
    url.query_pairs_mut()
        .append_pair("IsoCountry", country.as_str())
        .append_pair("NumberType", regulatory_type(number_type))
        .append_pair("PageSize", PAGE_SIZE);
    url
}

/// How this API spells the types.
const fn regulatory_type(number_type: NumberType) -> &'static str {
    match number_type {
        NumberType::Local => "local",
        NumberType::TollFree => "toll-free",
        NumberType::Mobile => "mobile",
    }
}
