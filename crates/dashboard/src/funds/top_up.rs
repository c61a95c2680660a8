//! The automatic top-up: setting it up with a consent, changing it, switching it off and on, and having the payment method forgotten.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_domain::{Currency, JsonMoney, Money};

use super::add::UNREACHABLE;
use super::record::{OpenedPage, TopUp, TopUpAnswer, money};
use super::show::can_pay;
use super::{TOP_UP, currency_of, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble, amount};
use crate::format::{Formats, plain};
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::settings::formats_of;
use crate::visitor::Visit;

const PATH: &str = "/api/payment/auto-top-up";
const SHOWN: &[&str] = &["threshold", "amount", "monthlyCap", "consent"];

/// Which wallet's, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TopUpQuery {
    currency: String,
    done: String,
}

/// The form as it is sent: what to do, and the terms where it is about them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Sent {
    #[serde(rename = "do")]
    what: String,
    currency: String,
    threshold: Option<String>,
    amount: Option<String>,
    monthly_cap: Option<String>,
    consent: String,
}

#[derive(Template)]
#[template(path = "funds/top_up.html")]
struct TopUpPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    can_pay: bool,
    currency: &'static str,
    consent_text: String,
    consent_mistake: Option<String>,
    has_agreed: bool,
    threshold: Field,
    amount: Field,
    monthly_cap: Field,
    top_up: Option<Shown>,
    /// There is none, or it has nothing that it could charge.
    is_to_set_up: bool,
}

/// One that is there.
struct Shown {
    state: (&'static str, &'static str),
    /// Why it does not charge, where it does not.
    why: Option<String>,
    is_on: bool,
    terms: String,
    /// The payment method, as its owner knows it.
    method: Option<String>,
    agreed: String,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<TopUpQuery>,
) -> Result<Response, Failure> {
    let done = match query.done.as_str() {
        "changed" => Some("The new terms hold from now on."),
        "on" => Some("It is on again."),
        "off" => Some("It is off. Nothing more is charged; a charge that is under way may still come."),
        "removed" => Some("It is off, and Stripe forgets your payment method."),
        _ => None,
    };
    let sent = Sent { currency: query.currency, ..Sent::default() };
    page(&state, &visit, &sent, done.map(Note::good), &Trouble::NONE).await
}

pub(super) async fn change(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let currency = currency_of(&state, &sent.currency);
    let refusal = match act(&Api::new(&state.api, &visit), &sent, currency).await {
        Ok(next) => return Ok(Redirect::to(&next).into_response()),
        Err(refusal) => refusal,
    };
    let said = match refusal.code() {
        "TOP_UP_NEEDS_METHOD" => {
            Some("Your payment method was forgotten. Set the top-up up again below; nothing was charged.")
        }
        "TOP_UP_NOT_FOUND" => {
            Some("There is no automatic top-up to change. Set one up below; nothing was charged.")
        }
        "PAYMENTS_UNAVAILABLE" => Some(UNREACHABLE),
        _ => None,
    };
    let trouble = Trouble::of(refusal, SHOWN);
    let trouble = match said {
        Some(said) => trouble.saying(said),
        None => trouble,
    };
    page(&state, &visit, &sent, None, &trouble).await
}

/// Does what the form asks for, and says where to go then.
async fn act(api: &Api<'_>, sent: &Sent, currency: Currency) -> Result<String, Refusal> {
    let done = |what: &str| link(TOP_UP, &[("currency", currency.code()), ("done", what)]);
    let switch = |on: bool| Some(json!({ "currency": currency.code(), "enabled": on }));
    match sent.what.as_str() {
        "set-up" => {
            let mut body = terms(sent, currency)?;
            body["consent"] = (!sent.consent.is_empty()).into();
            let opened: OpenedPage = api.change(Method::POST, PATH, Some(body)).await?;
            Ok(opened.url)
        }
        "change" => {
            let mut body = terms(sent, currency)?;
            if !sent.consent.is_empty() {
                body["consent"] = true.into();
            }
            api.change::<Value>(Method::PATCH, PATH, Some(body)).await?;
            Ok(done("changed"))
        }
        "on" => {
            api.change::<Value>(Method::PATCH, PATH, switch(true)).await?;
            Ok(done("on"))
        }
        "off" => {
            api.change::<Value>(Method::PATCH, PATH, switch(false)).await?;
            Ok(done("off"))
        }
        "remove" => {
            let path = link(PATH, &[("currency", currency.code())]);
            api.change::<Value>(Method::DELETE, &path, None).await?;
            Ok(done("removed"))
        }
        _ => Err(Refusal::absent()),
    }
}

