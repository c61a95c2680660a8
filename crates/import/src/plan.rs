//! What of a user is to be moved, given what is here. Pure: the same original over what an earlier run has moved comes to
//! nothing.

use std::collections::HashSet;

use serde_json::json;
use trunkline_domain::{Change, Event, EventId, IdSource, Origin, OwnedNumber};
use trunkline_tenancy::{Business, User};
use trunkline_wallet::{Credit, Transaction};

use crate::balance::{OldBalance, Verdict};
use crate::businesses::{self, OldBusiness};
use crate::number::{self, OldNumber, PricedBy, Unmoved, Why};
use crate::report::Sums;
use crate::{
    Finding, FindingKind, ImportReport, NumberImport, Standing, StandingQuestion, Tally, UserImport,
};

/// A user of the original, with everything of theirs that can be moved.
#[derive(Debug)]
pub(crate) struct OldUser {
    pub(crate) user: User,
    pub(crate) businesses: Vec<OldBusiness>,
    pub(crate) numbers: Vec<OldNumber>,
    pub(crate) unmoved: Vec<Unmoved>,
    pub(crate) balances: Vec<OldBalance>,
}

/// What is to be moved, and what the report has to say of it.
pub(crate) struct Plan<'a> {
    pub(crate) import: UserImport,
    old: &'a OldUser,
    report: ImportReport,
}

impl OldUser {
    /// Asks what of it is here.
    pub(crate) fn question(&self) -> StandingQuestion {
        let numbers = || self.numbers.iter().map(|old| &old.import.number);
        StandingQuestion {
            user: self.user.id.clone(),
            businesses: self.businesses.iter().map(|old| old.business.id).collect(),
            numbers: numbers()
                .map(|number| number.id)
                .chain(self.unmoved.iter().filter_map(|old| old.id))
                .collect(),
            number_sids: numbers()
                .filter_map(|number| Some(number.identity.as_ref()?.number.clone()))
                .collect(),
            phone_numbers: numbers().map(|number| number.phone_number.clone()).collect(),
            openings: self.balances.iter().filter_map(OldBalance::transfer).collect(),
            lines: Vec::new(),
        }
    }
}

impl OldBalance {
    fn transfer(&self) -> Option<trunkline_domain::TransferId> {
        match &self.verdict {
            Verdict::Empty(transfer) => Some(*transfer),
            Verdict::Opens(credit) => Some(credit.transfer),
            Verdict::Left(_) => None,
        }
    }
}

impl<'a> Plan<'a> {
    /// Decides about everything but the history. `taken` are the phone numbers and ids that this run has met before.
    pub(crate) fn new(
        old: &'a OldUser,
        standing: &Standing,
        taken: &HashSet<String>,
        sums: &mut Sums,
    ) -> Self {
        let import = UserImport {
            user: old.user.clone(),
            businesses: Vec::new(),
            numbers: Vec::new(),
            openings: Vec::new(),
            lines: Vec::new(),
            at: old.user.created_at,
        };
        let mut plan = Self { import, old, report: ImportReport::default() };
        let is_here = standing.user.is_some();
        plan.report.users = if is_here { here() } else { moved() };
        for business in &old.businesses {
            plan.business(business, standing);
        }
        for number in &old.numbers {
            plan.number(number, standing, taken);
        }
        for unmoved in &old.unmoved {
            plan.unmoved(unmoved, standing);
        }
        for balance in &old.balances {
            plan.balance(balance, standing, sums);
        }
        plan
    }

    /// Whether there is nothing to store.
    pub(crate) fn is_empty(&self) -> bool {
        self.report.moved() == 0
    }

    /// What this user adds to the report.
    pub(crate) fn into_report(self) -> ImportReport {
        self.report
    }

