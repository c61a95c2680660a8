//! Pages on which methods are saved, what came of them, and other standings of top-ups.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, UserId};
use trunkline_payments::{
    CustomerId, MethodId, SetupBegin, SetupEnd, SetupOutcome, SetupsVoid, TopUp, TopUpChange, TopUpSetup,
    TopUpState,
};
use trunkline_wallet::AccountId;
use uuid::Uuid;

use super::row_of;
use crate::codec::{parse, text, to_json};
use crate::columns::top_up_setup_columns;
use crate::error::Fault;
use crate::row::TopUpSetupRow;
use crate::sqlite::envelope::{self, was_applied};
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};

/// Keeps who a user is at the gateway: the first one stays, but for one that is still `instead_of`.
pub(super) struct KeepCustomer {
    pub(super) user: UserId,
    pub(super) customer: CustomerId,
    pub(super) instead_of: Option<CustomerId>,
    pub(super) at: DateTime<Utc>,
}

#[async_trait]
impl Work for KeepCustomer {
    type Answer = CustomerId;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<CustomerId>, Fault> {
        let kept: String = sqlx::query_scalar(
            "INSERT INTO top_up_customer (user_id, customer_id, made_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (user_id) DO UPDATE
             SET customer_id = CASE WHEN customer_id = ?4 THEN excluded.customer_id ELSE customer_id END,
                 made_at = CASE WHEN customer_id = ?4 THEN excluded.made_at ELSE made_at END
             RETURNING customer_id",
        )
        .bind(self.user.as_str())
        .bind(self.customer.as_str())
        .bind(time::to_text(self.at))
        .bind(self.instead_of.as_ref().map(CustomerId::as_str))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(parse("top_up_customer.customer_id", &kept)?))
    }
}

#[async_trait]
impl Apply for SetupBegin {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        let SetupBegin { setup, look_after } = &change.body;
        let begun = sqlx::query(
            "INSERT INTO top_up_setup (id, user_id, currency, threshold, amount, monthly_cap, customer_id, session_id,
                                       state, consent_version, consented_by, consented_at, expires_at, next_look_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(text(setup.id))
        .bind(setup.user.as_str())
        .bind(setup.terms.currency().code())
        .bind(setup.terms.threshold.micros())
        .bind(setup.terms.amount.micros())
        .bind(setup.terms.monthly_cap.micros())
        .bind(setup.customer.as_str())
        .bind(setup.session.as_str())
        .bind(setup.consent.version)
        .bind(to_json(&setup.consent.by)?)
        .bind(time::to_text(setup.consent.at))
        .bind(time::to_text(setup.expires_at))
        .bind(time::to_text(transaction.now + *look_after))
        .execute(&mut *transaction.connection)
        .await?;
        if begun.rows_affected() == 0 {
            return Ok(Decision::Unchanged(()));
        }
        make_void(transaction, &setup.user, setup.terms.currency(), Some(setup.id)).await?;
        Ok(Decision::Applied(()))
    }
}

#[async_trait]
impl Apply for SetupsVoid {
    type Answer = u32;

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<u32>, Fault> {
        let SetupsVoid { user, currency, told } = &change.body;
        let voided = make_void(transaction, user, *currency, None).await?;
        if voided == 0 {
            return Ok(Decision::Unchanged(0));
        }
        envelope::store(transaction, &told.events, &told.audit).await?;
        Ok(Decision::Applied(voided))
    }
}

/// Makes void what a user has open in a currency, and has it looked at; all but one page. Answers how many.
async fn make_void(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    currency: Currency,
    but: Option<Uuid>,
) -> Result<u32, Fault> {
    let voided = sqlx::query(
        "UPDATE top_up_setup SET is_void = 1, next_look_at = ?4
         WHERE user_id = ?1 AND currency = ?2 AND state = 'open' AND is_void = 0 AND id IS NOT ?3",
    )
    .bind(user.as_str())
    .bind(currency.code())
    .bind(but.map(text))
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(u32::try_from(voided.rows_affected()).unwrap_or(u32::MAX))
}

