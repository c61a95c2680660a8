//! The account apart from its numbers: its status, its money, its addresses. Field names are those of Twilio's
//! Account, Balance and Address resources.

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use trunkline_domain::{AccountSid, AddressSid, Money};
use trunkline_provider::{AccountAddress, AccountState, AccountStatus, ProviderError};
use url::Url;

use crate::failure::Failure;
use crate::operation::Operation;
use crate::paging::read_list;
use crate::transport::{Request, Transport};

/// Addresses on a page.
const PAGE_SIZE: &str = "1000";

/// The account as Twilio writes it. The answer also holds the auth token, which is not read.
#[derive(Deserialize)]
struct AccountRow {
    sid: AccountSid,
    friendly_name: Option<String>,
    status: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    owner_account_sid: Option<AccountSid>,
}

/// Whether the account may buy.
pub(crate) async fn status(transport: &Transport) -> Result<AccountStatus, ProviderError> {
    let row: AccountRow = read_one(transport, Operation::Status, transport.account_url()).await?;
    Ok(AccountStatus {
        state: match row.status.as_str() {
            "active" => AccountState::Active,
            "suspended" => AccountState::Suspended,
            "closed" => AccountState::Closed,
            other => AccountState::Other(other.to_owned()),
        },
        friendly_name: row.friendly_name.unwrap_or_default(),
        trial: row.kind.is_some_and(|kind| kind.eq_ignore_ascii_case("trial")),
        parent: row.owner_account_sid.filter(|owner| *owner != row.sid),
        account: row.sid,
    })
}

/// The account's money, as Twilio writes it.
#[derive(Deserialize)]
struct BalanceRow {
    balance: String,
    currency: String,
}

/// The money that the account has left.
pub(crate) async fn balance(transport: &Transport) -> Result<Money, ProviderError> {
    let url = transport.url(&transport.config().account_sid, "Balance.json");
    let row: BalanceRow = read_one(transport, Operation::Balance, url).await?;
    let money = row.currency.parse().and_then(|currency| Money::parse(&row.balance, currency));
    Ok(money.map_err(|error| {
        Failure::unreadable(Operation::Balance, "the balance cannot be read").with_source(error)
    })?)
}

/// An address, as Twilio writes it.
#[derive(Deserialize)]
struct AddressRow {
    sid: AddressSid,
    customer_name: Option<String>,
    city: Option<String>,
    iso_country: Option<String>,
    validated: Option<bool>,
}

/// All addresses of the account.
pub(crate) async fn addresses(transport: &Transport) -> Result<Vec<AccountAddress>, ProviderError> {
    let mut url = transport.url(&transport.config().account_sid, "Addresses.json");
    url.query_pairs_mut().append_pair("PageSize", PAGE_SIZE);
    let rows = read_list(transport, Operation::Addresses, url, "addresses").await?;
    let addresses = rows.into_iter().map(|row| {
        let row: AddressRow = serde_json::from_value(row).map_err(|error| {
            Failure::unreadable(Operation::Addresses, "an address cannot be read").with_source(error)
        })?;
        Ok(AccountAddress {
            sid: row.sid,
            customer_name: row.customer_name.unwrap_or_default(),
            city: row.city.unwrap_or_default(),
            country: row.iso_country.and_then(|code| code.parse().ok()),
            validated: row.validated == Some(true),
        })
    });
    addresses.collect()
}

/// Reads an answer that is one resource.
pub(crate) async fn read_one<T: DeserializeOwned>(
    transport: &Transport,
    operation: Operation,
    url: Url,
) -> Result<T, Failure> {
    let request = Request { operation, method: Method::GET, url, form: Vec::new() };
    let answer = transport.send(&request, transport.deadline()).await?;
    serde_json::from_slice(&answer.body).map_err(|error| {
        let detail = format!("Twilio answered {} with something else", answer.status.as_u16());
        Failure::unreadable(operation, detail).with_source(error)
    })
}
