//! What operators alone may see and do, and that nobody else gets in.

mod alarms;
mod approvals;
mod limits;
mod numbers;
mod orders;
mod prices;
mod reconciliations;
mod sales;
mod users;
mod wallet;

use axum::http::StatusCode;

use crate::world::{Call, Key, World};

/// Method, path, and a good body where the route takes one.
pub(crate) const ROUTES: [(&str, &str, Option<&str>); 28] = [
    ("GET", "/api/operator/orders?stuck=true", None),
    ("GET", "/api/operator/orders/00000000-0000-7000-8000-00000000dead", None),
    (
        "POST",
        "/api/operator/orders/00000000-0000-7000-8000-00000000dead/settle",
        Some(r#"{"numberSid": "PN00000000000000000000000000000001", "reason": "Twilio case 118"}"#),
    ),
    (
        "POST",
        "/api/operator/orders/00000000-0000-7000-8000-00000000dead/void",
        Some(r#"{"reason": "Twilio case 118"}"#),
    ),
    (
        "POST",
        "/api/operator/wallet/adjustments",
        Some(r#"{"userId": "ann", "amount": -1, "currency": "USD", "reason": "credited twice"}"#),
    ),
    ("GET", "/api/operator/wallet/ann", None),
    ("GET", "/api/operator/approvals?status=waiting", None),
    ("GET", "/api/operator/approvals/00000000-0000-7000-8000-00000000dead", None),
    (
        "POST",
        "/api/operator/approvals/00000000-0000-7000-8000-00000000dead/approve",
        Some(r#"{"reason": "ticket 7"}"#),
    ),
    (
        "POST",
        "/api/operator/approvals/00000000-0000-7000-8000-00000000dead/reject",
        Some(r#"{"reason": "ticket 7"}"#),
    ),
    ("GET", "/api/operator/numbers?review=true", None),
    ("GET", "/api/operator/numbers/%2B14152300101", None),
    (
        "POST",
        "/api/operator/numbers/adopt",
        Some(r#"{"numberSid": "PN00000000000000000000000000000001", "userId": "ann", "reason": "ticket 7"}"#),
    ),
    (
        "POST",
        "/api/operator/numbers/00000000-0000-7000-8000-00000000dead/write-off",
        Some(r#"{"reason": "ticket 7"}"#),
    ),
    (
        "POST",
        "/api/operator/numbers/PN00000000000000000000000000000001/release",
        Some(r#"{"reason": "ticket 7"}"#),
    ),
    (
        "POST",
        "/api/operator/numbers/00000000-0000-7000-8000-00000000dead/keep",
        Some(r#"{"reason": "ticket 7"}"#),
    ),
    ("GET", "/api/operator/reconciliations", None),
    ("POST", "/api/operator/reconciliations", Some(r#"{"repair": true}"#)),
    ("GET", "/api/operator/users/ann/limits", None),
    ("PUT", "/api/operator/users/ann/limits", Some(r#"{"limits": {"numbers": 3}, "reason": "ticket 7"}"#)),
    ("GET", "/api/operator/users?search=ann", None),
    ("GET", "/api/operator/users/ann", None),
    ("GET", "/api/operator/prices", None),
    ("GET", "/api/operator/sales", None),
    ("POST", "/api/operator/sales/stop", Some(r#"{"reason": "ticket 7"}"#)),
    ("POST", "/api/operator/sales/start", Some(r#"{"reason": "ticket 7"}"#)),
    ("GET", "/api/operator/alarms", None),
    (
        "POST",
        "/api/operator/alarms/end",
        Some(r#"{"alarm": "late_success", "subject": "o-1", "reason": "ticket 7"}"#),
    ),
];

pub(crate) fn call(method: &str, path: &str, body: Option<&str>) -> Call {
    let call = Call::new(method, path);
    match body {
        Some(body) => call.json(body),
        None => call,
    }
}

/// No store is asked anything: a mock that is asked what no test told it answers 500.
#[tokio::test]
async fn only_operators_get_in() {
    for (method, path, body) in ROUTES {
        let nobody = World::new().answer(call(method, path, body)).await;
        assert_eq!((nobody.status, nobody.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
        let revoked = World::new().answer(call(method, path, body).key(Key::Revoked)).await;
        assert_eq!(revoked.status, StatusCode::UNAUTHORIZED, "{path}");
        for key in [Key::Ann, Key::Service] {
            let plain = World::new().answer(call(method, path, body).key(key)).await;
            let naming = World::new().answer(call(method, path, body).key(key).acting_for("ann")).await;
            for answer in [plain, naming] {
                let said = (answer.status, answer.code());
                assert_eq!(said, (StatusCode::FORBIDDEN, "FORBIDDEN".to_owned()), "{key:?} {path}");
            }
        }
    }
}

#[tokio::test]
async fn bad_bodies_are_named() {
    for (method, path, _) in ROUTES.into_iter().filter(|(_, _, body)| body.is_some()) {
        // A reconciliation needs no reason; its own test has what it refuses.
        if path != "/api/operator/reconciliations" {
            let empty = World::new().answer(call(method, path, Some("{}")).key(Key::Operator)).await;
            assert_eq!(empty.status, StatusCode::BAD_REQUEST, "{path}");
            assert!(empty.fields().contains(&"reason".to_owned()), "{path}: {}", empty.body);
        }
        let broken = World::new().answer(call(method, path, Some("{ not json")).key(Key::Operator)).await;
        assert_eq!(broken.fields(), ["body"], "{path}");
        let undeclared = World::new().answer(call(method, path, None).key(Key::Operator)).await;
        assert_eq!(undeclared.code(), "UNSUPPORTED_MEDIA_TYPE", "{path}");
    }
}