/// Hands pages that are due to be asked about to one caller.
pub(super) struct HandOutSetups {
    pub(super) again: Duration,
    pub(super) limit: u16,
}

#[async_trait]
impl Work for HandOutSetups {
    type Answer = Vec<TopUpSetup>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let rows: Vec<TopUpSetupRow> = sqlx::query_as(concat!(
            "UPDATE top_up_setup SET next_look_at = ?2
             WHERE id IN (SELECT id FROM top_up_setup WHERE next_look_at <= ?1 ORDER BY next_look_at LIMIT ?3) RETURNING ",
            top_up_setup_columns!()
        ))
        .bind(transaction.now_text())
        .bind(time::to_text(transaction.now + self.again))
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        let setups: Vec<TopUpSetup> = rows.iter().map(TopUpSetupRow::setup).collect::<Result<_, Fault>>()?;
        Ok(if setups.is_empty() { Decision::Unchanged(setups) } else { Decision::Applied(setups) })
    }
}

#[async_trait]
impl Apply for SetupEnd {
    type Answer = Option<TopUp>;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Option<TopUp>>, Fault> {
        let end = &change.body;
        let (state, saved) = match &end.outcome {
            SetupOutcome::Saved { method, label } => ("saved", Some((method, label))),
            SetupOutcome::Expired => ("expired", None),
        };
        let ended: Option<(bool,)> = sqlx::query_as(
            "UPDATE top_up_setup SET state = ?2, next_look_at = NULL WHERE id = ?1 AND state = 'open' RETURNING is_void",
        )
        .bind(text(end.setup))
        .bind(state)
        .fetch_optional(&mut *transaction.connection)
        .await?;
        let Some((is_void,)) = ended else { return Ok(Decision::Unchanged(None)) };
        let Some((method, label)) = saved else { return Ok(Decision::Applied(None)) };
        let before = row_of(transaction, &end.user, end.currency).await?.and_then(|before| before.method);
        if is_void {
            if before.is_none_or(|before| before.id != *method) {
                let_go(transaction, method).await?;
            }
            return Ok(Decision::Unannounced(None));
        }
        switch_on(transaction, end, method, label).await?;
        stay(transaction, method).await?;
        if let Some(before) = before.filter(|before| before.id != *method) {
            let_go(transaction, &before.id).await?;
        }
        Ok(Decision::Applied(row_of(transaction, &end.user, end.currency).await?))
    }
}

