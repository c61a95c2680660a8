//! Which account a number was moved to. A parent account may move numbers between itself and its subaccounts; the
//! number keeps its id, and its old account answers as if it had been released (Twilio's page on the
//! `IncomingPhoneNumber` resource, "Exchange numbers between subaccounts").
//!
//! Invariant: "nowhere" is only said when every account was listed and each of them has said no.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde::Deserialize;
use tokio::time::timeout;
use trunkline_domain::{AccountSid, ProviderIdentity};
use trunkline_provider::ProviderError;

use crate::classification::{Meaning, Seen};
use crate::failure::Failure;
use crate::operation::Operation;
use crate::owned::number_url;
use crate::paging::read_list;
use crate::transport::{Request, Transport};

/// The most that Twilio gives on a page.
const PAGE_SIZE: &str = "1000";

/// Accounts that are asked at once.
const ASKED_AT_ONCE: usize = 4;

/// How long asking all accounts may take: some thousand of them.
const TIME: Duration = Duration::from_secs(45);

/// An account, as Twilio writes it.
#[derive(Deserialize)]
struct AccountRow {
    sid: AccountSid,
}

/// The account beside its own that has the number under this id. Suspended and closed ones are not asked: nothing can
/// be moved there.
pub(crate) async fn locate(
    transport: &Transport,
    identity: &ProviderIdentity,
) -> Result<Option<AccountSid>, ProviderError> {
    if !transport.config().may_reach_others() {
        return Ok(None);
    }
    let found = timeout(TIME, ask_every_account(transport, identity)).await.unwrap_or_else(|_| {
        Err(Failure::new(Operation::Locate, Seen::TimedOut, "not every account could be asked in time"))
    });
    Ok(found?)
}

async fn ask_every_account(
    transport: &Transport,
    identity: &ProviderIdentity,
) -> Result<Option<AccountSid>, Failure> {
    let others = accounts(transport).await?.into_iter().filter(|account| *account != identity.account);
    let asked = stream::iter(others).map(async |account| {
        let there = ProviderIdentity { account, number: identity.number.clone() };
        has(transport, &there).await.map(|found| found.then_some(there.account))
    });
    let mut answers = asked.buffer_unordered(ASKED_AT_ONCE);
    while let Some(found) = answers.try_next().await? {
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The active accounts that the credentials reach.
async fn accounts(transport: &Transport) -> Result<Vec<AccountSid>, Failure> {
    let mut url = transport.accounts_url();
    url.query_pairs_mut().append_pair("Status", "active").append_pair("PageSize", PAGE_SIZE);
    let rows = match read_list(transport, Operation::Locate, url, "accounts").await {
        // Who may not even list accounts reaches none but their own.
        Err(failure) if matches!(failure.meaning(), Meaning::Unauthorized | Meaning::AccountRestricted) => {
            return Ok(Vec::new());
        }
        rows => rows?,
    };
    let accounts = rows.into_iter().map(|row| {
        let row: AccountRow = serde_json::from_value(row).map_err(|error| {
            Failure::unreadable(Operation::Locate, "an account cannot be read").with_source(error)
        })?;
        Ok(row.sid)
    });
    accounts.collect()
}

async fn has(transport: &Transport, identity: &ProviderIdentity) -> Result<bool, Failure> {
    let url = number_url(transport, identity);
    let request = Request { operation: Operation::Locate, method: Method::GET, url, form: Vec::new() };
    match transport.send(&request, transport.deadline()).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.meaning() == Meaning::NotFound => Ok(false),
        Err(failure) => Err(failure),
    }
}
