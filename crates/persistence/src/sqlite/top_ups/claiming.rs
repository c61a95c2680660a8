//! Claiming a charge. This engine has one writer, so everything that is read here is of one moment.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::{Change, Currency, Money, PaymentId, UserId};
use trunkline_payments::{
    Brake, ClaimAnswer, PaymentKind, PaymentOpening, SavedMethod, TopUp, TopUpClaim, TopUpState, TopUpTerms,
};
use trunkline_wallet::AccountId;

use super::row_of;
use crate::codec::{readable, text};
use crate::columns::top_up_columns;
use crate::error::Fault;
use crate::row::TopUpRow;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};
use crate::sqlite::{envelope, payments, time};

#[async_trait]
impl Apply for TopUpClaim {
    type Answer = ClaimAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ClaimAnswer>, Fault> {
        let claim = &change.body;
        if payments::is_known(transaction, claim.payment).await? {
            return Ok(Decision::Unchanged(ClaimAnswer::Claimed));
        }
        let top_up = row_of(transaction, &claim.user, claim.amount.currency()).await?;
        let method = match brake(transaction, claim, top_up.as_ref()).await? {
            Err(brake) => {
                let currency = claim.amount.currency();
                let kept = LeaveAlone {
                    user: claim.user.clone(),
                    currency,
                    version: claim.version,
                    pause: claim.pause,
                };
                kept.run(transaction).await?;
                return Ok(Decision::Applied(ClaimAnswer::Kept(brake)));
            }
            Ok(method) => method,
        };
        write_down(transaction, claim, method).await?;
        envelope::store(transaction, &claim.told.events, &claim.told.audit).await?;
        Ok(Decision::Applied(ClaimAnswer::Claimed))
    }
}

/// The sums of a user's payments in a currency.
#[derive(FromRow)]
struct Sums {
    in_flight: i64,
    this_month: i64,
    today: i64,
    on_its_way: i64,
    owed: i64,
    available: i64,
}

/// What keeps the claim, or what is charged.
async fn brake<'t>(
    transaction: &mut Transaction<'_>,
    claim: &TopUpClaim,
    top_up: Option<&'t TopUp>,
) -> Result<Result<&'t SavedMethod, Brake>, Fault> {
    let top_up = top_up.filter(|known| known.state == TopUpState::On && known.version == claim.version);
    let Some((top_up, method)) = top_up.and_then(|known| Some((known, known.method.as_ref()?))) else {
        return Ok(Err(Brake::Changed));
    };
    if top_up.cool_until.is_some_and(|until| until > transaction.now) {
        return Ok(Err(Brake::CoolingDown));
    }
    let charged = Charged {
        user: &claim.user,
        amount: top_up.terms.amount,
        own: None,
        daily_cap: claim.daily_cap,
        day: claim.day,
        month: claim.month,
    };
    Ok(match brake_of(transaction, &top_up.terms, &charged).await? {
        Some(brake) => Err(brake),
        None => Ok(method),
    })
}

/// What would be charged, and within what.
pub(super) struct Charged<'a> {
    pub(super) user: &'a UserId,
    pub(super) amount: Money,
    /// The payment that would charge it, where it is written down already.
    pub(super) own: Option<PaymentId>,
    pub(super) daily_cap: Option<Money>,
    pub(super) day: DateTime<Utc>,
    pub(super) month: DateTime<Utc>,
}

/// Whether something keeps an amount from being charged, and what. What was claimed in one month and credited in the next
/// counts in the later one.
pub(super) async fn brake_of(
    transaction: &mut Transaction<'_>,
    terms: &TopUpTerms,
    charged: &Charged<'_>,
) -> Result<Option<Brake>, Fault> {
    let sums = sums(transaction, charged).await?;
    let leaves_no_room =
        |used: i64, cap: i64| used.checked_add(charged.amount.micros()).is_none_or(|sum| sum > cap);
    Ok(if sums.in_flight > 0 {
        Some(Brake::InFlight)
    } else if leaves_no_room(sums.this_month, terms.monthly_cap.micros()) {
        Some(Brake::MonthlyCap)
    } else if charged.daily_cap.is_some_and(|cap| leaves_no_room(sums.today, cap.micros())) {
        Some(Brake::DailyCap)
    } else if sums.owed > 0 {
        Some(Brake::InDebt)
    } else if sums.available.saturating_add(sums.on_its_way) >= terms.threshold.micros() {
        Some(Brake::Enough)
    } else {
        None
    })
}

