//! The rest of a change's envelope: events and audit lines, stored with the transition that causes them.

use trunkline_domain::{AuditEntry, Change, Event};

use super::time;
use super::writer::Transaction;
use crate::codec::{optional_text, text, to_json};
use crate::error::Fault;

/// Stores the events and audit lines of a change that was applied.
pub(crate) async fn store(
    transaction: &mut Transaction<'_>,
    events: &[Event],
    audit: &[AuditEntry],
) -> Result<(), Fault> {
    for event in events {
        store_event(transaction, event).await?;
    }
    for entry in audit {
        store_audit(transaction, entry).await?;
    }
    Ok(())
}

/// Whether this very change was applied before, by its first event or else its first audit line. Only for transitions
/// that leave no id of their own behind; a bare change is never recognised.
pub(crate) async fn was_applied<T: Sync>(
    transaction: &mut Transaction<'_>,
    change: &Change<T>,
) -> Result<bool, Fault> {
    let query = match (change.events.first(), change.audit.first()) {
        (Some(event), _) => {
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM outbox_event WHERE id = ?1)").bind(text(event.id))
        }
        (None, Some(entry)) => sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM audit
                            WHERE subject = ?1 AND action = ?2 AND at = ?3 AND actor = ?4 AND request_id IS ?5)",
        )
        .bind(entry.subject.clone())
        .bind(entry.action.clone())
        .bind(time::to_text(entry.at))
        .bind(to_json(&entry.actor)?)
        .bind(entry.request_id.clone()),
        (None, None) => return Ok(false),
    };
    Ok(query.fetch_one(&mut *transaction.connection).await?)
}

async fn store_event(transaction: &mut Transaction<'_>, event: &Event) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO outbox_event (id, kind, user_id, subject, at, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(text(event.id))
    .bind(&event.kind)
    .bind(event.user.as_str())
    .bind(&event.subject)
    .bind(time::to_text(event.at))
    .bind(to_json(&event.data)?)
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

async fn store_audit(transaction: &mut Transaction<'_>, entry: &AuditEntry) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO audit (actor, action, subject, user_id, at, reason, details, request_id, address)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(to_json(&entry.actor)?)
    .bind(&entry.action)
    .bind(&entry.subject)
    .bind(optional_text(entry.user.as_ref()))
    .bind(time::to_text(entry.at))
    .bind(entry.reason.as_deref())
    .bind(to_json(&entry.details)?)
    .bind(entry.request_id.as_deref())
    .bind(entry.address.map(text))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}
