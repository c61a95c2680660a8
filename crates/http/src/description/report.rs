//! The report of a reconciliation as a schema: provisioning writes it as JSON itself, and keeps it so.

#![expect(dead_code, reason = "they say how something looks, and are never made")]

use chrono::{DateTime, Utc};
use utoipa::ToSchema;

use super::things::Difference;
use super::words::{AccountSid, Country, Currency, Digits, E164, Id, NumberSid, UserId};

/// What one reconciliation compared, found and repaired.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Report {
    account: AccountSid,
    begun_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    /// Whether the provider's listing was complete. Where it was not, nothing is concluded about any number.
    complete: bool,
    /// Numbers that the provider listed.
    held: u64,
    /// Rows of ours that were compared.
    compared: u64,
    /// Numbers and rows that were left for the next time.
    skipped: u64,
    /// Live rows on other accounts, of which this one's listing says nothing.
    on_other_accounts: u64,
    /// Countries whose costs the provider did not say.
    costs_unknown: Vec<Country>,
    /// How many findings there are.
    found: u64,
    /// How many of them a repair would touch.
    repairable: u64,
    repairs: RepairCounts,
    /// Why nothing was repaired although it was asked for.
    held_back: Option<HeldBack>,
    /// The findings, those that a repair touches first; of very many the first 1000.
    findings: Vec<Finding>,
}

/// How many repairs came to what.
#[derive(ToSchema)]
pub(crate) struct RepairCounts {
    done: u64,
    skipped: u64,
    failed: u64,
}

/// More would have been repaired than is usual, or something else than was confirmed: nothing was.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct HeldBack {
    would_repair: u64,
    limit: u64,
}

/// A disagreement between the provider's books and ours, or within ours. Which members it has goes by its class.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Finding {
    class: FindingClass,
    /// A number as the provider shows it.
    held: Option<HeldNumber>,
    /// A number as our row has it.
    booked: Option<BookedNumber>,
    /// The order.
    order: Option<Id>,
    /// The deployment of the number's marker.
    deployment: Option<Id>,
    /// The account that the number was moved to, where it was found.
    moved_to: Option<AccountSid>,
    /// Each setting that differs.
    differences: Option<Vec<Difference>>,
    /// Whose, of a contradiction.
    user: Option<UserId>,
    /// The number that was ordered, of a contradiction.
    phone_number: Option<E164>,
    /// What is missing, of a contradiction.
    missing: Option<Missing>,
    /// What the customer pays a month.
    price: Option<Money>,
    /// What the provider asks a month.
    cost: Option<Money>,
    /// What came of repairing it.
    repair: Option<Repair>,
}

/// Of which kind a finding is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum FindingClass {
    Orphan,
    UnknownOrder,
    Foreign,
    SecondNumber,
    Ghost,
    Drifted,
    ReleasedButPresent,
    Contradiction,
    PriceUnderCost,
}

/// The half that an order lacks.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Missing {
    Charge,
    Number,
}

/// A number as the provider shows it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct HeldNumber {
    number_sid: NumberSid,
    phone_number: E164,
    friendly_name: String,
}

/// A number as our row has it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct BookedNumber {
    number_id: Id,
    user: UserId,
    phone_number: E164,
    number_sid: NumberSid,
}

/// An amount of a currency.
#[derive(ToSchema)]
pub(crate) struct Money {
    amount: Digits,
    currency: Currency,
}

/// What came of a repair.
#[derive(ToSchema)]
pub(crate) struct Repair {
    outcome: RepairOutcome,
    /// Why it was not done, for people.
    why: Option<String>,
}

/// Whether a repair is done.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RepairOutcome {
    Done,
    Skipped,
    Failed,
}
