//! The arguments of `trunkline approval`.

use clap::Subcommand;
use trunkline_domain::{ApprovalId, Reason};
use trunkline_wallet::ApprovalState;

#[derive(Subcommand)]
pub(crate) enum ApprovalCommand {
    /// List approvals, those that were asked for last first.
    #[command(after_help = "Example:\n  trunkline approval list\n  trunkline approval list --all --json")]
    List {
        /// Those that are decided or past their time, too.
        #[arg(long, conflicts_with = "status")]
        all: bool,
        /// Only those that are like this: waiting, approved, rejected or expired [default: waiting]
        #[arg(long, value_name = "STATUS", value_parser = state)]
        status: Option<ApprovalState>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        /// Answer with JSON: {"approvals", "more"}.
        #[arg(long)]
        json: bool,
    },
    /// Show one approval: who asked and why, and who decided.
    #[command(after_help = "Example:\n  trunkline approval show 01890a5d-ac96-774b-bcce-b302099a8057")]
    Show {
        /// The approval's id, as `trunkline approval list` shows it.
        id: ApprovalId,
        /// Answer with JSON: {"approval"}.
        #[arg(long)]
        json: bool,
    },
    /// Approve what another operator asked for: the money moves now, and once however often this is run.
    #[command(
        after_help = "Example:\n  trunkline approval approve 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"seen on the bank statement\"\n\n\
                      Whoever asked cannot approve: another login has to, or an operator's key over HTTP. The customer never \
                      reads this reason."
    )]
    Approve {
        /// The approval's id.
        id: ApprovalId,
        /// Why; kept in the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
    /// Reject what an operator asked for, or take back what you asked for yourself. No money moves.
    #[command(
        after_help = "Example:\n  trunkline approval reject 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"not on the statement\""
    )]
    Reject {
        /// The approval's id.
        id: ApprovalId,
        /// Why; kept in the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

fn state(name: &str) -> Result<ApprovalState, String> {
    ApprovalState::from_name(name).ok_or_else(|| {
        let names = ApprovalState::ALL.map(ApprovalState::as_str).join(", ");
        format!("a status is one of {names}")
    })
}
