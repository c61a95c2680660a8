//! Ids in paths. Text that is no id names nothing, so it is answered as an id that does not exist.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use trunkline_domain::{ApiKeyId, ApprovalId, BusinessId, NumberId, OrderId, PaymentId, UserId};
use trunkline_provisioning::port::NumberName;
use trunkline_wallet::{StatementMonth, StatementMonthError};

use crate::problem::{ErrorCode, Problem};

/// The id in a path.
#[derive(Debug)]
pub(crate) struct PathId<T>(pub T);

/// An id of something that can be missing.
pub(crate) trait Identity: FromStr {
    /// What is answered where there is no such thing.
    const MISSING: ErrorCode;
}

impl Identity for NumberId {
    const MISSING: ErrorCode = ErrorCode::NumberNotFound;
}

impl Identity for NumberName {
    const MISSING: ErrorCode = ErrorCode::NumberNotFound;
}

impl Identity for PaymentId {
    const MISSING: ErrorCode = ErrorCode::PaymentNotFound;
}

impl Identity for OrderId {
    const MISSING: ErrorCode = ErrorCode::OrderNotFound;
}

impl Identity for BusinessId {
    const MISSING: ErrorCode = ErrorCode::BusinessNotFound;
}

impl Identity for UserId {
    const MISSING: ErrorCode = ErrorCode::UserNotFound;
}

impl Identity for ApprovalId {
    const MISSING: ErrorCode = ErrorCode::ApprovalNotFound;
}

/// A user as a member of a business.
#[derive(Debug)]
pub(crate) struct MemberId(pub UserId);

impl FromStr for MemberId {
    type Err = <UserId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A user who may become a member. Text that is no user's id is a mistake of the request: nobody can be missing who need
/// not be there.
#[derive(Debug)]
pub(crate) struct NewMemberId(Result<UserId, <UserId as FromStr>::Err>);

impl NewMemberId {
    pub(crate) fn user(self) -> Result<UserId, Problem> {
        self.0.map_err(|error| Problem::invalid_field("userId", error.to_string()))
    }
}

impl FromStr for NewMemberId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.parse()))
    }
}

/// A month. Text that is none is a mistake of the request, and no month that is missing.
#[derive(Debug)]
pub(crate) struct MonthName(Result<StatementMonth, StatementMonthError>);

impl MonthName {
    pub(crate) fn month(self) -> Result<StatementMonth, Problem> {
        self.0.map_err(|error| Problem::invalid_field("month", error.to_string()))
    }
}

impl FromStr for MonthName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.parse()))
    }
}

impl Identity for MonthName {
    const MISSING: ErrorCode = ErrorCode::StatementNotFound;
}

impl Identity for NewMemberId {
    const MISSING: ErrorCode = ErrorCode::MemberNotFound;
}

impl Identity for MemberId {
    const MISSING: ErrorCode = ErrorCode::MemberNotFound;
}

impl Identity for ApiKeyId {
    const MISSING: ErrorCode = ErrorCode::KeyNotFound;
}

impl<T: Identity, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let missing = || Problem::absent(T::MISSING);
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        text.parse().map(Self).map_err(|_| missing())
    }
}

/// Two ids in a path: of a thing, and of something in it.
#[derive(Debug)]
pub(crate) struct PathIds<A, B>(pub A, pub B);

impl<A: Identity, B: Identity, S: Send + Sync> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let missing = || Problem::absent(A::MISSING);
        let Path((outer, inner)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        let outer = outer.parse().map_err(|_| missing())?;
        Ok(Self(outer, inner.parse().map_err(|_| Problem::absent(B::MISSING))?))
    }
}
