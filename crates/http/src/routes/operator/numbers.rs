//! Numbers as an operator sees them, from both sides, and what no machine can decide about them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use trunkline_domain::{
    BusinessId, Country, Currency, DeploymentId, DisplayName, NumberId, NumberSid, NumberStatus, OrderId,
    Origin, Reason, UserId,
};
use trunkline_provisioning::port::{NumberFilter, NumberName, Scope};
use trunkline_provisioning::{
    AdoptCommand, IfMoved, NumberDecisionError, ReviewCommand, ReviewedRelease, WriteOffCommand,
};
use trunkline_tenancy::Action;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::operator;
use crate::access::Caller;
use crate::answer::made;
use crate::answer::operator::{
    AdoptionAnswer, DossierAnswer, NumberAnswer, NumberListAnswer, ReviewEndAnswer, WriteOffAnswer,
};
use crate::description::refusals::{OfAdoption, OfNumber, OfNumberDecision, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, PathId, Query};
use crate::problem::{ErrorCode, Problem};
use crate::routes::{Api, Page};
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(adopt))
        .routes(routes!(show))
        .routes(routes!(write_off))
        .routes(routes!(release))
        .routes(routes!(keep))
}

/// Which numbers.
#[derive(Debug)]
pub(crate) struct OperatorNumberQuery {
    page: Page<NumberId>,
    status: Option<NumberStatus>,
}

impl Input for OperatorNumberQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let review = fields.flag("review").unwrap_or_default();
        Some(Self { page: Page::read(fields), status: review.then_some(NumberStatus::Review) })
    }
}

/// That a number which the account holds becomes a user's.
#[derive(Debug)]
pub(crate) struct NewAdoption {
    number_sid: NumberSid,
    user: UserId,
    reason: Reason,
    business: Option<BusinessId>,
    display_name: Option<DisplayName>,
    country: Option<Country>,
    currency: Currency,
    from_deployment: Option<DeploymentId>,
    from_order: Option<OrderId>,
}

impl Input for NewAdoption {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let number_sid = fields.required("numberSid");
        let user = fields.required("userId");
        let reason = fields.required("reason");
        let business = fields.optional("businessId");
        let display_name = fields.optional("displayName");
        let country = fields.optional("countryCode");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let from_deployment: Option<DeploymentId> = fields.optional("fromDeployment");
        let from_order: Option<OrderId> = fields.optional("fromOrder");
        if from_deployment.is_some() && from_order.is_some() {
            fields.note(
                "fromOrder",
                "says already whose marker it is; send either fromDeployment or fromOrder",
            );
        }
        Some(Self {
            number_sid: number_sid?,
            user: user?,
            reason: reason?,
            business,
            display_name,
            country,
            currency,
            from_deployment,
            from_order,
        })
    }
}

/// That a number is gone at the provider.
#[derive(Debug)]
pub(crate) struct NewWriteOff {
    reason: Reason,
    if_moved: IfMoved,
}

impl Input for NewWriteOff {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let moved = fields.flag("moved").unwrap_or_default();
        let if_moved = if moved { IfMoved::WriteOff } else { IfMoved::Refuse };
        Some(Self { reason: fields.required("reason")?, if_moved })
    }
}

/// How a review ends.
#[derive(Debug)]
pub(crate) struct ReviewEnd {
    reason: Reason,
}

impl Input for ReviewEnd {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { reason: fields.required("reason")? })
    }
}

/// List numbers, as an operator sees them
///
/// With `review` and for everybody, the first page has the numbers of failed orders that wait, too: they are nobody's.
#[utoipa::path(
    get,
    path = "/api/operator/numbers",
    operation_id = "listOperatorNumbers",
    tag = "operator",
    params(asked::ForUser, asked::Page, asked::OperatorNumberQuery),
    responses(
        (status = 200, description = "A page of numbers.", body = NumberListAnswer),
        OfReading,
    ),
)]
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<OperatorNumberQuery>,
) -> Result<Json<NumberListAnswer>, Problem> {
    let OperatorNumberQuery { page, status } = query;
    let scope = operator(&api, &caller, page.user.as_ref()).await?;
    let with_orphans = status.is_some() && scope == Scope::Everyone && page.after.is_none();
    let filter = NumberFilter { status, after: page.after, ..NumberFilter::of(scope, page.limit) };
    let numbers = api.provisioning.numbers(&filter).await?;
    let orphans =
        if with_orphans { api.provisioning.orphans_in_review(page.limit).await? } else { Vec::new() };
    Ok(Json(NumberListAnswer::new(numbers, orphans)))
}

/// Show a number from both sides
///
/// What our books and the provider say of it now, and what to do. That nobody has it is an answer, too.
#[utoipa::path(
    get,
    path = "/api/operator/numbers/{name}",
    operation_id = "showOperatorNumber",
    tag = "operator",
    params(asked::ForUser, ("name" = String, Path, description = "The number: by our id, by Twilio's (`PN…`), or by itself (`+…`).")),
    responses(
        (status = 200, description = "What is known.", body = DossierAnswer),
        OfNumber,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(name): PathId<NumberName>,
) -> Result<Json<DossierAnswer>, Problem> {
    let scope = operator(&api, &caller, None).await?;
    let mut dossier = api.provisioning.dossier(&name).await?;
    if let Scope::User(user) = &scope {
        dossier.files.numbers.retain(|file| file.number.user == *user);
        dossier.files.orphans.clear();
    }
    let found = match (scope, &name) {
        (Scope::User(_) | Scope::Within { .. }, _) | (Scope::Everyone, NumberName::Id(_)) => {
            !dossier.files.numbers.is_empty()
        }
        // That nobody has it is an answer, too.
        (Scope::Everyone, NumberName::Sid(_) | NumberName::Phone(_)) => true,
    };
    if !found {
        return Err(Problem::absent(ErrorCode::NumberNotFound));
    }
    Ok(Json(dossier.into()))
}

