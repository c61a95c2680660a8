//! The importer: reads the original user by user, asks the provider about their numbers, and has each user moved by one
//! transition; their history follows in parts. Whatever ends it, a second run goes on where it stopped, because
//! everything that it would move is compared with what is here first.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use trunkline_domain::{BusinessId, Change, Clock, Currency, IdSource, Origin, PriceBook, UserId};
use trunkline_provider::{NumberProvider, ProviderError};
use trunkline_tenancy::User;
use trunkline_wallet::Transaction;

use crate::account::AccountBooks;
use crate::balance::OldBalance;
use crate::merge::{Merge, Owner};
use crate::number::{self, OldNumber, Place, Read, Terms, Unmoved, Why};
use crate::plan::{self, OldUser, Plan};
use crate::report::Sums;
use crate::schema::Schema;
use crate::{
    Finding, FindingKind, ImportAnswer, ImportReport, ImportStore, ImportStoreError, Original, OriginalError,
    OriginalRow, OriginalTable, SchemaError, StandingQuestion, UserImport, balance, businesses, history,
};

/// Lines of a history that one transition stores.
const LINES_AT_ONCE: usize = 500;

/// How often a user is planned anew whose import met something that came in its way meanwhile.
const PLANS: usize = 4;

/// How often a change is offered whose outcome is unknown.
const OFFERS: usize = 3;

