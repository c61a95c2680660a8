//! `/sign-in/oidc`: to the identity provider and back. Another site's page sends nobody there: it would have them signed in
//! without their wish, as whoever they are at the provider, so they see the page where one signs in.

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
use crate::link::own_page;
use crate::origin::is_led_by_another_site;
use crate::page::html;

/// What tells the browser that began from every other one.
const COOKIE: &str = "trunkline-oidc";
/// How long it is kept, in seconds: as long as the sign-in is waited for.
const COOKIE_S: i64 = 600;

/// What the browser keeps meanwhile.
struct Kept {
    secret: String,
    /// Where its owner was going, for when they are not signed in after all.
    next: String,
}

impl Kept {
    fn read(jar: Jar<'_>, headers: &HeaderMap) -> Option<Self> {
        let kept = jar.read(headers, COOKIE)?;
        let (secret, next) = kept.split_once(' ').unwrap_or((&kept, ""));
        Some(Self { secret: secret.to_owned(), next: next.to_owned() })
    }

    fn write(&self) -> String {
        format!("{} {}", self.secret, self.next)
    }
}

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
    headers: HeaderMap,
    Query(Asked { next }): Query<Asked>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    if is_led_by_another_site(&headers) {
        return html(&SignInPage::new(&state, &next));
    }
    match sessions.begin_oidc(next.clone()).await {
        Ok(start) => {
            let next = own_page(&next).unwrap_or_default().to_owned();
            let kept = Kept { secret: start.browser_secret.expose_secret().to_owned(), next };
            let cookie = Jar::of(&state.settings.public_url).keep(COOKIE, kept.write(), COOKIE_S);
            let mut response = Redirect::to(start.url.as_str()).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(error) => answer(&SignInPage::refused(&state, &next, &error), &error),
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
    let kept = Kept::read(jar, &headers);
    let finished = match &kept {
        Some(kept) => {
            let Back { state, code, iss } = back;
            let browser_secret = kept.secret.clone().into();
            let back = OidcAnswer { state, code: code.into(), issuer: iss, browser_secret };
            sessions.finish_oidc(back, from, jar.session(&headers)).await
        }
        None => Err(SignInError::Oidc(OidcRefusal::NotUnderWay)),
    };
    let mut response = match finished {
        Ok((begun, next)) => welcome(&state, &begun, &next, &Carried::default())?,
        Err(error) => {
            let next = kept.map(|kept| kept.next).unwrap_or_default();
            answer(&SignInPage::refused(&state, &next, &error), &error)?
        }
    };
    response.headers_mut().append(header::SET_COOKIE, jar.forget(COOKIE));
    Ok(response)
}
