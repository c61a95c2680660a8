//! The port of top-ups. Every transition is a function of the database, in `0046_top_up_functions.sql`.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::{Json, Uuid};
use trunkline_domain::{Change, Currency, Money, PaymentId, UserId};
use trunkline_payments::{
    Brake, ClaimAnswer, Consent, CustomerId, MethodId, SavedMethod, SendAnswer, SendBegin, SessionId,
    SetupBegin, SetupEnd, SetupOutcome, SetupsVoid, TopUp, TopUpChange, TopUpClaim, TopUpSetup, TopUpStore,
};
use trunkline_wallet::{AccountId, WalletStoreError};

use super::PostgresStore;
use super::answer::Answer;
use super::cells::interval;
use crate::cell::Moment;
use crate::codec::{parse, parse_optional, readable};
use crate::columns::{top_up_columns, top_up_setup_columns};
use crate::error::{Failure, Fault};
use crate::row::{TopUpChargeRow, TopUpRow, TopUpSetupRow};

/// Calls a function that answers with a top-up, where its key column is never null.
macro_rules! top_up_answer {
    ($call:literal) => {
        concat!(
            "SELECT outcome, top_up_row.user_id AS id, ",
            top_up_columns!(),
            " FROM trunkline.",
            $call,
            " AS answer CROSS JOIN LATERAL (SELECT (answer.top_up_row).*) AS top_up_row"
        )
    };
}

#[async_trait]
impl TopUpStore for PostgresStore {
    async fn customer(&self, user: &UserId) -> Result<Option<CustomerId>, WalletStoreError> {
        Ok(self.find_customer(user).await?)
    }

    async fn keep_customer(
        &self,
        user: &UserId,
        customer: &CustomerId,
        instead_of: Option<CustomerId>,
        at: DateTime<Utc>,
    ) -> Result<CustomerId, WalletStoreError> {
        Ok(self.keep_top_up_customer(user, customer, instead_of, at).await?)
    }

    async fn begin_setup(&self, change: &Change<SetupBegin>) -> Result<(), WalletStoreError> {
        Ok(self.begin_top_up_setup(change).await?)
    }

    async fn void_setups(&self, change: &Change<SetupsVoid>) -> Result<u32, WalletStoreError> {
        let SetupsVoid { user, currency, told } = &change.body;
        let query = sqlx::query_as("SELECT trunkline.void_top_up_setups_1($1, $2, $3, $4, $5)")
            .bind(user.as_str())
            .bind(currency.code())
            .bind(Json(&told.events))
            .bind(Json(&told.audit))
            .bind(self.lease_time.given());
        let (voided,): (i64,) = self.pool.change(query).await?;
        Ok(u32::try_from(voided).unwrap_or(u32::MAX))
    }

    async fn open_setup(&self, session: &SessionId) -> Result<Option<TopUpSetup>, WalletStoreError> {
        Ok(self.find_open_setup(session).await?)
    }

    async fn due_setups(&self, again: Duration, limit: u16) -> Result<Vec<TopUpSetup>, WalletStoreError> {
        Ok(self.hand_out_setups(again, limit).await?)
    }

    async fn end_setup(&self, change: &Change<SetupEnd>) -> Result<Option<TopUp>, WalletStoreError> {
        Ok(self.end_top_up_setup(change).await?)
    }

    async fn top_up(&self, user: &UserId, currency: Currency) -> Result<Option<TopUp>, WalletStoreError> {
        Ok(self.find_top_up(user, currency).await?)
    }

    async fn change(&self, change: &Change<TopUpChange>) -> Result<Option<TopUp>, WalletStoreError> {
        Ok(self.change_top_up(change).await?)
    }

    async fn low(&self, limit: u16) -> Result<Vec<TopUp>, WalletStoreError> {
        Ok(self.find_low(limit).await?)
    }

    async fn claim(&self, change: &Change<TopUpClaim>) -> Result<ClaimAnswer, WalletStoreError> {
        Ok(self.claim_top_up(change).await?)
    }

    async fn charge(&self, payment: PaymentId) -> Result<Option<SavedMethod>, WalletStoreError> {
        Ok(self.find_charge(payment).await?)
    }

    async fn leave_alone(&self, top_up: &TopUp, pause: Duration) -> Result<(), WalletStoreError> {
        Ok(self.leave_top_up_alone(top_up, pause).await?)
    }

    async fn begin_send(&self, change: &Change<SendBegin>) -> Result<SendAnswer, WalletStoreError> {
        Ok(self.begin_top_up_send(&change.body).await?)
    }

    async fn note_unsent(&self, payment: PaymentId, send: Uuid) -> Result<(), WalletStoreError> {
        Ok(self.note_top_up_unsent(payment, send).await?)
    }

