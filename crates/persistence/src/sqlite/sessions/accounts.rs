//! Changes of accounts.

use async_trait::async_trait;
use sqlx::FromRow;
use trunkline_domain::{Change, SessionId, SignInAccountId};
use trunkline_sessions::{
    AccountCreation, AccountSwitch, CreateAccountAnswer, PasswordSetting, SetPasswordAnswer, SwitchAnswer,
};
use trunkline_tenancy::ApiKey;

use crate::codec::{optional_text, text};
use crate::error::Fault;
use crate::row::{AccountFields, disabled_at};
use crate::sqlite::envelope::was_applied;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for AccountCreation {
    type Answer = CreateAccountAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<CreateAccountAnswer>, Fault> {
        let AccountCreation { account, key } = &change.body;
        let fields = AccountFields::of(&change.body)?;
        let (is_there, email_taken, subject_taken, user_missing): (bool, bool, bool, bool) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM sign_in_account WHERE id = ?1),
                    EXISTS (SELECT 1 FROM sign_in_account WHERE email_key = ?2),
                    EXISTS (SELECT 1 FROM sign_in_account WHERE subject = ?3),
                    ?4 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = ?4)",
        )
        .bind(text(account.id))
        .bind(fields.email_key.as_deref())
        .bind(fields.subject)
        .bind(fields.user)
        .fetch_one(&mut *transaction.connection)
        .await?;
        if is_there {
            return Ok(Decision::Unchanged(CreateAccountAnswer::Created));
        }
        if email_taken {
            return Ok(Decision::Unchanged(CreateAccountAnswer::EmailTaken));
        }
        if subject_taken {
            return Ok(Decision::Unchanged(CreateAccountAnswer::SubjectTaken));
        }
        if user_missing {
            return Ok(Decision::Unchanged(CreateAccountAnswer::UserNotFound));
        }
        if let Some(key) = key {
            insert_key(transaction, key).await?;
        }
        sqlx::query(
            "INSERT INTO sign_in_account
                 (id, email, email_key, subject, user_id, key_id, password, disabled_at, revision, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .bind(text(account.id))
        .bind(fields.email)
        .bind(fields.email_key.as_deref())
        .bind(fields.subject)
        .bind(fields.user)
        .bind(key.as_ref().map(|key| text(key.id)))
        .bind(fields.password)
        .bind(fields.disabled_at.map(time::to_text))
        .bind(account.revision)
        .bind(time::to_text(account.created_at))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(CreateAccountAnswer::Created))
    }
}

async fn insert_key(transaction: &mut Transaction<'_>, key: &ApiKey) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO api_keys (id, hash, kind, name, scopes, created_at, expires_at)
         VALUES (?1, ?2, 'operator', ?3, ?4, ?5, ?6)",
    )
    .bind(text(key.id))
    .bind(text(key.hash))
    .bind(key.name.as_deref())
    .bind(text(key.scopes))
    .bind(time::to_text(key.created_at))
    .bind(key.expires_at.map(time::to_text))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// What changes of an account look at.
#[derive(FromRow)]
struct Standing {
    revision: i64,
    disabled_at: Option<String>,
}

async fn standing(
    transaction: &mut Transaction<'_>,
    account: SignInAccountId,
) -> Result<Option<Standing>, Fault> {
    let standing = sqlx::query_as("SELECT revision, disabled_at FROM sign_in_account WHERE id = ?1")
        .bind(text(account))
        .fetch_optional(&mut *transaction.connection)
        .await?;
    Ok(standing)
}

/// Ends an account's sessions, but for one, and its links.
async fn close_sign_ins(
    transaction: &mut Transaction<'_>,
    account: SignInAccountId,
    keep: Option<SessionId>,
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM session WHERE account_id = ?1 AND id IS NOT ?2")
        .bind(text(account))
        .bind(optional_text(keep))
        .execute(&mut *transaction.connection)
        .await?;
    sqlx::query("DELETE FROM sign_in_link WHERE account_id = ?1")
        .bind(text(account))
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

#[async_trait]
impl Apply for PasswordSetting {
    type Answer = SetPasswordAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<SetPasswordAnswer>, Fault> {
        let PasswordSetting { account, password, seen, keep, forget } = &change.body;
        let Some(known) = standing(transaction, *account).await? else {
            return Ok(Decision::Unchanged(SetPasswordAnswer::NotFound));
        };
        if was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(SetPasswordAnswer::Set));
        }
        if seen.is_some_and(|seen| seen != known.revision) {
            return Ok(Decision::Unchanged(SetPasswordAnswer::Stale));
        }
        sqlx::query("UPDATE sign_in_account SET password = ?2, revision = revision + 1 WHERE id = ?1")
            .bind(text(account))
            .bind(password.as_str())
            .execute(&mut *transaction.connection)
            .await?;
        close_sign_ins(transaction, *account, *keep).await?;
        sqlx::query("DELETE FROM sign_in_attempt WHERE email_hash = ?1")
            .bind(optional_text(forget.as_ref()))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(SetPasswordAnswer::Set))
    }
}

#[async_trait]
impl Apply for AccountSwitch {
    type Answer = SwitchAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<SwitchAnswer>, Fault> {
        let AccountSwitch { account, state } = change.body;
        let Some(known) = standing(transaction, account).await? else {
            return Ok(Decision::Unchanged(SwitchAnswer::NotFound));
        };
        let disabled_at = disabled_at(state).map(time::to_text);
        if disabled_at.is_some() == known.disabled_at.is_some() {
            return Ok(Decision::Unchanged(SwitchAnswer::Switched));
        }
        sqlx::query("UPDATE sign_in_account SET disabled_at = ?2, revision = revision + 1 WHERE id = ?1")
            .bind(text(account))
            .bind(disabled_at.as_deref())
            .execute(&mut *transaction.connection)
            .await?;
        if disabled_at.is_some() {
            close_sign_ins(transaction, account, None).await?;
        }
        Ok(Decision::Applied(SwitchAnswer::Switched))
    }
}
