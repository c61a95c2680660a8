//! Accounts, and what ends with a change of them.

use std::time::Duration;

use trunkline_domain::Change;
use trunkline_tenancy::{KeyHolder, Scope};

use super::{SessionFixture, hash, user};
use crate::{
    Account, AccountHolder, AccountLookup, AccountState, AccountSwitch, CreateAccountAnswer, PasswordSetting,
    SetPasswordAnswer, SwitchAnswer,
};

impl SessionFixture {
    async fn read(&self, account: &Account) -> Account {
        self.store.account(&AccountLookup::Id(account.id)).await.unwrap().unwrap()
    }

    fn setting(&self, account: &Account, password: &str) -> Change<PasswordSetting> {
        let setting = PasswordSetting {
            account: account.id,
            password: hash(password),
            seen: Some(account.revision),
            keep: None,
            forget: None,
        };
        Change::new(setting).audit(self.line("account.password", account.id))
    }

    async fn switch(&self, account: &Account, state: AccountState) -> SwitchAnswer {
        let action = if state == AccountState::Enabled { "account.enable" } else { "account.disable" };
        let change = Change::new(AccountSwitch { account: account.id, state });
        self.store.switch_account(&change.audit(self.line(action, account.id))).await.unwrap()
    }
}

/// By its id, by its address whatever the capitals, and by its subject.
pub async fn an_account_reads_back_as_it_was_made(f: &SessionFixture) {
    f.add_user(&user("ann")).await;
    let account = Account {
        email: Some("Ann.Müller@Example.com".parse().unwrap()),
        subject: Some(user("idp|ann")),
        ..f.account_of("ann")
    };
    f.create(&account, None).await;
    for by in [
        AccountLookup::Id(account.id),
        AccountLookup::Email("ann.müller@example.COM".parse().unwrap()),
        AccountLookup::Subject(user("idp|ann")),
    ] {
        assert_eq!(f.store.account(&by).await.unwrap().as_ref(), Some(&account), "{by:?}");
    }
    let unknown = AccountLookup::Email("bob@example.com".parse().unwrap());
    assert_eq!(f.store.account(&unknown).await.unwrap(), None);
    let link = f.link(&account).await;
    assert_eq!(f.store.account_of_link(&link).await.unwrap(), Some(account));
}

/// A repeat is the same account; another one has neither its address nor its subject.
pub async fn an_account_is_made_once_and_its_names_are_its_own(f: &SessionFixture) {
    f.add_user(&user("ann")).await;
    let account = Account { subject: Some(user("idp|ann")), ..f.account_of("ann") };
    let creation = f.creation(&account, None);
    for _ in 0..2 {
        assert_eq!(f.store.create_account(&creation).await.unwrap(), CreateAccountAnswer::Created);
    }
    assert_eq!(f.lines("account.create").await, 1);
    let other = Account {
        id: SessionFixture::account_id(),
        email: Some("ANN@example.com".parse().unwrap()),
        subject: None,
        ..account.clone()
    };
    let answer = f.store.create_account(&f.creation(&other, None)).await.unwrap();
    assert_eq!(answer, CreateAccountAnswer::EmailTaken);
    let other = Account { email: None, subject: Some(user("idp|ann")), ..other };
    let answer = f.store.create_account(&f.creation(&other, None)).await.unwrap();
    assert_eq!(answer, CreateAccountAnswer::SubjectTaken);
    let second = Account { subject: Some(user("idp|ann2")), ..other };
    f.create(&second, None).await;
    assert_eq!(f.lines("account.create").await, 2, "a user may have several");
}

/// Nothing is stored for somebody who is nobody.
pub async fn an_account_needs_its_user(f: &SessionFixture) {
    let account = f.account_of("nobody");
    let answer = f.store.create_account(&f.creation(&account, None)).await.unwrap();
    assert_eq!(answer, CreateAccountAnswer::UserNotFound);
    assert_eq!(f.store.account(&AccountLookup::Id(account.id)).await.unwrap(), None);
}

