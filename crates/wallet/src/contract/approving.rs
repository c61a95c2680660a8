//! The second operator: what is above the sum moves nothing, is approved by another one, once, and ends in time. Which keys
//! are one operator is tested where there are keys.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use trunkline_domain::{
    ApprovalId, Change, Clock, Event, EventId, Fingerprint, Money, Origin, RequestKey, RequestOperation,
};
use uuid::Uuid;

use super::{WalletFixture, ann, assert_whole, balance, credit, transfer, usd};
use crate::{
    APPROVAL_LIFETIME, AccountId, Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter,
    ApprovalGrant, ApprovalRejection, ApprovalRule, ApprovalState, ApproveAnswer, AskAnswer, CreditAnswer,
    Operator, PostKind, RejectAnswer, TransactionDirection,
};

const DAY: TimeDelta = TimeDelta::hours(24);

/// What one operator may move without another, in these tests.
const SUM: &str = "500";

fn login(name: &str) -> Origin {
    Origin::command_line_of(name.to_owned())
}

fn rule(name: &str) -> ApprovalRule {
    ApprovalRule { above: usd(SUM), operator: Operator::of(&login(name).actor) }
}

fn wanted(f: &WalletFixture, n: u128, direction: TransactionDirection, amount: Money) -> Adjustment {
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
fn by(f: &WalletFixture, name: &str, n: u128, signed: &str) -> Change<Adjustment> {
    let (direction, digits) = match signed.strip_prefix('-') {
        Some(digits) => (TransactionDirection::Debit, digits),
        None => (TransactionDirection::Credit, signed),
    };
    let adjustment = wanted(f, n, direction, usd(digits));
    let audit = login(name).audit("wallet.adjust", transfer(n), Some(&ann()), f.clock.now());
    Change::new(Adjustment { approval: Some(rule(name)), ..adjustment }).audit(audit)
}

fn key(text: &str, parts: &[&str]) -> RequestKey {
    RequestKey::new(ann(), RequestOperation::Adjustment, text, Fingerprint::of(parts)).unwrap()
}

/// Asks for what a correction would have posted.
fn asking(of: &Change<Adjustment>, name: &str) -> Change<ApprovalAsking> {
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

fn told(of: &Adjustment, kind: &str, salt: u128) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::from_u128(of.transfer.as_uuid().as_u128() + salt)),
        kind: kind.to_owned(),
        user: of.user.clone(),
        subject: of.transfer.to_string(),
        at: of.at,
        data: json!({}),
    }
}

async fn adjust(f: &WalletFixture, change: &Change<Adjustment>) -> AdjustmentAnswer {
    f.store.adjust(change).await.unwrap()
}

async fn asked(f: &WalletFixture, change: &Change<ApprovalAsking>) -> Approval {
    match f.store.ask_approval(change).await.unwrap() {
        AskAnswer::Asked(approval) => *approval,
        answer @ (AskAnswer::Posted | AskAnswer::KeyReused | AskAnswer::TooManyWaiting) => {
            panic!("{answer:?}")
        }
    }
}

/// Ann's approval of so much, asked for by somebody.
async fn waiting(f: &WalletFixture, name: &str, n: u128, signed: &str) -> Approval {
    let approval = asked(f, &asking(&by(f, name, n, signed), name)).await;
    assert_eq!(approval.state, ApprovalState::Waiting);
    approval
}

/// Events have ids of their own: those of two who approve at once are different.
fn granting(f: &WalletFixture, approval: &Approval, name: &str) -> Change<ApprovalGrant> {
    static SALT: AtomicU32 = AtomicU32::new(0);
    let at = f.clock.now();
    let salt = u128::from(SALT.fetch_add(1, Ordering::Relaxed)) << 32;
    let post = approval.adjustment(at);
    let audit = login(name).audit("approval.approve", approval.id, Some(&approval.user), at);
    let event = told(&post, "wallet.adjusted", 0xb000_0000_0000 + salt);
    let grant = ApprovalGrant {
        approval: approval.clone(),
        by: login(name).actor,
        reason: "seen on the statement".to_owned(),
        at,
    };
    Change::new(grant).event(event).audit(audit)
}

async fn approve(f: &WalletFixture, approval: &Approval, name: &str) -> ApproveAnswer {
    f.store.approve(&granting(f, approval, name)).await.unwrap()
}

async fn reject(f: &WalletFixture, approval: &Approval, name: &str) -> RejectAnswer {
    let at = f.clock.now();
    let audit = login(name).audit("approval.reject", approval.id, Some(&approval.user), at);
    let rejection =
        ApprovalRejection { id: approval.id, by: login(name).actor, reason: "not ours".to_owned(), at };
    f.store.reject(&Change::new(rejection).audit(audit)).await.unwrap()
}

