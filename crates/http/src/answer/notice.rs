//! Alerts and notices.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney, NoticeId};
use trunkline_notices::{AlertsView, Delivery, NoticePage, NoticeRecord};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

/// At which balances somebody is told, and how.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertsAnswer {
    success: Success,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    /// The amounts, the highest first; none where nobody is told.
    #[schema(value_type = Vec<words::Amount>, max_items = 5)]
    thresholds: Vec<JsonMoney>,
    #[schema(value_type = words::AlertSource)]
    source: &'static str,
    /// Where notices go: what is set here, or else the address of the account.
    #[schema(required)]
    email: Option<String>,
    #[schema(value_type = words::AlertMail)]
    mail: &'static str,
}

impl From<AlertsView> for AlertsAnswer {
    fn from(view: AlertsView) -> Self {
        Self {
            success: Success,
            currency: view.currency,
            thresholds: view.thresholds.amounts().iter().copied().map(JsonMoney::from).collect(),
            source: view.source.as_str(),
            email: view.email.map(|email| email.to_string()),
            mail: match view.delivery {
                Delivery::To(_) => "ready",
                Delivery::NoAddress => "no_address",
                Delivery::NotConfigured => "not_configured",
            },
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Notice)]
struct NoticeAnswer {
    #[schema(value_type = words::Id)]
    id: NoticeId,
    #[schema(value_type = words::NoticeKind)]
    kind: &'static str,
    /// What the notice says, in one line.
    subject: String,
    /// The whole of it.
    text: String,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    created_at: DateTime<Utc>,
    #[schema(value_type = words::MailState)]
    mail: &'static str,
}

impl From<NoticeRecord> for NoticeAnswer {
    fn from(notice: NoticeRecord) -> Self {
        Self {
            id: notice.id,
            kind: notice.body.kind(),
            subject: notice.body.subject(),
            text: notice.body.text(notice.created_at),
            currency: notice.body.currency(),
            created_at: notice.created_at,
            mail: notice.mail.as_str(),
        }
    }
}

/// A page of a user's notices.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoticeListAnswer {
    success: Success,
    notices: Vec<NoticeAnswer>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<NoticeId>,
}

impl From<NoticePage> for NoticeListAnswer {
    fn from(page: NoticePage) -> Self {
        let notices = page.notices.into_iter().map(NoticeAnswer::from).collect();
        Self { success: Success, notices, next_cursor: page.next }
    }
}
