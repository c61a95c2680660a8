//! Asking a second operator: what is above the sum moves nothing, also in parts and at once, and its request stands for the
//! approval. Which keys are one operator is tested where there are keys.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use trunkline_domain::{
    ApprovalId, Change, Clock, Event, EventId, Fingerprint, Money, Origin, RequestKey, RequestOperation,
};
use uuid::Uuid;

use super::deciding::approve;
use super::{WalletFixture, ann, assert_whole, balance, credit, transfer, usd};
use crate::{
    APPROVAL_LIFETIME, AccountId, Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalRule,
    ApprovalState, ApproveAnswer, AskAnswer, CreditAnswer, Operator, PostKind, TransactionDirection,
};

pub(super) const DAY: TimeDelta = TimeDelta::hours(24);

/// What one operator may move without another, in these tests.
pub(super) const SUM: &str = "500";

pub(super) fn login(name: &str) -> Origin {
    Origin::command_line_of(name.to_owned())
}

fn rule(name: &str) -> ApprovalRule {
    ApprovalRule { above: usd(SUM), operator: Operator::of(&login(name).actor) }
}

pub(super) fn wanted(
    f: &WalletFixture,
    n: u128,
    direction: TransactionDirection,
    amount: Money,
) -> Adjustment {
    Adjustment {
        transfer: transfer(n),
        user: ann(),
        wallet: AccountId::wallet(&ann(), amount.currency()),
        direction,
        amount,
        description: format!("correction {n}"),
        at: f.clock.now(),
        approval: None,
    }
}

/// A correction by somebody whom the rule binds.
pub(super) fn by(f: &WalletFixture, name: &str, n: u128, signed: &str) -> Change<Adjustment> {
    let (direction, digits) = match signed.strip_prefix('-') {
        Some(digits) => (TransactionDirection::Debit, digits),
        None => (TransactionDirection::Credit, signed),
    };
    let adjustment = wanted(f, n, direction, usd(digits));
    let audit = login(name).audit("wallet.adjust", transfer(n), Some(&ann()), f.clock.now());
    Change::new(Adjustment { approval: Some(rule(name)), ..adjustment }).audit(audit)
}

pub(super) fn key(text: &str, parts: &[&str]) -> RequestKey {
    RequestKey::new(ann(), RequestOperation::Adjustment, text, Fingerprint::of(parts)).unwrap()
}

/// Asks for what a correction would have posted.
pub(super) fn asking(of: &Change<Adjustment>, name: &str) -> Change<ApprovalAsking> {
    let Adjustment { transfer, user, direction, amount, description, at, .. } = of.body.clone();
    let id = ApprovalId::of(transfer);
    let event = told(&of.body, "approval.asked", 0xa000);
    let audit = login(name).audit("approval.ask", id, Some(&user), at);
    let asking = ApprovalAsking {
        id,
        user,
        kind: PostKind::Adjustment,
        direction,
        amount,
        reason: description,
        by: login(name).actor,
        at,
        lifetime: APPROVAL_LIFETIME,
        waiting_at_most: 10,
    };
    Change::new(asking).request(of.request.clone()).event(event).audit(audit)
}

pub(super) fn told(of: &Adjustment, kind: &str, salt: u128) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::from_u128(of.transfer.as_uuid().as_u128() + salt)),
        kind: kind.to_owned(),
        user: of.user.clone(),
        subject: of.transfer.to_string(),
        at: of.at,
        data: json!({}),
    }
}

pub(super) async fn adjust(f: &WalletFixture, change: &Change<Adjustment>) -> AdjustmentAnswer {
    f.store.adjust(change).await.unwrap()
}

pub(super) async fn asked(f: &WalletFixture, change: &Change<ApprovalAsking>) -> Approval {
    match f.store.ask_approval(change).await.unwrap() {
        AskAnswer::Asked(approval) => *approval,
        answer @ (AskAnswer::Posted | AskAnswer::KeyReused | AskAnswer::TooManyWaiting) => {
            panic!("{answer:?}")
        }
    }
}