    /// The change, whole.
    pub(crate) fn change(&self, origin: &Origin, ids: &dyn IdSource) -> Change<UserImport> {
        let UserImport { user, businesses, numbers, openings, at, .. } = &self.import;
        let number = |import: &NumberImport| {
            let number = &import.number;
            json!({ "id": number.id, "phoneNumber": number.phone_number, "numberSid": number.identity.as_ref().map(|it| &it.number) })
        };
        let opening = |credit: &Credit| json!({ "transfer": credit.transfer, "amount": credit.amount });
        let data = json!({
            "businesses": businesses.iter().map(|business| business.id).collect::<Vec<_>>(),
            "numbers": numbers.iter().map(number).collect::<Vec<_>>(),
            "openings": openings.iter().map(opening).collect::<Vec<_>>(),
        });
        let event = Event {
            id: EventId::from_uuid(ids.next()),
            kind: "user.imported".to_owned(),
            user: user.id.clone(),
            subject: user.id.to_string(),
            at: *at,
            data: data.clone(),
        };
        let mut audit = origin.audit("import.user", &user.id, Some(&user.id), *at);
        audit.details = data;
        Change::new(self.import.clone()).event(event).audit(audit)
    }

    fn find(&mut self, kind: FindingKind, subject: String, message: String) {
        let user = Some(self.old.user.id.to_string());
        self.report.add(Finding { kind, user, subject, message });
    }

    fn business(&mut self, old: &OldBusiness, standing: &Standing) {
        let business = &old.business;
        let subject = format!("business {} ({})", business.name, business.id);
        let known = standing.businesses.iter().find(|known| known.id == business.id);
        let repeated = self.import.businesses.iter().any(|other: &Business| other.id == business.id);
        match known {
            None if repeated => {
                self.report.businesses.left += 1;
                self.find(FindingKind::NotMoved, subject, "another row has the same id".to_owned());
            }
            None => {
                self.report.businesses.moved += 1;
                self.import.businesses.push(business.clone());
                for message in &old.adjusted {
                    self.find(FindingKind::Adjusted, subject.clone(), message.clone());
                }
            }
            Some(known) => {
                let differences = businesses::differences(known, business);
                count(&mut self.report.businesses, &differences);
                self.differ(subject, &differences);
            }
        }
    }

    fn number(&mut self, old: &OldNumber, standing: &Standing, taken: &HashSet<String>) {
        let number = &old.import.number;
        let subject = format!("number {} ({})", number.phone_number, number.id);
        if let Some(known) = standing.numbers.iter().find(|known| known.id == number.id) {
            let differences = number::differences(known, old);
            count(&mut self.report.numbers, &differences);
            self.differ(subject, &differences);
            return;
        }
        if let Some(why) = self.in_the_way(old, standing, taken) {
            self.report.numbers.left += 1;
            self.find(FindingKind::NotMoved, subject, why);
            return;
        }
        self.report.numbers.moved += 1;
        match old.priced_by {
            PricedBy::Original => self.report.priced_by_original += 1,
            PricedBy::PriceFile => self.report.priced_by_price_file += 1,
            PricedBy::Nobody => {}
        }
        let mut import = old.import.clone();
        for message in &old.adjusted {
            self.find(FindingKind::Adjusted, subject.clone(), message.clone());
        }
        if import.number.is_primary && self.has_primary(old, standing) {
            import.number.is_primary = false;
            let message = "it is not primary here: its business has another primary number".to_owned();
            self.find(FindingKind::Adjusted, subject, message);
        }
        self.import.numbers.push(import);
    }

    /// A number that is not to be moved may be here all the same: moved before, when it still could be.
    fn unmoved(&mut self, old: &Unmoved, standing: &Standing) {
        let known = standing.numbers.iter().find(|known| Some(known.id) == old.id);
        match (known, &old.why) {
            (Some(known), _) => {
                let differences: Vec<String> = old.difference(known).into_iter().collect();
                count(&mut self.report.numbers, &differences);
                self.differ(old.subject.clone(), &differences);
            }
            (None, Why::GivenBack) => self.report.numbers_given_back += 1,
            (None, Why::Left(why)) => {
                self.report.numbers.left += 1;
                self.find(FindingKind::NotMoved, old.subject.clone(), why.clone());
            }
        }
    }

