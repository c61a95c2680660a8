//! The audit trail over HTTP: whose lines, how much of them, and as a file.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::json;
use trunkline_domain::{Actor, ApiKeyId, Origin, RequestContext, UserId};
use trunkline_tenancy::{ActionName, AuditPage, AuditPlace, AuditRecord, TenancyStoreError};

use crate::sample::{ann, at};
use crate::world::{Answer, Call, Key, World};

const OPERATORS_KEY: &str = "00000000-0000-7000-8000-0000000000ff";

fn record(place: i64, actor: Actor, action: &str) -> AuditRecord {
    let origin = Origin { actor, context: RequestContext::with_id(format!("r-{place}")) };
    let mut entry = origin.audit(action, "thing-1", Some(&ann()), at(place));
    entry.reason = Some(format!("reason of {place}"));
    entry.details =
        json!({ "failure": "number_unavailable", "calls": [{ "says": "words of the provider" }] });
    AuditRecord { place: AuditPlace::from_i64(place), entry }
}

/// What an operator, a command line, a service, Trunkline and the user did, newest first.
fn lines() -> Vec<AuditRecord> {
    let key: ApiKeyId = OPERATORS_KEY.parse().unwrap();
    vec![
        record(5, Actor::Operator { key }, "wallet.adjust"),
        record(4, Actor::CommandLine { login: Some("mallory".to_owned()) }, "number.adopt"),
        record(3, Actor::Service { key, user: ann() }, "order.abort"),
        record(2, Actor::System, "order.park"),
        record(1, Actor::User { user: ann(), key: Some(Key::Ann.stored().id) }, "order.open"),
    ]
}

async fn read(call: Call) -> Answer {
    let mut world = World::new();
    world.audit.expect_audit().times(1).returning(|_| Ok(AuditPage { records: lines(), next: None }));
    world.answer(call).await
}

/// None of what is an operator's to know.
fn assert_reduced(answer: &Answer) {
    for inside in
        ["mallory", OPERATORS_KEY, "words of the provider", "reason of 5", "reason of 4", "reason of 2"]
    {
        assert!(!answer.body.contains(inside), "{inside} is in {}", answer.body);
    }
    for theirs in ["wallet.adjust", "operator", "reason of 3", "reason of 1", "number_unavailable"] {
        assert!(answer.body.contains(theirs), "{theirs} is not in {}", answer.body);
    }
}

#[tokio::test]
async fn an_owner_reads_their_own_lines_as_far_as_they_are_theirs() {
    let answer = read(Call::get("/api/audit").key(Key::Ann)).await;
    assert_reduced(&answer);
    assert_snapshot!(answer.picture());
}

#[tokio::test]
async fn an_operator_reads_whole_lines() {
    assert_snapshot!(read(Call::get("/api/audit").key(Key::Operator)).await.picture());
}

/// A service reads for its user, and an operator's key that may not operate, no more than the owner.
#[tokio::test]
async fn whoever_may_not_operate_reads_no_more_than_an_owner() {
    for path in ["/api/audit", "/api/audit?format=csv"] {
        assert_reduced(&read(Call::get(path).key(Key::Ann)).await);
        assert_reduced(&read(Call::get(path).key(Key::Service).acting_for("ann")).await);
        assert_reduced(&read(Call::get(path).key(Key::Clerk)).await);
    }
}