/// Adopt a number
///
/// A number that the account holds becomes a user's, who is charged for its month; repeated for the same user, nothing
/// more is charged.
#[utoipa::path(
    post,
    path = "/api/operator/numbers/adopt",
    operation_id = "adoptNumber",
    tag = "operator",
    params(asked::ForUser),
    request_body = asked::AdoptionSent,
    responses(
        (status = 201, description = "The number is adopted.", body = AdoptionAnswer),
        (status = 200, description = "The user had it already, or had paid for it.", body = AdoptionAnswer),
        OfAdoption,
    ),
)]
async fn adopt(
    State(api): Api,
    caller: Caller,
    JsonBody(adoption): JsonBody<NewAdoption>,
) -> Result<Response, Problem> {
    let user = caller.user(&api.tenancy, Action::Operate, Some(&adoption.user)).await?;
    let sent = if adoption.from_order.is_some() { "fromOrder" } else { "fromDeployment" };
    let command = AdoptCommand {
        number_sid: adoption.number_sid,
        user,
        business: adoption.business,
        display_name: adoption.display_name,
        country: adoption.country,
        currency: adoption.currency,
        from_deployment: adoption.from_deployment,
        from_order: adoption.from_order,
        reason: adoption.reason,
        origin: caller.operator_origin()?,
    };
    let adopted = api.provisioning.adopt_number(command).await.map_err(|error| match error {
        NumberDecisionError::Validation { field: "from", message } => Problem::invalid_field(sent, message),
        other => other.into(),
    })?;
    let before = adopted.price.charged().is_none();
    Ok(made(AdoptionAnswer::from(adopted), before))
}

/// Write a number off
///
/// A row whose number the account does not have. Nothing is refunded.
#[utoipa::path(
    post,
    path = "/api/operator/numbers/{name}/write-off",
    operation_id = "writeNumberOff",
    tag = "operator",
    params(asked::ForUser, ("name" = words::Id, Path, description = "The number, by our id.")),
    request_body = asked::WriteOffSent,
    responses(
        (status = 200, description = "The number is written off.", body = WriteOffAnswer),
        OfNumberDecision,
    ),
)]
async fn write_off(
    State(api): Api,
    caller: Caller,
    PathId(number): PathId<NumberId>,
    JsonBody(write_off): JsonBody<NewWriteOff>,
) -> Result<Json<WriteOffAnswer>, Problem> {
    let NewWriteOff { reason, if_moved } = write_off;
    let origin = deciding_about(&api, &caller, &NumberName::Id(number)).await?;
    let command = WriteOffCommand { number, if_moved, reason, origin };
    Ok(Json(api.provisioning.write_off_number(command).await?.into()))
}

/// Try a release under review again
#[utoipa::path(
    post,
    path = "/api/operator/numbers/{name}/release",
    operation_id = "releaseReviewed",
    tag = "operator",
    params(asked::ForUser, ("name" = String, Path, description = "The number: by our id, by Twilio's (`PN…`), or by itself (`+…`).")),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "The number is given back.", body = ReviewEndAnswer),
        (status = 202, description = "It is not decided by this.", body = ReviewEndAnswer),
        OfNumberDecision,
    ),
)]
async fn release(
    State(api): Api,
    caller: Caller,
    PathId(number): PathId<NumberName>,
    JsonBody(end): JsonBody<ReviewEnd>,
) -> Result<Response, Problem> {
    let origin = deciding_about(&api, &caller, &number).await?;
    let command = ReviewCommand { number, reason: end.reason, origin };
    let (status, answer) = match api.provisioning.release_reviewed(command).await? {
        ReviewedRelease::Released => (StatusCode::OK, ReviewEndAnswer::released()),
        ReviewedRelease::UnderWay => (StatusCode::ACCEPTED, ReviewEndAnswer::under_way()),
        ReviewedRelease::InReview(reason) => (StatusCode::ACCEPTED, ReviewEndAnswer::in_review(reason)),
        ReviewedRelease::Refused { code } => return Err(Problem::not_taken_back(code)),
    };
    Ok((status, Json(answer)).into_response())
}

/// Keep a number whose release is under review
#[utoipa::path(
    post,
    path = "/api/operator/numbers/{name}/keep",
    operation_id = "keepNumber",
    tag = "operator",
    params(asked::ForUser, ("name" = String, Path, description = "The number: by our id, by Twilio's (`PN…`), or by itself (`+…`).")),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "The number is active again.", body = NumberAnswer),
        OfNumberDecision,
    ),
)]
async fn keep(
    State(api): Api,
    caller: Caller,
    PathId(number): PathId<NumberName>,
    JsonBody(end): JsonBody<ReviewEnd>,
) -> Result<Json<NumberAnswer>, Problem> {
    let origin = deciding_about(&api, &caller, &number).await?;
    let command = ReviewCommand { number, reason: end.reason, origin };
    Ok(Json(api.provisioning.keep_number(command).await?.into()))
}

/// On whose behalf a number is decided: an operator's, who may have narrowed themselves to a user's things.
async fn deciding_about(api: &ApiState, caller: &Caller, name: &NumberName) -> Result<Origin, Problem> {
    if let Scope::User(user) = operator(api, caller, None).await? {
        let dossier = api.provisioning.dossier(name).await?;
        let is_theirs = dossier
            .files
            .numbers
            .iter()
            .map(|file| &file.number)
            .any(|number| number.user == user && number.status.is_live() && !number.is_record_only());
        if !is_theirs {
            return Err(Problem::absent(ErrorCode::NumberNotFound));
        }
    }
    caller.operator_origin()
}