    fn has_primary(&self, old: &OldNumber, standing: &Standing) -> bool {
        let moved = self.import.numbers.iter().map(|import| &import.number);
        let mut primaries = standing.numbers.iter().chain(moved).filter(|number| number.is_primary);
        primaries.any(|number| number.business == old.import.number.business)
    }

    /// Who has the number, where somebody has.
    fn in_the_way(&self, old: &OldNumber, standing: &Standing, taken: &HashSet<String>) -> Option<String> {
        let number = &old.import.number;
        let moved = self.import.numbers.iter().map(|import| &import.number);
        if taken.contains(number.phone_number.as_str()) || moved.clone().any(|other| other.id == number.id) {
            return Some("another row of the original has the same number or id".to_owned());
        }
        let Some(identity) = &number.identity else {
            let same =
                |other: &&OwnedNumber| other.is_record_only() && other.phone_number == number.phone_number;
            let known = standing.numbers.iter().chain(moved).find(same)?;
            return Some(format!("its user has a record of it already, {}", known.id));
        };
        let by_sid = standing.numbers.iter().find(|known| known.identity.as_ref() == Some(identity));
        if let Some(known) = by_sid {
            return Some(format!(
                "{} is {}'s here already, as number {}",
                identity.number, known.user, known.id
            ));
        }
        if moved.clone().any(|other| other.phone_number == number.phone_number) {
            return Some("another row of the original has the same number".to_owned());
        }
        let claimed = standing.claimed.contains(&number.phone_number);
        claimed.then(|| "it is being bought, held or given back here: see `trunkline number show`".to_owned())
    }

    fn balance(&mut self, old: &OldBalance, standing: &Standing, sums: &mut Sums) {
        let sum = sums.of(old.currency);
        let amount = old.amount.unwrap_or_default();
        sum.original = sum.original.saturating_add(amount);
        let transfer = old.transfer();
        let before = standing.openings.iter().find(|opened| Some(opened.transfer) == transfer);
        match (&old.verdict, before) {
            (Verdict::Left(why), _) => {
                sum.left = sum.left.saturating_add(amount);
                self.report.balances.left += 1;
                self.find(FindingKind::NotMoved, old.subject.clone(), why.clone());
            }
            (Verdict::Empty(_), None) => {}
            (Verdict::Opens(credit), None) => {
                sum.moved = sum.moved.saturating_add(amount);
                self.report.balances.moved += 1;
                self.import.openings.push((**credit).clone());
            }
            (Verdict::Empty(_) | Verdict::Opens(_), Some(opened)) => {
                let moved = opened.amount.amount();
                sum.here = sum.here.saturating_add(moved);
                sum.changed_since = sum.changed_since.saturating_add(amount.saturating_sub(moved));
                if amount == moved {
                    self.report.balances.here += 1;
                } else {
                    self.report.balances.differ += 1;
                    let message = format!(
                        "it was moved as {}, and is {amount} {} in the original now; it is not moved again",
                        opened.amount, old.currency
                    );
                    self.find(FindingKind::Differs, old.subject.clone(), message);
                }
            }
        }
    }

    fn differ(&mut self, subject: String, differences: &[String]) {
        if !differences.is_empty() {
            self.find(FindingKind::Differs, subject, differences.join("; "));
        }
    }
}

/// A part of a user's history, as a change of its own: `lines` are those that are not here.
pub(crate) fn history(user: &User, lines: Vec<Transaction>, origin: &Origin) -> Change<UserImport> {
    let at = user.created_at;
    let mut audit = origin.audit("import.history", &user.id, Some(&user.id), at);
    audit.details = json!({ "lines": lines.len(), "first": lines.first().map(|line| line.id) });
    let (businesses, numbers, openings) = (Vec::new(), Vec::new(), Vec::new());
    Change::new(UserImport { user: user.clone(), businesses, numbers, openings, lines, at }).audit(audit)
}

fn count(tally: &mut Tally, differences: &[String]) {
    if differences.is_empty() {
        tally.here += 1;
    } else {
        tally.differ += 1;
    }
}

fn here() -> Tally {
    Tally { here: 1, ..Tally::default() }
}

fn moved() -> Tally {
    Tally { moved: 1, ..Tally::default() }
}