    async fn methods_to_forget(
        &self,
        again: Duration,
        limit: u16,
    ) -> Result<Vec<MethodId>, WalletStoreError> {
        Ok(self.hand_out_leavings(again, limit).await?)
    }

    async fn note_forgotten(&self, method: &MethodId) -> Result<(), WalletStoreError> {
        let query = sqlx::query_as("SELECT trunkline.note_forgotten_1($1)").bind(method.as_str());
        let (_was_there,): (bool,) = self.pool.change(query).await?;
        Ok(())
    }
}

impl PostgresStore {
    async fn find_customer(&self, user: &UserId) -> Result<Option<CustomerId>, Failure> {
        let query = sqlx::query_as("SELECT customer_id FROM trunkline.top_up_customer WHERE user_id = $1")
            .bind(user.as_str());
        let row: Option<(String,)> = self.pool.find(query).await?;
        let customer = row.as_ref().map(|(customer,)| customer.as_str());
        Ok(parse_optional("top_up_customer.customer_id", customer)?)
    }

    async fn keep_top_up_customer(
        &self,
        user: &UserId,
        customer: &CustomerId,
        instead_of: Option<CustomerId>,
        at: DateTime<Utc>,
    ) -> Result<CustomerId, Failure> {
        let query = sqlx::query_as("SELECT trunkline.keep_top_up_customer_1($1, $2, $3, $4)")
            .bind(user.as_str())
            .bind(customer.as_str())
            .bind(instead_of.as_ref().map(CustomerId::as_str).map(str::to_owned))
            .bind(Moment::of(at).time());
        let (kept,): (String,) = self.pool.change(query).await?;
        Ok(parse("top_up_customer.customer_id", &kept)?)
    }

    async fn begin_top_up_setup(&self, change: &Change<SetupBegin>) -> Result<(), Failure> {
        let SetupBegin { setup, look_after } = &change.body;
        let TopUpSetup { id, user, terms, customer, session, consent, expires_at, is_void: _ } = setup;
        let setup = json!({
            "id": id,
            "user_id": user,
            "currency": terms.currency().code(),
            "threshold": terms.threshold.amount().to_string(),
            "amount": terms.amount.amount().to_string(),
            "monthly_cap": terms.monthly_cap.amount().to_string(),
            "customer_id": customer,
            "session_id": session,
            "consent_version": consent.version,
            "consented_by": consent.by,
            "consented_at": Moment::of(consent.at).time(),
            "expires_at": Moment::of(*expires_at).time(),
        });
        let query = sqlx::query_as(
            "SELECT trunkline.begin_top_up_setup_1(jsonb_populate_record(NULL::trunkline.top_up_setup, $1), $2, $3, $4, $5)",
        )
        .bind(Json(setup))
        .bind(interval(*look_after))
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let (_is_new,): (bool,) = self.pool.change(query).await?;
        Ok(())
    }