/// The terms of the page hold, with this method; a cool-down that runs goes on.
async fn switch_on(
    transaction: &mut Transaction<'_>,
    end: &SetupEnd,
    method: &MethodId,
    label: &str,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO top_up (user_id, currency, wallet_id, debt_id, threshold, amount, monthly_cap, state, customer_id,
                             method_id, method_label, consent_version, consented_by, consented_at, next_look_at, version,
                             updated_at)
         SELECT user_id, currency, ?2, ?3, threshold, amount, monthly_cap, 'on', customer_id, ?4, ?5, consent_version,
                consented_by, consented_at, ?6, 1, ?7
         FROM top_up_setup WHERE id = ?1
         ON CONFLICT (user_id, currency) DO UPDATE SET
             threshold = excluded.threshold, amount = excluded.amount, monthly_cap = excluded.monthly_cap, state = 'on',
             customer_id = excluded.customer_id, method_id = excluded.method_id, method_label = excluded.method_label,
             consent_version = excluded.consent_version, consented_by = excluded.consented_by,
             consented_at = excluded.consented_at, declines = 0,
             next_look_at = max(excluded.next_look_at, COALESCE(cool_until, '')), version = version + 1,
             updated_at = excluded.updated_at",
    )
    .bind(text(end.setup))
    .bind(text(AccountId::wallet(&end.user, end.currency)))
    .bind(text(AccountId::debt(&end.user, end.currency)))
    .bind(method.as_str())
    .bind(label)
    .bind(transaction.now_text())
    .bind(time::to_text(end.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

#[async_trait]
impl Apply for TopUpChange {
    type Answer = Option<TopUp>;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Option<TopUp>>, Fault> {
        let TopUpChange { user, version, terms, state, method, consent, at } = &change.body;
        let currency = terms.currency();
        let Some(before) = row_of(transaction, user, currency).await? else {
            return Ok(Decision::Unchanged(None));
        };
        if before.version == version + 1 && was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(Some(before)));
        }
        if before.version != *version {
            return Ok(Decision::Unchanged(None));
        }
        sqlx::query(
            "UPDATE top_up
             SET threshold = ?3, amount = ?4, monthly_cap = ?5, state = ?6,
                 method_id = CASE WHEN ?7 THEN method_id END, method_label = CASE WHEN ?7 THEN method_label END,
                 declines = CASE WHEN ?8 THEN 0 ELSE declines END,
                 next_look_at = max(?9, COALESCE(cool_until, '')), version = version + 1, updated_at = ?10,
                 consent_version = COALESCE(?11, consent_version), consented_by = COALESCE(?12, consented_by),
                 consented_at = COALESCE(?13, consented_at)
             WHERE user_id = ?1 AND currency = ?2",
        )
        .bind(user.as_str())
        .bind(currency.code())
        .bind(terms.threshold.micros())
        .bind(terms.amount.micros())
        .bind(terms.monthly_cap.micros())
        .bind(state.as_str())
        .bind(method.is_some())
        .bind(*state == TopUpState::On && before.state != TopUpState::On)
        .bind(transaction.now_text())
        .bind(time::to_text(*at))
        .bind(consent.as_ref().map(|consent| consent.version))
        .bind(consent.as_ref().map(|consent| to_json(&consent.by)).transpose()?)
        .bind(consent.as_ref().map(|consent| time::to_text(consent.at)))
        .execute(&mut *transaction.connection)
        .await?;
        if let Some(gone) = before.method.filter(|_| method.is_none()) {
            let_go(transaction, &gone.id).await?;
        }
        Ok(Decision::Applied(row_of(transaction, user, currency).await?))
    }
}

/// A method that nobody needs any more is to be forgotten.
async fn let_go(transaction: &mut Transaction<'_>, method: &MethodId) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO top_up_leaving (method_id, next_look_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )
    .bind(method.as_str())
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// A method that is saved again is not to be forgotten.
async fn stay(transaction: &mut Transaction<'_>, method: &MethodId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM top_up_leaving WHERE method_id = ?1")
        .bind(method.as_str())
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// Hands methods that are to be forgotten to one caller.
pub(super) struct HandOutLeavings {
    pub(super) again: Duration,
    pub(super) limit: u16,
}

#[async_trait]
impl Work for HandOutLeavings {
    type Answer = Vec<MethodId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let rows: Vec<String> = sqlx::query_scalar(
            "UPDATE top_up_leaving SET next_look_at = ?2
             WHERE method_id IN (SELECT method_id FROM top_up_leaving WHERE next_look_at <= ?1
                                 ORDER BY next_look_at LIMIT ?3)
             RETURNING method_id",
        )
        .bind(transaction.now_text())
        .bind(time::to_text(transaction.now + self.again))
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        let methods = rows.iter().map(|method| parse("top_up_leaving.method_id", method));
        let methods: Vec<MethodId> = methods.collect::<Result<_, Fault>>()?;
        Ok(if methods.is_empty() { Decision::Unchanged(methods) } else { Decision::Applied(methods) })
    }
}

/// The gateway has forgotten a method.
pub(super) struct NoteForgotten(pub(super) MethodId);

#[async_trait]
impl Work for NoteForgotten {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        stay(transaction, &self.0).await?;
        Ok(Decision::Applied(()))
    }
}
