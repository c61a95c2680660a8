//! `/sign-in/link/{token}`: a link that signs in once. Looking at it spends nothing, because mail programs and browsers look at
//! links before people do; its button does.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_sessions::Client;

use super::carried::Carried;
use super::cookie::Jar;
use super::page::{SignInPage, answer, welcome};
use crate::DashboardState;
use crate::error::Failure;
use crate::page::{Bare, html};

#[derive(Template)]
#[template(path = "signing_in/link.html")]
struct LinkPage {
    bare: Bare,
}

pub(super) async fn show() -> Result<Response, Failure> {
    html(&LinkPage { bare: Bare::new() })
}

pub(super) async fn redeem(
    State(state): State<Arc<DashboardState>>,
    Extension(from): Extension<Client>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let replaces = Jar::of(&state.settings.public_url).session(&headers);
    match sessions.redeem_link(&token, from, replaces).await {
        Ok(begun) => welcome(&state, &begun, "/", &Carried::default()),
        Err(error) => answer(&SignInPage::refused(&state, "", &error), &error),
    }
}
