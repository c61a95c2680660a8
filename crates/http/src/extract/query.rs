//! Query parameters.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::{Fields, Input};
use crate::ApiState;
use crate::problem::Problem;

/// A query that reads as `T`.
#[derive(Debug)]
pub(crate) struct Query<T>(pub T);

impl<T: Input> FromRequestParts<Arc<ApiState>> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<ApiState>) -> Result<Self, Problem> {
        let mut fields = Fields::of_query(parts.uri.query().unwrap_or_default());
        let input = T::read(&mut fields, &state.settings);
        fields.finish(input).map(Self)
    }
}
