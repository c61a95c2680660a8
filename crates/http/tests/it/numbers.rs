//! Looking at numbers, changing them, recording those that live elsewhere.

use axum::http::StatusCode;
use insta::assert_snapshot;
use trunkline_domain::{Country, Currency, NumberKind, NumberStatus, OwnedNumber};
use trunkline_provisioning::port::{
    MonthlyCost, NumberFilter, NumberPage, RecordAnswer, Scope, StoreError, UpdateAnswer,
};

use crate::sample::{UNKNOWN_ID, ann, bakery, number};
use crate::world::{Call, Key, World};

fn path() -> String {
    format!("/api/numbers/{}", number().id)
}

fn patch(body: &str) -> Call {
    Call::new("PATCH", &path()).json(body).key(Key::Ann)
}

#[tokio::test]
async fn a_number_is_shown_to_its_user() {
    let mut world = World::new();
    world.numbers.expect_number().returning(|scope, _| {
        assert_eq!(*scope, Scope::User(ann()));
        Ok(Some(number()))
    });
    assert_snapshot!(world.answer(Call::get(&path()).key(Key::Ann)).await.picture());
}

#[tokio::test]
async fn a_list_says_how_many_there_are() {
    let mut world = World::new();
    world.numbers.expect_numbers().times(1).return_once(|filter| {
        assert_eq!((&filter.scope, filter.business), (&Scope::User(ann()), Some(bakery())));
        assert_eq!((filter.status, filter.after, filter.limit), (Some(NumberStatus::Released), None, 1));
        Ok(NumberPage { numbers: vec![number()], total: 12, monthly: Vec::new(), next: Some(number().id) })
    });
    let path = format!("/api/numbers?businessId={}&status=released&limit=1", bakery());
    let answer = world.answer(Call::get(&path).key(Key::Ann)).await;
    assert_eq!(answer.json()["total"], 12);
    assert_eq!(answer.json()["nextCursor"], number().id.to_string());
}

#[tokio::test]
async fn a_list_is_searched_and_says_what_it_costs() {
    let mut world = World::new();
    world.numbers.expect_numbers().times(1).return_once(|filter| {
        let asked = NumberFilter {
            kind: Some(NumberKind::TollFree),
            country: Some(Country::US),
            search: Some("(415) 23".parse().unwrap()),
            ..NumberFilter::of(Scope::User(ann()), 100)
        };
        assert_eq!(*filter, asked);
        let monthly = [(Currency::INR, 4_100_000), (Currency::USD, i128::from(i64::MAX) + 1)];
        let monthly = monthly.map(|(currency, micros)| MonthlyCost { currency, micros }).to_vec();
        Ok(NumberPage { numbers: vec![number()], total: 2, monthly, next: None })
    });
    let path = "/api/numbers?numberType=tollFree&countryCode=us&search=(415)+23";
    let answer = world.answer(Call::get(path).key(Key::Ann)).await;
    let totals = r#""monthlyTotals":[{"amount":4.10,"currency":"INR"},{"amount":9223372036854.775808,"currency":"USD"}]"#;
    assert!(answer.body.contains(totals), "{}", answer.body);
}

#[tokio::test]
async fn empty_filters_count_as_absent() {
    let mut world = World::new();
    world.numbers.expect_numbers().times(1).return_once(|filter| {
        assert_eq!(*filter, NumberFilter::of(Scope::User(ann()), 100));
        Ok(NumberPage { numbers: Vec::new(), total: 0, monthly: Vec::new(), next: None })
    });
    let answer = world
        .answer(
            Call::get("/api/numbers?businessId=&status=&numberType=&countryCode=&search=+&limit=&other=1")
                .key(Key::Ann),
        )
        .await;
    assert_eq!(
        answer.body,
        r#"{"success":true,"numbers":[],"total":0,"monthlyTotals":[],"nextCursor":null}"#
    );
}

#[tokio::test]
async fn filters_that_mean_nothing_are_named() {
    let long = "n".repeat(65);
    let path = format!(
        "/api/numbers?businessId=7&status=lost&limit=101&cursor=next&numberType=pager&countryCode=XX&search={long}"
    );
    let answer = World::new().answer(Call::get(&path).key(Key::Ann)).await;
    assert_snapshot!(answer.picture());
}

