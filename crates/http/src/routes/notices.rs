//! At which balances a user is told by mail, and what they were told.

use axum::Json;
use axum::extract::State;
use trunkline_domain::{Currency, JsonMoney, Money, NoticeId, UserId};
use trunkline_notices::{EmailAddress, SetAlertsCommand, Thresholds};
use trunkline_tenancy::Action;

use super::{Api, Page};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{AlertsAnswer, NoticeListAnswer};
use crate::description::asked;
use crate::description::refusals::{OfBody, OfReading};
use crate::extract::{Fields, Input, JsonBody, Query};
use crate::problem::Problem;
use crate::routes::wallet::BalanceQuery;

impl Input for Page<NoticeId> {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self::read(fields))
    }
}

/// What shall hold for a user in a currency, whole.
#[derive(Debug)]
pub(crate) struct NewAlerts {
    user: Option<UserId>,
    currency: Currency,
    thresholds: Option<Thresholds>,
    email: Option<EmailAddress>,
}

impl Input for NewAlerts {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let (user, email) = (fields.optional("userId"), fields.optional("email"));
        let currency: Option<Currency> = fields.required("currency");
        let amounts: Option<Vec<JsonMoney>> = fields.shaped("thresholds");
        let currency = currency?;
        let thresholds = amounts.and_then(|amounts| {
            let sums = amounts.into_iter().map(|amount| Money::new(amount.0, currency));
            let sums = sums.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string());
            let read = sums.and_then(|sums| Thresholds::new(sums).map_err(|error| error.to_string()));
            read.map_err(|mistake| fields.note("thresholds", mistake)).ok()
        });
        Some(Self { user, currency, thresholds, email })
    }
}

/// Show at which balances you are told
///
/// And how: by mail to the address that is shown, where the deployment sends mail.
#[utoipa::path(
    get,
    path = "/api/wallet/alerts",
    operation_id = "showAlerts",
    tag = "wallet",
    params(asked::ForUser, asked::BalanceQuery),
    responses(
        (status = 200, description = "The alerts.", body = AlertsAnswer),
        OfReading,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    Query(query): Query<BalanceQuery>,
) -> Result<Json<AlertsAnswer>, Problem> {
    let BalanceQuery { user, currency } = query;
    let user = caller.user(&api.tenancy, Action::ReadAccount, user.as_ref()).await?;
    Ok(Json(api.notices.alerts(&user, currency).await?.into()))
}

/// Say at which balances you are told
///
/// Whole: what is not sent is as for everybody from now on. You are told once each time what you can spend falls below one of
/// the amounts; at once, and once, where it is below a new one already.
#[utoipa::path(
    put,
    path = "/api/wallet/alerts",
    operation_id = "replaceAlerts",
    tag = "wallet",
    params(asked::ForUser),
    request_body = asked::AlertsSent,
    responses(
        (status = 200, description = "The alerts as they are now.", body = AlertsAnswer),
        OfBody,
    ),
)]
pub(crate) async fn replace(
    State(api): Api,
    caller: Caller,
    JsonBody(alerts): JsonBody<NewAlerts>,
) -> Result<Json<AlertsAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Manage, alerts.user.as_ref()).await?;
    let NewAlerts { currency, thresholds, email, .. } = alerts;
    let origin = caller.origin(&user);
    let command = SetAlertsCommand { user, currency, thresholds, email, origin };
    Ok(Json(api.notices.set_alerts(command).await?.into()))
}

/// List notices
///
/// What you were told, mailed or not.
#[utoipa::path(
    get,
    path = "/api/wallet/notices",
    operation_id = "listNotices",
    tag = "wallet",
    params(asked::ForUser, asked::OwnPage),
    responses(
        (status = 200, description = "A page of notices, newest first.", body = NoticeListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(page): Query<Page<NoticeId>>,
) -> Result<Json<NoticeListAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::ReadAccount, page.user.as_ref()).await?;
    Ok(Json(api.notices.page(&user, page.after, page.limit).await?.into()))
}
