//! The second operator: what is asked for, what a repeat hears, and who decides what with which lines.

use std::sync::{Arc, Mutex};

use trunkline_domain::{ApprovalId, Change, Origin};
use trunkline_wallet::{
    AdjustCommand, AdjustError, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalDecision, ApprovalError,
    ApprovalState, ApproveAnswer, AskAnswer, DecideApprovalCommand, MockWalletStore, PostKind, Posting,
    TransactionDirection, WalletStoreError, Wallets,
};

use crate::world::{balance, maria, noon, transfer, unavailable, unknown, usd, wallets};

fn bound(store: MockWalletStore) -> Wallets {
    wallets(store).with_approvals_above(Some("500 USD".parse().unwrap()))
}

fn command(origin: Origin) -> AdjustCommand {
    AdjustCommand {
        user: maria(),
        direction: TransactionDirection::Credit,
        amount: usd("600"),
        reason: "never worked".parse().unwrap(),
        request: None,
        origin,
    }
}

fn eve() -> Origin {
    Origin::command_line_of("eve".to_owned())
}

fn bob() -> Origin {
    Origin::command_line_of("bob".to_owned())
}

fn approval(state: ApprovalState) -> Approval {
    let decision = ApprovalDecision { by: bob().actor, reason: "seen".to_owned(), at: noon() };
    let is_decided = matches!(state, ApprovalState::Approved | ApprovalState::Rejected);
    Approval {
        id: ApprovalId::of(transfer(1)),
        user: maria(),
        kind: PostKind::Adjustment,
        direction: TransactionDirection::Credit,
        amount: usd("600"),
        reason: "never worked".to_owned(),
        asked_by: eve().actor,
        asked_at: noon(),
        expires_at: noon() + chrono::TimeDelta::hours(72),
        state,
        decision: is_decided.then_some(decision),
    }
}

fn deciding(origin: Origin) -> DecideApprovalCommand {
    DecideApprovalCommand { approval: ApprovalId::of(transfer(1)), reason: "seen".parse().unwrap(), origin }
}

/// The approval has the id of the transfer that was refused, so a lost acknowledgement anywhere posts nothing twice.
#[tokio::test]
async fn what_needs_an_approval_is_asked_for_under_the_transfers_id() {
    let mut store = MockWalletStore::new();
    store.expect_adjust().times(1).returning(|change| {
        assert_eq!(change.body.approval.clone().map(|rule| rule.above), Some(usd("500")));
        Ok(AdjustmentAnswer::NeedsApproval)
    });
    let seen: Arc<Mutex<Vec<Change<ApprovalAsking>>>> = Arc::default();
    let log = Arc::clone(&seen);
    store.expect_ask_approval().times(2).returning(move |change| {
        let mut log = log.lock().unwrap();
        log.push(change.clone());
        let asked = AskAnswer::Asked(Box::new(approval(ApprovalState::Waiting)));
        if log.len() == 1 { Err(unknown()) } else { Ok(asked) }
    });
    let answer = bound(store).adjust(command(eve())).await.unwrap();
    assert_eq!(answer, Posting::UnderApproval(Box::new(approval(ApprovalState::Waiting))));
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], seen[1], "offered again unchanged");
    assert_eq!((seen[0].body.id, seen[0].body.by.clone()), (ApprovalId::of(transfer(1)), eve().actor));
    let line = &seen[0].audit[0];
    assert_eq!((line.action.as_str(), line.reason.as_deref()), ("approval.ask", Some("never worked")));
}

/// Nobody's own posts, and nobody where no sum is set.
#[tokio::test]
async fn trunkline_itself_needs_no_approval() {
    let posted = || AdjustmentAnswer::Posted { transfer: transfer(1), balance: balance(usd("600")) };
    let mut store = MockWalletStore::new();
    store.expect_adjust().times(2).returning(move |change| {
        assert_eq!(change.body.approval, None);
        Ok(posted())
    });
    let free = wallets(store);
    assert!(matches!(free.adjust(command(eve())).await, Ok(Posting::Posted(_))));
    let bound = free.with_approvals_above(Some("500 USD".parse().unwrap()));
    assert!(matches!(bound.adjust(command(Origin::system())).await, Ok(Posting::Posted(_))));
}

/// Approved between the two looks of a repeat: the third finds the money.
#[tokio::test]
async fn a_repeat_that_meets_the_approval_hears_that_it_is_done() {
    let mut store = MockWalletStore::new();
    let under = AdjustmentAnswer::UnderApproval(ApprovalId::of(transfer(1)));
    store.expect_adjust().times(1).return_once(move |_| Ok(under));
    store.expect_approval().times(1).returning(|_| Ok(Some(approval(ApprovalState::Approved))));
    let done = AdjustmentAnswer::Repeated { transfer: transfer(9), balance: balance(usd("600")) };
    store.expect_adjust().times(1).return_once(move |_| Ok(done));
    let answer = bound(store).adjust(command(eve())).await.unwrap();
    assert!(matches!(&answer, Posting::Posted(adjusted) if adjusted.repeated), "{answer:?}");
}

#[tokio::test]
async fn an_approval_that_cannot_be_looked_at_is_not_absent() {
    let mut store = MockWalletStore::new();
    let id = ApprovalId::of(transfer(1));
    store.expect_adjust().returning(move |_| Ok(AdjustmentAnswer::UnderApproval(id)));
    store.expect_approval().times(1).returning(|_| Err(unavailable()));
    store.expect_approval().times(1).returning(|_| Ok(None));
    let wallets = bound(store);
    let error = wallets.adjust(command(eve())).await.unwrap_err();
    assert!(matches!(error, AdjustError::Store(WalletStoreError::Unavailable(_))), "{error:?}");
    let error = wallets.adjust(command(eve())).await.unwrap_err();
    assert!(matches!(error, AdjustError::Store(WalletStoreError::Broken(_))), "{error:?}");
}

/// The decision with who approves and why, the post with who asked and why.
#[tokio::test]
async fn approving_leaves_both_operators_lines() {
    let mut store = MockWalletStore::new();
    store.expect_approval().returning(|_| Ok(Some(approval(ApprovalState::Waiting))));
    store.expect_approve().times(1).returning(|change| {
        let told: Vec<_> = change.audit.iter().map(|line| (line.action.as_str(), &line.actor)).collect();
        assert_eq!(told, [("approval.approve", &bob().actor), ("wallet.adjust", &eve().actor)]);
        assert_eq!(change.audit[1].details["approval"], transfer(1).to_string());
        Err(unknown())
    });
    store.expect_approve().times(1).returning(|_| {
        let approval = Box::new(approval(ApprovalState::Approved));
        Ok(ApproveAnswer::ApprovedBefore { approval, balance: balance(usd("600")) })
    });
    let wallets = bound(store);
    let approved = wallets.approve(deciding(bob())).await.unwrap();
    assert!(!approved.repeated, "it was this very one");
}

#[tokio::test]
async fn a_decision_of_nothing_is_refused() {
    let mut store = MockWalletStore::new();
    store.expect_approval().returning(|_| Ok(None));
    let wallets = bound(store);
    assert!(matches!(wallets.approve(deciding(bob())).await, Err(ApprovalError::NotFound)));
    assert!(matches!(wallets.reject(deciding(bob())).await, Err(ApprovalError::NotFound)));
}