async fn sums(transaction: &mut Transaction<'_>, charged: &Charged<'_>) -> Result<Sums, Fault> {
    let currency = charged.amount.currency();
    let sums = sqlx::query_as(
        "SELECT COUNT(*) FILTER (WHERE kind = 'top_up' AND state IN ('opening', 'open', 'processing')) AS in_flight,
                COALESCE(SUM(amount) FILTER (
                    WHERE kind = 'top_up' AND (opened_at >= ?4 OR credited_at >= ?4)
                      AND state NOT IN ('expired', 'failed')), 0) AS this_month,
                COALESCE(SUM(amount) FILTER (
                    WHERE opened_at >= ?3 AND state NOT IN ('expired', 'failed')), 0) AS today,
                COALESCE(SUM(amount) FILTER (WHERE state = 'processing'), 0) AS on_its_way,
                COALESCE((SELECT posted FROM account WHERE id = ?6), 0) AS owed,
                COALESCE((SELECT posted - held FROM account WHERE id = ?5), 0) AS available
         FROM payment
         WHERE user_id = ?1 AND currency = ?2 AND id IS NOT ?7
           AND (opened_at >= min(?3, ?4) OR credited_at >= ?4 OR state IN ('opening', 'open', 'processing'))",
    )
    .bind(charged.user.as_str())
    .bind(currency.code())
    .bind(time::to_text(charged.day))
    .bind(time::to_text(charged.month))
    .bind(text(AccountId::wallet(charged.user, currency)))
    .bind(text(AccountId::debt(charged.user, currency)))
    .bind(charged.own.map(text))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(sums)
}

/// Something keeps it: it is left alone for a moment.
pub(super) struct LeaveAlone {
    pub(super) user: UserId,
    pub(super) currency: Currency,
    pub(super) version: u32,
    pub(super) pause: Duration,
}

#[async_trait]
impl Work for LeaveAlone {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        sqlx::query(
            "UPDATE top_up SET next_look_at = max(next_look_at, ?4)
             WHERE user_id = ?1 AND currency = ?2 AND version = ?3",
        )
        .bind(self.user.as_str())
        .bind(self.currency.code())
        .bind(self.version)
        .bind(time::to_text(transaction.now + self.pause))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(()))
    }
}

/// The payment, what it charges, and the cool-down.
async fn write_down(
    transaction: &mut Transaction<'_>,
    claim: &TopUpClaim,
    method: &SavedMethod,
) -> Result<(), Fault> {
    let opening = PaymentOpening {
        id: claim.payment,
        user: claim.user.clone(),
        kind: PaymentKind::TopUp,
        amount: claim.amount,
        description: claim.description.clone(),
        daily_cap: None,
        look_after: claim.look_after,
        at: claim.at,
    };
    payments::insert(transaction, &opening, claim.look_after).await?;
    sqlx::query(
        "INSERT INTO top_up_charge (payment_id, customer_id, method_id, method_label, claimed_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(text(claim.payment))
    .bind(method.customer.as_str())
    .bind(method.id.as_str())
    .bind(&method.label)
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    sqlx::query("UPDATE top_up SET cool_until = ?3, next_look_at = ?3 WHERE user_id = ?1 AND currency = ?2")
        .bind(claim.user.as_str())
        .bind(claim.amount.currency().code())
        .bind(time::to_text(transaction.now + claim.cool_down))
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// Finds top-ups that are on, not left alone, and low.
pub(super) struct FindLow {
    pub(super) limit: u16,
}

#[async_trait]
impl Work for FindLow {
    type Answer = Vec<TopUp>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let rows: Vec<TopUpRow> = sqlx::query_as(concat!(
            "SELECT ",
            top_up_columns!(),
            " FROM top_up WHERE state = 'on' AND next_look_at <= ?1
               AND threshold > COALESCE((SELECT posted - held FROM account WHERE id = top_up.wallet_id), 0)
             ORDER BY next_look_at LIMIT ?2"
        ))
        .bind(transaction.now_text())
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        let low = rows.iter().map(|row| readable("top-up", &row.name(), row.top_up()));
        Ok(Decision::Unchanged(low.filter_map(Result::transpose).collect::<Result<_, Fault>>()?))
    }
}
