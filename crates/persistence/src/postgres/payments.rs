//! The port of payments. Every transition is a function of the database, in `0040_payment_functions.sql` or
//! `0046_top_up_functions.sql`.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use trunkline_domain::{Change, Money, PaymentId, UserId};
use trunkline_payments::{
    Assessment, AssessmentAnswer, Movement, OpeningAnswer, PageNoted, Payment, PaymentOpening, PaymentPage,
    PaymentRef, PaymentStore, StoredTaking, SwitchOff, TakingChange, Told,
};
use trunkline_wallet::{AccountId, AccountKind, WalletStoreError};

use super::answer::Answer;
use super::cells::interval;
use super::{PostgresStore, envelope};
use crate::cell::{Micros, Moment};
use crate::columns::payment_columns;
use crate::error::{Failure, Fault};
use crate::row::{NoticeFields, PaymentRow, TakingRow};

/// Calls a function that answers with a payment, and what stands before it.
macro_rules! payment_answer {
    ($outcome:literal, $call:literal) => {
        concat!(
            "SELECT ",
            $outcome,
            payment_columns!(),
            " FROM trunkline.",
            $call,
            " AS answer CROSS JOIN LATERAL (SELECT (answer.payment_row).*) AS payment_row"
        )
    };
}

/// A payment that fulfils a condition.
macro_rules! payment_where {
    ($condition:literal) => {
        concat!("SELECT ", payment_columns!(), " FROM trunkline.payment WHERE ", $condition)
    };
}

#[async_trait]
impl PaymentStore for PostgresStore {
    async fn open(&self, change: &Change<PaymentOpening>) -> Result<OpeningAnswer, WalletStoreError> {
        Ok(self.open_payment(change).await?)
    }

    async fn note_page(&self, change: &Change<PageNoted>) -> Result<Payment, WalletStoreError> {
        Ok(self.note_payment_page(change).await?)
    }

    async fn assess(&self, change: &Change<Assessment>) -> Result<AssessmentAnswer, WalletStoreError> {
        Ok(self.assess_payment(&change.body).await?)
    }

    async fn payment(&self, id: PaymentId) -> Result<Option<Payment>, WalletStoreError> {
        Ok(self.one_payment(sqlx::query_as(payment_where!("id = $1")).bind(id.as_uuid())).await?)
    }

    async fn payment_of(&self, of: &PaymentRef) -> Result<Option<Payment>, WalletStoreError> {
        let query = match of {
            PaymentRef::Session(_) => payment_where!("session_id = $1"),
            PaymentRef::Intent(_) => payment_where!("intent_id = $1"),
        };
        Ok(self.one_payment(sqlx::query_as(query).bind(of.to_string())).await?)
    }

    async fn payments(
        &self,
        user: &UserId,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        let query = sqlx::query_as(payment_where!(
            "user_id = $1
               AND ($2::uuid IS NULL OR (opened_at, id) <
                    (SELECT last.opened_at, last.id FROM trunkline.payment last WHERE last.id = $2 AND last.user_id = $1))
             ORDER BY opened_at DESC, id DESC LIMIT $3"
        ))
        .bind(user.as_str())
        .bind(after.map(|payment| payment.as_uuid()))
        .bind(i64::from(limit) + 1);
        Ok(self.page_of_payments(query, limit).await?)
    }

    async fn due(&self, again: Duration, limit: u16) -> Result<Vec<Payment>, WalletStoreError> {
        Ok(self.hand_out_due(again, limit).await?)
    }

