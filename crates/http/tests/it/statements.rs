//! Statements over HTTP: months, one month as JSON, CSV and a page, and what is refused.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use rstest::rstest;
use serde_json::{Value, json};
use trunkline_domain::{Currency, TransferId};
use trunkline_wallet::{
    AccountId, AccountKind, Statement, StatementState, Transfer, TransferKind, WalletStoreError,
};
use uuid::Uuid;

use crate::sample::{ann, number, order, usd};
use crate::world::{Call, Key, World};

const MARKED: &str = "=cmd|<script>alert(1)</script>";

fn wallet() -> AccountId {
    AccountId::wallet(&ann(), Currency::USD)
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn row(version: i64, kind: TransferKind, amount: &str, after: (&str, &str), at: &str) -> Transfer {
    let is_in = kind == TransferKind::Post;
    let other = AccountId::operator(AccountKind::Funding, Currency::USD);
    Transfer {
        id: TransferId::from_uuid(Uuid::from_u64_pair(5, version.unsigned_abs())),
        kind,
        debit: if is_in { other } else { wallet() },
        credit: if is_in { wallet() } else { other },
        amount: usd(amount),
        pending: None,
        reverses: None,
        order: (!is_in).then(|| order().id),
        number: (kind == TransferKind::Capture).then(|| number().id),
        description: if is_in { MARKED.to_owned() } else { "Number +14152300101".to_owned() },
        wallet: wallet(),
        wallet_version: version,
        posted_after: usd(after.0),
        held_after: usd(after.1),
        created_at: time(at),
    }
}

/// Two months: one that is closed, with a hold and its capture, and the running one with a hold that is open.
fn rows() -> Vec<Transfer> {
    vec![
        row(1, TransferKind::Post, "25", ("25", "0"), "2026-02-03T10:00:00Z"),
        row(2, TransferKind::Hold, "1.50", ("25", "1.50"), "2026-02-03T10:00:01Z"),
        row(3, TransferKind::Capture, "1.50", ("23.50", "0"), "2026-02-03T10:00:02Z"),
        row(4, TransferKind::Post, "0.0085", ("23.5085", "0"), "2026-03-01T00:00:00Z"),
        row(5, TransferKind::Hold, "2", ("23.5085", "2"), "2026-03-01T11:00:00Z"),
    ]
}

fn february() -> Statement {
    let mut statement = Statement::first(wallet(), Currency::USD, "2026-02".parse().unwrap());
    for row in &rows()[..3] {
        statement.take(row).unwrap();
    }
    Statement { state: StatementState::Closed { at: time("2026-03-01T01:00:00Z") }, ..statement }
}

fn world() -> World {
    with(february())
}

/// The same, where the closed month says something else.
fn with(closed: Statement) -> World {
    let mut world = World::new();
    world.statements.expect_closed().returning(move |asked, before, _| {
        let is_wanted = asked == wallet() && before.is_none_or(|before| closed.month < before);
        Ok(Vec::from_iter(is_wanted.then(|| closed.clone())))
    });
    world.statements.expect_journal().returning(|asked, after, limit| {
        let later = rows().into_iter().filter(|row| row.wallet == asked && row.wallet_version > after);
        Ok(later.take(limit.into()).collect())
    });
    world
}

/// A document with the digits of its amounts as they stand.
fn exactly(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn months_are_listed_newest_first() {
    let answer = world().answer(Call::get("/api/wallet/statements").key(Key::Ann)).await;
    let expected = r#"{"nextCursor": null, "success": true, "statements": [
        {"month": "2026-03", "currency": "USD", "status": "open",
         "opening": 23.50, "totalIn": 0.0085, "totalOut": 0.00, "closing": 23.5085, "held": 2.00,
         "lineCount": 1, "afterVersion": 3, "lastVersion": 5, "closedAt": null},
        {"month": "2026-02", "currency": "USD", "status": "closed",
         "opening": 0.00, "totalIn": 25.00, "totalOut": 1.50, "closing": 23.50, "held": 0.00,
         "lineCount": 2, "afterVersion": 0, "lastVersion": 3, "closedAt": "2026-03-01T01:00:00Z"}
    ]}"#;
    assert_eq!(answer.json(), exactly(expected));
    let first = world().answer(Call::get("/api/wallet/statements?limit=1").key(Key::Ann)).await.json();
    assert_eq!((first["statements"].as_array().unwrap().len(), &first["nextCursor"]), (1, &json!("2026-03")));
    let path = "/api/wallet/statements?limit=1&cursor=2026-03";
    let second = world().answer(Call::get(path).key(Key::Ann)).await.json();
    assert_eq!((&second["statements"][0]["month"], &second["nextCursor"]), (&json!("2026-02"), &json!(null)));
    let rupees = world().answer(Call::get("/api/wallet/statements?currency=inr").key(Key::Ann)).await;
    assert_eq!(rupees.json()["statements"], json!([]), "a wallet that nothing has touched");
}

#[tokio::test]
async fn a_month_has_its_lines_in_pages() {
    let path = "/api/wallet/statements/2026-02";
    let whole = world().answer(Call::get(path).key(Key::Ann)).await.json();
    assert_eq!((&whole["statement"]["month"], &whole["nextCursor"]), (&json!("2026-02"), &json!(null)));
    let lines = whole["lines"].as_array().unwrap();
    let expected = format!(
        r#"{{"id": "{}", "version": 3, "date": "2026-02-03T10:00:02Z", "type": "debit", "amount": 1.50,
             "balance": 23.50, "description": "Number +14152300101", "numberId": "{}", "orderId": "{}"}}"#,
        Uuid::from_u64_pair(5, 3),
        number().id,
        order().id
    );
    assert_eq!((lines.len(), &lines[1]), (2, &exactly(&expected)));
    let first = world().answer(Call::get(&format!("{path}?limit=1")).key(Key::Ann)).await.json();
    assert_eq!((&first["lines"][0]["version"], &first["nextCursor"]), (&json!(1), &json!("1")));
    let second = world().answer(Call::get(&format!("{path}?limit=1&cursor=1")).key(Key::Ann)).await.json();
    assert_eq!((&second["lines"][0]["version"], &second["nextCursor"]), (&json!(3), &json!(null)));
}

