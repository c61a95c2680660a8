//! The audit trail as CSV, for spreadsheets and for other programs.
//!
//! As RFC 4180 has it, with a head and every cell in quotes. *Invariants*: no more than a page is in memory; a cell never
//! begins with what a spreadsheet takes for a formula; and a file that does not have every line says so in its last one.

use std::num::NonZeroU32;
use std::sync::Arc;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use trunkline_domain::spreadsheet_cell;

use crate::audit::PAGE_MAX;
use crate::{Audience, AuditFilter, AuditLine, AuditPlace, AuditReader, TenancyStoreError};

const HEAD: [&str; 13] = [
    "id",
    "at",
    "actor",
    "actorUserId",
    "actorKeyId",
    "actorLogin",
    "action",
    "subject",
    "userId",
    "reason",
    "details",
    "requestId",
    "address",
];

/// A walk through the lines, a page at a time.
pub struct AuditExport {
    reader: Arc<dyn AuditReader>,
    filter: AuditFilter,
    audience: Audience,
    most: NonZeroU32,
    written: u32,
    step: Step,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The head, and the first page after it.
    Head,
    /// Another page.
    Page,
    /// Nothing: every line is in the file.
    Whole,
    /// Nothing: the file has as many lines as it may, and there are more.
    Cut,
}

impl AuditExport {
    pub(crate) fn new(
        reader: Arc<dyn AuditReader>,
        filter: AuditFilter,
        audience: Audience,
        most: NonZeroU32,
    ) -> Self {
        Self { reader, filter, audience, most, written: 0, step: Step::Head }
    }

    /// The next lines of the file; `None` at its end. After a failure the file is not whole, and whoever carries it must
    /// not let it look so.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, TenancyStoreError> {
        let mut rows = Rows::new();
        match self.step {
            Step::Head => rows.write(&HEAD),
            Step::Page => {}
            Step::Whole | Step::Cut => return Ok(None),
        }
        let left = self.most.get() - self.written;
        self.filter.limit = u16::try_from(left).unwrap_or(PAGE_MAX).min(PAGE_MAX);
        let page = self.reader.audit(&self.filter).await?;
        for record in page.records {
            self.written += 1;
            rows.line(AuditLine::of(record, self.audience));
        }
        self.filter.after = page.next;
        self.step = match page.next {
            None => Step::Whole,
            Some(_) if self.written < self.most.get() => Step::Page,
            Some(last) => {
                rows.cut(self.written, last);
                Step::Cut
            }
        };
        rows.finish().map(Some)
    }

    /// Whether there are more lines than the file was to have. Known at its end.
    pub fn is_cut(&self) -> bool {
        self.step == Step::Cut
    }
}

/// Some rows of the file.
struct Rows {
    writer: csv::Writer<Vec<u8>>,
    failure: Option<csv::Error>,
}

