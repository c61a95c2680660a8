//! Recording a number that lives at another provider, so that it stands beside the others. Nothing is charged for it.
//!
//! A user has a number once, so a form that is sent twice records once; the second time it comes to what the first recorded.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use trunkline_domain::{Currency, NumberId};

use super::countries::{self, CountryChoice};
use super::record::TYPES;
use super::{Number, type_label};
use crate::DashboardState;
use crate::api::Api;
use crate::businesses::{Businesses, Choice};
use crate::error::Failure;
use crate::format::{plain, typed};
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// What is typed into the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Typed {
    phone_number: String,
    country_code: String,
    display_name: String,
    provider: String,
    business_id: String,
    number_type: String,
    monthly_cost: String,
    currency: String,
    notes: String,
}

impl Typed {
    /// As the API wants it, or what is wrong with the amount, which people write in more ways than it reads.
    fn body(&self) -> Result<Value, Refusal> {
        let mut body = Map::new();
        let texts = [
            ("phoneNumber", &self.phone_number),
            ("countryCode", &self.country_code),
            ("displayName", &self.display_name),
            ("provider", &self.provider),
            ("businessId", &self.business_id),
            ("numberType", &self.number_type),
            ("currency", &self.currency),
            ("notes", &self.notes),
        ];
        for (name, text) in texts {
            if !text.trim().is_empty() {
                body.insert(name.to_owned(), text.replace("\r\n", "\n").into());
            }
        }
        if !self.monthly_cost.trim().is_empty() {
            // A currency that is none is the API's to refuse, at its own field.
            let currency: Currency = self.currency.trim().parse().unwrap_or(Currency::USD);
            let cost = typed(&self.monthly_cost, currency)
                .ok_or_else(|| Refusal::of_mistake("monthlyCost", "is not an amount, such as 4.10"))?;
            body.insert("monthlyCost".to_owned(), plain(cost).into());
        }
        Ok(body.into())
    }

    /// Whether a number is what this form has recorded before.
    fn is(&self, number: &Number) -> bool {
        let business = number.business_id.map(|id| id.to_string()).unwrap_or_default();
        number.is_recorded()
            && number.display_name == self.display_name.trim()
            && number.provider == self.provider.trim()
            && business == self.business_id
    }
}

#[derive(Deserialize)]
struct Recorded {
    number: Number,
}

#[derive(Template)]
#[template(path = "numbers/record.html")]
struct RecordPage {
    frame: Frame,
    typed: Typed,
    countries: Vec<CountryChoice>,
    types: Vec<(&'static str, &'static str)>,
    businesses: Vec<Choice>,
    /// The number that they have already.
    existing: Option<NumberId>,
    refusal: Option<Refusal>,
}

impl RecordPage {
    fn mistake(&self, field: &str) -> Option<String> {
        self.refusal.as_ref()?.of_field(field)
    }
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
) -> Result<Response, Failure> {
    let currency = state.settings.default_currency.code().to_owned();
    html(&page(&state, &visit, Typed { currency, ..Typed::default() }, None).await?)
}

pub(super) async fn record(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let recorded = match typed.body() {
        Ok(body) => api.change::<Recorded>(Method::POST, "/api/numbers", Some(body)).await,
        Err(mistake) => Err(mistake),
    };
    let refusal = match recorded {
        Ok(Recorded { number }) => return Ok(arrived(number.id)),
        Err(refusal) => refusal,
    };
    if let Some(id) = existing(&refusal)
        && let Ok(number) = Number::find(&api, &id.to_string()).await
        && typed.is(&number)
    {
        return Ok(arrived(id));
    }
    let status = refusal.status;
    let mut response = html(&page(&state, &visit, typed, Some(refusal)).await?)?;
    *response.status_mut() = status;
    Ok(response)
}

fn arrived(id: NumberId) -> Response {
    Redirect::to(&format!("/dashboard/numbers/{id}?done=recorded")).into_response()
}

fn existing(refusal: &Refusal) -> Option<NumberId> {
    refusal.member("numberId").and_then(Value::as_str).and_then(|id| id.parse().ok())
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    typed: Typed,
    refusal: Option<Refusal>,
) -> Result<RecordPage, Failure> {
    let api = Api::new(&state.api, visit);
    let businesses = Businesses::of(&api, &visit.visitor).await?;
    Ok(RecordPage {
        frame: Frame::new(state, visit, Section::Numbers),
        countries: countries::all(&typed.country_code),
        types: TYPES.map(|name| (name, type_label(name))).into(),
        businesses: businesses.to_make_in(&typed.business_id),
        existing: refusal.as_ref().and_then(existing),
        typed,
        refusal,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_open_is_not_sent_and_amounts_are_exact() {
        let typed = Typed {
            phone_number: "020 7946 0018".to_owned(),
            monthly_cost: "4,10".to_owned(),
            currency: "GBP".to_owned(),
            notes: "a\r\nb".to_owned(),
            ..Typed::default()
        };
        let expected = json!({"phoneNumber": "020 7946 0018", "currency": "GBP", "notes": "a\nb", "monthlyCost": "4.10"});
        assert_eq!(typed.body().unwrap(), expected);
        let refusal = Typed { monthly_cost: "a lot".to_owned(), ..typed }.body().unwrap_err();
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
        assert_eq!(refusal.of_field("monthlyCost").unwrap(), "This is not an amount, such as 4.10.");
    }
}
