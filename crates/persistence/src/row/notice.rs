//! Notices, alerts, and wallets that have moved, as they are stored.

use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;
use trunkline_domain::{Currency, Money, NoticeId, WalletId};
use trunkline_notices::{
    Alerts, EmailAddress, Letter, LetterLease, MailState, Mark, MovedWallet, NewNotice, NoticeBody,
    NoticeRecord, Standing, Step, Thresholds,
};

use crate::cell::{Document, Id, Micros, Moment};
use crate::codec::{count, from_json, money, named, parse, parse_optional};
use crate::error::Fault;

/// What is set for a user in a currency, beside the address of their account, as columns of `own` and `account_email`.
macro_rules! alerts_columns {
    () => {
        "own.thresholds, own.email, own.version AS alerts_version"
    };
}

pub(crate) use alerts_columns;

/// What is set for a user in a currency, where anything ever was, beside the address of their account.
#[derive(Debug, FromRow)]
pub(crate) struct AlertsRow {
    thresholds: Option<Document>,
    email: Option<String>,
    alerts_version: Option<i32>,
    account_email: Option<String>,
}

impl AlertsRow {
    pub(crate) fn alerts(&self, currency: Currency) -> Result<Alerts, Fault> {
        let own = self.thresholds.as_ref();
        let own = own.map(|own| thresholds("wallet_alert.thresholds", own, currency)).transpose()?;
        Ok(Alerts {
            own,
            email: parse_optional("wallet_alert.email", self.email.as_deref())?,
            // An account's address was never promised to be one that mail can be sent to.
            account_email: self.account_email.as_deref().and_then(|text| text.parse().ok()),
            version: self.alerts_version.unwrap_or(0).unsigned_abs(),
        })
    }
}

/// A wallet that has moved, with the rows since and what is set for its user.
#[derive(Debug, FromRow)]
pub(crate) struct MovedRow {
    wallet_id: Id,
    user_id: String,
    currency: String,
    revision: Option<i64>,
    seen_version: Option<i64>,
    seen_available: Option<Micros>,
    seen_thresholds: Option<Document>,
    /// Pairs of the version and what was available after it, in millionths.
    steps: Option<Document>,
    #[sqlx(flatten)]
    alerts: AlertsRow,
}

impl MovedRow {
    /// The wallet's id, for a fault.
    pub(crate) fn name(&self) -> String {
        self.wallet_id.0.to_string()
    }

    pub(crate) fn moved(&self) -> Result<MovedWallet, Fault> {
        let currency: Currency = parse("account.currency", &self.currency)?;
        let standing = self.standing(currency)?;
        Ok(MovedWallet {
            wallet: WalletId::from_uuid(self.wallet_id.0),
            user: parse("account.user_id", &self.user_id)?,
            currency,
            steps: self.steps(&standing)?,
            mark: Mark { revision: self.revision.unwrap_or(0), standing },
            alerts: self.alerts.alerts(currency)?,
        })
    }

    /// A wallet at which nobody has looked had nothing before its first row.
    fn standing(&self, currency: Currency) -> Result<Standing, Fault> {
        let known = self.seen_thresholds.as_ref();
        let known = known.map(|known| thresholds("wallet_watch.thresholds", known, currency)).transpose()?;
        Ok(Standing {
            version: self.seen_version.unwrap_or(0),
            available: money(self.seen_available.map_or(0, |seen| seen.0), &self.currency)?,
            thresholds: known.unwrap_or_default(),
        })
    }

    fn steps(&self, standing: &Standing) -> Result<Vec<Step>, Fault> {
        let Some(steps) = &self.steps else { return Ok(Vec::new()) };
        let mut steps: Vec<(i64, i64)> = from_json("transfer", &steps.0)?;
        steps.sort_unstable();
        for (&(version, _), expected) in steps.iter().zip(standing.version + 1..) {
            if version != expected {
                return Err(Fault::Broken(format!("wallet {} has no row {expected}", self.wallet_id.0)));
            }
        }
        let currency = standing.available.currency();
        let step = |(version, micros)| Step { version, available: Money::from_micros(micros, currency) };
        Ok(steps.into_iter().map(step).collect())
    }
}

/// A notice, with what is known of its mail.
#[derive(Debug, FromRow)]
pub(crate) struct NoticeMailRow {
    id: Id,
    user_id: String,
    body: Document,
    mail: String,
    email: Option<String>,
    created_at: Moment,
    lease: i64,
    attempts: i64,
}

impl NoticeMailRow {
    /// The notice's id, for a fault.
    pub(crate) fn name(&self) -> String {
        self.id.0.to_string()
    }

    fn record(&self) -> Result<NoticeRecord, Fault> {
        Ok(NoticeRecord {
            id: NoticeId::from_uuid(self.id.0),
            user: parse("notice.user_id", &self.user_id)?,
            body: from_json("notice.body", &self.body.0)?,
            mail: named("notice.mail", &self.mail, MailState::from_name)?,
            created_at: self.created_at.time(),
        })
    }

    /// The notices, but for those that this binary cannot read: a newer one's, perhaps, that was rolled back.
    pub(crate) fn records(rows: &[Self]) -> Vec<NoticeRecord> {
        let readable = |row: &Self| match row.record() {
            Ok(record) => Some(record),
            Err(fault) => {
                tracing::warn!(notice.id = %row.id.0, ?fault, "a notice cannot be read, and is left out");
                None
            }
        };
        rows.iter().filter_map(readable).collect()
    }

    pub(crate) fn letter(&self) -> Result<Letter, Fault> {
        let NoticeRecord { id, body, created_at, .. } = self.record()?;
        let to = self.email.as_deref().unwrap_or_default();
        Ok(Letter {
            id,
            body,
            to: parse::<EmailAddress>("notice.email", to)?,
            created_at,
            attempts: count("notice.attempts", self.attempts)?,
            lease: LetterLease::from_i64(self.lease),
        })
    }
}

/// A notice as it is handed to the database.
#[derive(Debug, Serialize)]
pub(crate) struct NoticeFields<'a> {
    pub(crate) id: NoticeId,
    pub(crate) user: &'a str,
    pub(crate) body: &'a NoticeBody,
    pub(crate) mail: &'static str,
    pub(crate) email: Option<&'a str>,
    pub(crate) at: chrono::DateTime<chrono::Utc>,
}

impl<'a> NoticeFields<'a> {
    pub(crate) fn of(notice: &'a NewNotice) -> Self {
        Self {
            id: notice.id,
            user: notice.user.as_str(),
            body: &notice.body,
            mail: notice.delivery.state().as_str(),
            email: notice.delivery.address().map(EmailAddress::as_str),
            at: Moment::of(notice.at).time(),
        }
    }
}

/// Thresholds as they are stored: millionths, the highest first.
pub(crate) fn stored_thresholds(thresholds: &Thresholds) -> Value {
    thresholds.amounts().iter().map(|sum| sum.micros()).collect()
}

fn thresholds(column: &'static str, stored: &Document, currency: Currency) -> Result<Thresholds, Fault> {
    let micros: Vec<i64> = from_json(column, &stored.0)?;
    let amounts = micros.into_iter().map(|micros| Money::from_micros(micros, currency)).collect();
    Thresholds::new(amounts).map_err(|error| Fault::Broken(format!("column {column}: {error}")))
}
