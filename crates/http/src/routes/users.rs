//! Adding users.

use axum::extract::State;
use axum::response::Response;
use trunkline_domain::UserId;
use trunkline_tenancy::{Action, AddUserCommand, Email};

use super::Api;
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{UserAnswer, made};
use crate::description::asked;
use crate::description::refusals::OfBody;
use crate::extract::{Fields, Input, JsonBody};
use crate::problem::Problem;

/// A user to be added.
#[derive(Debug)]
pub(crate) struct NewUser {
    id: UserId,
    email: Option<Email>,
}

impl Input for NewUser {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let id = fields.required("id");
        let email = fields.optional("email");
        Some(Self { id: id?, email })
    }
}

/// Add a user
///
/// For services and operators. A user who is there already is answered as they are, and nothing is changed.
#[utoipa::path(
    post,
    path = "/api/users",
    operation_id = "addUser",
    tag = "callers",
    params(asked::ForUser),
    request_body = asked::NewUser,
    responses(
        (status = 201, description = "The user is added.", body = UserAnswer),
        (status = 200, description = "The user was there before.", body = UserAnswer),
        OfBody,
    ),
)]
pub(crate) async fn add(
    State(api): Api,
    caller: Caller,
    JsonBody(user): JsonBody<NewUser>,
) -> Result<Response, Problem> {
    caller.scope(&api.tenancy, Action::AddUser, None).await?;
    let origin = caller.origin(&user.id);
    let added = api.tenancy.add_user(AddUserCommand { id: user.id, email: user.email, origin }).await?;
    Ok(made(UserAnswer::from(added.value), added.repeated))
}
