//! Who looks at a page: the caller behind a session, and what their browser prefers.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use trunkline_domain::RequestContext;
use trunkline_tenancy::{Principal, PrincipalKind};

use crate::error::Failure;
use crate::format::Formats;

/// Who looks at a page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// As whom the API knows them.
    pub principal: Principal,
    /// How they are called in the page's head: an e-mail address, or an id.
    pub name: String,
}

impl Visitor {
    /// The user that they are, if they are one.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.principal.kind {
            PrincipalKind::User { user, .. } => Some(user.as_str()),
            PrincipalKind::Service { .. } | PrincipalKind::Operator { .. } => None,
        }
    }

    /// Whether they are an operator, who has pages of their own.
    pub(crate) const fn is_operator(&self) -> bool {
        match self.principal.kind {
            PrincipalKind::Operator { .. } => true,
            PrincipalKind::User { .. } | PrincipalKind::Service { .. } => false,
        }
    }
}

/// One look at a page.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) visitor: Visitor,
    pub(crate) context: RequestContext,
    pub(crate) formats: Formats,
    /// Path and query of the page, to come back to.
    pub(crate) here: String,
}

/// What the layer before the pages leaves for their handlers: the visitor, if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) context: RequestContext,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str()).to_owned();
        let Some(visitor) = parts.extensions.get::<Visitor>().cloned() else {
            let return_to = (parts.method == Method::GET).then_some(here);
            let is_part = parts.headers.contains_key("hx-request");
            return Err(Failure::SignIn { return_to, is_part });
        };
        let context = parts.extensions.get::<Arrival>().map(|arrival| arrival.context.clone());
        let context = context.unwrap_or(RequestContext::NONE);
        Ok(Self { visitor, context, formats: formats_of(&parts.headers), here })
    }
}

/// How the browser's owner writes numbers: the first language that they read.
pub(crate) fn formats_of(headers: &HeaderMap) -> Formats {
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Formats::of(languages.unwrap_or_default())
}
