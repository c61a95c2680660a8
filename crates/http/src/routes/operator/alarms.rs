//! What operators are woken for, and the end of an alarm by an operator's word.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use trunkline_alarms::{Alarm, AlarmFilter, AlarmsShown, EndAlarmCommand};
use trunkline_domain::Reason;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{deciding, operator};
use crate::access::Caller;
use crate::answer::Told;
use crate::answer::operator::AlarmListAnswer;
use crate::description::asked;
use crate::description::refusals::{OfAlarmEnd, OfReading};
use crate::extract::{Fields, Input, JsonBody, Query};
use crate::problem::Problem;
use crate::routes::Api;
use crate::{ApiState, HttpSettings};

/// The most alarms that are listed, and how many for a client that does not say: as on the command line.
const ALARMS_MAX: u16 = 1_000;
const ALARMS: u16 = 50;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

/// Which alarms.
#[derive(Debug)]
pub(crate) struct AlarmQuery {
    shown: AlarmsShown,
    limit: u16,
}

impl Input for AlarmQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let all = fields.flag("all").unwrap_or_default();
        let shown = if all { AlarmsShown::All } else { AlarmsShown::Open };
        Some(Self { shown, limit: fields.whole("limit", 1..=ALARMS_MAX).unwrap_or(ALARMS) })
    }
}

/// That an alarm is over.
#[derive(Debug)]
pub(crate) struct AlarmEnd {
    alarm: Alarm,
    subject: String,
    reason: Reason,
}

impl Input for AlarmEnd {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let alarm = fields.read("alarm", |name| {
            Alarm::from_name(name).ok_or("is no alarm's name; docs/operations.md has them all")
        });
        let alarm = fields.require("alarm", alarm);
        let subject = fields.required("subject");
        let reason = fields.required("reason");
        Some(Self { alarm: alarm?, subject: subject?, reason: reason? })
    }
}

/// List alarms
///
/// What operators are woken for, those that began last first.
#[utoipa::path(
    get,
    path = "/api/operator/alarms",
    operation_id = "listAlarms",
    tag = "operator",
    params(asked::ForUser, asked::AlarmQuery),
    responses(
        (status = 200, description = "The alarms.", body = AlarmListAnswer),
        OfReading,
    ),
)]
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<AlarmQuery>,
) -> Result<Json<AlarmListAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let AlarmQuery { shown, limit } = query;
    // One more than is shown tells whether there are more.
    let filter = AlarmFilter { shown, after: None, limit: limit.saturating_add(1) };
    let alarms = api.alarms.alarms(&filter).await?;
    Ok(Json(AlarmListAnswer::new(alarms, limit)))
}

/// End an alarm
///
/// Refused where what it was raised about is known to stand still.
#[utoipa::path(
    post,
    path = "/api/operator/alarms/end",
    operation_id = "endAlarm",
    tag = "operator",
    params(asked::ForUser),
    request_body = asked::AlarmEndSent,
    responses(
        (status = 200, description = "The alarm is ended.", body = Told),
        OfAlarmEnd,
    ),
)]
async fn end(
    State(api): Api,
    caller: Caller,
    JsonBody(end): JsonBody<AlarmEnd>,
) -> Result<Json<Told>, Problem> {
    let origin = deciding(&api, &caller).await?;
    let AlarmEnd { alarm, subject, reason } = end;
    let command = EndAlarmCommand { alarm, subject, reason: reason.into(), origin };
    api.alarms.end_by_operator(command).await?;
    Ok(Json(Told::new("The alarm is ended. Whoever finds the same again raises it again.")))
}