#[tokio::test]
async fn a_file_has_every_line_between_two_balances() {
    for call in [
        Call::get("/api/wallet/statements/2026-02?format=csv"),
        Call::get("/api/wallet/statements/2026-02").header("accept", "text/csv"),
    ] {
        let answer = world().answer(call.key(Key::Ann)).await;
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        let name = "attachment; filename=\"statement-2026-02-USD.csv\"";
        assert_eq!(answer.header("content-disposition"), Some(name));
        let lines: Vec<&str> = answer.body.lines().collect();
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert!(lines[1].starts_with(r#""opening","2026-02-01","opening balance","","","0.00","USD""#));
        assert!(
            lines[2].contains(&format!("\"'{MARKED}\"")),
            "no spreadsheet takes it for a formula: {}",
            lines[2]
        );
        assert!(lines[4].starts_with(r#""closing","2026-02-28","closing balance","","","23.50","USD""#));
    }
}

#[tokio::test]
async fn a_page_can_be_printed_and_runs_nothing() {
    for call in [
        Call::get("/api/wallet/statements/2026-02?format=html"),
        Call::get("/api/wallet/statements/2026-02")
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ] {
        let answer = world().answer(call.key(Key::Ann)).await;
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(answer.body.contains("<h1>Statement for February 2026</h1>"), "{}", answer.body);
        assert!(answer.body.contains("Closed on 2026-03-01 01:00 UTC"), "{}", answer.body);
        assert!(!answer.body.contains("<script"), "what comes from somebody is text: {}", answer.body);
        for cell in ["25.00", "1.50", "23.50"] {
            assert!(answer.body.contains(&format!("<td>{cell}</td>")), "{cell}: {}", answer.body);
        }
    }
    let open = world().answer(Call::get("/api/wallet/statements/2026-03?format=html").key(Key::Ann)).await;
    assert!(open.body.contains("Open: the month is not over"), "{}", open.body);
    assert!(open.body.contains("2.00 USD is held"), "{}", open.body);
}

#[rstest]
#[case::that_has_not_begun("2026-04", "")]
#[case::before_the_first("2026-01", "?format=csv")]
#[case::of_another_wallet("2026-02", "?currency=inr&format=html")]
#[tokio::test]
async fn a_month_that_is_not_there_is_said_so(#[case] month: &str, #[case] query: &str) {
    let path = format!("/api/wallet/statements/{month}{query}");
    let answer = world().answer(Call::get(&path).key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "STATEMENT_NOT_FOUND"));
    assert!(answer.json()["detail"].as_str().unwrap().contains(month));
}

#[rstest]
#[case("/2026-2", &["month"])]
#[case("/november", &["month"])]
#[case("/2026-02?cursor=0&limit=0&format=xml", &["cursor", "limit", "format"])]
#[case("/2026-02?format=csv&limit=5", &["limit"])]
#[case("/2026-02?format=html&cursor=5", &["cursor"])]
#[case("?cursor=5&currency=XXQ", &["currency", "cursor"])]
#[tokio::test]
async fn mistakes_in_the_question_are_named(#[case] query: &str, #[case] fields: &[&str]) {
    let answer = world().answer(Call::get(&format!("/api/wallet/statements{query}")).key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "VALIDATION_FAILED"));
    assert_eq!(answer.fields(), fields);
}

#[tokio::test]
async fn whose_months_are_read_is_the_callers_own_or_said() {
    for path in ["/api/wallet/statements", "/api/wallet/statements/2026-02"] {
        let bens = world().answer(Call::get(&format!("{path}?userId=ann")).key(Key::Ben)).await;
        assert_eq!(bens.status, StatusCode::FORBIDDEN);
        let nobodys = World::new().answer(Call::get(path).key(Key::Operator)).await;
        assert_eq!(nobodys.code(), "VALIDATION_FAILED");
        let operators = world().answer(Call::get(&format!("{path}?userId=ann")).key(Key::Operator)).await;
        assert_eq!(operators.status, StatusCode::OK);
        let services = world().answer(Call::get(path).key(Key::Service).acting_for("ann")).await;
        assert_eq!(services.status, StatusCode::OK);
    }
}

/// A month that is too long for paper is refused before it is read; one that does not add up is no page.
#[tokio::test]
async fn a_page_is_whole_or_none() {
    let path = "/api/wallet/statements/2026-02?format=html";
    let long = Statement { lines: 5_001, ..february() };
    let answer = with(long).answer(Call::get(path).key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["format"]);
    let (total_in, total_out) = (usd("26"), usd("2.50"));
    let other = Statement { total_in, total_out, ..february() };
    let answer = with(other).answer(Call::get(path).key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"));
}

#[tokio::test]
async fn a_store_that_fails_is_said_so() {
    let mut world = World::new();
    world.statements.expect_closed().returning(|_, _, _| Err(WalletStoreError::Unavailable("down".into())));
    let answer = world.answer(Call::get("/api/wallet/statements").key(Key::Ann)).await;
    assert_eq!(answer.code(), "STORAGE_UNAVAILABLE");
}
