//! A user of another system with what is theirs, added in one transaction: what is there under its own id stays as it is.

use async_trait::async_trait;
use trunkline_domain::{BusinessId, Change, Order, OwnedNumber, UserId};
use trunkline_import::{ImportAnswer, NumberImport, UserImport};
use trunkline_tenancy::{Business, User};
use trunkline_wallet::{AccountId, Transaction as Line};

use crate::codec::{optional_text, text};
use crate::error::Fault;
use crate::row::{NumberRow, OrderRow};
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{ledger, time};

/// Whether something was added, is there as it should be, or cannot be.
enum Added {
    Now,
    Before,
    InTheWay(String),
}

#[async_trait]
impl Apply for UserImport {
    type Answer = ImportAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ImportAnswer>, Fault> {
        let import = &change.body;
        let mut is_new = add_user(transaction, &import.user).await?;
        for business in &import.businesses {
            match add_business(transaction, business).await? {
                Added::Now => is_new = true,
                Added::Before => {}
                Added::InTheWay(what) => return Ok(refused(what)),
            }
        }
        for number in &import.numbers {
            match add_number(transaction, number).await? {
                Added::Now => is_new = true,
                Added::Before => {}
                Added::InTheWay(what) => return Ok(refused(what)),
            }
        }
        for opening in &import.openings {
            if ledger::has_transfer(transaction, opening.transfer).await? {
                continue;
            }
            if ledger::post_opening(transaction, opening).await?.is_none() {
                return Ok(refused(format!(
                    "{} would make their wallet larger than it can be",
                    opening.amount
                )));
            }
            is_new = true;
        }
        for line in &import.lines {
            is_new |= add_line(transaction, &import.user.id, line).await?;
        }
        let decision = if is_new { Decision::Applied } else { Decision::Unchanged };
        Ok(decision(ImportAnswer::Stands))
    }
}

const fn refused(what: String) -> Decision<ImportAnswer> {
    Decision::Refused(ImportAnswer::InTheWay(what), None)
}

async fn add_user(transaction: &mut Transaction<'_>, user: &User) -> Result<bool, Fault> {
    let made = sqlx::query(
        "INSERT INTO users (id, email, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
    )
    .bind(user.id.as_str())
    .bind(optional_text(user.email.as_ref()))
    .bind(time::to_text(user.created_at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(made.rows_affected() == 1)
}

async fn add_business(transaction: &mut Transaction<'_>, business: &Business) -> Result<Added, Fault> {
    let owner: Option<String> = sqlx::query_scalar("SELECT user_id FROM businesses WHERE id = ?1")
        .bind(text(business.id))
        .fetch_optional(&mut *transaction.connection)
        .await?;
    match owner {
        Some(owner) if owner == business.owner.as_str() => return Ok(Added::Before),
        Some(owner) => return Ok(Added::InTheWay(format!("business {} is {owner}'s", business.id))),
        None => {}
    }
    sqlx::query(
        "INSERT INTO businesses (id, user_id, name, time_zone, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(text(business.id))
    .bind(business.owner.as_str())
    .bind(business.name.as_str())
    .bind(optional_text(business.time_zone))
    .bind(time::to_text(business.created_at))
    .bind(time::to_text(business.updated_at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(Added::Now)
}

async fn add_number(transaction: &mut Transaction<'_>, import: &NumberImport) -> Result<Added, Fault> {
    let number = &import.number;
    if let Some(row) = NumberRow::find(transaction.connection, number.id).await? {
        let known = row.number()?;
        let is_same = (&known.user, &known.phone_number) == (&number.user, &number.phone_number);
        return Ok(if is_same {
            Added::Before
        } else {
            Added::InTheWay(format!("number {} is another", number.id))
        });
    }
    if let Some(what) = in_the_way(transaction, number).await? {
        return Ok(Added::InTheWay(what));
    }
    if let Some(order) = &import.order {
        crate::row::imported_agrees(order, number)?;
        let claim = claim::find(transaction, &number.phone_number).await?;
        if claim.as_ref().is_some_and(|claim| claim.state != ClaimState::Cooling) {
            return Ok(Added::InTheWay(format!("somebody deals with {} here", number.phone_number)));
        }
        let currency = order.charge.currency();
        ledger::ensure_wallet(transaction, AccountId::wallet(&order.user, currency), &order.user, currency)
            .await?;
        insert_order(transaction, order).await?;
        if claim.is_some() {
            claim::pass_to_adopted(transaction, &number.phone_number, order.id).await?;
        } else {
            claim::take(transaction, &number.phone_number, order.id, ClaimState::Owned).await?;
        }
    }
    NumberRow::insert(transaction, number).await?;
    Ok(Added::Now)
}

/// A row that the number cannot stand beside.
async fn in_the_way(
    transaction: &mut Transaction<'_>,
    number: &OwnedNumber,
) -> Result<Option<String>, Fault> {
    let sid = number.identity.as_ref().map(|identity| &identity.number);
    let primary: Option<BusinessId> = number.business.filter(|_| number.is_primary);
    let other: Option<String> = sqlx::query_scalar(
        "SELECT id FROM business_numbers
         WHERE twilio_sid = ?1
            OR (is_primary = 1 AND business_id = ?2)
            OR (?1 IS NULL AND twilio_sid IS NULL AND user_id = ?3 AND phone_number = ?4 AND status <> 'released')
         LIMIT 1",
    )
    .bind(optional_text(sid))
    .bind(optional_text(primary))
    .bind(number.user.as_str())
    .bind(number.phone_number.as_str())
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(other.map(|other| format!("{} cannot stand beside number {other}", number.phone_number)))
}

/// The order charged nothing, so it names no hold; it was opened when the number was bought.
async fn insert_order(transaction: &mut Transaction<'_>, order: &Order) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type, charge,
                             monthly_cost, currency, twilio_account_sid, wallet_id, state, twilio_sid, number_id,
                             send_by, lease, opened_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?15, ?17)",
    )
    .bind(text(order.id))
    .bind(order.user.as_str())
    .bind(optional_text(order.business))
    .bind(order.phone_number.as_str())
    .bind(order.display_name.as_str())
    .bind(order.country.as_str())
    .bind(order.number_type.as_str())
    .bind(order.monthly_cost.micros())
    .bind(order.charge.currency().code())
    .bind(order.account.as_str())
    .bind(text(order.wallet))
    .bind(order.state.as_str())
    .bind(optional_text(order.number_sid.as_ref()))
    .bind(optional_text(order.number))
    .bind(time::to_text(order.opened_at))
    .bind(OrderRow::FIRST_LEASE.as_i64())
    .bind(time::to_text(order.updated_at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

async fn add_line(transaction: &mut Transaction<'_>, user: &UserId, line: &Line) -> Result<bool, Fault> {
    let made = sqlx::query(
        "INSERT INTO imported_line (id, user_id, type, amount, currency, description, status, number_id, occurred_at,
                                    imported_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         WHERE NOT EXISTS (SELECT 1 FROM imported_line WHERE id = ?1)",
    )
    .bind(text(line.id))
    .bind(user.as_str())
    .bind(line.direction.as_str())
    .bind(line.amount.micros())
    .bind(line.amount.currency().code())
    .bind(&line.description)
    .bind(line.status.as_str())
    .bind(optional_text(line.number))
    .bind(time::to_text(line.date))
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(made.rows_affected() == 1)
}