async fn state(f: &WalletFixture, approval: &Approval) -> ApprovalState {
    f.store.approval(approval.id).await.unwrap().unwrap().state
}

async fn posted(f: &WalletFixture) -> Money {
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

/// What is approved does not count towards what its asker may move alone.
pub async fn what_was_approved_is_not_counted(f: &WalletFixture) {
    let approval = waiting(f, "eve", 1, "600").await;
    approve(f, &approval, "bob").await;
    assert!(matches!(adjust(f, &by(f, "eve", 2, SUM)).await, AdjustmentAnswer::Posted { .. }));
}

/// Ten at once, and the same once more: one transfer.
pub async fn whoever_approves_at_once_posts_once(f: &WalletFixture) {
    let approval = waiting(f, "eve", 1, "600").await;
    let grants: Vec<_> =
        (0..10).map(|n| granting(f, &approval, if n % 2 == 0 { "bob" } else { "zoe" })).collect();
    let answers = join_all(grants.iter().chain(&grants).map(|grant| f.store.approve(grant))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let approved = answers.iter().filter(|a| matches!(a, ApproveAnswer::Approved { .. })).count();
    let before = answers
        .iter()
        .filter(
            |a| matches!(a, ApproveAnswer::ApprovedBefore { balance, .. } if balance.posted == usd("600")),
        )
        .count();
    assert_eq!((approved, before), (1, 19));
    assert_eq!(posted(f).await, usd("600"));
    assert_eq!(f.store.snapshot().await.unwrap().transfers.len(), 1);
    assert_whole(f).await;
}

/// Of an approval and a rejection at once one holds, and the money agrees with it.
pub async fn one_decision_holds(f: &WalletFixture) {
    for n in 1..=5 {
        let before = posted(f).await;
        let approval = waiting(f, "eve", n, "600").await;
        let (given, refused) = futures::join!(approve(f, &approval, "bob"), reject(f, &approval, "zoe"));
        let moved = posted(f).await.checked_sub(before).unwrap();
        match (given, refused) {
            (ApproveAnswer::Approved { .. }, RejectAnswer::Ended(_)) => assert_eq!(moved, usd("600")),
            (ApproveAnswer::Ended(_), RejectAnswer::Rejected(_)) => assert_eq!(moved, usd("0")),
            answers => panic!("{answers:?}"),
        }
    }
    assert_whole(f).await;
}

/// But they may take it back.
pub async fn whoever_asked_does_not_approve(f: &WalletFixture) {
    let approval = waiting(f, "eve", 1, "600").await;
    assert_eq!(approve(f, &approval, "eve").await, ApproveAnswer::SameOperator);
    assert_eq!((state(f, &approval).await, posted(f).await), (ApprovalState::Waiting, usd("0")));
    let answer = reject(f, &approval, "eve").await;
    let RejectAnswer::Rejected(rejected) = answer else { panic!("{answer:?}") };
    assert_eq!(rejected.decision.unwrap().by, login("eve").actor);
    assert!(matches!(reject(f, &approval, "bob").await, RejectAnswer::Rejected(_)), "it stays so");
    let answer = approve(f, &approval, "bob").await;
    assert!(matches!(answer, ApproveAnswer::Ended(_)), "{answer:?}");
    assert_eq!(posted(f).await, usd("0"));
    let unknown = Approval { id: ApprovalId::of(transfer(9)), ..approval };
    assert_eq!(approve(f, &unknown, "bob").await, ApproveAnswer::NotFound);
    assert_eq!(reject(f, &unknown, "bob").await, RejectAnswer::NotFound);
}

/// By the store's clock, without anybody who tidies up; a day after that its key is free again.
pub async fn an_approval_ends_in_time(f: &WalletFixture) {
    let above = by(f, "eve", 1, "600").request(Some(key("k", &["600"])));
    let approval = asked(f, &asking(&above, "eve")).await;
    f.clock.advance(TimeDelta::from_std(APPROVAL_LIFETIME - Duration::from_secs(1)).unwrap());
    assert_eq!(state(f, &approval).await, ApprovalState::Waiting);
    f.clock.advance(TimeDelta::seconds(1));
    assert_eq!(state(f, &approval).await, ApprovalState::Expired);
    let answer = approve(f, &approval, "bob").await;
    assert!(
        matches!(&answer, ApproveAnswer::Ended(ended) if ended.state == ApprovalState::Expired),
        "{answer:?}"
    );
    assert!(matches!(reject(f, &approval, "bob").await, RejectAnswer::Ended(_)));
    assert_eq!(posted(f).await, usd("0"));
    let again = by(f, "eve", 2, "600").request(Some(key("k", &["600"])));
    assert_eq!(adjust(f, &again).await, AdjustmentAnswer::UnderApproval(approval.id));
    f.clock.advance(DAY);
    assert_eq!(adjust(f, &again).await, AdjustmentAnswer::NeedsApproval);
    assert_eq!(asked(f, &asking(&again, "eve")).await.id, ApprovalId::of(transfer(2)));
}

/// A wallet that has become too poor, or would become too rich, keeps it waiting.
pub async fn what_cannot_be_posted_waits_on(f: &WalletFixture) {
    f.store.credit(&credit(f, 1, &ann(), usd("700"))).await.unwrap();
    let approval = waiting(f, "eve", 2, "-600").await;
    let spent = wanted(f, 3, TransactionDirection::Debit, usd("200"));
    adjust(f, &Change::new(spent)).await;
    let answer = approve(f, &approval, "bob").await;
    let ApproveAnswer::Insufficient { balance: told } = answer else { panic!("{answer:?}") };
    assert_eq!((told.posted, state(f, &approval).await), (usd("500"), ApprovalState::Waiting));
    f.store.credit(&credit(f, 4, &ann(), usd("100"))).await.unwrap();
    assert!(matches!(approve(f, &approval, "bob").await, ApproveAnswer::Approved { .. }));
    assert_eq!(posted(f).await, usd("0"));

    let most = Money::from_micros(i64::MAX, usd("0").currency());
    let rich = waiting(f, "eve", 5, "600").await;
    f.store.credit(&credit(f, 6, &ann(), most)).await.unwrap();
    assert_eq!(approve(f, &rich, "bob").await, ApproveAnswer::TooLarge);
    assert_eq!(state(f, &rich).await, ApprovalState::Waiting);
    assert_whole(f).await;
}

/// One more is refused, and nothing of it is stored; those that are decided or past their time are not counted.
pub async fn only_so_many_wait(f: &WalletFixture) {
    let two = |n| {
        let change = asking(&by(f, "eve", n, "600"), "eve");
        Change { body: ApprovalAsking { waiting_at_most: 2, ..change.body.clone() }, ..change }
    };
    let changes: Vec<_> = (1..=6).map(two).collect();
    let answers = join_all(changes.iter().map(|change| f.store.ask_approval(change))).await;
    let stored = answers.iter().filter(|a| matches!(a, Ok(AskAnswer::Asked(_)))).count();
    let refused = answers.iter().filter(|a| matches!(a, Ok(AskAnswer::TooManyWaiting))).count();
    assert_eq!((stored, refused), (2, 4));
    let all = ApprovalFilter { state: None, after: None, limit: 100 };
    let page = f.store.approvals(&all).await.unwrap();
    assert_eq!(page.approvals.len(), 2);
    reject(f, &page.approvals[0], "bob").await;
    assert!(matches!(f.store.ask_approval(&two(7)).await, Ok(AskAnswer::Asked(_))));
    assert!(matches!(f.store.ask_approval(&two(8)).await, Ok(AskAnswer::TooManyWaiting)));
    f.clock.advance(TimeDelta::from_std(APPROVAL_LIFETIME).unwrap());
    assert!(matches!(f.store.ask_approval(&two(9)).await, Ok(AskAnswer::Asked(_))));
}

/// In pages, and by how they stand.
pub async fn approvals_are_listed(f: &WalletFixture) {
    for n in 1..=3 {
        waiting(f, "eve", n, "600").await;
    }
    f.clock.advance(TimeDelta::from_std(APPROVAL_LIFETIME).unwrap());
    let mut fresh = Vec::new();
    for n in 4..=6 {
        fresh.push(waiting(f, "eve", n, "600").await);
    }
    approve(f, &fresh[0], "bob").await;
    reject(f, &fresh[1], "bob").await;
    let listed = async |state, after, limit| {
        let page = f.store.approvals(&ApprovalFilter { state, after, limit }).await.unwrap();
        let ids: Vec<_> = page.approvals.iter().map(|approval| approval.id.transfer()).collect();
        (ids, page.next.map(|id| id.transfer()))
    };
    let ids = |numbers: &[u128]| -> Vec<_> { numbers.iter().map(|n| transfer(*n)).collect() };
    assert_eq!(listed(None, None, 4).await, (ids(&[6, 5, 4, 3]), Some(transfer(3))));
    assert_eq!(listed(None, Some(ApprovalId::of(transfer(3))), 4).await, (ids(&[2, 1]), None));
    for (state, expected) in [
        (ApprovalState::Waiting, &[6_u128][..]),
        (ApprovalState::Rejected, &[5]),
        (ApprovalState::Approved, &[4]),
        (ApprovalState::Expired, &[3, 2, 1]),
    ] {
        assert_eq!(listed(Some(state), None, 100).await, (ids(expected), None), "{state:?}");
    }
}