/// Ann's approval of so much, asked for by somebody.
pub(super) async fn waiting(f: &WalletFixture, name: &str, n: u128, signed: &str) -> Approval {
    let approval = asked(f, &asking(&by(f, name, n, signed), name)).await;
    assert_eq!(approval.state, ApprovalState::Waiting);
    approval
}

pub(super) async fn posted(f: &WalletFixture) -> Money {
    balance(f, &ann()).await.map_or(usd("0"), |balance| balance.posted)
}

/// Neither way, and not even a wallet is made; what cannot be done at all is said first.
pub async fn what_is_above_the_sum_moves_nothing(f: &WalletFixture) {
    let above = by(f, "eve", 1, "500.000001").request(Some(key("k", &["1"])));
    assert_eq!(adjust(f, &above).await, AdjustmentAnswer::NeedsApproval);
    let payment = credit(f, 2, &ann(), usd("501"));
    let payment =
        Change { body: crate::Credit { approval: Some(rule("eve")), ..payment.body.clone() }, ..payment };
    assert_eq!(f.store.credit(&payment).await.unwrap(), CreditAnswer::NeedsApproval);
    assert!(f.store.snapshot().await.unwrap().accounts.is_empty());
    let answer = adjust(f, &by(f, "eve", 3, "-501")).await;
    assert!(matches!(answer, AdjustmentAnswer::Insufficient { .. }), "{answer:?}");

    f.store.credit(&credit(f, 4, &ann(), usd("900"))).await.unwrap();
    assert_eq!(adjust(f, &by(f, "eve", 5, "-501")).await, AdjustmentAnswer::NeedsApproval);
    assert_eq!(posted(f).await, usd("900"));
    let free = by(f, "eve", 6, "1").request(Some(key("k", &["other"])));
    assert!(matches!(adjust(f, &free).await, AdjustmentAnswer::Posted { .. }), "the key was left free");
    assert_whole(f).await;
}

/// What one operator moves in parts counts, in both directions, for a day, for that wallet and that operator.
pub async fn what_is_split_is_counted(f: &WalletFixture) {
    for (n, amount) in [(1, "300"), (2, "-150"), (3, "50")] {
        assert!(
            matches!(adjust(f, &by(f, "eve", n, amount)).await, AdjustmentAnswer::Posted { .. }),
            "{amount}"
        );
    }
    assert_eq!(adjust(f, &by(f, "eve", 4, "0.000001")).await, AdjustmentAnswer::NeedsApproval);
    assert_eq!(adjust(f, &by(f, "eve", 5, "-0.000001")).await, AdjustmentAnswer::NeedsApproval);
    assert!(
        matches!(adjust(f, &by(f, "bob", 6, "500")).await, AdjustmentAnswer::Posted { .. }),
        "another one"
    );
    let rupees = Money::parse("1", trunkline_domain::Currency::INR).unwrap();
    let above = ApprovalRule { above: rupees, ..rule("eve") };
    let elsewhere = wanted(f, 7, TransactionDirection::Credit, rupees);
    let elsewhere = Change::new(Adjustment { approval: Some(above), ..elsewhere });
    assert!(matches!(adjust(f, &elsewhere).await, AdjustmentAnswer::Posted { .. }), "another wallet");

    f.clock.advance(DAY - TimeDelta::seconds(1));
    assert_eq!(adjust(f, &by(f, "eve", 8, "1")).await, AdjustmentAnswer::NeedsApproval);
    f.clock.advance(TimeDelta::seconds(1));
    assert!(matches!(adjust(f, &by(f, "eve", 9, "500")).await, AdjustmentAnswer::Posted { .. }));
    assert_whole(f).await;
}

