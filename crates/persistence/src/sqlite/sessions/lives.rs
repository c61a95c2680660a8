//! The beginning, the use and the end of sessions, and the links that begin one.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{Change, SessionId};
use trunkline_sessions::{
    BeginAnswer, Ended, Ending, LinkCreation, Proof, SecretHash, SessionEnding, SessionStart,
};

use crate::codec::{optional_text, text};
use crate::error::Fault;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for SessionStart {
    type Answer = BeginAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<BeginAnswer>, Fault> {
        let start = &change.body;
        let is_there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM session WHERE id = ?1)")
            .bind(text(start.session))
            .fetch_one(&mut *transaction.connection)
            .await?;
        if is_there {
            return Ok(Decision::Unchanged(BeginAnswer::Begun));
        }
        if !is_open(transaction, start).await? {
            return Ok(Decision::Unchanged(BeginAnswer::Closed));
        }
        match start.proof {
            Proof::Link { link } => {
                if !spend(transaction, start, link).await? {
                    return Ok(Decision::Unchanged(BeginAnswer::LinkSpent));
                }
            }
            Proof::Password { email } => {
                sqlx::query("DELETE FROM sign_in_attempt WHERE email_hash = ?1")
                    .bind(text(email))
                    .execute(&mut *transaction.connection)
                    .await?;
            }
            Proof::Oidc => {}
        }
        insert(transaction, start).await?;
        sqlx::query("DELETE FROM session WHERE token_hash = ?1")
            .bind(optional_text(start.replaces.as_ref()))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(BeginAnswer::Begun))
    }
}

/// Whether the account is what its sign-in has looked at, and opens something.
async fn is_open(transaction: &mut Transaction<'_>, start: &SessionStart) -> Result<bool, Fault> {
    let is_open = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM sign_in_account known LEFT JOIN api_keys opening ON opening.id = known.key_id
             WHERE known.id = ?1 AND known.revision = ?2 AND known.disabled_at IS NULL
               AND (known.key_id IS NULL
                    OR opening.revoked_at IS NULL AND (opening.expires_at IS NULL OR opening.expires_at > ?3)))",
    )
    .bind(text(start.account))
    .bind(start.revision)
    .bind(transaction.now_text())
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(is_open)
}

/// Spends a link of the account. False where there is none.
async fn spend(
    transaction: &mut Transaction<'_>,
    start: &SessionStart,
    link: SecretHash,
) -> Result<bool, Fault> {
    let spent =
        sqlx::query("DELETE FROM sign_in_link WHERE token_hash = ?1 AND account_id = ?2 AND expires_at > ?3")
            .bind(text(link))
            .bind(text(start.account))
            .bind(transaction.now_text())
            .execute(&mut *transaction.connection)
            .await?;
    Ok(spent.rows_affected() > 0)
}

async fn insert(transaction: &mut Transaction<'_>, start: &SessionStart) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO session (id, token_hash, account_id, method, started_at, last_seen_at, address, user_agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)",
    )
    .bind(text(start.session))
    .bind(text(start.token))
    .bind(text(start.account))
    .bind(start.proof.method().as_str())
    .bind(transaction.now_text())
    .bind(optional_text(start.address))
    .bind(start.user_agent.as_deref())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// Notes that a session is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionUse {
    pub(super) session: SessionId,
    pub(super) pause: TimeDelta,
}

#[async_trait]
impl Apply for SessionUse {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        let SessionUse { session, pause } = change.body;
        sqlx::query("UPDATE session SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at <= ?3")
            .bind(text(session))
            .bind(transaction.now_text())
            .bind(time::to_text(transaction.now - pause))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(()))
    }
}

#[async_trait]
impl Apply for SessionEnding {
    type Answer = Ended;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Ended>, Fault> {
        let SessionEnding { account, which } = change.body;
        let (one, keep) = match which {
            Ending::One(session) => (Some(session), None),
            Ending::AllBut(session) => (None, Some(session)),
            Ending::All => (None, None),
        };
        let ended = sqlx::query(
            "DELETE FROM session WHERE account_id = ?1 AND (?2 IS NULL OR id = ?2) AND id IS NOT ?3",
        )
        .bind(text(account))
        .bind(optional_text(one))
        .bind(optional_text(keep))
        .execute(&mut *transaction.connection)
        .await?
        .rows_affected();
        Ok(if ended > 0 { Decision::Applied(Ended(ended)) } else { Decision::Unchanged(Ended(0)) })
    }
}

#[async_trait]
impl Apply for LinkCreation {
    type Answer = Option<DateTime<Utc>>;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Self::Answer>, Fault> {
        let LinkCreation { link, account, lives } = change.body;
        let made = sqlx::query(
            "INSERT INTO sign_in_link (token_hash, account_id, expires_at)
             SELECT ?1, id, ?3 FROM sign_in_account WHERE id = ?2 AND disabled_at IS NULL
             ON CONFLICT (token_hash) DO NOTHING",
        )
        .bind(text(link))
        .bind(text(account))
        .bind(time::to_text(transaction.now + lives))
        .execute(&mut *transaction.connection)
        .await?;
        let end: Option<String> =
            sqlx::query_scalar("SELECT expires_at FROM sign_in_link WHERE token_hash = ?1")
                .bind(text(link))
                .fetch_optional(&mut *transaction.connection)
                .await?;
        let end = time::from_optional_text(end.as_deref())?;
        Ok(if made.rows_affected() > 0 { Decision::Applied(end) } else { Decision::Unchanged(end) })
    }
}