/// The terms as they were typed.
fn terms(sent: &Sent, currency: Currency) -> Result<Value, Refusal> {
    let sum =
        |field: &str, text: &Option<String>| amount(field, text.as_deref().unwrap_or_default(), currency);
    Ok(json!({
        "currency": currency.code(),
        "threshold": sum("threshold", &sent.threshold)?,
        "amount": sum("amount", &sent.amount)?,
        "monthlyCap": sum("monthlyCap", &sent.monthly_cap)?,
    }))
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: &Sent,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let formats = formats_of(&api, visit).await?;
    let currency = currency_of(state, &sent.currency);
    let answer: TopUpAnswer = api.get(PATH, &[("currency", currency.code())]).await?;
    let stored = answer.auto_top_up.as_ref();
    let field = |name, label: &str, hint: &str, typed: &Option<String>, kept: Option<&JsonMoney>| {
        let kept = kept.and_then(|sum| Money::new(sum.0, currency).ok()).map(plain).unwrap_or_default();
        let field = Field::amount(name, format!("{label} ({})", currency.code())).hint(hint).required();
        field.value(typed.clone().unwrap_or(kept)).after(trouble)
    };
    let page = TopUpPage {
        frame: Frame::new(state, visit, Section::Funds),
        tabs: tabs(TOP_UP, currency),
        note: trouble.note().or(note),
        can_pay: can_pay(state),
        currency: currency.code(),
        consent_mistake: trouble
            .at("consent")
            .map(|_| "No more is charged without your consent: tick the box if you agree.".to_owned()),
        has_agreed: !sent.consent.is_empty(),
        threshold: field(
            "threshold",
            "Charge when less is available than",
            "Your payment method is charged whenever your balance falls below this.",
            &sent.threshold,
            stored.map(|top_up| &top_up.threshold),
        ),
        amount: field(
            "amount",
            "Charge",
            "How much at a time.",
            &sent.amount,
            stored.map(|top_up| &top_up.amount),
        ),
        monthly_cap: field(
            "monthlyCap",
            "Charge in a calendar month at most",
            "Beyond this nothing is charged until the next month begins, by UTC.",
            &sent.monthly_cap,
            stored.map(|top_up| &top_up.monthly_cap),
        ),
        is_to_set_up: stored.is_none_or(|top_up| top_up.payment_method.is_none()),
        top_up: stored.map(|top_up| shown(&formats, top_up)).transpose()?,
        consent_text: answer.consent_text,
    };
    trouble.answer(&page)
}

fn shown(formats: &Formats, top_up: &TopUp) -> Result<Shown, Refusal> {
    let sum = |amount| money(amount, top_up.currency).map(|sum| formats.money(sum));
    let has_method = top_up.payment_method.is_some();
    let (state, why) = match (top_up.status.as_str(), has_method) {
        ("on", _) => (("On", "good"), top_up.declines.gt(&0).then(|| declined(top_up.declines))),
        ("declined", true) => {
            let why = "Your payment method was declined three times in a row, so nothing more is charged. Ask your bank, or \
                       save another method by setting it up again; then switch it on.";
            (("Off after declines", "bad"), Some(why.to_owned()))
        }
        (_, true) => (("Off", "plain"), Some("You have switched it off; nothing is charged.".to_owned())),
        (_, false) => {
            (("Off", "plain"), Some("Your payment method was forgotten; nothing is charged.".to_owned()))
        }
    };
    let pause = top_up.cool_down_until.filter(|_| top_up.status == "on");
    let pause = pause.map(|until| {
        format!(" After the last charge nothing more is charged before {}.", formats.moment(until))
    });
    Ok(Shown {
        state,
        why,
        is_on: top_up.status == "on",
        terms: format!(
            "When less than {} is available, {} is charged; in a calendar month {} at most.{}",
            sum(&top_up.threshold)?,
            sum(&top_up.amount)?,
            sum(&top_up.monthly_cap)?,
            pause.unwrap_or_default()
        ),
        method: top_up.payment_method.clone(),
        agreed: formats.day(top_up.agreed_at),
    })
}

fn declined(times: u32) -> String {
    let times = if times == 1 { "once".to_owned() } else { format!("{times} times in a row") };
    format!("Your payment method was declined {times}. At the third time in a row this goes off.")
}
