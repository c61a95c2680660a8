//! A second operator: what waits, what is said to whoever asked, and the decision.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use chrono::TimeDelta;
use rstest::rstest;
use serde_json::{Value, json};
use trunkline_domain::{Actor, ApprovalId, Origin};
use trunkline_wallet::{
    AdjustmentAnswer, Approval, ApprovalDecision, ApprovalFilter, ApprovalPage, ApprovalState, ApproveAnswer,
    AskAnswer, Balance, CreditAnswer, PostKind, RejectAnswer, TransactionDirection, WalletStoreError,
};
use uuid::Uuid;

use crate::sample::{ann, at, usd};
use crate::world::{Answer, Call, Key, World};

const ADJUST: &str = "/api/operator/wallet/adjustments";
const GIVE: &str = r#"{"userId": "ann", "amount": 600, "currency": "usd", "reason": "never worked"}"#;
const CREDIT: &str = "/api/wallet/credits";
const APPROVALS: &str = "/api/operator/approvals";
const ID: &str = "00000000-0000-0007-0000-000000000007";
const BODY: &str = r#"{"reason": "seen on the statement"}"#;

fn id() -> ApprovalId {
    ApprovalId::from_uuid(Uuid::from_u64_pair(7, 7))
}

fn approval(state: ApprovalState) -> Approval {
    let by = Origin::command_line_of("bob".to_owned()).actor;
    let decision = ApprovalDecision { by, reason: "seen on the statement".to_owned(), at: at(60) };
    let is_decided = matches!(state, ApprovalState::Approved | ApprovalState::Rejected);
    Approval {
        id: id(),
        user: ann(),
        kind: PostKind::Adjustment,
        direction: TransactionDirection::Credit,
        amount: usd("600"),
        reason: "never worked".to_owned(),
        asked_by: Actor::Operator { key: Key::Operator.stored().id },
        asked_at: at(0),
        expires_at: at(0) + TimeDelta::hours(72),
        state,
        decision: is_decided.then_some(decision),
    }
}

fn balance() -> Balance {
    Balance { posted: usd("620"), held: usd("1.50"), updated_at: Some(at(60)) }
}

fn world() -> World {
    World { approval_above: Some("500 USD"), ..World::new() }
}

async fn decided(
    what: &str,
    approve: impl Fn() -> Result<ApproveAnswer, WalletStoreError> + Send + 'static,
) -> Answer {
    let mut world = world();
    world.wallets.expect_approval().returning(|_| Ok(Some(approval(ApprovalState::Waiting))));
    world.wallets.expect_approve().returning(move |_| approve());
    world.answer(Call::post(&format!("{APPROVALS}/{ID}/{what}"), BODY).key(Key::Operator)).await
}

fn record(state: &str) -> Value {
    json!({
        "id": ID,
        "status": state,
        "expiresAt": "2026-03-04T12:00:00Z",
        "operation": "adjustment",
        "userId": "ann",
        "type": "credit",
        "amount": serde_json::from_str::<Value>("600.00").unwrap(),
        "currency": "USD",
        "reason": "never worked",
        "askedBy": { "kind": "operator", "key": Key::Operator.stored().id },
        "askedAt": "2026-03-01T12:00:00Z",
        "decidedBy": null,
        "decisionReason": null,
        "decidedAt": null,
        "transactionId": null,
    })
}

/// The rule goes with the change; nothing is posted, an approval is asked for, and the answer says where it is found.
#[tokio::test]
async fn a_correction_above_the_sum_is_202_and_asks_for_an_approval() {
    let mut world = world();
    world.wallets.expect_adjust().times(1).returning(|change| {
        let rule = change.body.approval.clone().unwrap();
        assert_eq!(
            (rule.above, rule.operator.as_str()),
            (usd("500"), "key 00000000-0000-0001-0000-000000000001")
        );
        Ok(AdjustmentAnswer::NeedsApproval)
    });
    let asked = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&asked);
    world.wallets.expect_ask_approval().times(1).returning(move |change| {
        *seen.lock().unwrap() = Some(change.clone());
        Ok(AskAnswer::Asked(Box::new(approval(ApprovalState::Waiting))))
    });
    let call = Call::post(ADJUST, GIVE).key(Key::Operator).header("Idempotency-Key", "key-1");
    let answer = world.answer(call).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.header("location"), Some(format!("{APPROVALS}/{ID}").as_str()));
    let said = answer.json();
    assert_eq!(
        (&said["success"], &said["code"], &said["charged"]),
        (&json!(false), &json!("APPROVAL_REQUIRED"), &json!("no"))
    );
    let mark = json!({ "id": ID, "status": "waiting", "expiresAt": "2026-03-04T12:00:00Z" });
    assert_eq!(said["approval"], mark);
    let change = asked.lock().unwrap().clone().unwrap();
    assert_eq!(change.request.unwrap().key(), "key-1");
    assert_eq!((change.body.amount, change.body.reason.as_str()), (usd("600"), "never worked"));
    assert_eq!((change.audit[0].action.as_str(), &change.audit[0].actor), ("approval.ask", &change.body.by));
    assert_eq!(change.events[0].kind, "approval.asked");
}

