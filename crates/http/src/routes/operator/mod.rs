//! What operators alone may see and do: `/api/operator/…`, the same decisions as on the command line.
//!
//! One file per thing that is decided about; each has its own route table, which is merged here. *Invariants*: every
//! handler asks tenancy for [`Action::Operate`] before it asks anything else of anybody; every decision takes a reason,
//! and the audit trail keeps it with the operator's key and the request's id.

pub(crate) mod alarms;
pub(crate) mod approvals;
pub(crate) mod limits;
pub(crate) mod numbers;
pub(crate) mod orders;
pub(crate) mod prices;
pub(crate) mod reconciliations;
pub(crate) mod sales;
pub(crate) mod users;
pub(crate) mod wallet;

use std::sync::Arc;

use trunkline_domain::Origin;
use trunkline_tenancy::Action;
use utoipa_axum::router::OpenApiRouter;

use crate::ApiState;
use crate::access::Caller;
use crate::problem::Problem;
use crate::routes::scope_of;

/// Every route for operators.
pub(crate) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .merge(alarms::routes())
        .merge(approvals::routes())
        .merge(limits::routes())
        .merge(numbers::routes())
        .merge(orders::routes())
        .merge(prices::routes())
        .merge(reconciliations::routes())
        .merge(sales::routes())
        .merge(users::routes())
        .merge(wallet::routes())
}

/// Lets operators through. With everybody's things, or with those of the one user whom they name.
async fn operator(
    api: &ApiState,
    caller: &Caller,
    stated: Option<&trunkline_domain::UserId>,
) -> Result<trunkline_provisioning::port::Scope, Problem> {
    caller.scope(&api.tenancy, Action::Operate, stated).await.map(scope_of)
}

/// On whose behalf something is decided that is no user's.
async fn deciding(api: &ApiState, caller: &Caller) -> Result<Origin, Problem> {
    operator(api, caller, None).await?;
    caller.operator_origin()
}
