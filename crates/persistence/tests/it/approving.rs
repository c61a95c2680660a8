//! The second operator with the services of tenancy and wallets over one store, on both engines: whose keys count as one
//! operator's, and what the audit trail keeps. How approvals are stored is in the wallet's contract suite.

use std::sync::Arc;

use chrono::TimeDelta;
use trunkline_domain::{Actor, ApiKeyId, Clock, Origin, RandomIds, RequestContext};
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_tenancy::{
    AuditReader, AuditTrail, KeyHolder, KeyLimits, MakeKeyCommand, RotateKeyCommand, Scope, Tenancy,
    TenancyStore,
};
use trunkline_wallet::{
    AdjustCommand, Approval, ApprovalError, Approved, DecideApprovalCommand, Posting, TransactionDirection,
    WalletStore, Wallets,
};

/// Where operators work: at most 500 dollars alone.
struct Office {
    tenancy: Tenancy,
    wallets: Wallets,
    audit: AuditTrail,
}

impl Office {
    fn over<S>(store: &Arc<S>, clock: Arc<dyn Clock>) -> Self
    where
        S: TenancyStore + WalletStore + AuditReader + 'static,
    {
        let wallets = Wallets::new(Arc::<S>::clone(store), Arc::clone(&clock), Arc::new(RandomIds));
        Self {
            tenancy: Tenancy::new(Arc::<S>::clone(store), clock, Arc::new(RandomIds)),
            wallets: wallets.with_approvals_above(Some("500 USD".parse().unwrap())),
            audit: AuditTrail::new(Arc::<S>::clone(store)),
        }
    }

    /// A new operator's key.
    async fn key(&self, made_by: Origin) -> ApiKeyId {
        let command = MakeKeyCommand {
            holder: KeyHolder::Operator,
            name: None,
            scopes: None,
            expires_at: None,
            limits: KeyLimits::NONE,
            origin: made_by,
        };
        self.tenancy.make_key(command).await.unwrap().key.id
    }

    /// A key's successor.
    async fn successor(&self, key: ApiKeyId, rotated_by: Origin) -> ApiKeyId {
        let command = RotateKeyCommand {
            key,
            reach: Scope::Everyone,
            overlap: TimeDelta::hours(1),
            expires_at: None,
            limits: KeyLimits::NONE,
            origin: rotated_by,
        };
        self.tenancy.rotate_key(command).await.unwrap().issued.key.id
    }

    async fn give(&self, amount: &str, origin: Origin) -> Option<Approval> {
        let command = AdjustCommand {
            user: ann(),
            direction: TransactionDirection::Credit,
            amount: usd(amount),
            reason: "number never worked".parse().unwrap(),
            request: None,
            origin,
        };
        match self.wallets.adjust(command).await.unwrap() {
            Posting::Posted(_) => None,
            Posting::UnderApproval(approval) => Some(*approval),
        }
    }

    async fn approve(&self, approval: &Approval, origin: Origin) -> Result<Approved, ApprovalError> {
        let reason = "seen on the statement".parse().unwrap();
        self.wallets.approve(DecideApprovalCommand { approval: approval.id, reason, origin }).await
    }
}

fn with(key: ApiKeyId) -> Origin {
    Origin { actor: Actor::Operator { key }, context: RequestContext::with_id("req-1") }
}

fn login(name: &str) -> Origin {
    Origin::command_line_of(name.to_owned())
}

/// Whoever makes or rotates a key sees its secret, so it is no other operator's.
async fn keys_that_come_from_one_another_are_one_operator(office: Office) {
    let (eve, bob) = (office.key(login("root")).await, office.key(login("root")).await);
    let made = office.key(with(eve)).await;
    let made_by_made = office.key(with(made)).await;
    let taken_over = office.successor(bob, with(eve)).await;
    let later = office.successor(taken_over, login("root")).await;
    let renewed = office.successor(eve, login("root")).await;
    let renewed_again = office.successor(renewed, with(renewed)).await;
    let approval = office.give("600", with(eve)).await.unwrap();
    for (key, why) in [
        (eve, "the same key"),
        (made, "a key that it made"),
        (made_by_made, "a key that one made which it made"),
        (taken_over, "another's key that it rotated"),
        (later, "the successor of that one"),
        (renewed, "its own successor"),
        (renewed_again, "the successor of that one"),
    ] {
        let answer = office.approve(&approval, with(key)).await;
        assert!(matches!(answer, Err(ApprovalError::SameOperator)), "{why}: {answer:?}");
    }
    let approved = office.approve(&approval, with(bob)).await.unwrap();
    assert_eq!((approved.balance.posted, approved.repeated), (usd("600"), false));
    let again = office.approve(&approval, login("zoe")).await.unwrap();
    assert_eq!((again.balance.posted, again.repeated), (usd("600"), true));
}

