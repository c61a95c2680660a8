//! The hosted page of a Checkout session: plain HTML with one button for each thing that somebody can do. It works
//! without scripts, and from a program that posts what the buttons post.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    admin::settle_by_itself,
    currency,
    flow::Cause,
    model::{Behaviour, Mode, PaymentStatus, Session, SessionStatus},
    refusal::Refusal,
    shared::Shared,
    world::World,
};

/// What somebody does on the page: the last part of the address that a button posts to, and its words.
const PAYMENT_CHOICES: &[(&str, &str)] =
    &[("pay", "Pay"), ("decline", "Decline"), ("later", "Pay later"), ("abandon", "Abandon")];
const SETUP_CHOICES: &[(&str, &str)] = &[
    ("save", "Save card"),
    ("save-declining", "Save a card that will be declined later"),
    ("abandon", "Abandon"),
];

/// `GET /c/pay/{session}`.
pub(crate) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    shared.keep_time();
    shared.with_world(|world| page_of(world, &id, StatusCode::OK))
}

/// `POST /c/pay/{session}/{choice}`: does it, and leads on. What cannot be done any more is said on the page.
pub(crate) async fn choose(
    State(shared): State<Arc<Shared>>,
    Path((id, choice)): Path<(String, String)>,
) -> Response {
    let now = shared.clock.seconds();
    let settlement = settle_by_itself(&shared.config, now);
    let response = shared.change(|world| {
        let mut teller = world.teller(now, Cause::default());
        let done = match choice.as_str() {
            "pay" => teller.pay(&id),
            "decline" => teller.decline(&id, "generic_decline"),
            "later" => teller.pay_later(&id, settlement),
            "save" => teller.save(&id, Behaviour::Accept),
            "save-declining" => teller.save(&id, Behaviour::Decline),
            "abandon" => Ok(()),
            _ => Err(Refusal::no_such("button", &choice)),
        };
        let Some(session) = world.books.sessions.get(&id) else {
            return page_of(world, &id, StatusCode::NOT_FOUND);
        };
        match (done, choice.as_str()) {
            (Err(_), _) => page_of(world, &id, StatusCode::CONFLICT),
            (Ok(()), "decline") => Redirect::to(&format!("/c/pay/{id}")).into_response(),
            (Ok(()), "abandon") => match &session.cancel_url {
                Some(url) => Redirect::to(&url.replace("{CHECKOUT_SESSION_ID}", &id)).into_response(),
                None => page_of(world, &id, StatusCode::OK),
            },
            (Ok(()), _) => Redirect::to(&session.success_location()).into_response(),
        }
    });
    shared.save().await;
    response
}

fn page_of(world: &World, id: &str, status: StatusCode) -> Response {
    let Some(session) = world.books.sessions.get(id) else {
        let body =
            "<h1>There is no such session</h1><p>The address is wrong, or the simulator was reset.</p>";
        return html(StatusCode::NOT_FOUND, body);
    };
    let intent = session.payment_intent.as_ref().and_then(|id| world.books.intents.get(id));
    let declined = intent.and_then(|intent| intent.last_error.as_ref()).map(|error| error.message.as_str());
    html(status, &body_of(session, declined))
}

fn body_of(session: &Session, declined: Option<&str>) -> String {
    match session.status {
        SessionStatus::Open => open_body(session, declined),
        SessionStatus::Expired => {
            let back =
                session.cancel_url.as_ref().map(|url| link(url, "Back to the shop")).unwrap_or_default();
            format!(
                "<h1>This session has expired</h1><p>Nothing was paid. Begin again where you came from.</p>{back}"
            )
        }
        SessionStatus::Complete => {
            let said = match session.payment_status {
                PaymentStatus::Paid => "<h1>This is paid</h1><p>It cannot be paid twice.</p>",
                PaymentStatus::Unpaid => {
                    "<h1>The payment is on its way</h1><p>It takes some days, and may still fail.</p>"
                }
                PaymentStatus::NoPaymentRequired => {
                    "<h1>The payment method is saved</h1><p>Nothing was paid.</p>"
                }
            };
            format!("{said}{}", link(&session.success_location(), "Go on"))
        }
    }
}

fn open_body(session: &Session, declined: Option<&str>) -> String {
    let (head, choices) = match session.mode {
        Mode::Payment => (bill(session), PAYMENT_CHOICES),
        Mode::Setup => {
            let words = "<h1>Save a card</h1><p>It is charged later, without you. Nothing is paid now.</p>";
            (words.to_owned(), SETUP_CHOICES)
        }
    };
    let declined = declined.map(|message| {
        format!("<p class=\"declined\" role=\"alert\">{} Try another way.</p>", escape(message))
    });
    let buttons = choices.iter().map(|(choice, words)| {
        format!(
            "<form method=\"post\" action=\"/c/pay/{}/{choice}\"><button class=\"{choice}\">{words}</button></form>",
            escape(&session.id)
        )
    });
    std::iter::once(head).chain(declined).chain(buttons).collect()
}

/// The sum, and what it is for.
fn bill(session: &Session) -> String {
    let currency = session.currency.as_deref().unwrap_or_default();
    let total = currency::written(session.amount().unwrap_or_default(), currency);
    let items = session.line_items.iter().map(|item| {
        let amount = currency::written(item.amount(), currency);
        let times = if item.quantity == 1 { String::new() } else { format!(" × {}", item.quantity) };
        let name = escape(&item.name);
        format!("<p class=\"item\"><span>{name}{times}</span><span>{}</span></p>", escape(&amount))
    });
    std::iter::once(format!("<h1>{}</h1>", escape(&total))).chain(items).collect()
}

fn link(url: &str, words: &str) -> String {
    format!("<p><a href=\"{}\">{words}</a></p>", escape(url))
}

fn html(status: StatusCode, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Simulated Checkout</title><style>{STYLE}</style></head>\
         <body><main><p class=\"note\">Simulated Stripe Checkout. No money moves.</p>{body}</main></body></html>"
    );
    let mut response = (status, page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy =
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#1c2430;--quiet:#5b6675;--line:#d5dae1;--main:#3b5bdb;--bad:#b42318}\
@media(prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b2129;--ink:#e8ecf1;--quiet:#9aa6b5;--line:#343d49;--main:#5c7cfa;--bad:#ff8a80}}\
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\
main{max-width:26rem;margin:8vh auto;padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:12px;box-sizing:border-box}\
@media(max-width:30rem){main{margin:0;min-height:100vh;border:0;border-radius:0}}\
h1{margin:.25rem 0 1rem;font-size:1.9rem}\
.note{margin:0;color:var(--quiet);font-size:.85rem}\
.item{display:flex;justify-content:space-between;gap:1rem;margin:.25rem 0;overflow-wrap:anywhere}\
.declined{color:var(--bad);font-weight:600}\
form{margin:.6rem 0 0}\
button{width:100%;padding:.75rem;border:1px solid var(--line);border-radius:8px;background:transparent;color:inherit;font:inherit;cursor:pointer}\
button.pay,button.save{margin-top:.6rem;background:var(--main);border-color:var(--main);color:#fff;font-weight:600}\
a{color:var(--main)}";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
