//! `/sign-in/oidc`: to the identity provider and back.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::ExposeSecret;
use serde::Deserialize;
use trunkline_sessions::{Client, OidcAnswer, OidcRefusal, SignInError};

use super::carried::Carried;
use super::cookie::Jar;
use super::page::{SignInPage, answer, welcome};
use crate::DashboardState;
use crate::error::Failure;

/// What tells the browser that began from every other one.
const COOKIE: &str = "trunkline-oidc";
/// How long it is kept, in seconds: as long as the sign-in is waited for.
const COOKIE_S: i64 = 600;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
}

/// With what the browser comes back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    state: String,
    code: String,
    iss: Option<String>,
}

pub(super) async fn begin(
    State(state): State<Arc<DashboardState>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    match sessions.begin_oidc(asked.next.clone()).await {
        Ok(start) => {
            let secret = start.browser_secret.expose_secret().to_owned();
            let cookie = Jar::of(&state.settings.public_url).keep(COOKIE, secret, COOKIE_S);
            let mut response = Redirect::to(start.url.as_str()).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(error) => answer(&SignInPage::refused(&state, &asked.next, &error), &error),
    }
}

pub(super) async fn finish(
    State(state): State<Arc<DashboardState>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let jar = Jar::of(&state.settings.public_url);
    let finished = match jar.read(&headers, COOKIE) {
        Some(secret) => {
            let Back { state, code, iss } = back;
            let back = OidcAnswer { state, code: code.into(), issuer: iss, browser_secret: secret.into() };
            sessions.finish_oidc(back, from, jar.session(&headers)).await
        }
        None => Err(SignInError::Oidc(OidcRefusal::NotUnderWay)),
    };
    let mut response = match finished {
        Ok((begun, next)) => welcome(&state, &begun, &next, &Carried::default())?,
        Err(error) => answer(&SignInPage::refused(&state, "", &error), &error)?,
    };
    response.headers_mut().append(header::SET_COOKIE, jar.forget(COOKIE));
    Ok(response)
}
