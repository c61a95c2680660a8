//! One number: what it is and can do, its history, and what its user may change of it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trunkline_domain::NumberId;

use super::countries::country_name;
use super::history::{self, Event};
use super::{Number, type_label};
use crate::DashboardState;
use crate::api::Api;
use crate::businesses::{Business, Businesses, Choice, Role, business};
use crate::error::Failure;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// What was done before the page is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    done: String,
}

/// What is typed into the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Edit {
    display_name: String,
    business_id: String,
    /// A box that is not ticked is not sent.
    is_active: Option<String>,
    notes: String,
    /// Which state of the number the form was shown with.
    seen: String,
}

impl Edit {
    fn of(number: &Number) -> Self {
        Self {
            display_name: number.display_name.clone(),
            business_id: number.business_id.map(|id| id.to_string()).unwrap_or_default(),
            is_active: number.is_active.then(String::new),
            notes: number.notes.clone().unwrap_or_default(),
            seen: seen(number),
        }
    }

    /// What differs from the number as it is, as the API wants it.
    fn changes(&self, number: &Number) -> Map<String, Value> {
        let mut changes = Map::new();
        let is = Self::of(number);
        if self.display_name.trim() != is.display_name {
            changes.insert("displayName".to_owned(), self.display_name.as_str().into());
        }
        if self.business_id != is.business_id {
            let business = Some(self.business_id.as_str()).filter(|id| !id.is_empty());
            changes.insert("businessId".to_owned(), business.into());
        }
        if self.is_active.is_some() != is.is_active.is_some() {
            changes.insert("isActive".to_owned(), self.is_active.is_some().into());
        }
        // Forms send the ends of lines as networks do.
        let notes = self.notes.replace("\r\n", "\n");
        if notes.trim() != is.notes {
            changes.insert("notes".to_owned(), notes.into());
        }
        changes
    }
}

/// From which page somebody makes a number primary.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Primary {
    /// The number that they want to release after that.
    release: String,
}

#[derive(Template)]
#[template(path = "numbers/one.html")]
struct NumberPage {
    frame: Frame,
    id: NumberId,
    readable: String,
    number: Number,
    state: (&'static str, &'static str),
    /// What that means.
    meaning: String,
    /// The name of its business, or none.
    business: Option<String>,
    /// Whose it is, where that is somebody else.
    owner: Option<String>,
    country: String,
    kind: &'static str,
    can: String,
    cannot: String,
    monthly: String,
    since: String,
    history: Vec<Event>,
    may_change: bool,
    edit: Edit,
    choices: Vec<Choice>,
    may_be_nowhere: bool,
    done: Option<&'static str>,
    refusal: Option<Refusal>,
}

impl NumberPage {
    fn mistake(&self, field: &str) -> Option<String> {
        self.refusal.as_ref()?.of_field(field)
    }
}

/// A number, as its visitor meets it.
struct Meeting<'v> {
    state: &'v DashboardState,
    visit: &'v Visit,
    number: Number,
    business: Option<Business>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Query(came): Query<Came>,
) -> Result<Response, Failure> {
    let meeting = Meeting::of(&state, &visit, &id).await?;
    let edit = Edit::of(&meeting.number);
    html(&meeting.page(edit, done(&came.done), None).await?)
}

pub(super) async fn change(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(edit): Form<Edit>,
) -> Result<Response, Failure> {
    let meeting = Meeting::of(&state, &visit, &id).await?;
    let changes = edit.changes(&meeting.number);
    // A form that is sent a second time finds nothing left to do.
    if changes.is_empty() {
        return Ok(meeting.come_back("saved"));
    }
    if edit.seen != seen(&meeting.number) {
        let detail = "This number was changed after the page was shown, so nothing was saved. What you typed is still \
                      here; look it over and save again.";
        let edit = Edit { seen: seen(&meeting.number), ..edit };
        return meeting.refuse(edit, Refusal::overtaken(detail)).await;
    }
    match meeting.patch(changes.into()).await {
        Ok(_) => Ok(meeting.come_back("saved")),
        Err(refusal) => meeting.refuse(edit, refusal).await,
    }
}

pub(super) async fn make_primary(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(primary): Form<Primary>,
) -> Result<Response, Failure> {
    let meeting = Meeting::of(&state, &visit, &id).await?;
    match meeting.patch(json!({ "isPrimary": true })).await {
        Ok(_) => Ok(match primary.release.parse::<NumberId>() {
            Ok(other) => Redirect::to(&format!("/dashboard/numbers/{other}/release")).into_response(),
            Err(_) => meeting.come_back("primary"),
        }),
        Err(refusal) => {
            let edit = Edit::of(&meeting.number);
            meeting.refuse(edit, refusal).await
        }
    }
}

impl<'v> Meeting<'v> {
    async fn of(state: &'v DashboardState, visit: &'v Visit, id: &str) -> Result<Self, Failure> {
        let api = Api::new(&state.api, visit);
        let number = Number::find(&api, id).await?;
        let business = match number.business_id {
            Some(id) => business(&api, id).await.ok(),
            None => None,
        };
        Ok(Self { state, visit, number, business })
    }

    /// Whether the visitor may change the number: its owner, or a manager of its business. Operators look on.
    fn may_change(&self) -> bool {
        let is_theirs = self.visit.visitor.user() == Some(self.number.user_id.as_str());
        let role = self.business.as_ref().and_then(|business| business.role);
        let works_with_it = match role {
            Some(Role::Owner | Role::Manager) => true,
            Some(Role::Viewer) | None => false,
        };
        (is_theirs || works_with_it) && self.number.accepts_changes()
    }