/// Why an import was not made to its end. What was moved until then stays moved, and another run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The original could not be read.
    #[error(transparent)]
    Original(#[from] OriginalError),
    /// It is no original.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The provider did not say what the account holds: it failed, or its list broke off.
    #[error("Twilio did not say what the account holds, and without that nothing is known of any number")]
    Provider(#[source] Option<ProviderError>),
    /// Our own store failed.
    #[error("our database could not be asked, or did not say whether it has stored what it was given")]
    Store(#[from] ImportStoreError),
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Nothing: it reads and reports.
    DryRun,
    /// What is not here is moved.
    Apply,
}

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportSettings {
    /// Whether anything is written.
    pub mode: ImportMode,
    /// The currency of amounts beside which the original names none.
    pub currency: Currency,
    /// Prices for numbers that have none in the original.
    pub prices: Arc<PriceBook>,
    /// Who asked.
    pub origin: Origin,
}

/// What an import works with.
pub struct ImporterParts {
    /// Where everything comes from.
    pub original: Box<dyn Original>,
    /// Where it goes.
    pub store: Arc<dyn ImportStore>,
    /// Who has the numbers.
    pub provider: Arc<dyn NumberProvider>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of events.
    pub ids: Arc<dyn IdSource>,
}

/// Told how many users of how many are done.
pub type ShowProgress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Moves what an original has.
pub struct Importer {
    store: Arc<dyn ImportStore>,
    provider: Arc<dyn NumberProvider>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    settings: ImportSettings,
    report: ImportReport,
    sums: Sums,
    /// Phone numbers of Twilio's that this run has moved or would move: each is one user's.
    taken: HashSet<String>,
}

impl Importer {
    /// Reads the original to its end, and moves what is not here unless it is a dry run.
    pub async fn run(
        parts: ImporterParts,
        settings: ImportSettings,
        progress: ShowProgress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let ImporterParts { mut original, store, provider, clock, ids } = parts;
        let mut columns = BTreeMap::new();
        for table in OriginalTable::ALL {
            columns.insert(table, original.columns(table).await?);
        }
        let readings = Schema::new(columns).readings()?;
        let account = AccountBooks::read(provider.as_ref()).await?;
        let (report, sums, taken) = (ImportReport::default(), Sums::default(), HashSet::new());
        let mut importer = Self { store, provider, clock, ids, settings, report, sums, taken };
        let all = original.begin(&readings).await?;
        let (mut merge, mut done) = (Merge::new(original.as_mut()), 0);
        while let Some(owner) = merge.owner().await? {
            progress(done, all);
            match &owner {
                Owner::User(id) => match id.parse::<UserId>() {
                    Ok(user) => importer.user(&mut merge, &owner, user, &account).await?,
                    Err(error) => {
                        let why = error.to_string();
                        importer.leave_all(&mut merge, &owner, &format!("user {id:?}"), &why).await?;
                    }
                },
                Owner::Nobody => {
                    importer.leave_all(&mut merge, &owner, "rows without a user", "nobody has them").await?;
                }
            }
            done += 1;
        }
        let opened = importer.store.opened().await?;
        importer.report.sums = importer.sums.finish(&opened);
        Ok(importer.report)
    }

    /// Rows of somebody who cannot be a user here.
    async fn leave_all(
        &mut self,
        merge: &mut Merge<'_>,
        owner: &Owner,
        subject: &str,
        why: &str,
    ) -> Result<(), ImportError> {
        let mut parts = Vec::new();
        for table in OriginalTable::ALL {
            let mut left = 0_u64;
            loop {
                let rows = merge.take(table, owner, LINES_AT_ONCE).await?;
                if rows.is_empty() {
                    break;
                }
                left += u64::try_from(rows.len()).unwrap_or(u64::MAX);
                if table == OriginalTable::Wallets {
                    for row in &rows {
                        self.leave_balances(row);
                    }
                }
            }
            let tally = match table {
                OriginalTable::Businesses => &mut self.report.businesses,
                OriginalTable::Numbers => &mut self.report.numbers,
                OriginalTable::Wallets => &mut self.report.balances,
                OriginalTable::Transactions => &mut self.report.lines,
            };
            tally.left += left;
            if left > 0 {
                parts.push(format!("{left} of {}", table.name()));
            }
        }
        self.report.users.left += u64::from(matches!(owner, Owner::User(_)));
        let user = match owner {
            Owner::User(id) => Some(id.clone()),
            Owner::Nobody => None,
        };
        let message = format!("{why} ({})", parts.join(", "));
        self.report.add(Finding { kind: FindingKind::NotMoved, user, subject: subject.to_owned(), message });
        Ok(())
    }

    /// The balances of a wallet that stays where it is, for the sums.
    fn leave_balances(&mut self, row: &OriginalRow) {
        let Ok(anybody) = "anybody".parse::<UserId>() else { return };
        for balance in balance::read(row, &anybody, self.settings.currency, self.clock.now()) {
            self.leave_balance(&balance);
        }
    }

    fn leave_balance(&mut self, balance: &OldBalance) {
        let amount = balance.amount.unwrap_or_default();
        let sum = self.sums.of(balance.currency);
        sum.original = sum.original.saturating_add(amount);
        sum.left = sum.left.saturating_add(amount);
    }

    async fn user(
        &mut self,
        merge: &mut Merge<'_>,
        owner: &Owner,
        id: UserId,
        account: &AccountBooks,
    ) -> Result<(), ImportError> {
        let now = self.clock.now();
        let user = User { id: id.clone(), email: None, created_at: now };
        let mut old = OldUser {
            user,
            businesses: Vec::new(),
            numbers: Vec::new(),
            unmoved: Vec::new(),
            balances: Vec::new(),
        };
        for row in merge.take(OriginalTable::Businesses, owner, usize::MAX).await? {
            match businesses::read(&row, &id, now) {
                Ok(business) => old.businesses.push(business),
                Err(why) => {
                    self.report.businesses.left += 1;
                    self.leave(&id, businesses::subject(&row), why);
                }
            }
        }
        let theirs: Vec<BusinessId> = old.businesses.iter().map(|old| old.business.id).collect();
        for row in merge.take(OriginalTable::Numbers, owner, usize::MAX).await? {
            match self.number(&row, &id, &theirs, account).await {
                Ok(number) => old.numbers.push(number),
                Err(why) => old.unmoved.push(Unmoved::of(&row, why)),
            }
        }
        for row in merge.take(OriginalTable::Wallets, owner, usize::MAX).await? {
            old.balances.extend(balance::read(&row, &id, self.settings.currency, now));
        }
        if self.move_user(&old).await? {
            self.history(merge, owner, &old.user).await
        } else {
            self.leave_history(merge, owner).await
        }
    }

    /// A number as it would be here, or why it is not to be moved.
    async fn number(
        &self,
        row: &OriginalRow,
        user: &UserId,
        businesses: &[BusinessId],
        account: &AccountBooks,
    ) -> Result<OldNumber, Why> {
        let draft = match number::read(row) {
            Read::Draft(draft) => draft,
            Read::GivenBack => return Err(Why::GivenBack),
            Read::Left(why) => return Err(Why::Left(why)),
        };
        let mut adjusted = None;
        let held = match &draft.place {
            Place::Elsewhere { .. } => Ok(None),
            Place::Twilio { sid, account: named } => {
                let by_number = account.sid_of(&draft.phone_number);
                if let (None, Some(found)) = (sid, by_number) {
                    adjusted = Some(format!("the original has no Twilio id for it; it is {found} there"));
                }
                match sid.as_ref().or(by_number) {
                    Some(sid) => {
                        let sighted = account.find(self.provider.as_ref(), sid, named.as_ref()).await;
                        number::held(&draft, sighted, &account.account).map(Some)
                    }
                    None => Err(format!("account {} does not have it", account.account)),
                }
            }
        };
        let terms =
            Terms { currency: self.settings.currency, prices: &self.settings.prices, now: self.clock.now() };
        let built = held.and_then(|held| draft.build(held.as_ref(), user, businesses, &terms));
        let mut old = built.map_err(Why::Left)?;
        old.adjusted.extend(adjusted);
        Ok(old)
    }

    fn leave(&mut self, user: &UserId, subject: String, message: String) {
        let user = Some(user.to_string());
        self.report.add(Finding { kind: FindingKind::NotMoved, user, subject, message });
    }

    /// Moves a user; whether they are here, or would be, afterwards.
    async fn move_user(&mut self, old: &OldUser) -> Result<bool, ImportError> {
        let question = old.question();
        let mut in_the_way = String::new();
        for _ in 0..PLANS {
            let standing = self.store.standing(&question).await?;
            let mut sums = self.sums.clone();
            let plan = Plan::new(old, &standing, &self.taken, &mut sums);
            if self.settings.mode == ImportMode::Apply && !plan.is_empty() {
                let change = plan.change(&self.settings.origin, self.ids.as_ref());
                if let ImportAnswer::InTheWay(what) = self.stored(&change).await? {
                    in_the_way = what;
                    continue;
                }
            }
            let numbers = plan.import.numbers.iter().map(|import| &import.number);
            let bought = numbers.filter(|number| !number.is_record_only());
            self.taken.extend(bought.map(|number| number.phone_number.as_str().to_owned()));
            self.sums = sums;
            self.report.absorb(plan.into_report());
            return Ok(true);
        }
        self.report.users.left += 1;
        for balance in &old.balances {
            self.leave_balance(balance);
        }
        let why = format!("nothing of theirs was stored: {in_the_way}");
        self.leave(&old.user.id, format!("user {}", old.user.id), why);
        Ok(false)
    }

    /// Offers a change until it is known what became of it.
    async fn stored(&self, change: &Change<UserImport>) -> Result<ImportAnswer, ImportStoreError> {
        let mut offers = 1;
        loop {
            match self.store.import_user(change).await {
                Err(ImportStoreError::OutcomeUnknown(_)) if offers < OFFERS => offers += 1,
                answer => return answer,
            }
        }
    }

    async fn history(
        &mut self,
        merge: &mut Merge<'_>,
        owner: &Owner,
        user: &User,
    ) -> Result<(), ImportError> {
        loop {
            let rows = merge.take(OriginalTable::Transactions, owner, LINES_AT_ONCE).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut lines: Vec<Transaction> = Vec::with_capacity(rows.len());
            for row in &rows {
                match history::read(row, self.settings.currency) {
                    Ok(line) => lines.push(line),
                    Err(why) => {
                        self.report.lines.left += 1;
                        self.leave(&user.id, history::subject(row), why);
                    }
                }
            }
            let question = StandingQuestion {
                user: user.id.clone(),
                businesses: Vec::new(),
                numbers: Vec::new(),
                number_sids: Vec::new(),
                phone_numbers: Vec::new(),
                openings: Vec::new(),
                lines: lines.iter().map(|line| line.id).collect(),
            };
            let here: HashSet<_> = self.store.standing(&question).await?.lines.into_iter().collect();
            let all = lines.len();
            lines.retain(|line| !here.contains(&line.id));
            let moved = lines.len();
            if self.settings.mode == ImportMode::Apply && moved > 0 {
                let change = plan::history(user, lines, &self.settings.origin);
                if let ImportAnswer::InTheWay(what) = self.stored(&change).await? {
                    return Err(ImportStoreError::Broken(what).into());
                }
            }
            let count = |lines: usize| u64::try_from(lines).unwrap_or(u64::MAX);
            self.report.lines.moved += count(moved);
            self.report.lines.here += count(all - moved);
        }
    }

    async fn leave_history(&mut self, merge: &mut Merge<'_>, owner: &Owner) -> Result<(), ImportError> {
        loop {
            let rows = merge.take(OriginalTable::Transactions, owner, LINES_AT_ONCE).await?;
            if rows.is_empty() {
                return Ok(());
            }
            self.report.lines.left += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        }
    }
}
