//! The arguments of `trunkline audit`.

use std::num::NonZeroU32;

use clap::Args;
use trunkline_domain::UserId;
use trunkline_tenancy::ActionName;

use crate::command::audit::Since;

#[derive(Args)]
pub(crate) struct AuditArguments {
    /// Only about one user's things.
    #[arg(long, value_name = "ID")]
    pub user: Option<UserId>,
    /// Only about one thing: an order's, number's, key's or transfer's id.
    #[arg(long, value_name = "ID")]
    pub subject: Option<String>,
    /// Only one action, as number.release, or a family of them, as number.
    #[arg(long, value_name = "NAME")]
    pub action: Option<ActionName>,
    /// Only from this moment on: 2027-01-31T12:00:00Z, or so long ago: 90d, 12h, 30m.
    #[arg(long, value_name = "TIME")]
    pub from: Option<Since>,
    /// Only before this moment, written the same way.
    #[arg(long, value_name = "TIME")]
    pub to: Option<Since>,
    /// At most so many lines, the newest [default: 50; with --csv all]
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroU32>,
    /// Answer with JSON, a line for each: {"id", "at", "actor", "action", "subject", "userId", "reason", "details",
    /// "requestId"}.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Answer with CSV, for a spreadsheet or another program.
    #[arg(long)]
    pub csv: bool,
}
