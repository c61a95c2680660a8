//! The table: what each caller hears of each route.

use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{Object, Scene, Target, Who};
use crate::stage::USER;

/// What a request sends, given everything that there is and what its path is about.
type Body = fn(&Scene, &Target) -> Value;

/// A SID of the right form that no account has.
const NO_SUCH_NUMBER: &str = "PN00000000000000000000000000000000";

/// A route, how it is asked, and what each caller hears.
pub(super) struct Row {
    pub(super) method: Method,
    /// As the description has it.
    pub(super) path: &'static str,
    /// The scope that it needs; a route without one is open to everybody.
    pub(super) needs: Option<&'static str>,
    /// What its path is about.
    pub(super) object: Object,
    /// By what else the owner is named.
    pub(super) aim: Aim,
    body: Option<Body>,
    expected: [u16; 8],
}

/// How a request says whose things it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// By the id in its path, or not at all.
    Path,
    /// By `userId` in its query.
    Query,
    /// By `userId` in its body.
    Body,
}

impl Row {
    /// The status that a caller hears. Bad credentials are the same everywhere, and so is a lacking scope.
    pub(super) fn expected(&self, who: Who) -> u16 {
        let [owner, manager, viewer, removed, stranger, service, elsewhere, operator] = self.expected;
        match who {
            Who::Nobody | Who::Garbage | Who::Expired | Who::Revoked if self.needs.is_some() => 401,
            Who::Lacking if self.needs.is_some() => 403,
            // A route that is open.
            Who::Nobody | Who::Garbage | Who::Expired | Who::Revoked | Who::Lacking | Who::Stranger => {
                stranger
            }
            Who::Owner => owner,
            Who::Manager => manager,
            Who::Viewer => viewer,
            Who::Removed => removed,
            Who::Service => service,
            Who::Elsewhere => elsewhere,
            Who::Operator => operator,
        }
    }

    /// The body, with the owner's name where the row aims by it.
    pub(super) fn body(&self, scene: &Scene, target: &Target) -> Option<Value> {
        let mut body = self.body.map(|body| body(scene, target))?;
        if self.aim == Aim::Body {
            body["userId"] = json!(USER);
        }
        Some(body)
    }

    fn says(self, body: Body) -> Self {
        Self { body: Some(body), ..self }
    }

    fn by(self, aim: Aim) -> Self {
        Self { aim, ..self }
    }
}

fn row(method: Method, path: &'static str, needs: &'static str, object: Object, expected: [u16; 8]) -> Row {
    Row { method, path, needs: Some(needs), object, aim: Aim::Path, body: None, expected }
}

fn open(method: Method, path: &'static str, status: u16) -> Row {
    Row {
        method,
        path,
        needs: None,
        object: Object::Nothing,
        aim: Aim::Path,
        body: None,
        expected: [status; 8],
    }
}

/// What operators alone may do, and what they hear of it.
fn operators(method: Method, path: &'static str, object: Object, heard: u16) -> Row {
    let mut expected = [403; 8];
    expected[7] = heard;
    row(method, path, "operate", object, expected)
}

fn reasoned(_: &Scene, _: &Target) -> Value {
    json!({ "reason": "for the test" })
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = callers();
    rows.extend(businesses());
    rows.extend(numbers());
    rows.extend(wallets());
    rows.extend(payments());
    rows.extend(decisions());
    rows.extend(everybody());
    rows
}

// In every row: owner, manager, viewer, removed member, stranger, the owner's service, a service for a stranger, operator.

