//! The arguments of `trunkline payment` and `trunkline top-up`.

use clap::Subcommand;
use trunkline_domain::{Currency, PaymentId, UserId};

#[derive(Subcommand)]
pub(crate) enum PaymentCommand {
    /// List a user's payments, newest first.
    #[command(after_help = "Example:\n  trunkline payment list user123")]
    List {
        /// Whose.
        user: UserId,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        /// Answer with JSON: {"payments", "more"}.
        #[arg(long)]
        json: bool,
    },
    /// Show one payment from both sides: ours and Stripe's.
    #[command(after_help = "Example:\n  trunkline payment show 01890a5d-ac96-774b-bcce-b302099a8057\n\n\
                      Stripe is asked, and without --apply nothing is changed. Exit status: 0 both sides agree, 1 they differ, \
                      2 one of them did not answer.")]
    Show {
        /// The payment's id, as `trunkline payment list` shows it.
        id: PaymentId,
        /// Apply what Stripe says: credit what was paid, take back what it took back. Each happens once however often this is run.
        #[arg(long)]
        apply: bool,
        /// Answer with JSON: {"payment", "takings", "stripe", "agrees"}.
        #[arg(long)]
        json: bool,
    },
    /// Compare what Stripe says was paid and taken back with what is credited here.
    #[command(
        after_help = "Example:\n  trunkline payment compare --days 30\n  trunkline payment compare --days 30 --repair\n\n\
                      Without --repair it changes nothing. Exit status: 0 the books agree, or agree again; 1 they differ; 2 they \
                      could not be compared."
    )]
    Compare {
        /// The payments of so many days.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
        /// Credit what was paid, and take back what was taken back. A credit that nobody paid is left to you.
        #[arg(long)]
        repair: bool,
        /// Answer with JSON: {"from", "to", "reported", "credited", "findings", "findingCount"}.
        #[arg(long)]
        json: bool,
    },
}

/// `trunkline top-up` and what follows.
#[derive(Subcommand)]
pub(crate) enum TopUpCommand {
    /// Show a user's automatic top-up in a currency.
    #[command(after_help = "Example:\n  trunkline top-up show user123 USD\n\n\
                      It only reads, and does not ask Stripe. What was charged: trunkline payment list user123")]
    Show {
        /// Whose.
        user: UserId,
        /// In which currency.
        currency: Currency,
        /// Answer with JSON.
        #[arg(long)]
        json: bool,
    },
    /// Switch a user's automatic top-up off. They can switch it on again.
    #[command(
        after_help = "Example:\n  trunkline top-up off user123 USD --reason \"the card is stolen\"\n\n\
                      Nothing more is charged; a charge that is under way may still come. The payment method stays: have Stripe \
                      forget it with DELETE /api/payment/auto-top-up. The user can switch it on again."
    )]
    Off {
        /// Whose.
        user: UserId,
        /// In which currency.
        currency: Currency,
        /// Why, for the audit trail: up to 200 characters.
        #[arg(long, value_parser = reason)]
        reason: String,
    },
}

/// A reason that says something.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_a_reason = (1..=200).contains(&text.chars().count());
    is_a_reason.then(|| text.to_owned()).ok_or_else(|| "write 1 to 200 characters".to_owned())
}
