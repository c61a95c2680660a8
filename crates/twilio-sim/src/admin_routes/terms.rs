//! What Twilio does on terms of its own, over HTTP: the clock, charges, accounts, bundles, reclaimed numbers.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, refuse, refuse_console};
use crate::{
    AccountType, Admin, Cents, ConsoleError,
    accounts::{Account, AccountStatus},
    billing::Charge,
    config::Bundle,
};

const SECONDS_A_DAY: u64 = 24 * 60 * 60;
/// About a century; a longer jump is a mistake.
const ADVANCE_DAYS_MAX: u64 = 36_600;

pub(super) async fn clock(State(admin): State<Admin>) -> Json<Value> {
    Json(json!({ "now": admin.now() }))
}

/// How far the clock is moved: one of the three.
#[derive(Deserialize)]
pub(super) enum Advance {
    #[serde(rename = "advanceS")]
    Seconds(u64),
    #[serde(rename = "advanceDays")]
    Days(u64),
    #[serde(rename = "to")]
    To(DateTime<Utc>),
}

pub(super) async fn advance(State(admin): State<Admin>, Body(body): Body<Advance>) -> Response {
    let by = match body {
        Advance::Seconds(seconds) => Duration::from_secs(seconds),
        Advance::Days(days) => Duration::from_secs(days.saturating_mul(SECONDS_A_DAY)),
        Advance::To(time) => match (time - admin.now()).to_std() {
            Ok(by) => by,
            Err(_) => return refuse(StatusCode::BAD_REQUEST, "the clock is moved ahead, never back"),
        },
    };
    if by.as_secs() > ADVANCE_DAYS_MAX * SECONDS_A_DAY {
        return refuse(StatusCode::BAD_REQUEST, "the clock is moved by a century at most");
    }
    admin.advance_clock(by);
    clock(State(admin)).await.into_response()
}

pub(super) async fn charges(State(admin): State<Admin>) -> Json<Vec<Charge>> {
    Json(admin.charges())
}

pub(super) async fn reclaim(State(admin): State<Admin>, Path(number): Path<String>) -> Response {
    match admin.reclaim(&number) {
        Ok(number) => Json(number).into_response(),
        Err(error) => refuse_console(&error),
    }
}

pub(super) async fn accounts(State(admin): State<Admin>) -> Json<Vec<Account>> {
    Json(admin.accounts())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccountBody {
    status: Option<AccountStatus>,
    r#type: Option<AccountType>,
    balance: Option<Cents>,
    /// With a new balance: whether a card stands behind it.
    #[serde(default)]
    auto_recharge: bool,
}

pub(super) async fn change_account(
    State(admin): State<Admin>,
    Path(sid): Path<String>,
    Body(body): Body<AccountBody>,
) -> Response {
    match apply(&admin, &sid, &body) {
        Ok(()) => Json(admin.accounts().into_iter().find(|account| account.sid == sid)).into_response(),
        Err(error) => refuse_console(&error),
    }
}

fn apply(admin: &Admin, sid: &str, body: &AccountBody) -> Result<(), ConsoleError> {
    if !admin.accounts().iter().any(|account| account.sid == sid) {
        return Err(ConsoleError::NoAccount(sid.to_owned()));
    }
    if let Some(balance) = body.balance {
        if body.auto_recharge {
            admin.refill_balance(sid, balance)?;
        } else {
            admin.drain_balance(sid, balance)?;
        }
    }
    if let Some(account_type) = body.r#type {
        admin.set_account_type(sid, account_type)?;
    }
    if let Some(status) = body.status {
        admin.set_status(sid, status)?;
    }
    Ok(())
}

pub(super) async fn bundles(State(admin): State<Admin>) -> Json<Vec<Bundle>> {
    Json(admin.bundles())
}

pub(super) async fn set_bundle(State(admin): State<Admin>, Body(bundle): Body<Bundle>) -> Json<Vec<Bundle>> {
    admin.set_bundle(bundle);
    Json(admin.bundles())
}