#[tokio::test]
async fn an_operator_sees_everybodys_numbers() {
    let mut world = World::new();
    world.numbers.expect_number().returning(|scope, _| {
        assert_eq!(*scope, Scope::Everyone);
        Ok(Some(number()))
    });
    assert_eq!(world.answer(Call::get(&path()).key(Key::Operator)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_change_says_only_what_changes() {
    let mut world = World::new();
    world.numbers.expect_number().returning(|_, _| Ok(Some(number())));
    world.numbers.expect_update().times(1).return_once(|change| {
        let after = &change.body.number;
        assert!(after.is_primary && !change.audit.is_empty());
        assert_eq!(
            (after.notes.as_deref(), &after.display_name),
            (Some("Rings twice"), &number().display_name)
        );
        Ok(UpdateAnswer::Updated(after.clone()))
    });
    let answer = world.answer(patch(r#"{"isPrimary": true, "notes": "Rings twice"}"#)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json()["number"]["is_primary"], true);
}

#[tokio::test]
async fn changes_that_do_not_go_together_are_refused() {
    let bad = World::new()
        .answer(patch(r#"{"displayName": "a\u0007", "isActive": "perhaps", "businessId": 7}"#))
        .await;
    assert_eq!(bad.fields(), ["displayName", "businessId", "isActive"]);

    let long = format!(r#"{{"displayName": "{}"}}"#, "n".repeat(65));
    assert_eq!(World::new().answer(patch(&long)).await.fields(), ["displayName"]);

    let mut world = World::new();
    let primary = OwnedNumber { is_primary: true, ..number() };
    world.numbers.expect_number().return_once(|_, _| Ok(Some(primary)));
    let inactive = world.answer(patch(r#"{"isActive": false}"#)).await;
    assert_eq!(
        (inactive.status, inactive.code().as_str()),
        (StatusCode::CONFLICT, "PRIMARY_NUMBER_INACTIVE")
    );

    let mut world = World::new();
    let releasing = OwnedNumber { status: NumberStatus::Releasing, ..number() };
    world.numbers.expect_number().return_once(|_, _| Ok(Some(releasing)));
    let busy = world.answer(patch(r#"{"isActive": false}"#)).await;
    assert_eq!((busy.status, busy.code().as_str()), (StatusCode::CONFLICT, "NUMBER_BUSY"));

    let anothers = format!(r#"{{"businessId": "{UNKNOWN_ID}"}}"#);
    let business = World::new().answer(patch(&anothers)).await;
    assert_eq!((business.status, business.code().as_str()), (StatusCode::NOT_FOUND, "BUSINESS_NOT_FOUND"));
}

#[tokio::test]
async fn another_users_number_cannot_be_changed() {
    let mut world = World::new();
    world.numbers.expect_number().return_once(|scope, _| {
        assert_eq!(*scope, Scope::User("ben".parse().unwrap()));
        Ok(None)
    });
    let call = Call::new("PATCH", &path()).json(r#"{"notes": "mine now"}"#).key(Key::Ben);
    let answer = world.answer(call).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "NUMBER_NOT_FOUND"));
}

#[tokio::test]
async fn a_number_that_lives_elsewhere_is_recorded() {
    let mut world = World::new();
    let record = |change: &trunkline_domain::Change<trunkline_provisioning::port::NumberRecording>| {
        Ok(RecordAnswer::Recorded(change.body.number.clone()))
    };
    world.numbers.expect_record().times(1).returning(record);
    let body = r#"{"phoneNumber": "020 7946 0018", "countryCode": "gb", "displayName": "London", "provider": "bt",
                   "numberType": "vanity", "monthlyCost": "4.10", "currency": "gbp", "notes": "since 2009"}"#;
    assert_snapshot!(world.answer(Call::post("/api/numbers", body).key(Key::Ann)).await.picture());
}

#[tokio::test]
async fn a_record_of_a_number_that_is_there_names_it() {
    let mut world = World::new();
    world.numbers.expect_record().return_once(|_| Ok(RecordAnswer::Exists(number().id)));
    let body = r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "provider": "other"}"#;
    let answer = world.answer(Call::post("/api/numbers", body).key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "NUMBER_ALREADY_EXISTS"));
    assert_eq!(answer.json()["numberId"], number().id.to_string());

    let twilio = body.replace("other", "twilio");
    let answer = World::new().answer(Call::post("/api/numbers", &twilio).key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["provider"]);

    let answer = World::new().answer(Call::post("/api/numbers", "{}").key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["phoneNumber", "displayName", "provider"]);
}

#[tokio::test]
async fn failures_of_the_store_keep_their_inside() {
    for (error, status, code) in [
        (StoreError::Unavailable("inside".into()), 503, "STORAGE_UNAVAILABLE"),
        (StoreError::OutcomeUnknown("inside".into()), 503, "STORAGE_UNAVAILABLE"),
        (StoreError::Broken("inside".to_owned()), 500, "INTERNAL"),
    ] {
        let mut world = World::new();
        world.numbers.expect_number().return_once(|_, _| Err(error));
        let answer = world.answer(Call::get(&path()).key(Key::Ann)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
        assert!(!answer.body.contains("inside"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_name_is_replaced_by_a_name() {
    for body in [r#"{"displayName": ""}"#, r#"{"displayName": null}"#, r#"{"displayName": 7}"#] {
        let answer = World::new().answer(patch(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.body);
        assert_eq!(answer.json()["fields"][0]["field"], "displayName");
    }
}

#[tokio::test]
async fn somebody_elses_user_id_is_refused_in_a_change() {
    let answer = World::new().answer(patch(r#"{"userId": "somebody-else", "isActive": true}"#)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
}