    async fn credited_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        let query = sqlx::query_as(payment_where!(
            "state = 'completed' AND credited_at >= $1 AND credited_at < $2
               AND ($3::uuid IS NULL OR (credited_at, id) >
                    (SELECT last.credited_at, last.id FROM trunkline.payment last WHERE last.id = $3))
             ORDER BY credited_at, id LIMIT $4"
        ))
        .bind(Moment::of(from).time())
        .bind(Moment::of(to).time())
        .bind(after.map(|payment| payment.as_uuid()))
        .bind(i64::from(limit) + 1);
        Ok(self.page_of_payments(query, limit).await?)
    }

    async fn undecided_since(
        &self,
        disputes: DateTime<Utc>,
        refunds: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        let query = sqlx::query_as(payment_where!(
            "id IN (SELECT payment_id FROM trunkline.payment_taking
                    WHERE returned_at IS NULL
                      AND taken_at >= CASE kind WHEN 'dispute' THEN $1 ELSE $4 END)
               AND ($2::uuid IS NULL OR id > $2)
             ORDER BY id LIMIT $3"
        ))
        .bind(Moment::of(disputes).time())
        .bind(after.map(|payment| payment.as_uuid()))
        .bind(i64::from(limit) + 1)
        .bind(Moment::of(refunds).time());
        Ok(self.page_of_payments(query, limit).await?)
    }

    async fn takings(&self, payment: PaymentId) -> Result<Vec<StoredTaking>, WalletStoreError> {
        Ok(self.find_takings(payment).await?)
    }
}

type PaymentQuery<'q> = sqlx::query::QueryAs<'q, sqlx::Postgres, PaymentRow, sqlx::postgres::PgArguments>;

/// What became of a payment to be written down.
struct OpeningRow {
    answer: Answer<PaymentRow>,
    used: Option<Micros>,
}

impl FromRow<'_, PgRow> for OpeningRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { answer: Answer::from_row(row)?, used: row.try_get("used")? })
    }
}

/// What became of an assessment.
struct AssessedRow {
    answer: Answer<PaymentRow>,
    moved: bool,
}

impl FromRow<'_, PgRow> for AssessedRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { answer: Answer::from_row(row)?, moved: row.try_get("moved")? })
    }
}

impl PostgresStore {
    async fn open_payment(&self, change: &Change<PaymentOpening>) -> Result<OpeningAnswer, Failure> {
        let opening = &change.body;
        let currency = opening.amount.currency();
        let payment = json!({
            "id": opening.id,
            "user_id": opening.user,
            "kind": opening.kind.as_str(),
            "amount": opening.amount.amount().to_string(),
            "currency": currency.code(),
            "description": opening.description,
            "opened_at": Moment::of(opening.at).time(),
        });
        let query = sqlx::query_as(payment_answer!(
            "outcome, used, ",
            "open_payment_1(jsonb_populate_record(NULL::trunkline.payment, $1), $2, $3, $4, $5, $6, $7)"
        ))
        .bind(Json(payment))
        .bind(opening.daily_cap.map(Money::amount))
        .bind(interval(opening.look_after))
        .bind(envelope::request(change.request.as_ref()))
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let OpeningRow { answer, used } = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "opened" => Ok(OpeningAnswer::Opened(answer.row()?.payment()?)),
            "repeated" => Ok(OpeningAnswer::Repeated(answer.row()?.payment()?)),
            "key_reused" => Ok(OpeningAnswer::KeyReused),
            "cap_reached" => {
                let used = used.ok_or_else(|| Fault::Broken("open_payment_1 forgot the sum".to_owned()))?;
                Ok(OpeningAnswer::CapReached { used: Money::from_micros(used.0, currency) })
            }
            _ => Err(answer.unknown("open_payment_1")),
        }
    }

    async fn note_payment_page(&self, change: &Change<PageNoted>) -> Result<Payment, Failure> {
        let noted = &change.body;
        let query = sqlx::query_as(payment_answer!(
            "outcome, ",
            "note_payment_page_1($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ))
        .bind(noted.payment.as_uuid())
        .bind(noted.session.as_str())
        .bind(noted.page.as_str())
        .bind(Moment::of(noted.expires_at).time())
        .bind(interval(noted.look_after))
        .bind(Moment::of(noted.at).time())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let answer: Answer<PaymentRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "noted" => Ok(answer.row()?.payment()?),
            _ => Err(answer.unknown("note_payment_page_1")),
        }
    }

    async fn assess_payment(&self, said: &Assessment) -> Result<AssessmentAnswer, Failure> {
        let takings: Vec<Value> = said.takings.iter().map(taking).collect();
        let query = sqlx::query_as(payment_answer!(
            "outcome, moved, ",
            "assess_payment_2(jsonb_populate_record(NULL::trunkline.payment, $1), $2, $3, $4, $5, $6, $7, $8, $9)"
        ))
        .bind(Json(payment(said)))
        .bind(said.credit.as_ref().map(|credit| Json(told(&credit.told))))
        .bind(Json(accounts(said)))
        .bind(Json(takings))
        .bind(Json(told(&said.failed)))
        .bind(said.switch_off.as_ref().map(|off| Json(switch_off(off))))
        .bind(interval(said.look_after))
        .bind(Moment::of(said.at).time())
        .bind(self.lease_time.given());
        let AssessedRow { answer, moved } = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "stands" => Ok(AssessmentAnswer::Stands { payment: answer.row()?.payment()?, moved }),
            "other_intent" => Ok(AssessmentAnswer::OtherIntent(answer.row()?.payment()?)),
            "other_user" => Ok(AssessmentAnswer::OtherUser),
            "too_large" => Ok(AssessmentAnswer::TooLarge),
            _ => Err(answer.unknown("assess_payment_2")),
        }
    }

    async fn hand_out_due(&self, again: Duration, limit: u16) -> Result<Vec<Payment>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            payment_columns!(),
            " FROM trunkline.due_payments_1($1, $2, $3) ORDER BY opened_at, id"
        ))
        .bind(interval(again))
        .bind(i64::from(limit))
        .bind(self.lease_time.given());
        let rows: Vec<PaymentRow> = self.pool.take(query).await?;
        Ok(PaymentRow::all(&rows)?)
    }

    async fn one_payment(&self, query: PaymentQuery<'_>) -> Result<Option<Payment>, Failure> {
        Ok(self.pool.find(query).await?.map(|row| row.payment()).transpose()?)
    }

    async fn page_of_payments(&self, query: PaymentQuery<'_>, limit: u16) -> Result<PaymentPage, Failure> {
        Ok(PaymentRow::page(&self.pool.list(query).await?, limit)?)
    }

    async fn find_takings(&self, payment: PaymentId) -> Result<Vec<StoredTaking>, Failure> {
        let query = sqlx::query_as(
            "SELECT id, kind, amount, currency, taken_at, returned_at FROM trunkline.payment_taking
             WHERE payment_id = $1 ORDER BY taken_at, id",
        )
        .bind(payment.as_uuid());
        let rows: Vec<TakingRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(TakingRow::taking).collect::<Result<_, Fault>>()?)
    }
}

