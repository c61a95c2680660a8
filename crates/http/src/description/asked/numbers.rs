//! Numbers and orders, as they are asked for.

use utoipa::{IntoParams, ToSchema};

use crate::description::words::{
    CountrySent, CurrencySent, DigitsSent, DisplayNameSent, Id, Label, NumberStatus, NumberType,
    NumberTypeSent, OrderStatus, PhoneNumberSent, Price, UserId,
};

/// What to search for. Which filters a country knows is Twilio's to say; one that it does not know is refused, and never
/// left out silently.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Search {
    country_code: CountrySent,
    /// Which type. `international` and `vanity` numbers cannot be bought, so they are not found.
    number_type: NumberType,
    /// For whom, for services and operators; a member of a business may name its owner.
    user_id: Option<UserId>,
    /// In which currency the prices are; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// In the US and Canada the area code, of toll-free numbers the prefix; elsewhere what follows the country code.
    area_code: Option<DigitsSent>,
    /// What the number contains: digits, letters, `*` for any one digit.
    contains: Option<Label>,
    /// State or province.
    in_region: Option<String>,
    /// Town.
    in_locality: Option<String>,
    in_postal_code: Option<Label>,
    /// Rate centre; needs `inLata`.
    in_rate_center: Option<String>,
    /// Local access and transport area.
    in_lata: Option<DigitsSent>,
    /// Near another number.
    near_number: Option<PhoneNumberSent>,
    /// Near a place: `latitude,longitude` in degrees.
    near_lat_long: Option<String>,
    /// How near, in miles; needs `nearNumber` or `nearLatLong`.
    #[schema(minimum = 1, maximum = 500)]
    distance: Option<u16>,
    voice_enabled: Option<bool>,
    sms_enabled: Option<bool>,
    mms_enabled: Option<bool>,
    /// Leaves out what needs any address.
    exclude_all_address_required: Option<bool>,
    /// Leaves out what needs an address in the country.
    exclude_local_address_required: Option<bool>,
    /// Leaves out what needs an address outside the country.
    exclude_foreign_address_required: Option<bool>,
    /// Whether numbers are found that are new to the carrier's platform.
    beta: Option<bool>,
    /// At most so many.
    #[schema(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u16>,
}

/// What to buy. What is sent beside the number must be true of it; a purchase that contradicts itself opens nothing.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Purchase {
    phone_number: PhoneNumberSent,
    display_name: DisplayNameSent,
    /// The business that it is assigned to, whose owner pays.
    business_id: Option<Id>,
    country_code: Option<CountrySent>,
    /// Which type it is.
    number_type: Option<NumberTypeSent>,
    /// For whom, for services; for a member, the owner of the business. A user's own key may name its user.
    user_id: Option<UserId>,
    /// In which currency; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// The most that set-up and the first month may cost together; dearer is `PRICE_CHANGED`.
    max_amount: Option<Price>,
}

/// Which numbers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct NumberQuery {
    /// Of this business.
    business_id: Option<Id>,
    /// With this status; without it every number that is not released.
    status: Option<NumberStatus>,
    /// Of this type.
    number_type: Option<NumberType>,
    /// Of this country.
    country_code: Option<CountrySent>,
    /// Some of the number's digits, with or without what people write between them, or a part of the display name; capital and
    /// small letters from A to Z are the same.
    #[param(min_length = 1, max_length = 64)]
    search: Option<String>,
}

/// A number that lives elsewhere.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewRecord {
    phone_number: PhoneNumberSent,
    display_name: DisplayNameSent,
    /// Who supplies it: any name but `twilio`.
    provider: String,
    business_id: Option<Id>,
    country_code: Option<CountrySent>,
    /// Which type it is; by its digits, where this is not sent.
    number_type: Option<NumberType>,
    /// Whose it is, for services and operators; a member of a business may name its owner.
    user_id: Option<UserId>,
    /// The currency of `monthlyCost`; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// What it costs a month, for your own books; 0 where this is not sent.
    monthly_cost: Option<Price>,
    notes: Option<String>,
}

/// What shall be different about a number. What is not sent stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NumberChange {
    /// Whose it is, for services and operators; a member of a business may name its owner.
    user_id: Option<UserId>,
    #[schema(nullable = false)]
    display_name: Option<DisplayNameSent>,
    /// The business that it is assigned to; `null` takes it away from its business.
    business_id: Option<Id>,
    /// `true` makes it the one primary number of its business.
    is_primary: Option<bool>,
    /// `false` keeps the number, and answers calls and texts as not in service.
    is_active: Option<bool>,
    /// `null` or an empty text takes them away.
    notes: Option<String>,
}

/// Which orders.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct OrderQuery {
    /// For this business: the caller's own, or one that they are a member of.
    business_id: Option<Id>,
    /// With this status.
    status: Option<OrderStatus>,
}