fn callers() -> Vec<Row> {
    use Object::{Key, Nothing};
    vec![
        row(Method::POST, "/api/users", "users", Nothing, [403, 403, 403, 403, 403, 201, 201, 201])
            .says(|scene, _| json!({ "id": scene.next("user") })),
        row(Method::GET, "/api/keys", "keys", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::POST, "/api/keys", "keys", Nothing, [201, 403, 403, 403, 403, 201, 400, 201])
            .by(Aim::Body)
            .says(|_, _| json!({ "name": "one more" })),
        row(Method::DELETE, "/api/keys/{id}", "keys", Key, [200, 404, 404, 404, 404, 200, 404, 200]),
        row(Method::POST, "/api/keys/{id}/rotate", "keys", Key, [201, 404, 404, 404, 404, 201, 404, 403])
            .says(|_, _| json!({})),
        row(Method::GET, "/api/audit", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
    ]
}

fn businesses() -> Vec<Row> {
    use Object::{Business, Member, Nothing};
    vec![
        row(Method::GET, "/api/businesses", "read", Nothing, [200, 200, 200, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::POST, "/api/businesses", "manage", Nothing, [201, 403, 403, 403, 403, 201, 400, 201])
            .by(Aim::Body)
            .says(|_, _| json!({ "name": "Corner Bakery" })),
        row(Method::GET, "/api/businesses/{id}", "read", Business, [200, 200, 200, 404, 404, 200, 404, 200]),
        row(
            Method::PATCH,
            "/api/businesses/{id}",
            "manage",
            Business,
            [200, 403, 403, 404, 404, 200, 404, 200],
        )
        .says(|_, _| json!({ "name": "Bakery" })),
        row(
            Method::DELETE,
            "/api/businesses/{id}",
            "manage",
            Business,
            [200, 403, 403, 404, 404, 200, 404, 200],
        ),
        row(
            Method::GET,
            "/api/businesses/{id}/members",
            "read",
            Business,
            [200, 200, 200, 404, 404, 200, 404, 200],
        ),
        row(
            Method::PUT,
            "/api/businesses/{id}/members/{userId}",
            "manage",
            Member,
            [200, 403, 403, 404, 404, 200, 404, 200],
        )
        .says(|_, _| json!({ "role": "viewer" })),
        row(
            Method::DELETE,
            "/api/businesses/{id}/members/{userId}",
            "manage",
            Member,
            [200, 403, 403, 404, 404, 200, 404, 200],
        ),
        row(Method::GET, "/api/memberships", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
    ]
}

fn numbers() -> Vec<Row> {
    use Object::{Nothing, Number, Order};
    vec![
        row(Method::POST, "/api/numbers/search", "read", Nothing, [200, 200, 200, 403, 403, 200, 400, 200])
            .by(Aim::Body)
            .says(|_, _| json!({ "countryCode": "US", "numberType": "local", "limit": 1 })),
        row(
            Method::POST,
            "/api/numbers/purchase",
            "trade",
            Nothing,
            [200, 200, 403, 403, 403, 200, 400, 403],
        )
        .by(Aim::Body)
        .says(|scene, _| {
            let number = scene.for_sale();
            json!({ "phoneNumber": number, "displayName": "Desk", "businessId": scene.business })
        }),
        row(Method::GET, "/api/numbers", "read", Nothing, [200, 200, 200, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::POST, "/api/numbers", "manage", Nothing, [201, 201, 403, 403, 403, 201, 400, 201])
            .by(Aim::Body)
            .says(|scene, _| scene.record()),
        row(Method::GET, "/api/numbers/{id}", "read", Number, [200, 200, 200, 404, 404, 200, 404, 200]),
        row(Method::PATCH, "/api/numbers/{id}", "manage", Number, [200, 200, 403, 404, 404, 200, 404, 200])
            .says(|_, _| json!({ "displayName": "Night desk" })),
        row(
            Method::DELETE,
            "/api/numbers/{id}/release",
            "trade",
            Number,
            [200, 200, 403, 404, 404, 200, 404, 403],
        ),
        row(Method::GET, "/api/orders", "read", Nothing, [200, 200, 200, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::GET, "/api/orders/{id}", "read", Order, [200, 200, 200, 404, 404, 200, 404, 200]),
        row(Method::GET, "/api/pricing", "read", Nothing, [200; 8]),
    ]
}

fn wallets() -> Vec<Row> {
    use Object::Nothing;
    let sums = |_: &Scene, _: &Target| json!({ "amount": 1, "currency": "USD", "reason": "for the test" });
    vec![
        row(Method::GET, "/api/wallets", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::GET, "/api/limits", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::GET, "/api/wallet/balance", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(
            Method::GET,
            "/api/wallet/transactions",
            "read",
            Nothing,
            [200, 403, 403, 403, 403, 200, 400, 200],
        )
        .by(Aim::Query),
        row(Method::GET, "/api/wallet/statements", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(
            Method::GET,
            "/api/wallet/statements/{month}",
            "read",
            Object::Month,
            [200, 403, 403, 403, 403, 200, 400, 200],
        )
        .by(Aim::Query),
        row(Method::GET, "/api/wallet/alerts", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::PUT, "/api/wallet/alerts", "manage", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Body)
            .says(|_, _| json!({ "currency": "USD", "thresholds": [5, 2.5] })),
        row(Method::GET, "/api/wallet/notices", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(Method::POST, "/api/wallet/credits", "credit", Nothing, [403, 403, 403, 403, 403, 403, 403, 201])
            .by(Aim::Body)
            .says(sums),
        operators(Method::POST, "/api/operator/wallet/adjustments", Nothing, 201).by(Aim::Body).says(sums),
        operators(Method::GET, "/api/operator/wallet/{userId}", Object::User, 200),
        operators(Method::GET, "/api/operator/users", Nothing, 200),
        operators(Method::GET, "/api/operator/users/{id}", Object::User, 200),
        operators(Method::GET, "/api/operator/users/{id}/limits", Object::User, 200),
        operators(Method::PUT, "/api/operator/users/{id}/limits", Object::User, 200)
            .says(|_, _| json!({ "limits": {}, "reason": "for the test" })),
        operators(Method::GET, "/api/operator/approvals", Nothing, 200),
        operators(Method::GET, "/api/operator/approvals/{id}", Object::Approval, 200),
        operators(Method::POST, "/api/operator/approvals/{id}/approve", Object::Approval, 403).says(reasoned),
        operators(Method::POST, "/api/operator/approvals/{id}/reject", Object::Approval, 200).says(reasoned),
    ]
}

/// Payments, and the top-ups that make some. Nobody has set a top-up up. An operator may stop one.
fn payments() -> Vec<Row> {
    use Object::Nothing;
    vec![
        row(
            Method::POST,
            "/api/payment/create-checkout-session",
            "trade",
            Nothing,
            [200, 403, 403, 403, 403, 200, 400, 403],
        )
        .by(Aim::Body)
        .says(|_, _| json!({ "amount": 5, "currency": "USD" })),
        row(
            Method::POST,
            "/api/payment/auto-top-up",
            "trade",
            Nothing,
            [200, 403, 403, 403, 403, 200, 400, 403],
        )
        .by(Aim::Body)
        .says(|_, _| json!({ "threshold": 1, "amount": 5, "monthlyCap": 20, "currency": "USD", "consent": true })),
        row(
            Method::GET,
            "/api/payment/auto-top-up",
            "read",
            Nothing,
            [200, 403, 403, 403, 403, 200, 400, 200],
        )
        .by(Aim::Query),
        row(
            Method::PATCH,
            "/api/payment/auto-top-up",
            "trade",
            Nothing,
            [404, 403, 403, 403, 403, 404, 400, 404],
        )
        .by(Aim::Body)
        .says(|_, _| json!({ "enabled": false })),
        row(
            Method::DELETE,
            "/api/payment/auto-top-up",
            "trade",
            Nothing,
            [404, 403, 403, 403, 403, 404, 400, 404],
        )
        .by(Aim::Query),
        row(Method::GET, "/api/payments", "read", Nothing, [200, 403, 403, 403, 403, 200, 400, 200])
            .by(Aim::Query),
        row(
            Method::GET,
            "/api/payments/{id}",
            "read",
            Object::Payment,
            [200, 404, 404, 404, 404, 200, 404, 200],
        ),
    ]
}

/// What operators decide. Where the thing is as it should be, there is nothing to decide: 409.
fn decisions() -> Vec<Row> {
    use Object::{Bought, Nothing, Order};
    vec![
        operators(Method::GET, "/api/operator/numbers", Nothing, 200),
        operators(Method::POST, "/api/operator/numbers/adopt", Object::Foreign, 201)
            .by(Aim::Body)
            .says(|_, target| json!({ "numberSid": target[0].1, "reason": "for the test" })),
        operators(Method::GET, "/api/operator/numbers/{name}", Bought, 200),
        operators(Method::POST, "/api/operator/numbers/{name}/write-off", Bought, 409).says(reasoned),
        operators(Method::POST, "/api/operator/numbers/{name}/release", Bought, 409).says(reasoned),
        operators(Method::POST, "/api/operator/numbers/{name}/keep", Bought, 409).says(reasoned),
        operators(Method::GET, "/api/operator/orders", Nothing, 200),
        operators(Method::GET, "/api/operator/orders/{id}", Order, 200),
        operators(Method::POST, "/api/operator/orders/{id}/settle", Order, 409)
            .says(|_, _| json!({ "numberSid": NO_SUCH_NUMBER, "reason": "for the test" })),
        operators(Method::POST, "/api/operator/orders/{id}/void", Order, 409).says(reasoned),
        operators(Method::GET, "/api/operator/reconciliations", Nothing, 200),
        operators(Method::POST, "/api/operator/reconciliations", Nothing, 200).says(|_, _| json!({})),
        operators(Method::GET, "/api/operator/prices", Nothing, 200),
        operators(Method::GET, "/api/operator/sales", Nothing, 200),
        operators(Method::POST, "/api/operator/sales/stop", Nothing, 200).says(reasoned),
        operators(Method::POST, "/api/operator/sales/start", Nothing, 200).says(reasoned),
        operators(Method::GET, "/api/operator/alarms", Nothing, 200),
        operators(Method::POST, "/api/operator/alarms/end", Nothing, 404)
            .says(|_, _| json!({ "alarm": "ledger_unbalanced", "subject": "USD", "reason": "for the test" })),
    ]
}

/// What asks for no credentials: health, the description, and the webhooks, which ask for Twilio's signature.
fn everybody() -> Vec<Row> {
    vec![
        open(Method::GET, "/healthz", 200),
        open(Method::GET, "/readyz", 200),
        open(Method::GET, "/api/openapi.json", 200),
        open(Method::GET, "/api/docs", 200),
        open(Method::GET, "/api/docs/", 200),
        open(Method::GET, "/payment/done", 200),
        open(Method::GET, "/payment/cancelled", 200),
        open(Method::POST, "/api/payment/webhook", 403),
        open(Method::POST, "/api/voice-agent/handle-call", 403),
        open(Method::POST, "/api/voice-agent/handle-sms", 403),
        open(Method::POST, "/api/voice-agent/status", 403),
    ]
}