/// An operator's key is stored with the account or not at all.
pub async fn an_operators_account_brings_its_key(f: &SessionFixture) {
    let account = f.operator("olga", None).await;
    let id = account.holder.key().unwrap();
    let key = f.tenancy.key(&Scope::Everyone, id).await.unwrap().unwrap();
    assert_eq!((key.holder, key.scopes), (KeyHolder::Operator, KeyHolder::Operator.scopes()));
    assert_eq!(f.read(&account).await, account);

    let refused = f.operator_key(None);
    let (id, holder) = (refused.id, AccountHolder::Operator { key: refused.id });
    let taken = Account { id: SessionFixture::account_id(), holder, ..account };
    let answer = f.store.create_account(&f.creation(&taken, Some(refused))).await.unwrap();
    assert_eq!(answer, CreateAccountAnswer::EmailTaken);
    assert_eq!(f.tenancy.key(&Scope::Everyone, id).await.unwrap(), None);
}

/// Without a gap or a double, also of accounts of one moment.
pub async fn accounts_come_in_pages_oldest_first(f: &SessionFixture) {
    let mut made = Vec::new();
    for name in ["ann", "bob", "cleo", "dan", "eve"] {
        made.push(f.account(name).await.id);
    }
    let mut seen = Vec::new();
    loop {
        let page = f.store.accounts(seen.last().copied(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|account| account.id));
    }
    seen.sort_unstable();
    made.sort_unstable();
    assert_eq!(seen, made);
}

/// Whoever has the old password, or a link, is out; whoever changed it goes on.
pub async fn a_password_ends_sessions_and_links_but_the_one_in_which_it_is_set(f: &SessionFixture) {
    let account = f.account("ann").await;
    let (kept, ended, link) = (f.sign_in(&account).await, f.sign_in(&account).await, f.link(&account).await);
    let bystander = f.sign_in(&f.account("bob").await).await;
    let mut change = f.setting(&account, "new");
    change.body.keep = Some(f.resumed(&kept).await.unwrap().id);
    assert_eq!(f.store.set_password(&change).await.unwrap(), SetPasswordAnswer::Set);
    assert!(f.resumed(&kept).await.is_some() && f.resumed(&ended).await.is_none());
    assert!(f.resumed(&bystander).await.is_some());
    assert_eq!(f.store.account_of_link(&link).await.unwrap(), None);
    let read = f.read(&account).await;
    assert_eq!((read.password, read.revision), (Some(hash("new")), 2));
}

/// Of two who change it at once the second has shown a password that is none any more; an operator has shown none.
pub async fn a_password_is_set_over_what_was_seen_and_repeated_harmlessly(f: &SessionFixture) {
    let account = f.account("ann").await;
    let change = f.setting(&account, "first");
    for _ in 0..2 {
        assert_eq!(f.store.set_password(&change).await.unwrap(), SetPasswordAnswer::Set);
    }
    (f.advance)(Duration::from_secs(1));
    let late = f.setting(&account, "second");
    assert_eq!(f.store.set_password(&late).await.unwrap(), SetPasswordAnswer::Stale);
    assert_eq!(
        (f.read(&account).await.password, f.lines("account.password").await),
        (Some(hash("first")), 1)
    );
    let mut by_an_operator = late;
    by_an_operator.body.seen = None;
    assert_eq!(f.store.set_password(&by_an_operator).await.unwrap(), SetPasswordAnswer::Set);
    let nobody = Account { id: SessionFixture::account_id(), ..account };
    let answer = f.store.set_password(&f.setting(&nobody, "third")).await.unwrap();
    assert_eq!(answer, SetPasswordAnswer::NotFound);
}

/// What was ended stays so.
pub async fn disabling_ends_sessions_and_links_and_enabling_brings_none_back(f: &SessionFixture) {
    let account = f.account("ann").await;
    let (token, link) = (f.sign_in(&account).await, f.link(&account).await);
    let since = f.clock.now();
    let disabled = AccountState::Disabled { since };
    for _ in 0..2 {
        assert_eq!(f.switch(&account, disabled).await, SwitchAnswer::Switched);
        (f.advance)(Duration::from_secs(1));
    }
    assert_eq!(f.read(&account).await.state, disabled, "since the first time");
    assert!(f.resumed(&token).await.is_none());
    assert_eq!(f.switch(&account, AccountState::Enabled).await, SwitchAnswer::Switched);
    assert!(f.resumed(&token).await.is_none());
    assert_eq!(f.store.account_of_link(&link).await.unwrap(), None);
    let read = f.read(&account).await;
    assert_eq!((read.state, read.revision), (AccountState::Enabled, 3));
    assert_eq!((f.lines("account.disable").await, f.lines("account.enable").await), (1, 1));
    let nobody = Account { id: SessionFixture::account_id(), ..account };
    assert_eq!(f.switch(&nobody, disabled).await, SwitchAnswer::NotFound);
}