    async fn find_open_setup(&self, session: &SessionId) -> Result<Option<TopUpSetup>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            top_up_setup_columns!(),
            " FROM trunkline.top_up_setup WHERE session_id = $1 AND state = 'open'"
        ))
        .bind(session.as_str());
        let row: Option<TopUpSetupRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.setup()).transpose()?)
    }

    async fn hand_out_setups(&self, again: Duration, limit: u16) -> Result<Vec<TopUpSetup>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            top_up_setup_columns!(),
            " FROM trunkline.due_top_up_setups_1($1, $2, $3)"
        ))
        .bind(interval(again))
        .bind(i64::from(limit))
        .bind(self.lease_time.given());
        let rows: Vec<TopUpSetupRow> = self.pool.take(query).await?;
        Ok(rows.iter().map(TopUpSetupRow::setup).collect::<Result<_, Fault>>()?)
    }

    async fn end_top_up_setup(&self, change: &Change<SetupEnd>) -> Result<Option<TopUp>, Failure> {
        let SetupEnd { setup, user, currency, outcome, at } = &change.body;
        let (method, label) = match outcome {
            SetupOutcome::Saved { method, label } => (Some(method.as_str()), Some(label.as_str())),
            SetupOutcome::Expired => (None, None),
        };
        let (wallet, debt) = (AccountId::wallet(user, *currency), AccountId::debt(user, *currency));
        let query =
            sqlx::query_as(top_up_answer!("end_top_up_setup_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"))
                .bind(*setup)
                .bind(user.as_str())
                .bind(wallet.as_uuid())
                .bind(debt.as_uuid())
                .bind(method)
                .bind(label)
                .bind(Moment::of(*at).time())
                .bind(Json(&change.events))
                .bind(Json(&change.audit))
                .bind(self.lease_time.given());
        let answer: Answer<TopUpRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "on" => Ok(Some(answer.row()?.top_up()?)),
            "ended" => Ok(None),
            _ => Err(answer.unknown("end_top_up_setup_1")),
        }
    }

    async fn find_top_up(&self, user: &UserId, currency: Currency) -> Result<Option<TopUp>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            top_up_columns!(),
            " FROM trunkline.top_up WHERE user_id = $1 AND currency = $2"
        ))
        .bind(user.as_str())
        .bind(currency.code());
        let row: Option<TopUpRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.top_up()).transpose()?)
    }

    async fn change_top_up(&self, change: &Change<TopUpChange>) -> Result<Option<TopUp>, Failure> {
        let TopUpChange { user, version, terms, state, method, consent, at } = &change.body;
        let consent = consent.as_ref().map(|Consent { version, by, at }| {
            Json(json!({ "version": version, "by": by, "at": Moment::of(*at).time() }))
        });
        let query = sqlx::query_as(top_up_answer!(
            "change_top_up_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ))
        .bind(user.as_str())
        .bind(terms.currency().code())
        .bind(stored_version(*version)?)
        .bind(terms.threshold.amount())
        .bind(terms.amount.amount())
        .bind(terms.monthly_cap.amount())
        .bind(state.as_str())
        .bind(method.is_some())
        .bind(consent)
        .bind(Moment::of(*at).time())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let answer: Answer<TopUpRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "changed" => Ok(Some(answer.row()?.top_up()?)),
            "other_version" => Ok(None),
            _ => Err(answer.unknown("change_top_up_1")),
        }
    }

    async fn find_low(&self, limit: u16) -> Result<Vec<TopUp>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            top_up_columns!(),
            " FROM trunkline.top_up WHERE state = 'on' AND next_look_at <= trunkline.lease_time_1($1)
               AND threshold > COALESCE((SELECT wallet.posted - wallet.held FROM trunkline.account wallet
                                         WHERE wallet.id = top_up.wallet_id), 0)
             ORDER BY next_look_at LIMIT $2"
        ))
        .bind(self.lease_time.given())
        .bind(i64::from(limit));
        let rows: Vec<TopUpRow> = self.pool.list(query).await?;
        let low = rows.iter().map(|row| readable("top-up", &row.name(), row.top_up()));
        Ok(low.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }

    async fn claim_top_up(&self, change: &Change<TopUpClaim>) -> Result<ClaimAnswer, Failure> {
        let claim = &change.body;
        let payment = json!({
            "id": claim.payment,
            "user_id": claim.user,
            "amount": claim.amount.amount().to_string(),
            "currency": claim.amount.currency().code(),
            "description": claim.description,
            "opened_at": Moment::of(claim.at).time(),
        });
        let query = sqlx::query_as(
            "SELECT trunkline.claim_top_up_1(jsonb_populate_record(NULL::trunkline.payment, $1), $2, $3, $4, $5, $6, $7, $8,
                                             $9, $10, $11)",
        )
        .bind(Json(payment))
        .bind(stored_version(claim.version)?)
        .bind(claim.daily_cap.map(Money::amount))
        .bind(Moment::of(claim.day).time())
        .bind(Moment::of(claim.month).time())
        .bind(interval(claim.cool_down))
        .bind(interval(claim.pause))
        .bind(interval(claim.look_after))
        .bind(Json(&claim.told.events))
        .bind(Json(&claim.told.audit))
        .bind(self.lease_time.given());
        let (outcome,): (String,) = self.pool.change(query).await?;
        if outcome == "claimed" {
            return Ok(ClaimAnswer::Claimed);
        }
        let brake = Brake::from_name(&outcome);
        brake
            .map(ClaimAnswer::Kept)
            .ok_or_else(|| Failure::Broken(format!("claim_top_up_1 answered `{outcome}`")))
    }

    async fn find_charge(&self, payment: PaymentId) -> Result<Option<SavedMethod>, Failure> {
        let query = sqlx::query_as(
            "SELECT customer_id, method_id, method_label FROM trunkline.top_up_charge WHERE payment_id = $1",
        )
        .bind(payment.as_uuid());
        let row: Option<TopUpChargeRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.method()).transpose()?)
    }

    async fn hand_out_leavings(&self, again: Duration, limit: u16) -> Result<Vec<MethodId>, Failure> {
        let query = sqlx::query_as("SELECT * FROM trunkline.due_top_up_leavings_1($1, $2, $3) AS method_id")
            .bind(interval(again))
            .bind(i64::from(limit))
            .bind(self.lease_time.given());
        let rows: Vec<(String,)> = self.pool.take(query).await?;
        let methods = rows.iter().map(|(method,)| parse("top_up_leaving.method_id", method));
        Ok(methods.collect::<Result<_, Fault>>()?)
    }
}

pub(super) fn stored_version(version: u32) -> Result<i32, Failure> {
    i32::try_from(version).map_err(|_| Failure::Broken(format!("a top-up has version {version}")))
}
