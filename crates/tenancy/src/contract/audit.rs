//! Cases about reading the audit trail.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::json;
use trunkline_domain::{Actor, AuditEntry, Change, Origin, RequestContext, UserId};

use super::{TenancyFixture, ann, at, bob};
use crate::{AuditFilter, AuditPage, AuditReader, AuditTrail, User, UserCreation};

/// A fresh, empty store with the reader of its audit trail.
pub struct AuditFixture {
    /// The store.
    pub tenancy: TenancyFixture,
    /// Reads the same store.
    pub reader: Arc<dyn AuditReader>,
}

impl AuditFixture {
    /// Writes a line, with a change that is about something else: what a line says is its own.
    async fn write(&self, n: u8, entry: AuditEntry) {
        let id: UserId = format!("user{n}").parse().unwrap();
        let user = User { id, email: None, created_at: at(0) };
        self.tenancy.store.create_user(&Change::new(UserCreation { user }).audit(entry)).await.unwrap();
    }

    async fn subjects(&self, filter: &AuditFilter) -> Vec<String> {
        let page = self.reader.audit(filter).await.unwrap();
        page.records.into_iter().map(|record| record.entry.subject).collect()
    }
}

fn line(subject: &str, user: Option<&UserId>) -> AuditEntry {
    Origin::system().audit("order.park", subject, user, at(0))
}

/// Nothing happened.
pub async fn an_empty_trail_is_read(f: &AuditFixture) {
    let page = f.reader.audit(&AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap();
    assert_eq!(page, AuditPage { records: Vec::new(), next: None });
}

/// Every part of a line is kept.
pub async fn a_line_reads_back_as_it_was_written(f: &AuditFixture) {
    let actor = Actor::Operator { key: "00000000-0000-4000-8000-000000000007".parse().unwrap() };
    let origin = Origin {
        actor,
        context: RequestContext { id: Some("req-1".to_owned()), address: Some(Ipv4Addr::LOCALHOST.into()) },
    };
    let mut entry = origin.audit("order.abort", "order-1", Some(&ann()), at(3));
    entry.reason = Some("Twilio case 118 \u{2014} \"nothing\" was bought".to_owned());
    entry.details =
        json!({ "calls": [{ "call": "look", "answer": "absent", "tookMs": 84 }], "failure": null });
    f.write(1, entry.clone()).await;
    f.write(2, line("order-2", None)).await;
    let filter = AuditFilter { limit: 10, ..AuditFilter::default() };
    let records = f.reader.audit(&filter).await.unwrap().records;
    assert!(records[0].place > records[1].place, "the later line stands further on");
    let read: Vec<AuditEntry> = records.into_iter().map(|record| record.entry).collect();
    assert_eq!(read, [line("order-2", None), entry]);
}

/// Pages join without a gap or a double, in the order of writing.
pub async fn lines_are_newest_first_in_pages(f: &AuditFixture) {
    for n in 1..=5_u8 {
        f.write(n, line(&n.to_string(), None)).await;
    }
    let mut filter = AuditFilter { limit: 2, ..AuditFilter::default() };
    let mut seen = Vec::new();
    loop {
        let page = f.reader.audit(&filter).await.unwrap();
        assert!(page.records.len() <= 2);
        assert!(page.next.is_none_or(|next| page.records.last().map(|record| record.place) == Some(next)));
        seen.extend(page.records.into_iter().map(|record| record.entry.subject));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["5", "4", "3", "2", "1"]);
}

/// What is asked for holds, each alone and both together.
pub async fn lines_are_found_by_subject_and_by_user(f: &AuditFixture) {
    f.write(1, line("order-1", Some(&ann()))).await;
    f.write(2, line("order-2", Some(&ann()))).await;
    f.write(3, line("order-1", Some(&bob()))).await;
    f.write(4, line("order-1", None)).await;
    let filter = |subject: Option<&str>, user: Option<UserId>| AuditFilter {
        subject: subject.map(str::to_owned),
        user,
        limit: 10,
        ..AuditFilter::default()
    };
    assert_eq!(f.subjects(&filter(Some("order-1"), None)).await, ["order-1", "order-1", "order-1"]);
    assert_eq!(f.subjects(&filter(None, Some(ann()))).await, ["order-2", "order-1"]);
    assert_eq!(f.subjects(&filter(Some("order-1"), Some(bob()))).await, ["order-1"]);
    assert!(f.subjects(&filter(Some("order-9"), None)).await.is_empty());
}

/// An action finds itself and what is of its family, and nothing that only looks like it; a time range has its first
/// moment and not its last.
pub async fn lines_are_found_by_action_and_by_time(f: &AuditFixture) {
    let actions =
        ["order", "order.park", "order.late_success", "orders.park", "order.lateXsuccess", "wallet.credit"];
    for (n, action) in (1..=6_u8).zip(actions) {
        let entry = Origin::system().audit(action, n, Some(&ann()), at(i64::from(n)));
        f.write(n, entry).await;
    }
    let all = || AuditFilter { limit: 10, ..AuditFilter::default() };
    for (action, expected) in [
        ("order", ["5", "3", "2", "1"].as_slice()),
        ("order.park", &["2"]),
        ("order.late_success", &["3"]),
        ("wallet.credit", &["6"]),
        ("wallet.cred", &[]),
    ] {
        let filter = AuditFilter { action: Some(action.parse().unwrap()), ..all() };
        assert_eq!(f.subjects(&filter).await, expected, "{action}");
    }
    let (from, until) = (Some(at(2)), Some(at(4)));
    assert_eq!(f.subjects(&AuditFilter { from, until, ..all() }).await, ["3", "2"]);
    assert_eq!(f.subjects(&AuditFilter { from: until, ..all() }).await, ["6", "5", "4"]);
    assert_eq!(f.subjects(&AuditFilter { until: from, ..all() }).await, ["1"]);
    let action = Some("order".parse().unwrap());
    let narrow =
        AuditFilter { user: Some(ann()), subject: Some("3".to_owned()), action, from, until, ..all() };
    assert_eq!(f.subjects(&narrow).await, ["3"]);
    assert!(f.subjects(&AuditFilter { user: Some(bob()), ..narrow }).await.is_empty());
}

/// The newest lines of one thing, in the order in which they happened.
pub async fn a_history_is_oldest_first(f: &AuditFixture) {
    for n in 1..=5_u8 {
        let mut entry = line("order-1", None);
        entry.details = json!(n);
        f.write(n, entry).await;
    }
    f.write(6, line("order-2", None)).await;
    let trail = AuditTrail::new(Arc::clone(&f.reader));
    for (most, expected, begins_earlier) in
        [(9, vec![1, 2, 3, 4, 5], false), (5, vec![1, 2, 3, 4, 5], false), (2, vec![4, 5], true)]
    {
        let history = trail.history("order-1".to_owned(), most).await.unwrap();
        let told: Vec<u64> = history.entries.iter().filter_map(|entry| entry.details.as_u64()).collect();
        assert_eq!((told, history.begins_earlier), (expected, begins_earlier));
    }
}