impl Rows {
    fn new() -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Always);
        Self { writer: builder.from_writer(Vec::new()), failure: None }
    }

    fn line(&mut self, line: AuditLine) {
        let AuditLine { id, at, actor, action, subject, user_id, reason, details, request_id, address } =
            line;
        let details = if details.is_null() { String::new() } else { details.to_string() };
        let cells = [
            id.to_string(),
            at.to_rfc3339(),
            actor.kind.to_owned(),
            actor.user_id.map(|user| user.to_string()).unwrap_or_default(),
            actor.key_id.map(|key| key.to_string()).unwrap_or_default(),
            actor.login.unwrap_or_default(),
            action,
            subject,
            user_id.map(|user| user.to_string()).unwrap_or_default(),
            reason.unwrap_or_default(),
            details,
            request_id.unwrap_or_default(),
            address.map(|address| address.to_string()).unwrap_or_default(),
        ];
        self.write(&cells.map(spreadsheet_cell));
    }

    /// Says that there are more lines than are in the file.
    fn cut(&mut self, lines: u32, last: AuditPlace) {
        let said =
            format!("NOT COMPLETE: cut after {lines} lines; there are older ones. Go on with cursor={last}");
        let cells: [&str; HEAD.len()] =
            std::array::from_fn(|column| if column == 0 { said.as_str() } else { "" });
        self.write(&cells);
    }

    fn write(&mut self, cells: &[impl AsRef<[u8]>; HEAD.len()]) {
        if let (Err(error), None) = (self.writer.write_record(cells), &self.failure) {
            self.failure = Some(error);
        }
    }

    /// Memory takes every row of the same length: a failure is a mistake of ours.
    fn finish(self) -> Result<Vec<u8>, TenancyStoreError> {
        if let Some(error) = self.failure {
            return Err(TenancyStoreError::Broken(error.to_string()));
        }
        self.writer.into_inner().map_err(|error| TenancyStoreError::Broken(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;
    use trunkline_domain::{Actor, Origin, RequestContext};

    use super::*;
    use crate::{AuditPage, AuditRecord, AuditTrail, MockAuditReader};

    fn record(place: i64, subject: &str) -> AuditRecord {
        let user = "ann".parse().unwrap();
        let origin =
            Origin { actor: Actor::User { user, key: None }, context: RequestContext::with_id("req-1") };
        let entry = origin.audit(
            "number.update",
            subject,
            Some(&"ann".parse().unwrap()),
            chrono::DateTime::UNIX_EPOCH,
        );
        AuditRecord { place: AuditPlace::from_i64(place), entry }
    }

    /// Lines `total` to 1, newest first, in the pages that are asked for.
    fn trail(total: i64) -> AuditTrail {
        let mut reader = MockAuditReader::new();
        reader.expect_audit().returning(move |filter| {
            assert!((1..=100).contains(&filter.limit));
            let newest = filter.after.map_or(total, |after| after.as_i64() - 1);
            let oldest = (newest - i64::from(filter.limit)).max(0);
            let records: Vec<_> = (oldest + 1..=newest).rev().map(|place| record(place, "n")).collect();
            let next = records.last().filter(|_| oldest > 0).map(|last| last.place);
            Ok(AuditPage { records, next })
        });
        AuditTrail::new(Arc::new(reader))
    }

    fn lines_of(most: u32) -> NonZeroU32 {
        NonZeroU32::new(most).unwrap()
    }

    async fn whole(mut export: AuditExport) -> Vec<Vec<String>> {
        let mut file = Vec::new();
        while let Some(part) = export.next().await.unwrap() {
            file.extend(part);
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_slice());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[rstest]
    #[case::nothing(0, 250, 0, false)]
    #[case::part_of_a_page(5, 250, 5, false)]
    #[case::pages(250, 1_000, 250, false)]
    #[case::just_as_many(250, 250, 250, false)]
    #[case::a_whole_page(100, 100, 100, false)]
    #[case::one_too_many(251, 250, 250, true)]
    #[tokio::test]
    async fn a_file_is_whole_or_says_that_it_is_not(
        #[case] total: i64,
        #[case] most: u32,
        #[case] lines: usize,
        #[case] cut: bool,
    ) {
        let rows = whole(trail(total).export(AuditFilter::default(), Audience::Owners, lines_of(most))).await;
        assert_eq!(rows[0], HEAD);
        assert_eq!(rows.len(), 1 + lines + usize::from(cut));
        let ids: Vec<i64> = rows[1..=lines].iter().map(|row| row[0].parse().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1] + 1), "newest first, without a gap: {ids:?}");
        if cut {
            let said = &rows.last().unwrap()[0];
            assert!(said.starts_with("NOT COMPLETE") && said.ends_with("cursor=2"), "{said}");
        }
    }

    #[rstest]
    #[case("=HYPERLINK(\"http://x\",\"y\")")]
    #[case("+1")]
    #[case("-1")]
    #[case("@SUM(1)")]
    #[case("\t=1")]
    #[case("\r=1")]
    #[case("\u{ff1d}1")]
    #[tokio::test]
    async fn no_cell_is_a_formula(#[case] text: &str) {
        let (mut reader, said) = (MockAuditReader::new(), text.to_owned());
        reader.expect_audit().returning(move |_| {
            let mut record = record(1, &said);
            record.entry.reason = Some(said.clone());
            record.entry.request_id = Some(said.clone());
            record.entry.details = json!({ "after": { "notes": said } });
            Ok(AuditPage { records: vec![record], next: None })
        });
        let export =
            AuditTrail::new(Arc::new(reader)).export(AuditFilter::default(), Audience::Owners, lines_of(9));
        let rows = whole(export).await;
        let expected = format!("'{text}");
        for column in [7, 9, 11] {
            assert_eq!(rows[1][column], expected, "{}", HEAD[column]);
        }
        assert!(
            rows[1].iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}']))
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&rows[1][10]).unwrap()["after"]["notes"], text);
    }

    #[tokio::test]
    async fn every_cell_is_in_quotes() {
        let mut export = trail(1).export(AuditFilter::default(), Audience::Owners, lines_of(9));
        let file = String::from_utf8(export.next().await.unwrap().unwrap()).unwrap();
        let line = file.lines().nth(1).unwrap();
        assert_eq!(
            line,
            r#""1","1970-01-01T00:00:00+00:00","user","ann","","","number.update","n","ann","","","req-1","""#
        );
        assert!(file.ends_with("\r\n"));
    }

    #[tokio::test]
    async fn a_failure_ends_the_file_as_a_failure() {
        let mut reader = MockAuditReader::new();
        reader.expect_audit().times(1).returning(|_| {
            let records = (2..=101).rev().map(|place| record(place, "n")).collect();
            Ok(AuditPage { records, next: Some(AuditPlace::from_i64(2)) })
        });
        reader.expect_audit().times(1).returning(|_| Err(TenancyStoreError::Unavailable("down".into())));
        let mut export =
            AuditTrail::new(Arc::new(reader)).export(AuditFilter::default(), Audience::Owners, lines_of(900));
        assert!(export.next().await.unwrap().is_some());
        assert!(matches!(export.next().await, Err(TenancyStoreError::Unavailable(_))));
    }
}
