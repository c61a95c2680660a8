//! The contract suite that every [`ImportStore`] must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_import::contract::ImportFixture { /* a fresh, empty store */ }
//! trunkline_import::import_store_contract!(fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken. What becomes of an imported
//! number when it is called, sold again or given back needs ports that this crate does not know: a store tests it
//! beside this suite.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a suite fails by panicking"
)]

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use trunkline_domain::{
    BusinessId, Capabilities, Change, Country, Currency, Money, NumberId, NumberStatus, NumberType, Order,
    OrderId, OrderState, Origin, OwnedNumber, ProviderIdentity, TransferId, UserId, WebhookUrls,
};
use trunkline_tenancy::{Business, User};
use trunkline_wallet::{
    AccountId, Credit, LedgerAudit, LedgerReader, Transaction, TransactionDirection, TransactionStatus,
    WalletStore,
};
use uuid::Uuid;

use crate::{ImportAnswer, ImportStore, NumberImport, Opened, StandingQuestion, UserImport};

/// A fresh, empty store, as an import sees it and as the ledger does.
pub struct ImportFixture {
    /// The store under test.
    pub store: Arc<dyn ImportStore>,
    /// The same.
    pub wallets: Arc<dyn WalletStore>,
    /// The same.
    pub ledger: Arc<dyn LedgerReader>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> ImportFixture`.
#[macro_export]
macro_rules! import_store_contract {
    ($fixture:path) => {
        $crate::import_store_contract!(@each $fixture,
            a_user_is_moved_with_all_that_is_theirs,
            a_repeated_import_changes_nothing,
            what_is_in_the_way_undoes_all_of_it,
            two_numbers_do_not_stand_in_one_place,
            a_balance_is_paid_once_whatever_it_has_become,
            parallel_imports_of_a_user_are_one,
            a_wallet_does_not_outgrow_its_bounds,
            a_history_follows_the_wallets_own_in_pages,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

/// The moment of every import of the suite.
pub fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 123_456_000).unwrap()
}

/// A user.
pub fn user(name: &str) -> User {
    User { id: name.parse().unwrap(), email: None, created_at: at() }
}

/// Dollars.
pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// An import of nothing but its user.
pub fn bare(name: &str) -> UserImport {
    let (businesses, numbers, openings, lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    UserImport { user: user(name), businesses, numbers, openings, lines, at: at() }
}

/// A business.
pub fn business(name: &str, n: u128) -> Business {
    Business {
        id: BusinessId::from_uuid(Uuid::from_u128(0xb000 + n)),
        owner: name.parse().unwrap(),
        name: "Corner Bakery".parse().unwrap(),
        time_zone: Some("Asia/Kolkata".parse().unwrap()),
        created_at: at() - TimeDelta::days(90),
        updated_at: at() - TimeDelta::days(9),
    }
}

/// A number at the provider, bought a month ago.
pub fn number(name: &str, n: u16) -> NumberImport {
    let id = NumberId::from_uuid(Uuid::from_u128(0xa000 + u128::from(n)));
    let order = OrderId::of_imported(id);
    let account = "AC0123456789abcdef0123456789abcdef".parse().unwrap();
    let purchased_at = at() - TimeDelta::days(31);
    let number = OwnedNumber {
        id,
        user: name.parse().unwrap(),
        business: None,
        phone_number: format!("+1415230{n:04}").parse().unwrap(),
        display_name: "Front desk".parse().unwrap(),
        country: Country::US,
        kind: NumberType::Local.into(),
        status: NumberStatus::Active,
        is_primary: false,
        is_active: true,
        provider: OwnedNumber::PROVIDER.to_owned(),
        identity: Some(ProviderIdentity { account, number: format!("PN{n:032x}").parse().unwrap() }),
        order: Some(order),
        monthly_cost: usd("1.50"),
        capabilities: Capabilities { voice: true, sms: true, mms: false, fax: false },
        notes: Some("from before".to_owned()),
        webhooks: WebhookUrls {
            voice_url: Some("https://old.example/voice".to_owned()),
            ..WebhookUrls::default()
        },
        review: None,
        purchased_at,
        created_at: purchased_at,
        updated_at: at(),
        version: 1,
    };
    let order = Order {
        id: order,
        user: number.user.clone(),
        business: number.business,
        phone_number: number.phone_number.clone(),
        display_name: number.display_name.clone(),
        country: number.country,
        number_type: NumberType::Local,
        charge: usd("0"),
        monthly_cost: number.monthly_cost,
        account: number.identity.as_ref().unwrap().account.clone(),
        wallet: AccountId::wallet(&number.user, Currency::USD).into(),
        hold: TransferId::from_uuid(order.as_uuid()),
        state: OrderState::Completed,
        failure: None,
        review: None,
        number_sid: Some(number.identity.as_ref().unwrap().number.clone()),
        number: Some(id),
        opened_at: purchased_at,
        updated_at: at(),
    };
    NumberImport { number, order: Some(order) }
}

/// A balance, under a transfer of its own.
pub fn opening(name: &str, n: u128, amount: Money) -> Credit {
    let user: UserId = name.parse().unwrap();
    Credit {
        transfer: TransferId::from_uuid(Uuid::from_u128(0xc000 + n)),
        wallet: AccountId::wallet(&user, amount.currency()),
        user,
        amount,
        description: "Opening balance".to_owned(),
        at: at(),
        approval: None,
    }
}

/// A line of a history, so many days ago.
pub fn line(n: u16) -> Transaction {
    Transaction {
        id: TransferId::from_uuid(Uuid::from_u128(0xd000 + u128::from(n))),
        date: at() - TimeDelta::days(n.into()),
        direction: TransactionDirection::Debit,
        amount: usd("1.50"),
        description: format!("line {n}"),
        status: TransactionStatus::Refunded,
        number: None,
    }
}

/// The import with an audit line, as an importer makes it.
pub fn told(import: UserImport) -> Change<UserImport> {
    let audit =
        Origin::command_line().audit("import.user", &import.user.id, Some(&import.user.id), import.at);
    Change::new(import).audit(audit)
}

/// Everything that a change would add, asked for.
pub fn asked(import: &UserImport) -> StandingQuestion {
    let numbers = || import.numbers.iter().map(|import| &import.number);
    StandingQuestion {
        user: import.user.id.clone(),
        businesses: import.businesses.iter().map(|business| business.id).collect(),
        numbers: numbers().map(|number| number.id).collect(),
        number_sids: numbers().filter_map(|number| Some(number.identity.as_ref()?.number.clone())).collect(),
        phone_numbers: numbers().map(|number| number.phone_number.clone()).collect(),
        openings: import.openings.iter().map(|opening| opening.transfer).collect(),
        lines: import.lines.iter().map(|line| line.id).collect(),
    }
}

impl ImportFixture {
    async fn import(&self, change: &Change<UserImport>) -> ImportAnswer {
        self.store.import_user(change).await.unwrap()
    }

    async fn posted(&self, name: &str) -> Option<Money> {
        let balance = self.wallets.balance(&name.parse().unwrap(), Currency::USD).await.unwrap();
        balance.map(|balance| balance.posted)
    }

    async fn assert_ledger_whole(&self) {
        let mut audit = LedgerAudit::new();
        self.ledger.read_into(&mut audit).await.unwrap();
        assert_eq!(audit.finish().faults, []);
    }
}

/// Ann with one of everything.
fn ann() -> UserImport {
    let mut primary = number("ann", 1);
    primary.number.business = Some(business("ann", 1).id);
    primary.number.is_primary = true;
    UserImport {
        businesses: vec![business("ann", 1)],
        numbers: vec![primary],
        openings: vec![opening("ann", 1, usd("12.34"))],
        lines: vec![line(1), line(2)],
        ..bare("ann")
    }
}

/// What was imported stands, word for word.
pub async fn a_user_is_moved_with_all_that_is_theirs(f: &ImportFixture) {
    let import = ann();
    let before = f.store.standing(&asked(&import)).await.unwrap();
    assert_eq!(before, crate::Standing::default());
    assert_eq!(f.import(&told(import.clone())).await, ImportAnswer::Stands);
    let standing = f.store.standing(&asked(&import)).await.unwrap();
    assert_eq!(standing.user, Some(import.user));
    assert_eq!(standing.businesses, import.businesses);
    assert_eq!(standing.numbers, [import.numbers[0].number.clone()]);
    assert!(standing.numbers[0].is_imported());
    assert_eq!(standing.claimed, [import.numbers[0].number.phone_number.clone()]);
    let transfer = import.openings[0].transfer;
    assert_eq!(standing.openings, [Opened { transfer, amount: usd("12.34") }]);
    assert_eq!(standing.lines.len(), 2);
    assert_eq!(f.posted("ann").await, Some(usd("12.34")));
    assert_eq!(f.store.opened().await.unwrap(), [usd("12.34")]);
    f.assert_ledger_whole().await;
}

/// The same change again is answered alike, and adds nothing; one with more adds what is new.
pub async fn a_repeated_import_changes_nothing(f: &ImportFixture) {
    let change = told(ann());
    for _ in 0..2 {
        assert_eq!(f.import(&change).await, ImportAnswer::Stands);
    }
    let mut more = ann();
    more.numbers.push(number("ann", 2));
    more.openings.push(opening("ann", 2, usd("1")));
    assert_eq!(f.import(&told(more.clone())).await, ImportAnswer::Stands);
    assert_eq!(f.posted("ann").await, Some(usd("13.34")));
    assert_eq!(f.store.standing(&asked(&more)).await.unwrap().numbers.len(), 2);
    f.assert_ledger_whole().await;
}

/// Nothing of a user is stored where one thing cannot be.
pub async fn what_is_in_the_way_undoes_all_of_it(f: &ImportFixture) {
    f.import(&told(ann())).await;
    let bob = UserImport {
        businesses: vec![business("bob", 2), business("bob", 1)],
        openings: vec![opening("bob", 9, usd("5"))],
        ..bare("bob")
    };
    let ImportAnswer::InTheWay(what) = f.import(&told(bob.clone())).await else {
        panic!("ann has the business")
    };
    assert_eq!(what, format!("business {} is ann's", business("ann", 1).id));
    let standing = f.store.standing(&asked(&bob)).await.unwrap();
    assert_eq!((standing.user, standing.businesses.len(), standing.openings.len()), (None, 1, 0));
    assert_eq!(f.posted("bob").await, None);
}

/// A number, its id at the provider, a business's primary and a record each have one place.
pub async fn two_numbers_do_not_stand_in_one_place(f: &ImportFixture) {
    f.import(&told(ann())).await;
    let mut same_sid = number("bob", 2);
    let sid = number("ann", 1).number.identity;
    same_sid.order.as_mut().unwrap().number_sid = sid.as_ref().map(|sid| sid.number.clone());
    same_sid.number.identity = sid;
    let mut same_phone_number = number("bob", 3);
    let phone_number = number("ann", 1).number.phone_number;
    same_phone_number.order.as_mut().unwrap().phone_number = phone_number.clone();
    same_phone_number.number.phone_number = phone_number;
    let mut other_with_id = number("bob", 1);
    other_with_id.number.phone_number = number("bob", 4).number.phone_number;
    other_with_id.order = None;
    for number in [same_sid, same_phone_number, other_with_id] {
        let bob = UserImport { numbers: vec![number], ..bare("bob") };
        let answer = f.import(&told(bob.clone())).await;
        assert!(matches!(answer, ImportAnswer::InTheWay(_)), "{answer:?}");
        assert_eq!(f.store.standing(&asked(&bob)).await.unwrap().user, None);
    }
    let mut second_primary = number("ann", 5);
    second_primary.number.business = Some(business("ann", 1).id);
    second_primary.number.is_primary = true;
    let record = |n: u16| {
        let NumberImport { number, .. } = number("ann", n);
        let phone_number = "+14152309999".parse().unwrap();
        let number = OwnedNumber {
            phone_number,
            provider: "carrier".to_owned(),
            identity: None,
            order: None,
            ..number
        };
        NumberImport { number, order: None }
    };
    let answer = f.import(&told(UserImport { numbers: vec![second_primary], ..bare("ann") })).await;
    assert!(matches!(answer, ImportAnswer::InTheWay(_)), "{answer:?}");
    let one = UserImport { numbers: vec![record(6)], ..bare("ann") };
    assert_eq!(f.import(&told(one)).await, ImportAnswer::Stands);
    let answer = f.import(&told(UserImport { numbers: vec![record(7)], ..bare("ann") })).await;
    assert!(matches!(answer, ImportAnswer::InTheWay(_)), "{answer:?}");
}

/// A transfer that stands is left as it is, also under another amount.
pub async fn a_balance_is_paid_once_whatever_it_has_become(f: &ImportFixture) {
    for amount in ["12.34", "99", "12.34"] {
        let import = UserImport { openings: vec![opening("ann", 1, usd(amount))], ..bare("ann") };
        assert_eq!(f.import(&told(import)).await, ImportAnswer::Stands);
        assert_eq!(f.posted("ann").await, Some(usd("12.34")));
    }
    f.assert_ledger_whole().await;
}

/// Two importers at once, each with a change of its own: one and one of everything.
pub async fn parallel_imports_of_a_user_are_one(f: &ImportFixture) {
    let changes: Vec<_> =
        (0..6).map(|n| told(UserImport { at: at() + TimeDelta::seconds(n), ..ann() })).collect();
    for answer in join_all(changes.iter().map(|change| f.import(change))).await {
        assert_eq!(answer, ImportAnswer::Stands);
    }
    assert_eq!(f.posted("ann").await, Some(usd("12.34")));
    assert_eq!(f.store.standing(&asked(&ann())).await.unwrap().numbers.len(), 1);
    f.assert_ledger_whole().await;
}

/// A sum that no wallet can hold is refused whole.
pub async fn a_wallet_does_not_outgrow_its_bounds(f: &ImportFixture) {
    let huge = || opening("ann", 1, Money::from_micros(i64::MAX, Currency::USD));
    let import = UserImport { openings: vec![huge(), opening("ann", 2, usd("1"))], ..bare("ann") };
    let answer = f.import(&told(import)).await;
    assert!(matches!(answer, ImportAnswer::InTheWay(_)), "{answer:?}");
    assert_eq!(f.posted("ann").await, None);
}

/// The wallet's own transactions first, then the history, newest first, whatever the pages' length; nobody else's.
pub async fn a_history_follows_the_wallets_own_in_pages(f: &ImportFixture) {
    f.import(&told(UserImport { lines: vec![line(1), line(2), line(3)], ..ann() })).await;
    let mut other = bare("bob");
    other.lines = vec![line(4)];
    f.import(&told(other)).await;
    for limit in 1..=4 {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = f.wallets.transactions(&"ann".parse().unwrap(), after, limit).await.unwrap();
            assert!(page.transactions.len() <= usize::from(limit));
            read.extend(page.transactions);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let read: Vec<&str> = read.iter().map(|line| line.description.as_str()).collect();
        assert_eq!(read, ["Opening balance", "line 1", "line 2", "line 3"], "in pages of {limit}");
    }
    let page = f.wallets.transactions(&"ann".parse().unwrap(), None, 4).await.unwrap();
    assert_eq!(page.transactions[2], line(2));
    let theirs = f.wallets.transactions(&"bob".parse().unwrap(), Some(line(1).id), 4).await.unwrap();
    assert_eq!(theirs.transactions, []);
}