/// A rotation does not begin the sum anew.
async fn what_several_keys_of_one_operator_move_is_added_up(office: Office) {
    let eve = office.key(login("root")).await;
    assert_eq!(office.give("300", with(eve)).await, None);
    let (renewed, made) = (office.successor(eve, login("root")).await, office.key(with(eve)).await);
    for key in [renewed, made] {
        assert!(office.give("200.01", with(key)).await.is_some());
    }
    assert_eq!(office.give("200", with(renewed)).await, None);
    assert_eq!(office.give("500", login("zoe")).await, None, "somebody else's sum");
    assert_eq!(office.give("9000", Origin::system()).await, None, "nobody's wish");
}

/// Either may ask and the other approve, and two logins are two.
async fn the_command_line_and_keys_are_different_operators(office: Office) {
    let key = office.key(login("zoe")).await;
    let asked = office.give("600", login("zoe")).await.unwrap();
    let answer = office.approve(&asked, login("zoe")).await;
    assert!(matches!(answer, Err(ApprovalError::SameOperator)), "{answer:?}");
    assert!(office.approve(&asked, login("bob")).await.is_ok());
    let asked = office.give("600", login("zoe")).await.unwrap();
    assert!(office.approve(&asked, with(key)).await.is_ok());
    let asked = office.give("600", with(key)).await.unwrap();
    assert!(office.approve(&asked, login("zoe")).await.is_ok());
}

/// Who asked and why, who approved and why, and what was posted for whom: under one id.
async fn the_trail_has_both_operators(office: Office) {
    let key = office.key(login("root")).await;
    let asked = office.give("600", login("zoe")).await.unwrap();
    office.approve(&asked, with(key)).await.unwrap();
    office.approve(&asked, login("bob")).await.unwrap();
    let lines = office.audit.history(asked.id.to_string(), 10).await.unwrap().entries;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.action.as_str(), &line.actor, line.reason.as_deref().unwrap()))
        .collect();
    let (zoe, operator) = (login("zoe").actor, with(key).actor);
    assert_eq!(
        told,
        [
            ("approval.ask", &zoe, "number never worked"),
            ("approval.approve", &operator, "seen on the statement"),
            ("wallet.adjust", &zoe, "number never worked"),
        ]
    );
    assert!(lines.iter().all(|line| line.user == Some(ann())));
    assert_eq!(lines[1].details["askedBy"], serde_json::to_value(&zoe).unwrap());
    assert_eq!(lines[2].details["approval"], asked.id.to_string());
}

macro_rules! approving_tests {
    ($engine:ident) => {
        mod $engine {
            use super::*;

            async fn office() -> (Office, crate::engine::$engine::Database) {
                let database = crate::engine::$engine::Database::new().await;
                let store = Arc::new(database.open().await);
                (Office::over(&store, database.clock.clone()), database)
            }

            #[tokio::test]
            async fn keys_that_come_from_one_another_are_one_operator() {
                let (office, _database) = office().await;
                super::keys_that_come_from_one_another_are_one_operator(office).await;
            }

            #[tokio::test]
            async fn what_several_keys_of_one_operator_move_is_added_up() {
                let (office, _database) = office().await;
                super::what_several_keys_of_one_operator_move_is_added_up(office).await;
            }

            #[tokio::test]
            async fn the_command_line_and_keys_are_different_operators() {
                let (office, _database) = office().await;
                super::the_command_line_and_keys_are_different_operators(office).await;
            }

            #[tokio::test]
            async fn the_trail_has_both_operators() {
                let (office, _database) = office().await;
                super::the_trail_has_both_operators(office).await;
            }
        }
    };
}

approving_tests!(sqlite);
approving_tests!(postgres);
