//! `/operator/orders/{id}`: everything that is known of an order, its steps, and deciding it where no machine can.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_domain::OrderState;

use super::ORDERS;
use super::record::{Order, Story};
use super::steps::{self, Told};
use super::words::{badge, happened, money, to_do};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::Note;
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::numbers::{country_name, type_label};
use crate::operator::customers::customer_page;
use crate::operator::decision::{Attempt, Decision, Sent};
use crate::operator::numbers::{AtTwilio, Dossier, page_of};
use crate::operator::tabs;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// What was done before the page is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    done: String,
}

#[derive(Template)]
#[template(path = "operator/order.html")]
struct OrderPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    number: String,
    badge: (&'static str, &'static str),
    happened: String,
    money: String,
    to_do: &'static [&'static str],
    /// What Twilio says of the number, where that is asked.
    at_twilio: Option<String>,
    customer_page: String,
    number_page: String,
    facts: Vec<(&'static str, String)>,
    decisions: Vec<Decision>,
    steps: Vec<Told>,
    steps_begin_earlier: bool,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Query(came): Query<Came>,
) -> Result<Response, Failure> {
    html(&page(&state, &visit, &id, done(&came.done), &Attempt::none()).await?)
}

pub(super) async fn decide(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    match send(&Api::new(&state.api, &visit), &id, &sent).await {
        Ok(done) => {
            let address = format!("{ORDERS}/{}", segment(&id));
            Ok(Redirect::to(&link(&address, &[("done", done)])).into_response())
        }
        Err(refusal) => {
            let attempt = Attempt::refused(sent, refusal);
            attempt.answer(&page(&state, &visit, &id, None, &attempt).await?)
        }
    }
}

/// Makes the decision; answers what was done.
async fn send(api: &Api<'_>, id: &str, sent: &Sent) -> Result<&'static str, Refusal> {
    let one = format!("/api/operator/orders/{}", segment(id));
    let (path, body, done) = match sent.what.as_str() {
        "settle" => {
            let body = json!({ "numberSid": sent.number_sid, "reason": sent.reason });
            (format!("{one}/settle"), body, "settled")
        }
        "void" => (format!("{one}/void"), json!({ "reason": sent.reason }), "voided"),
        _ => return Err(Refusal::absent()),
    };
    let _: Value = api.change(Method::POST, &path, Some(body)).await?;
    Ok(done)
}

fn done(name: &str) -> Option<Note> {
    match name {
        "settled" => {
            Some(Note::good("The order is completed: the customer has the number and is charged for it."))
        }
        "voided" => {
            Some(Note::good("The order has failed: nothing was charged, and the money is free again."))
        }
        _ => None,
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    id: &str,
    note: Option<Note>,
    attempt: &Attempt,
) -> Result<OrderPage, Failure> {
    let (api, formats) = (Api::new(&state.api, visit), &visit.formats);
    let story: Story = api.get(&format!("/api/operator/orders/{}", segment(id)), &()).await?;
    let order = &story.order;
    let amount = order.amount().map(|amount| formats.money(amount)).unwrap_or_default();
    // An order that still decides itself is not slowed down by a question to Twilio, which does not answer, perhaps.
    let held = if order.status == OrderState::Review { at_twilio(&api, order).await } else { None };
    let decisions = decisions(attempt, order, &amount, held.as_ref());
    Ok(OrderPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(ORDERS),
        note: attempt.note(&decisions).or(note),
        number: order.phone_number.readable(),
        badge: badge(order.status),
        happened: happened(order),
        money: money(order, &amount),
        to_do: to_do(order),
        at_twilio: held.as_ref().map(|held| said(formats, held)),
        customer_page: customer_page(&order.user_id),
        number_page: page_of(
            &order.number_id.map_or_else(|| order.phone_number.to_string(), |id| id.to_string()),
        ),
        facts: facts(formats, order, &amount),
        decisions,
        steps: story.steps.iter().map(|step| steps::told(formats, step, &amount)).collect(),
        steps_begin_earlier: story.steps_begin_earlier,
    })
}

/// What Twilio says of the number now. That it could not be asked is an answer, too.
async fn at_twilio(api: &Api<'_>, order: &Order) -> Option<AtTwilio> {
    let path = format!("/api/operator/numbers/{}", segment(&order.phone_number.to_string()));
    api.get::<Dossier>(&path, &()).await.ok().map(|dossier| dossier.at_provider)
}

fn said(formats: &Formats, held: &AtTwilio) -> String {
    match held {
        AtTwilio::Held { number_sid, friendly_name, created_at, .. } => format!(
            "Our account has it as {number_sid}, named “{friendly_name}”, since {}.",
            formats.instant(*created_at)
        ),
        AtTwilio::Absent { .. } => "Our account does not have it.".to_owned(),
        AtTwilio::NotAsked => "It was not asked.".to_owned(),
        AtTwilio::Unknown { why } => format!("It could not be asked: {why}."),
    }
}

fn facts(formats: &Formats, order: &Order, amount: &str) -> Vec<(&'static str, String)> {
    let kind = format!("{}, {}", country_name(&order.country_code), type_label(&order.number_type));
    let mut facts = vec![
        ("Customer", order.user_id.clone()),
        ("Display name", order.display_name.clone()),
        ("Country and type", kind),
        ("Price", amount.to_owned()),
        ("Begun", formats.instant(order.created_at)),
        ("Last changed", formats.instant(order.updated_at)),
        ("Order", order.id.to_string()),
        ("Account at Twilio", order.account_sid.clone()),
    ];
    facts.extend(order.number_sid.clone().map(|sid| ("Twilio's id of the number", sid)));
    facts.extend(order.number_id.map(|id| ("Our id of the number", id.to_string())));
    facts.extend(order.business_id.map(|id| ("Business", id.to_string())));
    facts
}

/// What can be decided: that the number was bought, or that nothing was.
fn decisions(attempt: &Attempt, order: &Order, amount: &str, held: Option<&AtTwilio>) -> Vec<Decision> {
    if !order.is_to_decide() {
        return Vec::new();
    }
    let (number, user, address) =
        (order.phone_number.readable(), &order.user_id, format!("{ORDERS}/{}", order.id));
    let proposed = match held {
        Some(AtTwilio::Held { number_sid, .. }) => number_sid.as_str(),
        Some(AtTwilio::Absent { .. } | AtTwilio::NotAsked | AtTwilio::Unknown { .. }) | None => "",
    };
    let settle = {
        let says = vec![
            format!(
                "The {amount} that is held is taken from {user}'s wallet, and {number} becomes theirs. It is set up like every number \
                 that is bought."
            ),
            "Twilio is asked first: if the account does not have this number under this id, nothing changes."
                .to_owned(),
        ];
        let sid = attempt.field("settle", "numberSid", "Twilio's id of the number", proposed);
        let sid = sid.hint("It begins with PN and stands beside the number in the Console.").required();
        let title = "The number was bought: complete the order";
        let button = format!("Complete it and charge {amount}");
        let decision = Decision::of(attempt, "settle", address.clone(), title, says, &button);
        Decision { fields: vec![sid, attempt.reason("settle")], ..decision }
    };
    let void = {
        let says = vec![
            format!(
                "The order fails. Nothing is charged: the {amount} that is held is free in {user}'s wallet again, at once."
            ),
            "Twilio is asked first: as long as the account has a number that may be this order's, nothing changes.".to_owned(),
        ];
        let title = "Nothing was bought: give the money back";
        let decision = Decision::of(attempt, "void", address, title, says, "Fail it and free the money");
        Decision { is_grave: true, ..decision }
    };
    vec![settle, void]
}