#[tokio::test]
async fn a_credit_above_the_sum_is_202_too() {
    let mut world = world();
    world.wallets.expect_credit().times(1).returning(|_| Ok(CreditAnswer::NeedsApproval));
    world.wallets.expect_ask_approval().times(1).returning(|change| {
        assert_eq!(
            (change.body.kind, change.body.direction),
            (PostKind::Credit, TransactionDirection::Credit)
        );
        Ok(AskAnswer::Asked(Box::new(approval(ApprovalState::Waiting))))
    });
    let answer = world.answer(Call::post(CREDIT, GIVE).key(Key::Operator)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::ACCEPTED, "APPROVAL_REQUIRED"));
}

/// The same request again, with its key.
#[rstest]
#[case(ApprovalState::Waiting, StatusCode::ACCEPTED, "APPROVAL_REQUIRED")]
#[case(ApprovalState::Rejected, StatusCode::CONFLICT, "APPROVAL_ENDED")]
#[case(ApprovalState::Expired, StatusCode::CONFLICT, "APPROVAL_ENDED")]
#[tokio::test]
async fn a_repeat_says_how_the_approval_stands(
    #[case] state: ApprovalState,
    #[case] status: StatusCode,
    #[case] code: &str,
) {
    for (path, body) in [(ADJUST, GIVE), (CREDIT, GIVE)] {
        let mut world = world();
        world.wallets.expect_adjust().returning(|_| Ok(AdjustmentAnswer::UnderApproval(id())));
        world.wallets.expect_credit().returning(|_| Ok(CreditAnswer::UnderApproval(id())));
        world.wallets.expect_approval().returning(move |_| Ok(Some(approval(state))));
        let answer = world.answer(Call::post(path, body).key(Key::Operator)).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
        assert_eq!(answer.json()["charged"], "no");
        assert_eq!(answer.json()["approval"]["status"], state.as_str());
    }
}

#[tokio::test]
async fn more_than_may_wait_are_refused() {
    let mut world = world();
    world.wallets.expect_adjust().returning(|_| Ok(AdjustmentAnswer::NeedsApproval));
    world.wallets.expect_ask_approval().returning(|_| Ok(AskAnswer::TooManyWaiting));
    let answer = world.answer(Call::post(ADJUST, GIVE).key(Key::Operator)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "LIMIT_EXCEEDED"));
    assert_eq!((&answer.json()["limit"], &answer.json()["charged"]), (&json!(1_000), &json!("no")));
}

