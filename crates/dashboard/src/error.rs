//! Pages that could not be shown, as pages.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use crate::page::{Bare, html};
use crate::refusal::Refusal;

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in. After signing in a page that was only looked at is shown.
    SignIn {
        /// Path and query of that page.
        return_to: Option<String>,
        /// Whether htmx asked, for a part of the page that it is on.
        is_part: bool,
    },
    /// The form came from another site, or from a browser that does not say.
    ForeignForm,
    /// The API refused what the page is made of.
    Refused(Box<Refusal>),
    /// The page is about a wallet or numbers of one's own, and an operator has none.
    CustomersOnly,
    /// The page is about everybody's numbers and money.
    OperatorsOnly,
    /// What was sent cannot be read at all, so no page could say what is wrong with it.
    Unreadable(StatusCode),
    /// There is nothing under this address.
    Absent,
    /// The store of sessions cannot be asked, so nobody is known.
    Unavailable,
    /// The template failed.
    Template(askama::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    bare: Bare,
    title: &'a str,
    what: &'a str,
    charge: Option<&'a str>,
    request_id: &'a str,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { return_to, is_part } => sign_in(return_to, is_part),
            Self::ForeignForm => {
                let what = "This form did not come from a page of ours, so nothing was done. Open the page here and send \
                            the form again.";
                page(StatusCode::FORBIDDEN, "Nothing was done", what, None, "")
            }
            Self::Refused(refusal) => {
                let title = match refusal.status {
                    StatusCode::NOT_FOUND => "There is no such page",
                    StatusCode::FORBIDDEN => "This is not yours to see",
                    _ => "This did not work",
                };
                let what = refusal.sentence();
                page(refusal.status, title, &what, refusal.charge(), refusal.request_id())
            }
            Self::CustomersOnly => {
                let what = "You are signed in as an operator, who has no wallet to pay and buy with. Customers' wallets are \
                            credited and corrected on the operator's pages.";
                page(StatusCode::FORBIDDEN, "This is a page for customers", what, None, "")
            }
            Self::OperatorsOnly => {
                let what = "Only operators of this service see this page. Your numbers and your funds are on the pages that the \
                            menu leads to.";
                page(StatusCode::FORBIDDEN, "This is a page for operators", what, None, "")
            }
            Self::Unreadable(status) => {
                let what = "What your browser sent cannot be read, so nothing was done. Go back, load the page anew, and try again.";
                page(status, "This did not work", what, None, "")
            }
            Self::Absent => Self::Refused(Box::new(Refusal::absent())).into_response(),
            Self::Unavailable => {
                let what = "We cannot look up who is signed in at this moment, so nothing was done. Try again in a moment.";
                page(StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment", what, None, "")
            }
            Self::Template(error) => {
                tracing::error!(%error, "a page could not be written");
                Self::Refused(Box::new(Refusal::ours())).into_response()
            }
        }
    }
}

fn page(status: StatusCode, title: &str, what: &str, charge: Option<&str>, request_id: &str) -> Response {
    let page = FailurePage { bare: Bare::new(), title, what, charge, request_id };
    match html(&page) {
        Ok(mut response) => {
            *response.status_mut() = status;
            response
        }
        Err(_) => status.into_response(),
    }
}

/// htmx is told to load the page anew: it would put the sign-in page into a part of this one. It does not see the headers of
/// an answer that leads on, so this one does not.
fn sign_in(return_to: Option<String>, is_part: bool) -> Response {
    let address = match return_to {
        Some(here) if here != "/" => {
            format!("/sign-in?{}", serde_urlencoded::to_string([("next", here)]).unwrap_or_default())
        }
        Some(_) | None => "/sign-in".to_owned(),
    };
    match HeaderValue::try_from(&address) {
        Ok(address) if is_part => ([(HeaderName::from_static("hx-redirect"), address)], ()).into_response(),
        Ok(_) | Err(_) => Redirect::to(&address).into_response(),
    }
}
