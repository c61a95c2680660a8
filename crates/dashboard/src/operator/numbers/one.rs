//! `/operator/numbers/{name}`: one number from both sides, what follows, and what can be decided about it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::record::{AdviceName, AtTwilio, Difference, Dossier, Orphan, Row, Webhooks};
use super::{NUMBERS, advice, decisions, page_of};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::Note;
use crate::format::{Formats, phone_number};
use crate::link::{Tab, link};
use crate::operator::customers::customer_page;
use crate::operator::decision::{Attempt, Decision, Sent};
use crate::operator::orders::{ORDERS, OneOrder, review_in_short};
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
#[template(path = "operator/number.html")]
struct NumberPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    title: String,
    advice: advice::Told,
    differences: Vec<String>,
    /// The order to decide, where that comes first.
    order: Option<String>,
    ours: Vec<Ours>,
    orphans: Vec<OrphanSide>,
    twilio: TwilioSide,
    decisions: Vec<Decision>,
}

/// A row of our books.
struct Ours {
    number: String,
    state: (&'static str, &'static str),
    why: Option<&'static str>,
    facts: Vec<(&'static str, String)>,
    links: Vec<(String, &'static str)>,
}

/// A number of a failed order.
struct OrphanSide {
    state: (&'static str, &'static str),
    why: Option<&'static str>,
    facts: Vec<(&'static str, String)>,
    order: String,
}

/// What Twilio says.
struct TwilioSide {
    says: String,
    facts: Vec<(&'static str, String)>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(name): Path<String>,
    Query(came): Query<Came>,
) -> Result<Response, Failure> {
    html(&page(&state, &visit, &name, done(&came.done), &Attempt::none()).await?)
}

pub(super) async fn decide(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(name): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    match send(&Api::new(&state.api, &visit), &name, &sent).await {
        Ok(done) => Ok(Redirect::to(&link(&page_of(&name), &[("done", done)])).into_response()),
        Err(refusal) => {
            let attempt = Attempt::refused(sent, refusal);
            attempt.answer(&page(&state, &visit, &name, None, &attempt).await?)
        }
    }
}

/// Makes the decision; answers what came of it, by the name that the page knows it by.
async fn send(api: &Api<'_>, name: &str, sent: &Sent) -> Result<&'static str, Refusal> {
    let one = format!("/api/operator/numbers/{}", segment(name));
    let reason = json!({ "reason": sent.reason });
    match sent.what.as_str() {
        "release" => {
            let answer: Value = api.change(Method::POST, &format!("{one}/release"), Some(reason)).await?;
            Ok(match answer["outcome"].as_str() {
                Some("released") => "released",
                Some("in_review") => "in-review",
                _ => "under-way",
            })
        }
        "keep" => {
            let _: Value = api.change(Method::POST, &format!("{one}/keep"), Some(reason)).await?;
            Ok("kept")
        }
        "write-off" => {
            let body = json!({ "reason": sent.reason, "moved": !sent.moved.is_empty() });
            let _: Value = api.change(Method::POST, &format!("{one}/write-off"), Some(body)).await?;
            Ok("written-off")
        }
        "adopt" => {
            let body = decisions::adoption_sent(sent);
            let answer: Value = api.change(Method::POST, "/api/operator/numbers/adopt", Some(body)).await?;
            Ok(match (answer["settings"].as_str(), answer["charge"].is_null()) {
                (Some("not_set"), _) => "adopted-not-set",
                (_, false) => "adopted",
                (_, true) => "adopted-free",
            })
        }
        _ => Err(Refusal::absent()),
    }
}

fn done(name: &str) -> Option<Note> {
    let note = |tone, text: &str| Some(Note { tone, text: text.to_owned() });
    match name {
        "released" => note("good", "The number is given back. Nothing was charged or refunded."),
        "under-way" => note(
            "waiting",
            "Twilio has not said yet whether it took the number back. That goes on by itself.",
        ),
        "in-review" => note(
            "bad",
            "The release waits for you again: what follows says why. Nothing was charged or refunded.",
        ),
        "kept" => note("good", "The number is active again, and its customer has it. Nothing was charged."),
        "written-off" => note(
            "good",
            "The number is written off: nobody has it here any more. Nothing was refunded; tell its customer.",
        ),
        "adopted" => note("good", "The customer has the number, and was charged for it as for a purchase."),
        "adopted-free" => {
            note("good", "The customer has the number. Nothing was charged now: it was paid for before.")
        }
        "adopted-not-set" => note(
            "waiting",
            "The customer has the number, and Twilio did not take its name and addresses: calls may not reach us yet. \
             Reconcile with repairs, which sets them and charges nothing.",
        ),
        _ => None,
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    name: &str,
    note: Option<Note>,
    attempt: &Attempt,
) -> Result<NumberPage, Failure> {
    let api = Api::new(&state.api, visit);
    let dossier: Dossier = api.get(&format!("/api/operator/numbers/{}", segment(name)), &()).await?;
    let owner = owner(&api, &dossier).await;
    let formats = &visit.formats;
    let decisions = decisions::of(attempt, formats, state.settings.default_currency, &dossier, &owner);
    let order = dossier.advice.of.as_ref().filter(|_| is_about_an_order(dossier.advice.name));
    let differences = dossier.advice.differences.as_deref().unwrap_or_default();
    Ok(NumberPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(NUMBERS),
        note: attempt.note(&decisions).or(note),
        title: title(name, &dossier),
        advice: advice::told(&dossier),
        differences: differences.iter().map(Difference::sentence).collect(),
        order: order.map(|id| format!("{ORDERS}/{}", segment(id))),
        ours: dossier.rows.iter().map(|row| ours(formats, row)).collect(),
        orphans: dossier.orphans.iter().map(|orphan| of_orphan(formats, orphan)).collect(),
        twilio: twilio(formats, &dossier),
        decisions,
    })
}

/// For whom the order that the number's name speaks of was; empty where that is not known.
async fn owner(api: &Api<'_>, dossier: &Dossier) -> String {
    let Some(order) = dossier.advice.of.as_ref().filter(|_| is_about_an_order(dossier.advice.name)) else {
        return String::new();
    };
    let order = api.get::<OneOrder>(&format!("/api/operator/orders/{}", segment(order)), &()).await;
    order.map(|found| found.order.user_id).unwrap_or_default()
}

const fn is_about_an_order(advice: AdviceName) -> bool {
    match advice {
        AdviceName::AwaitPass
        | AdviceName::InDoubt
        | AdviceName::SecondNumber
        | AdviceName::PutBack
        | AdviceName::DecideOrder => true,
        AdviceName::Nothing
        | AdviceName::AskAgain
        | AdviceName::Wait
        | AdviceName::Settings
        | AdviceName::ReleaseOrKeep
        | AdviceName::ReleaseOrphan
        | AdviceName::WriteOff
        | AdviceName::ReleaseAtProvider
        | AdviceName::ReleaseOrphanAtProvider
        | AdviceName::Adopt
        | AdviceName::AdoptFromDeployment => false,
    }
}

fn title(name: &str, dossier: &Dossier) -> String {
    let at_twilio = match &dossier.at_provider {
        AtTwilio::Held { phone_number, .. } => Some(phone_number.readable()),
        AtTwilio::Absent { .. } | AtTwilio::NotAsked | AtTwilio::Unknown { .. } => None,
    };
    let ours = dossier.row().map(|row| row.phone_number.readable());
    let orphan = || dossier.orphans.first().map(|orphan| orphan.phone_number.readable());
    ours.or(at_twilio).or_else(orphan).unwrap_or_else(|| phone_number(name))
}

fn ours(formats: &Formats, row: &Row) -> Ours {
    let mut facts = vec![
        ("Customer", row.user_id.clone()),
        ("Name", row.display_name.clone()),
        ("A month", row.monthly().map(|monthly| formats.money(monthly)).unwrap_or_default()),
        ("Since", formats.moment(row.purchased_at)),
        ("Changed", formats.moment(row.updated_at)),
    ];
    if let Some(attempts) = row.release_attempts.filter(|attempts| *attempts > 0) {
        facts.push(("Attempts to release it", attempts.to_string()));
    }
    facts.push(("Our id", row.id.to_string()));
    facts.extend(row.number_sid.clone().map(|sid| ("Twilio's id", sid)));
    facts.extend(row.account_sid.clone().map(|sid| ("Account", sid)));
    if row.number_sid.is_some() {
        facts.extend(addresses(&row.webhooks));
    }
    let mut links = vec![(format!("/dashboard/numbers/{}", row.id), "Its page and history")];
    links.push((customer_page(&row.user_id), "Its customer"));
    links.extend(row.order_id.map(|order| (format!("{ORDERS}/{order}"), "Its order")));
    Ours {
        number: row.phone_number.readable(),
        state: row.state(),
        why: row.review.map(review_in_short),
        facts,
        links,
    }
}

fn addresses(webhooks: &Webhooks) -> [(&'static str, String); 3] {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    [
        ("Calls go to", text(&webhooks.voice_url)),
        ("Texts go to", text(&webhooks.sms_url)),
        ("Ends of calls go to", text(&webhooks.status_callback_url)),
    ]
}

fn of_orphan(formats: &Formats, orphan: &Orphan) -> OrphanSide {
    OrphanSide {
        state: orphan.stage.badge(),
        why: orphan.review.map(review_in_short),
        facts: vec![
            ("Twilio's id", orphan.number_sid.clone()),
            ("Account", orphan.account_sid.clone()),
            ("Attempts to release it", orphan.attempts.to_string()),
            ("Changed", formats.moment(orphan.updated_at)),
        ],
        order: format!("{ORDERS}/{}", orphan.order_id),
    }
}

fn twilio(formats: &Formats, dossier: &Dossier) -> TwilioSide {
    match &dossier.at_provider {
        AtTwilio::Held { account_sid, number_sid, friendly_name, webhooks, created_at, phone_number: _ } => {
            let mut facts = vec![
                ("Name there", friendly_name.clone()),
                ("Twilio's id", number_sid.clone()),
                ("Account", account_sid.clone()),
                ("Got it", formats.moment(*created_at)),
            ];
            if let Some(marker) = &dossier.marker {
                let state = marker.order_state.map_or_else(
                    || format!("that of order {}, which is not in this database", marker.order),
                    |state| format!("that of order {}, which is {}", marker.order, state.as_str()),
                );
                facts.push(("Mark in its name", state));
                facts.push(("Bought by deployment", marker.deployment.clone()));
            }
            facts.extend(addresses(webhooks));
            TwilioSide { says: "Our account has it.".to_owned(), facts }
        }
        AtTwilio::Absent { account_sid } => TwilioSide {
            says: "Our account does not have it.".to_owned(),
            facts: vec![("Account", account_sid.clone())],
        },
        AtTwilio::NotAsked => TwilioSide {
            says: "It was not asked: the number lives elsewhere, or nobody knows it.".to_owned(),
            facts: Vec::new(),
        },
        AtTwilio::Unknown { why } => {
            TwilioSide { says: format!("It could not be asked: {why}."), facts: Vec::new() }
        }
    }
}
