//! `trunkline number`: looking at numbers from both sides, and deciding about them.

use clap::{Args, Subcommand};
use trunkline_domain::{
    BusinessId, Country, Currency, DeploymentId, DisplayName, NumberId, NumberSid, OrderId, Reason, UserId,
};

#[derive(Subcommand)]
pub(crate) enum NumberCommand {
    /// List numbers, newest first; and, with --review, what waits for a decision.
    #[command(
        after_help = "Example:\n  trunkline number list --review\n  trunkline number list --user user123"
    )]
    List {
        /// Only those that wait for an operator, and orphans that do.
        #[arg(long)]
        review: bool,
        /// Only this user's.
        #[arg(long, value_name = "USER")]
        user: Option<UserId>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// Show what our books and the provider say about a number now, and what to do.
    #[command(
        after_help = "Example:\n  trunkline number show +14152300101\n  trunkline number show PN... --json\n\n\
                            It only reads. A provider that cannot be asked is part of the answer."
    )]
    Show {
        /// Our id, the id at Twilio (PN...), or the number itself (+...).
        number: String,
        /// Answer with JSON: {"rows", "orphans", "atProvider", "marker", "advice"}.
        #[arg(long)]
        json: bool,
    },
    /// Make a number that the account holds, and nobody has here, a user's. They are charged as for a purchase.
    #[command(
        after_help = "Example:\n  trunkline number adopt PN... --user user123 --reason \"restored backup, ticket 7\"\n\n\
                      One number, one charge: set-up price and first month come out of the user's wallet. Where it \
                      shall cost them nothing, credit the wallet first with `trunkline wallet credit`.\n\n\
                      A number that this deployment bought, for an order that the database does not have, gets that \
                      order back. Every other one gets a new order, and its name and addresses at Twilio become ours. \
                      Running it again for the same user charges nothing, and sets what was not set.\n\n\
                      A number that an order has paid for, and whose row is gone, is put back for the order's own user \
                      with --from-order; that charges nothing."
    )]
    Adopt(AdoptArguments),
    /// Say that a number is gone at the provider: its row is released and its phone number free. No refund.
    #[command(
        after_help = "Example:\n  trunkline number write-off 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"released in the console\"\n\n\
                      Twilio must say so: a list without it, and no to its id. The customer has paid for it; \
                      `trunkline wallet credit` gives something back."
    )]
    WriteOff {
        /// Our id of the number.
        id: NumberId,
        /// Why, for the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
        /// Also if it was moved to another account of yours, where you go on paying for it.
        #[arg(long)]
        moved: bool,
    },
    /// Try a release again that waits for a decision: of a number, or of an orphan by its id at Twilio.
    #[command(after_help = "Example:\n  trunkline number release PN... --reason \"Twilio was down\"\n\n\
                            It ends as every release does: given back, refused, under way, or waiting again. An \
                            orphan that Twilio does not have any more is done with.")]
    Release {
        /// Our id, or the id at Twilio (PN...).
        number: String,
        /// Why, for the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
    /// Stop every release that is under way: each waits for a decision, as after a restore.
    #[command(
        after_help = "Example:\n  trunkline number stop-releases --reason \"restored from last night's dump\"\n  \
                            trunkline number list --review\n\n\
                            Run it on a database that was restored, before a server starts: what was to be given back \
                            when the backup was made may be kept by now, and a release cannot be undone. `trunkline \
                            restore` does it by itself. `number release` and `number keep` then decide each."
    )]
    StopReleases {
        /// Why, for the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
    /// Give a release up that waits for a decision: the number works again. Twilio must have it.
    #[command(
        after_help = "Example:\n  trunkline number keep 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"the customer wants it back\""
    )]
    Keep {
        /// Our id, or the id at Twilio (PN...).
        number: String,
        /// Why, for the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

#[derive(Args)]
pub(crate) struct AdoptArguments {
    /// The number's id at Twilio.
    #[arg(value_name = "PN...")]
    pub sid: NumberSid,
    /// Who gets it, and pays.
    #[arg(long, value_name = "USER")]
    pub user: UserId,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Reason,
    /// Which of the user's businesses to assign it to.
    #[arg(long, value_name = "ID")]
    pub business: Option<BusinessId>,
    /// The customer's name for it; without this, what Twilio calls it.
    #[arg(long, value_name = "NAME")]
    pub name: Option<DisplayName>,
    /// Which wallet pays; without this, the default currency's.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<Currency>,
    /// Its country, where the number does not tell: US or CA for toll-free numbers.
    #[arg(long, value_name = "CODE")]
    pub country: Option<Country>,
    /// Take it although this other deployment bought it, whose database then has it no more.
    #[arg(long, value_name = "ID", conflicts_with = "from_order")]
    pub from_deployment: Option<DeploymentId>,
    /// Take it although its name says this order of ours, which failed or has another number; or put it back, where this
    /// order has paid for it and its row is gone.
    #[arg(long, value_name = "ID")]
    pub from_order: Option<OrderId>,
}