#[tokio::test]
async fn approvals_are_listed_and_shown() {
    let mut world = world();
    world.wallets.expect_approvals().times(1).returning(|filter| {
        let expected = ApprovalFilter {
            user: Some(ann()),
            state: Some(ApprovalState::Waiting),
            after: Some(id()),
            limit: 2,
        };
        assert_eq!(*filter, expected);
        Ok(ApprovalPage { approvals: vec![approval(ApprovalState::Waiting)], next: Some(id()) })
    });
    world.wallets.expect_approval().times(1).returning(|_| Ok(Some(approval(ApprovalState::Waiting))));
    world.wallets.expect_approval().times(1).returning(|_| Ok(None));
    let router = world.router();
    let ask = async |path: &str| Call::get(path).key(Key::Operator).to(router.clone()).await;
    let list = ask(&format!("{APPROVALS}?status=waiting&cursor={ID}&limit=2&userId=ann")).await;
    assert_eq!(list.json(), json!({ "success": true, "approvals": [record("waiting")], "nextCursor": ID }));
    assert_eq!(ask(&format!("{APPROVALS}/{ID}")).await.json()["approval"], record("waiting"));
    for missing in [ID, "no-id"] {
        let answer = ask(&format!("{APPROVALS}/{missing}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "APPROVAL_NOT_FOUND"));
    }
    assert_eq!(ask(&format!("{APPROVALS}?status=given")).await.fields(), ["status"]);
}

/// An operator who names a user decides nothing of another one's.
#[tokio::test]
async fn what_is_not_of_the_named_user_is_not_there() {
    let mut world = world();
    world.wallets.expect_approval().returning(|_| Ok(Some(approval(ApprovalState::Waiting))));
    let router = world.router();
    for (method, path) in [("GET", ""), ("POST", "/approve"), ("POST", "/reject")] {
        let call = Call::new(method, &format!("{APPROVALS}/{ID}{path}")).key(Key::Operator).acting_for("ben");
        let call = if method == "POST" { call.json(r#"{"reason": "seen"}"#) } else { call };
        let answer = call.to(router.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "APPROVAL_NOT_FOUND"));
    }
}

#[tokio::test]
async fn an_approval_is_given_with_a_reason_and_answers_with_what_moved() {
    let mut world = world();
    world.wallets.expect_approval().returning(|_| Ok(Some(approval(ApprovalState::Waiting))));
    world.wallets.expect_approve().times(1).returning(|change| {
        let [decision, post] = change.audit.as_slice() else { panic!("{change:?}") };
        let told = |line: &trunkline_domain::AuditEntry| (line.action.clone(), line.reason.clone().unwrap());
        assert_eq!(told(decision), ("approval.approve".to_owned(), "seen on the statement".to_owned()));
        assert_eq!(told(post), ("wallet.adjust".to_owned(), "never worked".to_owned()));
        let kinds: Vec<_> = change.events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["approval.approved", "wallet.adjusted"]);
        let approval = Box::new(approval(ApprovalState::Approved));
        Ok(ApproveAnswer::Approved { approval, balance: balance() })
    });
    let answer =
        world.answer(Call::post(&format!("{APPROVALS}/{ID}/approve"), BODY).key(Key::Operator)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let said = answer.json();
    assert_eq!(said["approval"]["status"], "approved");
    assert_eq!(said["approval"]["decidedBy"], json!({ "kind": "command_line", "login": "bob" }));
    assert_eq!((&said["approval"]["transactionId"], &said["transaction"]["id"]), (&json!(ID), &json!(ID)));
    assert_eq!(
        (&said["transaction"]["type"], &said["transaction"]["userId"]),
        (&json!("credit"), &json!("ann"))
    );
    assert!(answer.body.contains(r#""available":618.50"#), "{}", answer.body);
}

#[tokio::test]
async fn what_speaks_against_a_decision_moves_nothing_and_is_said() {
    let short = || Balance { posted: usd("6"), held: usd("1.50"), updated_at: None };
    let ended = || Box::new(approval(ApprovalState::Expired));
    let said = [
        decided("approve", || Ok(ApproveAnswer::SameOperator)).await,
        decided("approve", move || Ok(ApproveAnswer::Ended(ended()))).await,
        decided("approve", move || Ok(ApproveAnswer::Insufficient { balance: short() })).await,
        decided("approve", || Ok(ApproveAnswer::TooLarge)).await,
        decided("approve", || Ok(ApproveAnswer::NotFound)).await,
        decided("approve", || Err(WalletStoreError::OutcomeUnknown("inside".into()))).await,
    ]
    .map(|answer| (answer.status.as_u16(), answer.code(), answer.json()["charged"].clone()));
    let expected = [
        (403, "SECOND_OPERATOR_REQUIRED", json!("no")),
        (409, "APPROVAL_ENDED", json!("no")),
        (402, "INSUFFICIENT_BALANCE", json!("no")),
        (400, "VALIDATION_FAILED", json!("no")),
        (404, "APPROVAL_NOT_FOUND", Value::Null),
        (503, "STORAGE_UNAVAILABLE", Value::Null),
    ];
    assert_eq!(said, expected.map(|(status, code, charged)| (status, code.to_owned(), charged)));
}

#[tokio::test]
async fn an_approval_is_rejected_once_and_never_after_it_was_given() {
    let answered = async |answer: fn() -> RejectAnswer| {
        let mut world = world();
        world.wallets.expect_approval().returning(|_| Ok(Some(approval(ApprovalState::Waiting))));
        world.wallets.expect_reject().times(1).returning(move |change| {
            assert_eq!(change.audit[0].action, "approval.reject");
            Ok(answer())
        });
        world.answer(Call::post(&format!("{APPROVALS}/{ID}/reject"), BODY).key(Key::Operator)).await
    };
    let rejected = answered(|| RejectAnswer::Rejected(Box::new(approval(ApprovalState::Rejected)))).await;
    assert_eq!(
        (rejected.status, &rejected.json()["approval"]["status"]),
        (StatusCode::OK, &json!("rejected"))
    );
    let given = answered(|| RejectAnswer::Ended(Box::new(approval(ApprovalState::Approved)))).await;
    assert_eq!((given.status, given.code().as_str()), (StatusCode::CONFLICT, "APPROVAL_ENDED"));
    assert_eq!(given.json()["charged"], "yes", "the money has moved");
}
