//! Accounts.

use sqlx::types::Json;
use trunkline_domain::{Change, SignInAccountId};
use trunkline_sessions::{
    Account, AccountCreation, AccountLookup, AccountSwitch, CreateAccountAnswer, PasswordSetting, SecretHash,
    SetPasswordAnswer, SwitchAnswer,
};

use super::unknown_outcome;
use crate::cell::Moment;
use crate::codec::{optional_text, text};
use crate::columns::sign_in_account_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{AccountFields, KeyFields, SignInAccountRow, disabled_at};

/// An account that fulfils a condition.
macro_rules! account_where {
    ($condition:literal) => {
        concat!("SELECT ", sign_in_account_columns!(), " FROM trunkline.sign_in_account WHERE ", $condition)
    };
}

impl PostgresStore {
    pub(super) async fn find_sign_in_account(&self, by: &AccountLookup) -> Result<Option<Account>, Failure> {
        let query = match by {
            AccountLookup::Id(id) => sqlx::query_as(account_where!("id = $1")).bind(id.as_uuid()),
            AccountLookup::Email(email) => {
                sqlx::query_as(account_where!("email_key = $1")).bind(Account::email_key(email))
            }
            AccountLookup::Subject(subject) => {
                sqlx::query_as(account_where!("subject = $1")).bind(subject.as_str())
            }
        };
        let row: Option<SignInAccountRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.account()).transpose()?)
    }

    pub(super) async fn find_sign_in_accounts(
        &self,
        after: Option<SignInAccountId>,
        limit: u16,
    ) -> Result<Vec<Account>, Failure> {
        let query = sqlx::query_as(account_where!(
            "$1::uuid IS NULL
               OR (created_at, id) >
                  (SELECT last.created_at, last.id FROM trunkline.sign_in_account last WHERE last.id = $1)
             ORDER BY created_at, id LIMIT $2"
        ))
        .bind(after.map(|after| after.as_uuid()))
        .bind(i64::from(limit));
        let rows: Vec<SignInAccountRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(SignInAccountRow::account).collect::<Result<_, Fault>>()?)
    }

    pub(super) async fn find_account_of_link(&self, link: &SecretHash) -> Result<Option<Account>, Failure> {
        let query = sqlx::query_as(account_where!(
            "id = (SELECT link.account_id FROM trunkline.sign_in_link link
                   WHERE link.token_hash = $1 AND link.expires_at > trunkline.lease_time_1($2))"
        ))
        .bind(text(link))
        .bind(self.lease_time.given());
        let row: Option<SignInAccountRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.account()).transpose()?)
    }

    pub(super) async fn add_sign_in_account(
        &self,
        change: &Change<AccountCreation>,
    ) -> Result<CreateAccountAnswer, Failure> {
        let AccountCreation { account, key } = &change.body;
        let fields = AccountFields::of(&change.body)?;
        let query = sqlx::query_as(
            "SELECT outcome
             FROM trunkline.create_sign_in_account_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(account.id.as_uuid())
        .bind(fields.email)
        .bind(fields.email_key.as_deref())
        .bind(fields.subject)
        .bind(fields.user)
        .bind(fields.password)
        .bind(fields.disabled_at)
        .bind(account.revision)
        .bind(Moment::of(account.created_at).time())
        .bind(key.as_ref().map(|key| Json(KeyFields::of(key))))
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "created" => Ok(CreateAccountAnswer::Created),
            "email_taken" => Ok(CreateAccountAnswer::EmailTaken),
            "subject_taken" => Ok(CreateAccountAnswer::SubjectTaken),
            "user_not_found" => Ok(CreateAccountAnswer::UserNotFound),
            other => Err(unknown_outcome("create_sign_in_account_1", other)),
        }
    }

    pub(super) async fn set_sign_in_password(
        &self,
        change: &Change<PasswordSetting>,
    ) -> Result<SetPasswordAnswer, Failure> {
        let PasswordSetting { account, password, seen, keep, forget } = &change.body;
        let query = sqlx::query_as(
            "SELECT outcome FROM trunkline.set_sign_in_password_1($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(account.as_uuid())
        .bind(password.as_str())
        .bind(*seen)
        .bind(keep.map(|keep| keep.as_uuid()))
        .bind(optional_text(forget.as_ref()))
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "set" => Ok(SetPasswordAnswer::Set),
            "not_found" => Ok(SetPasswordAnswer::NotFound),
            "stale" => Ok(SetPasswordAnswer::Stale),
            other => Err(unknown_outcome("set_sign_in_password_1", other)),
        }
    }

    pub(super) async fn switch_sign_in_account(
        &self,
        change: &Change<AccountSwitch>,
    ) -> Result<SwitchAnswer, Failure> {
        let AccountSwitch { account, state } = change.body;
        let query = sqlx::query_as("SELECT outcome FROM trunkline.switch_sign_in_account_1($1, $2, $3, $4)")
            .bind(account.as_uuid())
            .bind(disabled_at(state))
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "switched" => Ok(SwitchAnswer::Switched),
            "not_found" => Ok(SwitchAnswer::NotFound),
            other => Err(unknown_outcome("switch_sign_in_account_1", other)),
        }
    }
}