#[tokio::test]
async fn whose_lines_are_read_is_in_the_question_to_the_store() {
    let cases: [(Call, Option<UserId>); 5] = [
        (Call::get("/api/audit").key(Key::Ann), Some(ann())),
        (Call::get("/api/audit?format=csv").key(Key::Ann), Some(ann())),
        (Call::get("/api/audit").key(Key::Service).acting_for("ann"), Some(ann())),
        (Call::get("/api/audit?userId=ann").key(Key::Operator), Some(ann())),
        (Call::get("/api/audit").key(Key::Operator), None),
    ];
    for (call, user) in cases {
        let mut world = World::new();
        world
            .audit
            .expect_audit()
            .withf(move |filter| filter.user == user && filter.limit == 100)
            .returning(|_| Ok(AuditPage { records: Vec::new(), next: None }));
        assert_eq!(world.answer(call).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_filter_and_a_page_are_asked_for() {
    let mut world = World::new();
    world.audit.expect_audit().times(1).return_once(|filter| {
        assert_eq!(filter.subject.as_deref(), Some("thing-1"));
        assert_eq!(filter.action.as_ref().map(ActionName::as_str), Some("number"));
        assert_eq!((filter.from, filter.until), (Some(at(0)), Some(at(60))));
        assert_eq!((filter.after, filter.limit), (Some(AuditPlace::from_i64(77)), 2));
        Ok(AuditPage { records: Vec::new(), next: Some(AuditPlace::from_i64(75)) })
    });
    let path = "/api/audit?subject=thing-1&action=number&from=2026-03-01T12:00:00Z&to=2026-03-01T12:01:00Z&cursor=77&limit=2";
    let answer = world.answer(Call::get(path).key(Key::Ann)).await;
    assert_eq!(answer.body, r#"{"success":true,"lines":[],"nextCursor":"75"}"#);
}

#[rstest]
#[case("cursor=x&limit=0&format=xml&action=A&from=today", &["action", "from", "cursor", "limit", "format"])]
#[case("from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z", &["to"])]
#[case("format=csv&limit=5", &["limit"])]
#[tokio::test]
async fn mistakes_in_the_question_are_named(#[case] query: &str, #[case] fields: &[&str]) {
    let answer = World::new().answer(Call::get(&format!("/api/audit?{query}")).key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "VALIDATION_FAILED"));
    assert_eq!(answer.fields(), fields);
}

#[tokio::test]
async fn a_file_has_every_page_and_is_asked_for_by_format_or_by_accept() {
    for call in [
        Call::get("/api/audit?format=csv"),
        Call::get("/api/audit").header("accept", "text/csv"),
        Call::get("/api/audit?format=csv").header("accept", "application/json"),
    ] {
        let mut world = World::new();
        let mut pages = vec![
            AuditPage { records: lines().split_off(2), next: None },
            AuditPage { records: lines()[..2].to_vec(), next: Some(AuditPlace::from_i64(4)) },
        ];
        world.audit.expect_audit().times(2).returning(move |filter| {
            assert_eq!(filter.after.is_some(), pages.len() == 1, "the second page begins after the first");
            Ok(pages.pop().unwrap())
        });
        let answer = world.answer(call.key(Key::Ann)).await;
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let ids: Vec<_> =
            answer.body.lines().map(|line| line.split(',').next().unwrap().to_owned()).collect();
        assert_eq!(ids, [r#""id""#, r#""5""#, r#""4""#, r#""3""#, r#""2""#, r#""1""#]);
    }
    let plain = read(Call::get("/api/audit?format=json").header("accept", "text/csv").key(Key::Ann)).await;
    assert_eq!(plain.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_file_that_cannot_begin_is_a_problem() {
    let mut world = World::new();
    world
        .audit
        .expect_audit()
        .returning(|_| Err(TenancyStoreError::Unavailable("secret of the inside".into())));
    let answer = world.answer(Call::get("/api/audit?format=csv").key(Key::Ann)).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "STORAGE_UNAVAILABLE")
    );
    assert!(!answer.body.contains("secret of the inside"));
}

/// The half is not taken for the whole: the connection breaks off.
#[tokio::test]
async fn a_file_that_breaks_off_does_not_look_whole() {
    let mut world = World::new();
    world
        .audit
        .expect_audit()
        .times(1)
        .returning(|_| Ok(AuditPage { records: lines(), next: Some(AuditPlace::from_i64(1)) }));
    world.audit.expect_audit().times(1).returning(|_| Err(TenancyStoreError::Unavailable("down".into())));
    let broken = Call::get("/api/audit?format=csv").key(Key::Ann).body_from(world.router()).await;
    assert!(broken.is_err());
}
