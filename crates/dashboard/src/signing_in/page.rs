//! `/sign-in` and `/sign-out`.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use trunkline_sessions::{Client, NewSession, PasswordSignIn, Sessions, SignInError};

use super::SIGN_IN;
use super::carried::Carried;
use super::cookie::Jar;
use crate::DashboardState;
use crate::error::Failure;
use crate::link::own_page;
use crate::page::{Bare, html};
use crate::paying;

/// The page where one signs in.
#[derive(Template)]
#[template(path = "signing_in/sign_in.html")]
pub(super) struct SignInPage {
    bare: Bare,
    mistake: Option<String>,
    is_out: bool,
    email: String,
    next: String,
    carried: Carried,
    oidc: Option<String>,
}

/// What the page's address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Where to go afterwards.
    next: String,
    /// Whether somebody has just signed out.
    out: String,
}

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    #[serde(flatten)]
    carried: Carried,
}

impl SignInPage {
    pub(super) fn new(state: &DashboardState, next: &str) -> Self {
        let next = own_page(next).unwrap_or_default().to_owned();
        let has_oidc = state.sessions.as_ref().is_some_and(Sessions::has_oidc);
        let query = serde_urlencoded::to_string([("next", &next)]).unwrap_or_default();
        Self {
            bare: Bare::new(),
            mistake: None,
            is_out: false,
            email: String::new(),
            oidc: has_oidc.then(|| format!("/sign-in/oidc?{query}")),
            next,
            carried: Carried::default(),
        }
    }

    /// The page for somebody whose form waits.
    pub(super) fn asked_again(state: &DashboardState, carried: Carried) -> Self {
        Self { carried, ..Self::new(state, "") }
    }

    /// The page after an attempt.
    pub(super) fn refused(state: &DashboardState, next: &str, error: &SignInError) -> Self {
        Self { mistake: Some(sentence(error)), ..Self::new(state, next) }
    }
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    html(&SignInPage { is_out: !asked.out.is_empty(), ..SignInPage::new(&state, &asked.next) })
}

pub(super) async fn sign_in(
    State(state): State<Arc<DashboardState>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let Typed { email, password, next, carried } = typed;
    let replaces = Jar::of(&state.settings.public_url).session(&headers);
    let attempt = PasswordSignIn { email: email.clone(), password: password.into(), from, replaces };
    match sessions.sign_in(attempt).await {
        Ok(begun) => welcome(&state, &begun, &next, &carried),
        Err(error) => {
            let page = SignInPage { email, carried, ..SignInPage::refused(&state, &next, &error) };
            answer(&page, &error)
        }
    }
}

/// A page of a failed attempt.
pub(super) fn answer(page: &SignInPage, error: &SignInError) -> Result<Response, Failure> {
    let mut response = html(page)?;
    *response.status_mut() = match error {
        SignInError::Throttled { retry_after } => {
            let seconds = retry_after.as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            StatusCode::TOO_MANY_REQUESTS
        }
        SignInError::Unavailable(_) | SignInError::Store(_) => {
            tracing::error!(error = %error, "nobody can sign in");
            StatusCode::SERVICE_UNAVAILABLE
        }
        SignInError::Wrong | SignInError::LinkSpent | SignInError::Oidc(_) | SignInError::Password(_) => {
            StatusCode::UNAUTHORIZED
        }
    };
    Ok(response)
}

/// Gives the browser its session, and shows it where it was going, or its form again.
pub(super) fn welcome(
    state: &DashboardState,
    begun: &NewSession,
    next: &str,
    carried: &Carried,
) -> Result<Response, Failure> {
    let mut response = if carried.address().is_some() {
        carried.offer()?
    } else {
        Redirect::to(own_page(next).unwrap_or("/")).into_response()
    };
    let cookie = Jar::of(&state.settings.public_url).keep_session(&begun.token, begun.session.ends_at);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

pub(super) async fn sign_out(
    State(state): State<Arc<DashboardState>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let jar = Jar::of(&state.settings.public_url);
    if let Some(token) = jar.session(&headers) {
        sessions.sign_out(&token, &from).await.map_err(|error| {
            tracing::error!(error = %error, "nobody can sign out");
            Failure::Unavailable
        })?;
    }
    let mut response = Redirect::to(&format!("{SIGN_IN}?out=1")).into_response();
    response.headers_mut().append(header::SET_COOKIE, jar.forget_session());
    response.headers_mut().append(header::SET_COOKIE, paying::forget(&state));
    Ok(response)
}

/// Why nobody was signed in, as a sentence.
pub(super) fn sentence(error: &SignInError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
