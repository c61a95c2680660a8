//! Numbers: looking at them, changing them, and recording those that live elsewhere.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::{
    BusinessId, Country, DisplayName, Money, NumberId, NumberKind, NumberStatus, PhoneNumber, UserId,
};
use trunkline_provisioning::port::{NumberFilter, NumberSearch};
use trunkline_provisioning::{RecordCommand, UpdateCommand};
use trunkline_tenancy::Action;

use super::{Api, Page, place_of_number, reach_listing, reach_making, scope_within};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{NumberAnswer, NumberListAnswer, made};
use crate::description::refusals::{OfNumber, OfNumberChange, OfReading, OfRecord};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, Patch, PathId, Query};
use crate::problem::{ErrorCode, Problem, as_told_to};

/// Which numbers.
#[derive(Debug)]
pub(crate) struct NumberQuery {
    page: Page<NumberId>,
    business: Option<BusinessId>,
    status: Option<NumberStatus>,
    kind: Option<NumberKind>,
    country: Option<Country>,
    search: Option<NumberSearch>,
}

impl Input for NumberQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let status = fields.read("status", |name| {
            NumberStatus::from_name(name).ok_or("is one of active, suspended, releasing, review, released")
        });
        Some(Self {
            page: Page::read(fields),
            business: fields.optional("businessId"),
            status,
            kind: fields.optional("numberType"),
            country: fields.optional("countryCode"),
            search: fields.optional("search"),
        })
    }
}

/// What shall be different about a number.
#[derive(Debug)]
pub(crate) struct NumberChange {
    user: Option<UserId>,
    display_name: Option<DisplayName>,
    business: Patch<BusinessId>,
    is_primary: Option<bool>,
    is_active: Option<bool>,
    notes: Patch<String>,
}

impl Input for NumberChange {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self {
            user: fields.optional("userId"),
            display_name: fields.replacing("displayName"),
            business: fields.nullable("businessId"),
            is_primary: fields.flag("isPrimary"),
            is_active: fields.flag("isActive"),
            notes: fields.erasable("notes"),
        })
    }
}

/// A number that lives elsewhere.
#[derive(Debug)]
pub(crate) struct NewRecord {
    user: Option<UserId>,
    phone_number: PhoneNumber,
    display_name: DisplayName,
    business: Option<BusinessId>,
    country: Option<Country>,
    kind: NumberKind,
    provider: String,
    monthly_cost: Money,
    notes: Option<String>,
}

impl Input for NewRecord {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let country = fields.optional("countryCode");
        let phone_number = fields.read("phoneNumber", |text| PhoneNumber::parse(text, country));
        let phone_number = fields.require("phoneNumber", phone_number);
        let display_name = fields.required("displayName");
        let provider = fields.required("provider");
        let business = fields.optional("businessId");
        let kind = fields.optional("numberType");
        let user = fields.optional("userId");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let monthly_cost = fields.money("monthlyCost", currency).unwrap_or_else(|| Money::zero(currency));
        let notes = fields.optional("notes");
        let phone_number = phone_number?;
        let planned = || phone_number.plan_type().map_or(NumberKind::Local, NumberKind::from);
        Some(Self {
            user,
            display_name: display_name?,
            business,
            country,
            kind: kind.unwrap_or_else(planned),
            provider: provider?,
            monthly_cost,
            notes,
            phone_number,
        })
    }
}