/// What is said of a payment, as a row of its table.
fn payment(said: &Assessment) -> Value {
    let paid = said.credit.as_ref().map(|credit| credit.amount);
    json!({
        "id": said.payment,
        "user_id": said.user,
        "kind": said.kind.as_str(),
        "amount": said.asked.amount().to_string(),
        "currency": said.asked.currency().code(),
        "description": said.description,
        "state": said.state.as_str(),
        "session_id": said.session,
        "intent_id": said.intent,
        "decline": said.decline,
        "paid_amount": paid.map(|paid| paid.amount().to_string()),
        "paid_currency": paid.map(|paid| paid.currency().code()),
    })
}

/// The accounts between which an assessment may move money.
fn accounts(said: &Assessment) -> Value {
    let currency = said.credit.as_ref().map_or(said.asked, |credit| credit.amount).currency();
    json!({
        "wallet": AccountId::wallet(&said.user, currency),
        "debt": AccountId::debt(&said.user, currency),
        "funding": AccountId::operator(AccountKind::Funding, currency),
        "clearing": AccountId::operator(AccountKind::Clearing, currency),
    })
}

fn taking(taking: &TakingChange) -> Value {
    json!({
        "id": taking.id,
        "kind": taking.kind.as_str(),
        "amount": taking.amount.amount().to_string(),
        "taken": movement(&taking.taken),
        "lent": taking.lent,
        "lent_description": taking.lent_description,
        "returned": taking.returned.as_ref().map(movement),
    })
}

fn movement(movement: &Movement) -> Value {
    let Movement { transfer, description, told } = movement;
    json!({ "transfer": transfer, "description": description, "events": told.events, "audit": told.audit })
}

fn switch_off(off: &SwitchOff) -> Value {
    let notice = NoticeFields::of(&off.notice);
    json!({ "declines": off.declines, "notices": [notice], "events": off.told.events, "audit": off.told.audit })
}

fn told(told: &Told) -> Value {
    json!({ "events": told.events, "audit": told.audit })
}
