//! Signing in and out, and staying signed in.
//!
//! A browser keeps a session's token in a cookie that no script reads and no other site's form brings along. [`resume`] asks with
//! every request whose it is. A form that is sent when the session has ended is not lost: [`carried`] keeps what was typed
//! until its owner is signed in again.

mod carried;
pub(crate) mod cookie;
mod link;
mod oidc;
mod page;
pub(crate) mod resume;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use trunkline_sessions::Sessions;

use crate::DashboardState;

pub(crate) use resume::resume;

/// Where one signs in.
pub(crate) const SIGN_IN: &str = "/sign-in";

/// The pages of those whom nobody knows yet.
pub(crate) fn open_routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(SIGN_IN, get(page::show).post(page::sign_in))
        .route("/sign-in/link/{token}", get(link::show).post(link::redeem))
        .route("/sign-in/oidc", get(oidc::begin))
        .route(Sessions::OIDC_CALLBACK, get(oidc::finish))
        .route("/sign-out", post(page::sign_out))
}

/// The pages of those who are signed in.
pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route("/dashboard/settings/sessions", get(sessions::page))
        .route("/dashboard/settings/sessions/others", post(sessions::end_others))
        .route("/dashboard/settings/sessions/password", post(sessions::change_password))
        .route("/dashboard/settings/sessions/{id}", post(sessions::end))
}
