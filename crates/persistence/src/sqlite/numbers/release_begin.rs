//! TX1 of a release: `releasing`, tested and set in one statement.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberStatus, RequestKey};
use trunkline_provisioning::ReleaseOutcome;
use trunkline_provisioning::port::{ReleaseAnswer, ReleaseOpening, ReleaseRefusal, Scope};

use crate::codec::{id_list, text};
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::request::{self, RefusedRequest};
use crate::sqlite::scope::is_within;
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{envelope, time};

#[async_trait]
impl Apply for ReleaseOpening {
    type Answer = ReleaseAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseAnswer>, Fault> {
        let (opening, key) = (&change.body, change.request.as_ref());
        if envelope::was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(again(transaction, opening).await?));
        }
        if let Some(key) = key
            && let Some(known) = request::find(transaction.connection, key, transaction.now).await?
        {
            return Ok(Decision::Unchanged(ReleaseAnswer::Repeat(known.into_repeat()?)));
        }
        let subject = opening.number.as_uuid();
        if let Some(row) = begin(transaction, opening).await? {
            request::begin(transaction, key, subject).await?;
            return Ok(Decision::Applied(ReleaseAnswer::Begun(row.begun()?)));
        }
        if let Some(row) = remove_record(transaction, opening).await? {
            request::store_ended(transaction, key, subject, &ReleaseOutcome::Released).await?;
            return Ok(Decision::Applied(ReleaseAnswer::RecordRemoved(row.number()?)));
        }
        let refusal = why_not(transaction, opening).await?;
        refused(opening, key, refusal)
    }
}

/// A bought number of the user's becomes `releasing`.
async fn begin(
    transaction: &mut Transaction<'_>,
    opening: &ReleaseOpening,
) -> Result<Option<NumberRow>, Fault> {
    let row = sqlx::query_as(concat!(
        "UPDATE business_numbers
         SET status = 'releasing', release_lease = release_lease + 1, release_opener_lease = release_lease + 1,
             release_leased_until = ?3, release_attempts = 0, release_next_attempt_at = NULL, version = version + 1,
             updated_at = ?4
         WHERE id = ?1 AND user_id = ?2 AND twilio_sid IS NOT NULL
           AND is_primary = 0 AND status IN ('active', 'suspended')
           AND (?5 IS NULL OR business_id IN (SELECT value FROM json_each(?5)))
         RETURNING ",
        number_columns!()
    ))
    .bind(text(opening.number))
    .bind(opening.user.as_str())
    .bind(time::to_text(transaction.now + opening.terms.lease))
    .bind(time::to_text(opening.at))
    .bind(opening.within.as_deref().map(id_list))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(row)
}

/// The record of a number that lives elsewhere becomes `released`: there is nobody to tell.
async fn remove_record(
    transaction: &mut Transaction<'_>,
    opening: &ReleaseOpening,
) -> Result<Option<NumberRow>, Fault> {
    let row = sqlx::query_as(concat!(
        "UPDATE business_numbers SET status = 'released', version = version + 1, updated_at = ?3
         WHERE id = ?1 AND user_id = ?2 AND twilio_sid IS NULL
           AND is_primary = 0 AND status IN ('active', 'suspended')
           AND (?4 IS NULL OR business_id IN (SELECT value FROM json_each(?4)))
         RETURNING ",
        number_columns!()
    ))
    .bind(text(opening.number))
    .bind(opening.user.as_str())
    .bind(time::to_text(opening.at))
    .bind(opening.within.as_deref().map(id_list))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(row)
}

/// The answer to a change that was applied before: what it began, as far as it has come, with the lease it got then.
async fn again(transaction: &mut Transaction<'_>, opening: &ReleaseOpening) -> Result<ReleaseAnswer, Fault> {
    let row = NumberRow::load(transaction, opening.number).await?;
    let number = row.number()?;
    if number.is_record_only() {
        return Ok(ReleaseAnswer::RecordRemoved(number));
    }
    Ok(ReleaseAnswer::Begun(row.begun()?))
}

async fn why_not(
    transaction: &mut Transaction<'_>,
    opening: &ReleaseOpening,
) -> Result<ReleaseRefusal, Fault> {
    let scope = match &opening.within {
        Some(businesses) => Scope::Within { owner: opening.user.clone(), businesses: businesses.clone() },
        None => Scope::User(opening.user.clone()),
    };
    let row = NumberRow::find(transaction.connection, opening.number).await?;
    let number = row.map(|row| row.number()).transpose()?;
    let Some(number) = number.filter(|number| is_within(&scope, &number.user, number.business)) else {
        return Ok(ReleaseRefusal::NotFound);
    };
    Ok(match number.status {
        NumberStatus::Released => ReleaseRefusal::NotFound,
        NumberStatus::Releasing | NumberStatus::Review => ReleaseRefusal::Busy,
        NumberStatus::Active | NumberStatus::Suspended => ReleaseRefusal::Primary,
    })
}

fn refused(
    opening: &ReleaseOpening,
    key: Option<&RequestKey>,
    why: ReleaseRefusal,
) -> Result<Decision<ReleaseAnswer>, Fault> {
    let request = RefusedRequest::of(key, opening.number.as_uuid(), &ReleaseOutcome::Refused { why })?;
    Ok(Decision::Refused(ReleaseAnswer::Refused(why), request))
}
