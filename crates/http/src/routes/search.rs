//! Searching for numbers, and the prices in force.

use axum::Json;
use axum::extract::State;
use trunkline_domain::{Country, Currency, NumberKind, NumberType, PhoneNumber, UserId};
use trunkline_provider::SearchQuery;
use trunkline_provisioning::SearchCommand;
use trunkline_tenancy::Action;

use super::Api;
use crate::access::Caller;
use crate::answer::{PricingAnswer, SearchAnswer, number_type_name};
use crate::description::asked;
use crate::description::refusals::{OfReading, OfSearch};
use crate::extract::{Fields, Input, JsonBody};
use crate::problem::{Problem, unsupported_type};
use crate::{ApiState, HttpSettings};

/// The farthest that a search looks around a place, in miles.
const DISTANCE_MAX: u16 = 500;

/// What to search for.
#[derive(Debug)]
pub(crate) struct Search {
    user: Option<UserId>,
    country: Country,
    kind: NumberKind,
    currency: Currency,
    /// Everything else; its type is a placeholder until the kind is known to be for sale.
    filters: SearchQuery,
}

impl Input for Search {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let country = fields.required("countryCode");
        let kind = fields.required("numberType");
        let user = fields.optional("userId");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let near_number = fields.read("nearNumber", |text| PhoneNumber::parse(text, country));
        let limit = fields.whole("limit", 1..=SearchQuery::MAX_LIMIT);
        let filters = SearchQuery {
            country: country.unwrap_or(Country::US),
            number_type: NumberType::Local,
            area_code: fields.digits("areaCode"),
            contains: fields.label("contains"),
            in_region: fields.optional("inRegion"),
            in_locality: fields.optional("inLocality"),
            in_postal_code: fields.label("inPostalCode"),
            in_rate_center: fields.optional("inRateCenter"),
            in_lata: fields.digits("inLata"),
            near_number,
            near_lat_long: fields.optional("nearLatLong"),
            distance: fields.whole("distance", 1..=DISTANCE_MAX),
            voice_enabled: fields.flag("voiceEnabled"),
            sms_enabled: fields.flag("smsEnabled"),
            mms_enabled: fields.flag("mmsEnabled"),
            exclude_all_address_required: fields.flag("excludeAllAddressRequired"),
            exclude_local_address_required: fields.flag("excludeLocalAddressRequired"),
            exclude_foreign_address_required: fields.flag("excludeForeignAddressRequired"),
            beta: fields.flag("beta"),
            limit: limit.unwrap_or(SearchQuery::DEFAULT_LIMIT),
        };
        Some(Self { user, country: country?, kind: kind?, currency, filters })
    }
}

/// Search for numbers
///
/// Asks the carrier what is for sale. A hit is a hint, never stock: nothing is reserved by finding it.
#[utoipa::path(
    post,
    path = "/api/numbers/search",
    operation_id = "searchNumbers",
    tag = "numbers",
    params(asked::ForUser),
    request_body = asked::Search,
    responses(
        (status = 200, description = "What was found, perhaps nothing.", body = SearchAnswer),
        OfSearch,
    ),
)]
pub(crate) async fn search(
    State(api): Api,
    caller: Caller,
    JsonBody(search): JsonBody<Search>,
) -> Result<Json<SearchAnswer>, Problem> {
    caller.reach(&api.tenancy, Action::Browse, search.user.as_ref()).await?;
    let number_type = for_sale(&api, search.country, search.kind).await?;
    let query = SearchQuery { number_type, ..search.filters };
    let found = api.provisioning.search(SearchCommand { query, currency: search.currency }).await?;
    Ok(Json(found.into()))
}

/// List the prices in force
#[utoipa::path(
    get,
    path = "/api/pricing",
    operation_id = "listPrices",
    tag = "numbers",
    params(asked::ForUser),
    responses(
        (status = 200, description = "Every price in every currency.", body = PricingAnswer),
        OfReading,
    ),
)]
pub(crate) async fn pricing(State(api): Api, caller: Caller) -> Result<Json<PricingAnswer>, Problem> {
    caller.reach(&api.tenancy, Action::Browse, None).await?;
    Ok(Json(api.provisioning.prices().as_ref().into()))
}

/// Tells the kinds that are sold from those that can only be recorded.
async fn for_sale(api: &ApiState, country: Country, kind: NumberKind) -> Result<NumberType, Problem> {
    let Ok(number_type) = kind.try_into() else {
        let supported = api.provisioning.supported_types(country).await;
        let names: Vec<_> =
            supported.into_iter().map(|supported| number_type_name(supported.into())).collect();
        return Err(unsupported_type(country.as_str(), number_type_name(kind), &names));
    };
    Ok(number_type)
}
