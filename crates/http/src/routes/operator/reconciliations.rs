//! Reconciliations: the reports that are kept, and one that an operator asks for.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use tokio::time::timeout;
use trunkline_domain::NumberSid;
use trunkline_provisioning::port::REPORTS_KEPT;
use trunkline_provisioning::{FINDINGS_KEPT, ReconcileCommand, Repairs};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{deciding, operator};
use crate::access::Caller;
use crate::answer::Told;
use crate::answer::operator::{ReconciliationAnswer, ReconciliationListAnswer};
use crate::description::asked;
use crate::description::refusals::{OfReading, OfReconciliation};
use crate::extract::{Fields, Input, JsonBody, Query};
use crate::problem::Problem;
use crate::routes::{Api, moment};
use crate::{ApiState, HttpSettings};

const PATH: &str = "/api/operator/reconciliations";

/// How many reports a client gets that does not say; each may have a thousand findings.
const REPORTS: u16 = 10;

/// How long before the request's own time limit the wait for a report ends.
const MARGIN: Duration = Duration::from_secs(5);

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(list, reconcile))
}

/// Which reports, and how much of each.
#[derive(Debug)]
pub(crate) struct ReportQuery {
    limit: u16,
    /// Of each report at most so many findings.
    findings: Option<u16>,
    begun_at: Option<DateTime<Utc>>,
}

impl Input for ReportQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let begun_at = moment(fields, "begunAt");
        let limit = fields.whole("limit", 1..=REPORTS_KEPT);
        // Whoever asks for one report means it, whatever came after it.
        let unsaid = if begun_at.is_some() { REPORTS_KEPT } else { REPORTS };
        let most = u16::try_from(FINDINGS_KEPT).unwrap_or(u16::MAX);
        Some(Self { limit: limit.unwrap_or(unsaid), findings: fields.whole("findings", 0..=most), begun_at })
    }
}

/// A reconciliation that is asked for.
#[derive(Debug)]
pub(crate) struct NewReconciliation {
    repairs: Repairs,
}

impl Input for NewReconciliation {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let repair = fields.flag("repair").unwrap_or_default();
        let confirmed = fields.digits("confirm").and_then(|digits| {
            let number = digits.parse::<u64>();
            number.map_err(|_| fields.note("confirm", "is too large a number")).ok()
        });
        if confirmed.is_some() && !repair {
            fields.note("confirm", "confirms repairs; send it with \"repair\": true");
        }
        let number = fields.optional::<NumberSid>("numberSid");
        if number.is_some() && !repair {
            fields.note("numberSid", "says what to repair; send it with \"repair\": true");
        }
        if number.is_some() && confirmed.is_some() {
            fields.note("confirm", "is for all repairs; one number needs none");
        }
        let repairs = match (repair, number) {
            (false, _) => Repairs::Nothing,
            (true, None) => Repairs::All { confirmed },
            (true, Some(number)) => Repairs::Of(number),
        };
        Some(Self { repairs })
    }
}

/// List the reports of reconciliations
#[utoipa::path(
    get,
    path = PATH,
    operation_id = "listReconciliations",
    tag = "operator",
    params(asked::ForUser, asked::ReportQuery),
    responses(
        (status = 200, description = "Reports that are kept, newest first.", body = ReconciliationListAnswer),
        OfReading,
    ),
)]
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<ReportQuery>,
) -> Result<Json<ReconciliationListAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let ReportQuery { limit, findings, begun_at } = query;
    let mut reports = api.provisioning.reports(limit).await?;
    reports.retain(|report| begun_at.is_none_or(|at| report.begun_at == at));
    if let Some(most) = findings {
        for report in &mut reports {
            report.findings.truncate(usize::from(most));
        }
    }
    Ok(Json(reports.into()))
}

/// Reconcile with the provider
///
/// Compares the account's numbers with our books, and repairs on request what is safe to repair.
#[utoipa::path(
    post,
    path = PATH,
    operation_id = "reconcile",
    tag = "operator",
    params(asked::ForUser),
    request_body = asked::ReconciliationSent,
    responses(
        (status = 200, description = "The report.", body = ReconciliationAnswer),
        (status = 202, description = "It takes longer than a request may, and goes on.", body = Told,
            headers(("Location" = String, description = "Where the report will be."))),
        OfReconciliation,
    ),
)]
async fn reconcile(
    State(api): Api,
    caller: Caller,
    JsonBody(asked): JsonBody<NewReconciliation>,
) -> Result<Response, Problem> {
    let origin = deciding(&api, &caller).await?;
    let command = ReconcileCommand { repairs: asked.repairs, origin };
    let provisioning = api.provisioning.clone();
    let (sender, report) = oneshot::channel();
    tokio::spawn(async move {
        let ended = provisioning.reconcile(command, Arc::new(|_| {})).await;
        if let Err(Err(error)) = sender.send(ended) {
            let error = &error as &dyn Error;
            tracing::error!(error, "a reconciliation for which no request waits any more came to no report");
        }
    });
    match timeout(patience(api.settings.request_timeout), report).await {
        Ok(Ok(report)) => Ok(Json(ReconciliationAnswer::from(report?)).into_response()),
        Ok(Err(error)) => Err(Problem::internal().because(error)),
        Err(_) => {
            let answer = Told::new(
                "The reconciliation goes on, whether or not anybody waits. When it has ended, its report is the first \
                 of GET /api/operator/reconciliations.",
            );
            Ok((StatusCode::ACCEPTED, [(header::LOCATION, PATH)], Json(answer)).into_response())
        }
    }
}

/// A little less than a request may take.
fn patience(request_timeout: Duration) -> Duration {
    request_timeout.saturating_sub(MARGIN).max(request_timeout / 2)
}