/// A repeat of what was posted is that, and nothing is counted twice.
pub async fn a_repeat_needs_no_approval(f: &WalletFixture) {
    let whole = by(f, "eve", 1, SUM).request(Some(key("k", &["500"])));
    assert!(matches!(adjust(f, &whole).await, AdjustmentAnswer::Posted { .. }));
    for again in [&whole, &by(f, "eve", 2, SUM).request(Some(key("k", &["500"])))] {
        assert!(matches!(adjust(f, again).await, AdjustmentAnswer::Repeated { .. }));
    }
    assert_eq!(posted(f).await, usd(SUM));
}

/// However many at once: at most the sum passes.
pub async fn parts_at_once_pass_up_to_the_sum(f: &WalletFixture) {
    let parts: Vec<_> = (1..=20).map(|n| by(f, "eve", n, "100")).collect();
    let answers = join_all(parts.iter().map(|part| f.store.adjust(part))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let passed = answers.iter().filter(|a| matches!(a, AdjustmentAnswer::Posted { .. })).count();
    let stopped = answers.iter().filter(|a| **a == AdjustmentAnswer::NeedsApproval).count();
    assert_eq!((passed, stopped), (5, 15));
    assert_eq!(posted(f).await, usd(SUM));
    assert_whole(f).await;
}

/// From the request to the money: every repeat says how it stands, and the last one that it is done.
pub async fn a_request_stands_for_its_approval(f: &WalletFixture) {
    let request = Some(key("k", &["600"]));
    let above = by(f, "eve", 1, "600").request(request.clone());
    let approval = asked(f, &asking(&above, "eve")).await;
    let expected = Approval {
        id: ApprovalId::of(transfer(1)),
        user: ann(),
        kind: PostKind::Adjustment,
        direction: TransactionDirection::Credit,
        amount: usd("600"),
        reason: "correction 1".to_owned(),
        asked_by: login("eve").actor,
        asked_at: f.clock.now(),
        expires_at: f.clock.now() + APPROVAL_LIFETIME,
        state: ApprovalState::Waiting,
        decision: None,
    };
    assert_eq!(approval, expected);
    assert_eq!(f.store.approval(approval.id).await.unwrap(), Some(approval.clone()));
    let again = by(f, "eve", 2, "600").request(request);
    assert_eq!(asked(f, &asking(&above, "eve")).await, approval, "by its id");
    assert_eq!(asked(f, &asking(&again, "eve")).await, approval, "by its key");
    for repeat in [&above, &again] {
        assert_eq!(adjust(f, repeat).await, AdjustmentAnswer::UnderApproval(approval.id));
    }
    let other = by(f, "eve", 3, "601").request(Some(key("k", &["601"])));
    assert_eq!(f.store.ask_approval(&asking(&other, "eve")).await.unwrap(), AskAnswer::KeyReused);
    assert_eq!(adjust(f, &other).await, AdjustmentAnswer::KeyReused);
    assert_eq!(posted(f).await, usd("0"));

    // A day and more later the key still stands for it: it is not asked for a second time.
    f.clock.advance(DAY * 2);
    assert_eq!(asked(f, &asking(&again, "eve")).await.id, approval.id);
    let answer = approve(f, &approval, "bob").await;
    let ApproveAnswer::Approved { approval: approved, balance: then } = answer else { panic!("{answer:?}") };
    assert_eq!((approved.state, then.posted), (ApprovalState::Approved, usd("600")));
    let decision = approved.decision.unwrap();
    assert_eq!((decision.by, decision.reason.as_str()), (login("bob").actor, "seen on the statement"));
    for repeat in [&above, &again] {
        let answer = adjust(f, repeat).await;
        let AdjustmentAnswer::Repeated { transfer: t, balance: b } = answer else { panic!("{answer:?}") };
        assert_eq!((t, b.posted), (transfer(1), usd("600")));
    }
    let lines = f.store.transactions(&ann(), None, 10).await.unwrap().transactions;
    assert_eq!((lines.len(), lines[0].description.as_str()), (1, "correction 1"));
    assert_whole(f).await;
}
