//! The arguments of `trunkline wallet`. An amount is never negative: which way money goes is a word of its own, so that
//! a lost sign cannot turn a correction round.

use clap::{Args, Subcommand};
use trunkline_domain::{Currency, Reason, UserId};

#[derive(Subcommand)]
pub(crate) enum WalletCommand {
    /// Show what a user has, what is held, and the last transactions.
    #[command(after_help = "Example:\n  trunkline wallet show user123\n  \
                            trunkline wallet show user123 --currency INR --json")]
    Show {
        /// The user's id.
        user: UserId,
        /// In which currency; the default currency if none is named.
        #[arg(long, value_name = "CODE")]
        currency: Option<Currency>,
        /// Answer with JSON: {"user", "currency", "available", "held", "posted", "updatedAt", "transactions"}.
        #[arg(long)]
        json: bool,
    },
    /// Put money into a wallet: a payment that came in.
    #[command(
        after_help = "Example:\n  trunkline wallet credit user123 25 USD --reason \"bank transfer of 3 March\" --key bank-2026-0303\n\n\
                      With --key the same command can be given again, and posts once. The customer reads the reason.\n\n\
                      Above APPROVAL_ABOVE another operator must approve it first (trunkline approval).\n\
                      Exit status: 0 posted; 1 not posted; 3 it waits for another operator, and no money moved."
    )]
    Credit {
        #[command(flatten)]
        what: WalletAmountArguments,
    },
    /// Correct a mistake in a wallet, either way; never more than is available, and never what is held.
    #[command(
        after_help = "Example:\n  trunkline wallet adjust user123 5 USD --take --reason \"credited twice on 3 March\"\n  \
                      trunkline wallet adjust user123 1.50 USD --give --reason \"number never worked\" --key case-118\n\n\
                      With --key the same command can be given again, and posts once. The customer reads the reason.\n\n\
                      Above APPROVAL_ABOVE another operator must approve it first (trunkline approval).\n\
                      Exit status: 0 posted; 1 not posted; 3 it waits for another operator, and no money moved."
    )]
    Adjust {
        #[command(flatten)]
        what: WalletAmountArguments,
        #[command(flatten)]
        direction: WalletDirectionArguments,
    },
}

#[derive(Args)]
pub(crate) struct WalletAmountArguments {
    /// The user's id.
    pub user: UserId,
    /// How much, as 25 or 1.50; more than zero.
    pub amount: String,
    /// The currency, as USD.
    pub currency: Currency,
    /// Why, on one line; the customer reads it, and the audit trail keeps it.
    #[arg(long, value_name = "TEXT")]
    pub reason: Reason,
    /// An idempotency key: the same command with the same key posts once, for a day.
    #[arg(long, value_name = "TEXT")]
    pub key: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WalletDirectionArguments {
    /// Into the wallet: the customer has more afterwards.
    #[arg(long)]
    pub give: bool,
    /// Out of the wallet: the customer has less afterwards.
    #[arg(long)]
    pub take: bool,
}
