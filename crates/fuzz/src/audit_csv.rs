//! The audit trail as CSV: whatever users put into names, reasons and ids, a spreadsheet finds no formula in it, and a
//! program finds every cell as it was.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use trunkline_domain::{Actor, Origin, RequestContext};
use trunkline_tenancy::{
    Audience, AuditFilter, AuditPage, AuditPlace, AuditReader, AuditRecord, AuditTrail, TenancyStoreError,
};

/// Where the cells that an input names stand in a line.
const COLUMNS: [usize; 5] = [5, 6, 7, 9, 11];

/// The input is a login, an action, a subject, a reason and a request's id, with a unit separator between them.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split('\u{1f}').map(str::to_owned);
    let cells: [String; COLUMNS.len()] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let reader = OneLine(record(&cells));
    let most = NonZeroU32::MIN;
    let mut export =
        AuditTrail::new(Arc::new(reader)).export(AuditFilter::default(), Audience::Operators, most);
    let mut file = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    while let Some(part) = runtime.block_on(export.next()).expect("a reader that does not fail") {
        file.extend(part);
    }

    let mut rows = csv::ReaderBuilder::new().from_reader(file.as_slice());
    let rows: Vec<_> = rows.records().map(|row| row.expect("a row as long as the head")).collect();
    assert_eq!(rows.len(), 1, "one line became {}", rows.len());
    assert!(rows[0].iter().all(|cell| !is_formula(cell)), "a formula in {:?}", rows[0]);
    for (column, cell) in COLUMNS.into_iter().zip(&cells) {
        let shown = &rows[0][column];
        let is_whole = shown == cell || (is_formula(cell) && shown.strip_prefix('\'') == Some(cell.as_str()));
        assert!(is_whole, "{cell:?} became {shown:?}");
    }
    let details: Value = serde_json::from_str(&rows[0][10]).expect("details are JSON");
    assert_eq!(details["after"], cells.join("\u{1f}"));
}

/// What spreadsheets begin to reckon at: OWASP's list, and the wide forms of its signs.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn record(cells: &[String; COLUMNS.len()]) -> AuditRecord {
    let [login, action, subject, reason, request] = cells;
    let actor = Actor::CommandLine { login: Some(login.clone()) };
    let origin = Origin { actor, context: RequestContext::with_id(request) };
    let mut entry = origin.audit(action, subject, None, chrono::DateTime::UNIX_EPOCH);
    entry.reason = Some(reason.clone());
    entry.details = json!({ "after": cells.join("\u{1f}") });
    AuditRecord { place: AuditPlace::from_i64(1), entry }
}

/// A trail of one line.
struct OneLine(AuditRecord);

#[async_trait]
impl AuditReader for OneLine {
    async fn audit(&self, _: &AuditFilter) -> Result<AuditPage, TenancyStoreError> {
        Ok(AuditPage { records: vec![self.0.clone()], next: None })
    }
}
