//! The arguments of `trunkline order`.

use clap::{Args, Subcommand};
use trunkline_domain::{NumberSid, OrderId, OrderState, Reason, UserId};

#[derive(Subcommand)]
pub(crate) enum OrderCommand {
    /// List orders, newest first.
    #[command(after_help = "Example:\n  trunkline order list --stuck\n  \
                            trunkline order list --user user123 --state failed --json")]
    List(OrderListArguments),
    /// Show one order, and every step of it with what the provider answered.
    #[command(after_help = "Example:\n  trunkline order show 01890a5d-ac96-774b-bcce-b302099a8057")]
    Show {
        /// The order's id, as `trunkline order list` shows it.
        id: OrderId,
        /// Answer with JSON: {"order", "steps", "stepsBeginEarlier"}.
        #[arg(long)]
        json: bool,
    },
    /// Decide that an order bought this number: it is completed and charged. Twilio must confirm it.
    #[command(
        after_help = "Example:\n  trunkline order settle 01890a5d-ac96-774b-bcce-b302099a8057 --sid PN... --reason \"Twilio case 118\"\n\n\
                      If anything speaks against it, nothing is changed, and the answer says what."
    )]
    Settle {
        /// The order's id.
        id: OrderId,
        /// The number's id at Twilio.
        #[arg(long, value_name = "PN...")]
        sid: NumberSid,
        /// Why; kept in the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
    /// Decide that an order bought nothing: it fails, and the money is free again. Twilio must confirm it.
    #[command(
        after_help = "Example:\n  trunkline order void 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"released in the Console\"\n\n\
                      If anything speaks against it, nothing is changed, and the answer says what."
    )]
    Void {
        /// The order's id.
        id: OrderId,
        /// Why; kept in the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

#[derive(Args)]
pub(crate) struct OrderListArguments {
    /// Only those that are not decided: ordering, unresolved or in review.
    #[arg(long)]
    pub stuck: bool,
    /// Only those of one user.
    #[arg(long, value_name = "ID")]
    pub user: Option<UserId>,
    /// Only those in this state; may be repeated.
    #[arg(long, value_name = "STATE", value_parser = state, conflicts_with = "stuck")]
    pub state: Vec<OrderState>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub limit: u16,
    /// Answer with JSON: {"orders", "more"}.
    #[arg(long)]
    pub json: bool,
}

fn state(name: &str) -> Result<OrderState, String> {
    OrderState::from_name(name).ok_or_else(|| {
        let names = OrderState::ALL.map(OrderState::as_str).join(", ");
        format!("a state is one of {names}")
    })
}
