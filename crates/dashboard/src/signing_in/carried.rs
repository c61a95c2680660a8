//! A form that was sent when its sender's session had ended: what they typed waits on the page where they sign in, and is offered
//! to be sent again afterwards. The page holds it, not the server; so nothing is kept of strangers.

use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::page::SignInPage;
use crate::DashboardState;
use crate::error::Failure;
use crate::format::in_words;
use crate::link::own_page;
use crate::page::{Bare, html};

/// The longest form that is kept, in bytes. Ours are a tenth of it.
const FORM_MAX: usize = 32 * 1024;

/// A form that waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Carried {
    /// Where it is sent to; empty where none waits.
    pub(super) to: String,
    /// Its fields, as browsers write them.
    pub(super) typed: String,
}

#[derive(Template)]
#[template(path = "signing_in/continue.html")]
struct ContinuePage {
    bare: Bare,
    to: String,
    fields: Vec<(String, String)>,
    /// What of it says something to people.
    shown: Vec<(String, String)>,
}

impl Carried {
    /// The address, if it is one of ours.
    pub(super) fn address(&self) -> Option<&str> {
        own_page(&self.to)
    }

    /// The page on which it is sent again.
    pub(super) fn offer(&self) -> Result<Response, Failure> {
        let to = self.address().unwrap_or("/").to_owned();
        let fields = self.fields();
        html(&ContinuePage { bare: Bare::new(), to, shown: shown(&fields), fields })
    }

    /// Its fields, to be sent again.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.typed.as_bytes()).into_owned().collect()
    }
}

/// The fields in words: whoever sends a form sees what they send, perhaps somebody else's. A key says nothing to anybody.
fn shown(fields: &[(String, String)]) -> Vec<(String, String)> {
    let said = fields.iter().filter(|(name, value)| name != "key" && !value.is_empty());
    said.map(|(name, value)| (in_words(name), value.clone())).collect()
}

/// Whether something was typed there. What signs in or out is asked for anew.
pub(super) fn is_worth_keeping(path: &str) -> bool {
    path.starts_with("/dashboard") || path.starts_with("/operator")
}

/// The page where one signs in, with the form in it. Passwords are not written into pages.
pub(super) async fn ask_first(state: &DashboardState, request: Request<Body>) -> Response {
    let to = request.uri().path_and_query().map_or("/", |here| here.as_str()).to_owned();
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let typed = match axum::body::to_bytes(request.into_body(), FORM_MAX).await {
        Ok(bytes) if is_form => without_passwords(&bytes),
        Ok(_) | Err(_) => String::new(),
    };
    let page = SignInPage::asked_again(state, Carried { to, typed });
    let mut response = html(&page).into_response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

fn without_passwords(form: &[u8]) -> String {
    let fields = url::form_urlencoded::parse(form).filter(|(name, _)| !name.contains("password"));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_left_out() {
        let kept = without_passwords(b"name=Front+desk&new_password=secret&key=1");
        assert_eq!(kept, "name=Front+desk&key=1");
    }

    #[test]
    fn whoever_sends_it_again_sees_what_is_in_it() {
        let carried = Carried {
            to: "/operator/users/ann".to_owned(),
            typed: "key=1&way=credit&amount=10&displayName=".to_owned(),
        };
        let said = shown(&carried.fields());
        assert_eq!(said, [("Way", "credit"), ("Amount", "10")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_form_goes_nowhere_else() {
        let carried = |to: &str| Carried { to: to.into(), typed: String::new() };
        assert_eq!(carried("/dashboard/numbers").address(), Some("/dashboard/numbers"));
        assert_eq!(carried("https://evil.example").address(), None);
    }
}
