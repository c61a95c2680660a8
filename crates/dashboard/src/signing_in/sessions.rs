//! `/dashboard/settings/sessions`: where somebody is signed in, ending that, and their password.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use trunkline_sessions::{Client, Session, SessionStoreError, SessionView, SignInMethod};

use super::page::sentence;
use crate::DashboardState;
use crate::error::Failure;
use crate::link::Tab;
use crate::page::{Frame, Section, html};
use crate::settings::{SESSIONS, tabs};
use crate::visitor::Visit;

const HERE: &str = SESSIONS;

#[derive(Template)]
#[template(path = "signing_in/sessions.html")]
struct SessionsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    has_password: bool,
    mistake: Option<String>,
    is_changed: bool,
}

struct Row {
    id: String,
    is_this: bool,
    browser: String,
    address: String,
    how: &'static str,
    began: String,
    seen: String,
}

/// What was typed to change the password.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Passwords {
    old_password: String,
    new_password: String,
}

pub(super) async fn page(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    session: Option<Extension<Session>>,
) -> Result<Response, Failure> {
    let Extension(session) = session.ok_or(Failure::Absent)?;
    let is_changed = visit.here.ends_with("?changed=1");
    show(&state, &visit, &session, None, is_changed).await
}

async fn show(
    state: &DashboardState,
    visit: &Visit,
    session: &Session,
    mistake: Option<String>,
    is_changed: bool,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let found = sessions.sessions_of(session).await.map_err(unavailable)?;
    html(&SessionsPage {
        frame: Frame::new(state, visit, Section::Settings),
        tabs: tabs(state, visit, HERE),
        rows: found.into_iter().map(|view| row(visit, session, view)).collect(),
        has_password: sessions.has_password(session).await.map_err(unavailable)?,
        mistake,
        is_changed,
    })
}

fn row(visit: &Visit, session: &Session, view: SessionView) -> Row {
    Row {
        is_this: view.id == session.id,
        id: view.id.to_string(),
        browser: view.user_agent.unwrap_or_else(|| "Unknown browser".to_owned()),
        address: view.address.map(|address| address.to_string()).unwrap_or_default(),
        how: match view.method {
            SignInMethod::Password => "Password",
            SignInMethod::Oidc => "Identity provider",
            SignInMethod::Link => "Link",
        },
        began: visit.formats.moment(view.started_at),
        seen: visit.formats.moment(view.last_seen_at),
    }
}

pub(super) async fn end(
    State(state): State<Arc<DashboardState>>,
    _: Visit,
    Extension(session): Extension<Session>,
    Extension(from): Extension<Client>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let id = id.parse().map_err(|_| Failure::Absent)?;
    sessions.end(&session, id, &from).await.map_err(unavailable)?;
    Ok(Redirect::to(HERE).into_response())
}

pub(super) async fn end_others(
    State(state): State<Arc<DashboardState>>,
    _: Visit,
    Extension(session): Extension<Session>,
    Extension(from): Extension<Client>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    sessions.end_others(&session, &from).await.map_err(unavailable)?;
    Ok(Redirect::to(HERE).into_response())
}

pub(super) async fn change_password(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Extension(session): Extension<Session>,
    Extension(from): Extension<Client>,
    Form(typed): Form<Passwords>,
) -> Result<Response, Failure> {
    let sessions = state.sessions.as_ref().ok_or(Failure::Absent)?;
    let Passwords { old_password, new_password } = typed;
    let changed = sessions.change_password(&session, old_password.into(), new_password.into(), &from).await;
    match changed {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}?changed=1")).into_response()),
        Err(trunkline_sessions::SignInError::Wrong) => {
            refused(
                &state,
                &visit,
                &session,
                "The current password is not right; nothing was changed.".into(),
            )
            .await
        }
        Err(error) => refused(&state, &visit, &session, sentence(&error)).await,
    }
}

async fn refused(
    state: &DashboardState,
    visit: &Visit,
    session: &Session,
    what: String,
) -> Result<Response, Failure> {
    let mut response = show(state, visit, session, Some(what), false).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands behind map_err")]
fn unavailable(error: SessionStoreError) -> Failure {
    tracing::error!(%error, "the store of sessions cannot be asked");
    Failure::Unavailable
}
