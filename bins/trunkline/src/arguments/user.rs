//! The arguments of `trunkline user`.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};
use trunkline_domain::{Reason, UserId};
use trunkline_provisioning::{ChurnLimit, Countries, Limit, NumberTypes, PriceLimit};

use super::AccountCommand;

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    #[command(flatten)]
    Account(AccountCommand),
    /// What a user may have and buy.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline user limits show user123\n  \
                      trunkline user limits set user123 --numbers 10 --reason \"contract of 3 March\"\n\n\
                      What holds for everybody is in the settings (USER_MAX_NUMBERS and its neighbours)."
    )]
    Limits(LimitsCommand),
}

#[derive(Subcommand)]
pub(crate) enum LimitsCommand {
    /// Show what limits a user, where that comes from, and how much of it is used.
    #[command(
        after_help = "Example:\n  trunkline user limits show user123\n  trunkline user limits show user123 --json\n\n\
                      What holds for everybody is that of the settings that this runs with, so run it with the server's."
    )]
    Show {
        /// The user's id.
        user: UserId,
        /// Answer with JSON: {"user", "effective", "limits", "defaults", "used"}.
        #[arg(long)]
        json: bool,
    },
    /// Set limits for one user, whatever holds for everybody. What is not named stays as it is.
    #[command(
        after_help = "Example:\n  trunkline user limits set user123 --numbers 10 --monthly-price \"20.00 USD\" --reason \"contract of 3 March\"\n  \
                      trunkline user limits set user123 --countries none --numbers default --reason \"ticket 118\"\n\n\
                      Each takes `none` for no limit, and `default` for what holds for everybody. It holds for every purchase \
                      that begins afterwards; numbers that the user has are kept, however many they are."
    )]
    Set(LimitArguments),
    /// Take back everything that is set for one user alone: what holds for everybody holds for them again.
    #[command(after_help = "Example:\n  trunkline user limits clear user123 --reason \"contract ended\"")]
    Clear {
        /// The user's id.
        user: UserId,
        /// Why, for the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

#[derive(Args)]
#[group(skip)]
pub(crate) struct LimitArguments {
    /// The user's id.
    pub user: UserId,
    #[command(flatten)]
    pub limits: LimitValueArguments,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Reason,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct LimitValueArguments {
    /// How many numbers they may hold, with those that they are buying.
    #[arg(long, value_name = "COUNT")]
    pub numbers: Option<Limit<NonZeroU32>>,
    /// How many purchases they may make on one day (UTC).
    #[arg(long, value_name = "COUNT")]
    pub per_day: Option<Limit<NonZeroU32>>,
    /// What a number may cost per month at most, as "20.00 USD, 1500 INR".
    #[arg(long, value_name = "PRICES")]
    pub monthly_price: Option<Limit<PriceLimit>>,
    /// Countries whose numbers they may buy, as US,CA.
    #[arg(long, value_name = "CODES")]
    pub countries: Option<Limit<Countries>>,
    /// Types of numbers that they may buy, as local,mobile.
    #[arg(long, value_name = "TYPES")]
    pub types: Option<Limit<NumberTypes>>,
    /// Whether buying and giving back is limited: on, none or default.
    #[arg(long, value_name = "ON")]
    pub churn: Option<Limit<ChurnLimit>>,
}
