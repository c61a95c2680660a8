//! Who calls: the credentials of a request, and the user it is for.
//!
//! [`authenticate`] stands before every route that has to do with somebody; a route cannot be reached without it, and
//! nothing of a stranger's body is read. What a caller may do is asked of tenancy, never decided here.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use trunkline_domain::{Origin, RequestContext, UserId};
use trunkline_tenancy::{
    Action, Audience, AuthenticationError, Denial, KeyLimits, Naming, Place, Principal, PrincipalKind, Reach,
    Scope, Tenancy,
};

use crate::edge::RequestId;
use crate::problem::Problem;
use crate::{ApiState, TrustedProxies};

/// The header in which a service names the user it acts for.
pub(crate) const USER_HEADER: &str = "Trunkline-User";

/// Where the request's line in the log learns who called.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerRecord(Arc<OnceLock<Principal>>);

impl CallerRecord {
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.0.get()
    }

    pub(crate) fn note(&self, principal: &Principal) {
        self.0.get_or_init(|| principal.clone());
    }
}

/// Lets a request through that shows a key or a token.
pub(crate) async fn authenticate(
    State(state): State<Arc<ApiState>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let context = context_of(state.rates.trusted_proxies(), request.extensions(), request.headers());
    let principal = match bearer(request.headers()) {
        Some(secret) => state.tenancy.authenticate(secret, &context).await?,
        None => return Err(AuthenticationError::Nobody.into()),
    };
    if let Some(record) = request.extensions().get::<CallerRecord>() {
        record.note(&principal);
    }
    request.extensions_mut().insert(principal);
    request.extensions_mut().insert(context);
    Ok(next.run(request).await)
}

/// What the audit trail keeps of a request.
pub(crate) fn context_of(
    proxies: &TrustedProxies,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> RequestContext {
    let id = extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
    RequestContext { id, address: proxies.address(extensions, headers) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else { return None };
    let (scheme, credentials) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(credentials.trim())
}

/// An authenticated caller, with the user whom they name in the header.
#[derive(Debug)]
pub(crate) struct Caller {
    principal: Principal,
    named: Option<UserId>,
    context: RequestContext,
}

impl Caller {
    /// With whose things the caller works, which tenancy decides; `stated` is the `userId` of body or query.
    pub(crate) async fn scope(
        &self,
        tenancy: &Tenancy,
        action: Action,
        stated: Option<&UserId>,
    ) -> Result<Scope, Problem> {
        let naming = Naming { header: self.named.as_ref(), stated };
        Ok(tenancy.acting(&self.principal, action, naming).await?)
    }

    /// The one user with whose things the caller works.
    pub(crate) async fn user(
        &self,
        tenancy: &Tenancy,
        action: Action,
        stated: Option<&UserId>,
    ) -> Result<UserId, Problem> {
        match self.scope(tenancy, action, stated).await? {
            Scope::User(user) => Ok(user),
            Scope::Everyone => Err(Denial::NobodyNamed.into()),
        }
    }

    /// How far the caller reaches who aims at no one thing: at their own, or as a member at those of an owner whom they
    /// name.
    pub(crate) async fn reach(
        &self,
        tenancy: &Tenancy,
        action: Action,
        stated: Option<&UserId>,
    ) -> Result<Reach, Problem> {
        let naming = Naming { header: self.named.as_ref(), stated };
        Ok(tenancy.reach(&self.principal, action, naming).await?)
    }

    /// How far the caller reaches who aims at one thing, which is at this place; `None` where it is out of reach.
    pub(crate) async fn reach_of(
        &self,
        tenancy: &Tenancy,
        action: Action,
        stated: Option<&UserId>,
        place: impl Future<Output = Result<Option<Place>, Problem>>,
    ) -> Result<Option<Reach>, Problem> {
        let naming = Naming { header: self.named.as_ref(), stated };
        tenancy.reach_of(&self.principal, action, naming, place).await
    }

    /// Whether an operator calls.
    pub(crate) const fn is_operator(&self) -> bool {
        matches!(self.principal.kind, PrincipalKind::Operator { .. })
    }

    /// Whether the caller is this user, or acts for them by the header.
    pub(crate) fn acts_for(&self, user: &UserId) -> bool {
        self.principal.acts_for(user, self.named.as_ref())
    }

    /// The most that a key may be that the caller makes.
    pub(crate) fn key_limits(&self) -> KeyLimits {
        self.principal.limits()
    }

    /// What the caller may see of a line of the audit trail.
    pub(crate) fn audience(&self) -> Audience {
        Audience::of(&self.principal)
    }

    /// On whose behalf something is done within a scope that the caller was given, for the audit trail.
    pub(crate) fn origin_within(&self, scope: &Scope) -> Result<Origin, Problem> {
        let actor = self.principal.actor_within(scope)?;
        Ok(Origin { actor, context: self.context.clone() })
    }

    /// On whose behalf something is done with things that the caller reaches, for the audit trail.
    pub(crate) fn origin_reaching(&self, reach: &Reach) -> Result<Origin, Problem> {
        let actor = self.principal.actor_reaching(reach)?;
        Ok(Origin { actor, context: self.context.clone() })
    }

    /// On whose behalf something is done to this user's things, for the audit trail.
    pub(crate) fn origin(&self, concerned: &UserId) -> Origin {
        Origin { actor: self.principal.actor(concerned), context: self.context.clone() }
    }

    /// The same of an operator, about what is no user's. Only for callers whom tenancy lets operate.
    pub(crate) fn operator_origin(&self) -> Result<Origin, Problem> {
        self.origin_within(&Scope::Everyone)
    }
}

impl FromRequestParts<Arc<ApiState>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<ApiState>) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Principal>().cloned();
        let context = parts.extensions.get::<RequestContext>().cloned();
        let (Some(principal), Some(context)) = (principal, context) else {
            // A route that forgot to stand behind `authenticate` serves nobody.
            return Err(Problem::internal());
        };
        Ok(Self { principal, named: named_user(&parts.headers)?, context })
    }
}

fn named_user(headers: &HeaderMap) -> Result<Option<UserId>, Problem> {
    let Some(value) = only_one(headers, USER_HEADER)? else { return Ok(None) };
    let Ok(text) = value.to_str() else {
        return Err(Problem::invalid_field(USER_HEADER, "is not plain text"));
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let user = text.trim().parse();
    user.map(Some).map_err(|error| Problem::invalid_field(USER_HEADER, format!("{error}")))
}

/// A header that decides something. Sent twice it is refused: whoever is in between may have read the other one.
pub(crate) fn only_one<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> Result<Option<&'h HeaderValue>, Problem> {
    let mut sent = headers.get_all(name).iter();
    match (sent.next(), sent.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(Problem::invalid_field(name, "is sent more than once")),
    }
}
