//! The second operator's decision: by another one, once, in time, and with the money or not at all.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{ApprovalId, Change, Clock, Money};

use super::approving::{DAY, SUM, adjust, asked, asking, by, key, login, posted, told, waiting, wanted};
use super::{WalletFixture, ann, assert_whole, credit, transfer, usd};
use crate::{
    APPROVAL_LIFETIME, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter, ApprovalGrant,
    ApprovalRejection, ApprovalState, ApproveAnswer, AskAnswer, RejectAnswer, TransactionDirection,
};

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

pub(super) async fn approve(f: &WalletFixture, approval: &Approval, name: &str) -> ApproveAnswer {
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
    f.clock.advance(TimeDelta::from_std(APPROVAL_LIFETIME).unwrap() - TimeDelta::seconds(1));
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
    let all = ApprovalFilter { user: None, state: None, after: None, limit: 100 };
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
        let page = f.store.approvals(&ApprovalFilter { user: None, state, after, limit }).await.unwrap();
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
    for (user, expected) in [(ann(), 6), ("bob".parse().unwrap(), 0)] {
        let filter = ApprovalFilter { user: Some(user), state: None, after: None, limit: 100 };
        assert_eq!(f.store.approvals(&filter).await.unwrap().approvals.len(), expected, "{filter:?}");
    }
}