    async fn patch(&self, changes: Value) -> Result<Value, Refusal> {
        let api = Api::new(&self.state.api, self.visit);
        api.change(Method::PATCH, &format!("/api/numbers/{}", self.number.id), Some(changes)).await
    }

    fn come_back(&self, done: &str) -> Response {
        Redirect::to(&format!("/dashboard/numbers/{}?done={done}", self.number.id)).into_response()
    }

    /// The page again, with what was typed and why it was not done.
    async fn refuse(&self, edit: Edit, refusal: Refusal) -> Result<Response, Failure> {
        let status = refusal.status;
        let mut response = html(&self.page(edit, None, Some(refusal)).await?)?;
        *response.status_mut() = status;
        Ok(response)
    }

    async fn page(
        &self,
        edit: Edit,
        done: Option<&'static str>,
        refusal: Option<Refusal>,
    ) -> Result<NumberPage, Failure> {
        let (visit, number) = (self.visit, self.number.clone());
        let api = Api::new(&self.state.api, visit);
        let mut businesses = Businesses::of(&api, &visit.visitor).await?;
        businesses.learn(&api, number.business_id.as_slice()).await;
        let zone = self.business.as_ref().and_then(|business| business.time_zone.as_deref());
        let formats = visit.formats.in_zone(zone);
        let zoned = Visit { formats: formats.clone(), ..visit.clone() };
        let is_theirs = visit.visitor.user() == Some(number.user_id.as_str());
        Ok(NumberPage {
            frame: Frame::new(self.state, visit, Section::Numbers),
            id: number.id,
            readable: number.readable(),
            state: number.state(),
            meaning: meaning(&number),
            business: number.business_id.and_then(|id| businesses.name(id)).map(ToOwned::to_owned),
            owner: (!is_theirs).then(|| number.user_id.clone()),
            country: country_name(&number.country_code),
            kind: type_label(&number.number_type),
            can: number.can().join(", "),
            cannot: number.cannot().join(", "),
            monthly: number.monthly().map(|monthly| formats.money(monthly)).unwrap_or_default(),
            since: formats.day(number.purchase_date),
            history: history::of(&api, &zoned, number.id, &businesses).await,
            may_change: self.may_change(),
            choices: businesses.to_move_to(&number.user_id, &edit.business_id),
            may_be_nowhere: is_theirs,
            edit,
            done,
            refusal,
            number,
        })
    }
}

/// Which state of a number a page shows.
fn seen(number: &Number) -> String {
    number.updated_at.timestamp_micros().to_string()
}

fn done(name: &str) -> Option<&'static str> {
    match name {
        "bought" => Some("The number is yours, and your voice agent answers on it."),
        "saved" => Some("Saved."),
        "primary" => Some("This is the primary number of its business now."),
        "recorded" => Some("The number is recorded. Nothing was charged."),
        _ => None,
    }
}

/// What a number's state means to its user.
fn meaning(number: &Number) -> String {
    match number.status.as_str() {
        "active" | "suspended" if number.is_recorded() => {
            format!(
                "It lives at {} and is only recorded here: its calls and texts do not come by us.",
                number.provider
            )
        }
        "active" if number.is_active => "Calls and texts are answered.".to_owned(),
        "active" => {
            "Calls and texts are answered as not in service. It costs its monthly price all the same."
                .to_owned()
        }
        "suspended" => "It does not work until it is paid for. Add funds, and it works again.".to_owned(),
        "releasing" => "It is being given back to the carrier.".to_owned(),
        "review" => "The carrier left a doubt, so our team has a look. Nothing to do.".to_owned(),
        "released" => "It was given back and is not yours any more. It costs nothing.".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> Number {
        let record = json!({
            "id": "00000000-0000-0000-0000-000000000007", "user_id": "ann", "business_id": null,
            "phone_number": "+14152300101", "display_name": "Desk", "country_code": "US", "number_type": "local",
            "status": "active", "is_primary": false, "is_active": true, "provider": "twilio",
            "purchase_date": "2026-11-28T12:00:00Z", "monthly_cost": 1.50, "currency": "USD", "features": ["voice"],
            "notes": "Two\nlines", "updated_at": "2026-11-28T12:00:00.000001Z"
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn only_what_differs_is_changed() {
        let number = number();
        let shown = Edit::of(&number);
        assert!(shown.changes(&number).is_empty());
        let as_browsers_send = Edit { notes: "Two\r\nlines\r\n".to_owned(), ..shown.clone() };
        assert!(as_browsers_send.changes(&number).is_empty());
        let business_id = "00000000-0000-0000-0000-000000000009".to_owned();
        let edit = Edit { business_id: business_id.clone(), is_active: None, notes: String::new(), ..shown };
        let expected = json!({ "businessId": business_id, "isActive": false, "notes": "" });
        assert_eq!(Value::Object(edit.changes(&number)), expected);
        let in_business = Number { business_id: business_id.parse().ok(), ..number.clone() };
        assert_eq!(Value::Object(Edit::of(&number).changes(&in_business)), json!({ "businessId": null }));
    }

    #[test]
    fn what_a_number_can_do_is_said_in_words() {
        assert_eq!((number().can(), number().cannot()), (vec!["Calls"], vec!["Texts", "Pictures", "Fax"]));
        assert_eq!(number().readable(), "+1 415 230 0101");
    }
}