/// List numbers
///
/// Newest first. Filters narrow each other, and the totals are of all that they let through, on whatever page.
#[utoipa::path(
    get,
    path = "/api/numbers",
    operation_id = "listNumbers",
    tag = "numbers",
    params(asked::ForUser, asked::Page, asked::NumberQuery),
    responses(
        (status = 200, description = "A page of numbers, how many there are, and what they cost a month together.", body = NumberListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<NumberQuery>,
) -> Result<Json<NumberListAnswer>, Problem> {
    let NumberQuery { page, business, status, kind, country, search } = query;
    let scope = scope_within(&reach_listing(&api, &caller, page.user.as_ref(), business).await?);
    let filter =
        NumberFilter { scope, business, status, kind, country, search, after: page.after, limit: page.limit };
    Ok(Json(api.provisioning.numbers(&filter).await?.try_into()?))
}

/// Show a number
#[utoipa::path(
    get,
    path = "/api/numbers/{id}",
    operation_id = "showNumber",
    tag = "numbers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The number.")),
    responses(
        (status = 200, description = "The number.", body = NumberAnswer),
        OfNumber,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<NumberId>,
) -> Result<Json<NumberAnswer>, Problem> {
    let absent = || Problem::absent(ErrorCode::NumberNotFound);
    let reach = caller.reach_of(&api.tenancy, Action::Read, None, place_of_number(&api, id)).await?;
    let number = api.provisioning.number(&scope_within(&reach.ok_or_else(absent)?), id).await?;
    Ok(Json(number.ok_or_else(absent)?.into()))
}

/// Change a number
///
/// Its name, its business, whether it is the primary one of its business, whether it answers, its notes.
#[utoipa::path(
    patch,
    path = "/api/numbers/{id}",
    operation_id = "changeNumber",
    tag = "numbers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The number.")),
    request_body = asked::NumberChange,
    responses(
        (status = 200, description = "The number as it is now.", body = NumberAnswer),
        OfNumberChange,
    ),
)]
pub(crate) async fn change(
    State(api): Api,
    caller: Caller,
    PathId(number): PathId<NumberId>,
    JsonBody(change): JsonBody<NumberChange>,
) -> Result<Json<NumberAnswer>, Problem> {
    let (stated, place) = (change.user.as_ref(), place_of_number(&api, number));
    let reach = caller.reach_of(&api.tenancy, Action::ManageNumbers, stated, place).await?;
    let reach = reach.ok_or_else(|| Problem::absent(ErrorCode::NumberNotFound))?;
    if let Patch::Set(target) = change.business {
        // It takes as much to put a number into a business as to make one there.
        let there = reach_making(&api, &caller, Action::ManageNumbers, stated, Some(target)).await?;
        there.ok_or_else(|| Problem::absent(ErrorCode::BusinessNotFound))?;
    }
    let origin = caller.origin_reaching(&reach)?;
    let command = UpdateCommand {
        user: reach.owner()?.clone(),
        within: reach.within(),
        number,
        display_name: change.display_name,
        business: change.business.into(),
        is_primary: change.is_primary,
        is_active: change.is_active,
        notes: change.notes.into(),
        origin,
    };
    Ok(Json(api.provisioning.update(command).await?.into()))
}

/// Record a number that lives elsewhere
///
/// It is shown among the others, and costs nothing here.
#[utoipa::path(
    post,
    path = "/api/numbers",
    operation_id = "recordNumber",
    tag = "numbers",
    params(asked::ForUser),
    request_body = asked::NewRecord,
    responses(
        (status = 201, description = "The number is recorded.", body = NumberAnswer),
        OfRecord,
    ),
)]
pub(crate) async fn record(
    State(api): Api,
    caller: Caller,
    JsonBody(record): JsonBody<NewRecord>,
) -> Result<Response, Problem> {
    let (action, stated) = (Action::ManageNumbers, record.user.as_ref());
    let reach = reach_making(&api, &caller, action, stated, record.business).await?;
    let reach = reach.ok_or_else(|| Problem::absent(ErrorCode::BusinessNotFound))?;
    let command = RecordCommand {
        origin: caller.origin_reaching(&reach)?,
        user: reach.owner()?.clone(),
        phone_number: record.phone_number,
        display_name: record.display_name,
        business: record.business,
        country: record.country,
        kind: record.kind,
        provider: record.provider,
        monthly_cost: record.monthly_cost,
        notes: record.notes,
    };
    let recorded = api.provisioning.record(command).await;
    let number = recorded.map_err(|error| as_told_to(&reach, error.into()))?;
    Ok(made(NumberAnswer::from(number), false))
}
