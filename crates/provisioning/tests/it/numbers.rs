//! Reading, changing and recording numbers.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{BusinessId, Change, NumberId, NumberKind, NumberStatus, OwnedNumber, WebhookUrls};
use trunkline_provider::NumberSettings;
use trunkline_provisioning::port::{
    NumberFilter, NumberPage, NumberUpdate, OrderFilter, OrderPage, RecordAnswer, Scope, UpdateAnswer,
};
use trunkline_provisioning::{NumberError, RecordCommand, UpdateCommand};

use crate::fixture::{
    acknowledgement_lost, at, id, identity, marker, number, order, origin, outcome_unknown, store_down, usd,
    user,
};
use crate::stage::Stage;

fn update() -> UpdateCommand {
    UpdateCommand {
        user: user(),
        within: None,
        number: number().id,
        display_name: None,
        business: None,
        is_primary: None,
        is_active: None,
        notes: None,
        origin: origin(),
    }
}

fn rename() -> UpdateCommand {
    UpdateCommand { display_name: Some("Sales".parse().unwrap()), ..update() }
}

fn owned() -> Stage {
    let stage = Stage::new();
    stage.standing.put_number(&number());
    stage
}

fn business() -> BusinessId {
    BusinessId::from_uuid(id(50))
}

fn parts(number: &OwnedNumber) -> serde_json::Value {
    json!({
        "phoneNumber": "+14152300101",
        "displayName": number.display_name,
        "business": number.business,
        "isPrimary": number.is_primary,
        "isActive": number.is_active,
        "notes": number.notes,
    })
}

#[tokio::test(start_paused = true)]
async fn a_new_name_is_stored_and_shown_at_the_provider_with_its_marker() {
    let scene = owned().open();
    scene.clock.set(9);
    let renamed = scene.provisioning.update(rename()).await.unwrap();
    let expected = OwnedNumber { display_name: "Sales".parse().unwrap(), updated_at: at(9), ..number() };
    assert_eq!(renamed, expected);
    let mut audit = origin().audit("number.update", number().id, Some(&user()), at(9));
    audit.details = json!({ "before": parts(&number()), "after": parts(&expected) });
    assert_eq!(scene.asked.updated.only(), Change::new(NumberUpdate { number: expected }).audit(audit));
    let label = format!("Sales {}", marker());
    let settings = NumberSettings { friendly_name: Some(label), webhooks: None };
    assert_eq!(scene.asked.configured.only(), (identity(), settings));
}

#[tokio::test(start_paused = true)]
async fn a_label_that_stays_behind_does_not_undo_the_change() {
    let mut stage = owned();
    stage.provider.expect_configure().returning(|_, _| Err(outcome_unknown()));
    let scene = stage.open();
    assert_eq!(scene.provisioning.update(rename()).await.unwrap().display_name.as_str(), "Sales");
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_does_not_show_is_not_sent_there() {
    let scene = owned().open();
    let noted = UpdateCommand { notes: Some(Some(" night shift ".to_owned())), ..update() };
    assert_eq!(scene.provisioning.update(noted).await.unwrap().notes.as_deref(), Some("night shift"));
    assert_eq!(scene.asked.configured.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_changes_nothing_is_not_stored() {
    let scene = owned().open();
    let same = UpdateCommand { display_name: Some(number().display_name), ..update() };
    assert_eq!(scene.provisioning.update(same).await.unwrap(), number());
    assert_eq!((scene.asked.updated.count(), scene.asked.configured.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_change_on_an_old_version_is_made_again_on_the_new_one() {
    let mut stage = owned();
    let standing = stage.standing.clone();
    stage.numbers.expect_update().times(1).returning(move |_| {
        standing.put_number(&OwnedNumber { version: 2, notes: Some("theirs".to_owned()), ..number() });
        Ok(UpdateAnswer::Stale)
    });
    let scene = stage.open();
    let renamed = scene.provisioning.update(rename()).await.unwrap();
    assert_eq!((renamed.version, renamed.notes.as_deref()), (2, Some("theirs")));
    assert_eq!(scene.asked.updated.only().body.number.version, 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_never_wins_is_busy() {
    let mut stage = owned();
    stage.numbers.expect_update().times(4).returning(|_| Ok(UpdateAnswer::Stale));
    let scene = stage.open();
    assert!(matches!(scene.provisioning.update(rename()).await, Err(NumberError::Busy)));
}

#[tokio::test(start_paused = true)]
async fn a_rename_whose_acknowledgement_was_lost_still_reaches_the_provider() {
    let mut stage = owned();
    let standing = stage.standing.clone();
    stage.numbers.expect_update().times(1).returning(move |change| {
        standing.put_number(&OwnedNumber { version: 2, ..change.body.number.clone() });
        Err(acknowledgement_lost())
    });
    stage.numbers.expect_update().times(1).returning(|_| Ok(UpdateAnswer::Stale));
    let scene = stage.open();
    assert_eq!(scene.provisioning.update(rename()).await.unwrap().version, 2);
    let (_, settings) = scene.asked.configured.only();
    assert_eq!(settings.friendly_name, Some(format!("Sales {}", marker())));
}

#[rstest]
#[case(NumberStatus::Releasing)]
#[case(NumberStatus::Review)]
#[tokio::test(start_paused = true)]
async fn a_number_being_released_or_reviewed_does_not_change(#[case] status: NumberStatus) {
    let stage = Stage::new();
    stage.standing.put_number(&OwnedNumber { status, ..number() });
    let scene = stage.open();
    assert!(matches!(scene.provisioning.update(rename()).await, Err(NumberError::Busy)));
    let mut stage = owned();
    stage.numbers.expect_update().returning(|_| Ok(UpdateAnswer::Busy));
    let scene = stage.open();
    assert!(matches!(scene.provisioning.update(rename()).await, Err(NumberError::Busy)), "seen too late");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_cannot_change() {
    let scene = Stage::new().open();
    assert!(matches!(scene.provisioning.update(rename()).await, Err(NumberError::NotFound)));
    let stage = Stage::new();
    stage.standing.put_number(&OwnedNumber { status: NumberStatus::Released, ..number() });
    let scene = stage.open();
    assert!(matches!(scene.provisioning.update(rename()).await, Err(NumberError::NotFound)));
}

#[tokio::test(start_paused = true)]
async fn a_number_goes_to_ones_own_business_and_is_primary_there() {
    let to_business = UpdateCommand { business: Some(Some(business())), is_primary: Some(true), ..update() };
    let scene = owned().open();
    let moved = scene.provisioning.update(to_business.clone()).await.unwrap();
    assert_eq!((moved.business, moved.is_primary), (Some(business()), true));
    let mut stage = owned();
    stage.businesses.expect_owner_of().returning(|_| Ok(Some("bob".parse().unwrap())));
    let scene = stage.open();
    assert!(matches!(scene.provisioning.update(to_business).await, Err(NumberError::BusinessNotFound)));
    assert_eq!(scene.asked.updated.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_primary_number_is_in_service_and_belongs_to_a_business() {
    let stage = Stage::new();
    let primary = OwnedNumber { business: Some(business()), is_primary: true, ..number() };
    stage.standing.put_number(&primary);
    let scene = stage.open();
    let off = UpdateCommand { is_active: Some(false), ..update() };
    assert!(matches!(scene.provisioning.update(off).await, Err(NumberError::PrimaryInactive)));
    let scene = owned().open();
    let alone = UpdateCommand { is_primary: Some(true), ..update() };
    let answer = scene.provisioning.update(alone).await;
    assert!(matches!(answer, Err(NumberError::Validation { field: "isPrimary", .. })));
}

fn record() -> RecordCommand {
    RecordCommand {
        user: user(),
        phone_number: "+442079460018".parse().unwrap(),
        display_name: "London".parse().unwrap(),
        business: None,
        country: None,
        kind: NumberKind::Vanity,
        provider: " Elsewhere ".to_owned(),
        monthly_cost: usd("7.25"),
        notes: None,
        origin: origin(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_elsewhere_is_recorded_and_nothing_more() {
    let mut stage = Stage::new();
    stage.numbers.expect_record().times(1).returning(|change| {
        let audit = &change.audit[0];
        assert_eq!((audit.action.as_str(), audit.user.clone()), ("number.record", Some(user())));
        Ok(RecordAnswer::Recorded(change.body.number.clone()))
    });
    let scene = stage.open();
    let recorded = scene.provisioning.record(record()).await.unwrap();
    let expected = OwnedNumber {
        id: NumberId::from_uuid(id(1)),
        phone_number: "+442079460018".parse().unwrap(),
        display_name: "London".parse().unwrap(),
        country: "GB".parse().unwrap(),
        kind: NumberKind::Vanity,
        provider: "Elsewhere".to_owned(),
        identity: None,
        order: None,
        monthly_cost: usd("7.25"),
        capabilities: trunkline_domain::Capabilities::default(),
        webhooks: WebhookUrls::default(),
        ..number()
    };
    assert_eq!(recorded, expected);
    assert_eq!((scene.asked.looks.count(), scene.asked.configured.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn records_are_checked() {
    let scene = Stage::new().open();
    let long = "x".repeat(65);
    for provider in ["", "  ", "twilio", " Twilio ", "a\u{7}b", long.as_str()] {
        let bad = RecordCommand { provider: provider.to_owned(), ..record() };
        let answer = scene.provisioning.record(bad).await;
        assert!(matches!(answer, Err(NumberError::Validation { field: "provider", .. })), "{provider}");
    }
    let negative = RecordCommand { monthly_cost: usd("-1"), ..record() };
    let answer = scene.provisioning.record(negative).await;
    assert!(matches!(answer, Err(NumberError::Validation { field: "monthlyCost", .. })));
    let nowhere = RecordCommand { phone_number: "+80012345678".parse().unwrap(), ..record() };
    let answer = scene.provisioning.record(nowhere).await;
    assert!(matches!(answer, Err(NumberError::Validation { field: "countryCode", .. })));
    let wordy = RecordCommand { notes: Some("n".repeat(2_001)), ..record() };
    let answer = scene.provisioning.record(wordy).await;
    assert!(matches!(answer, Err(NumberError::Validation { field: "notes", .. })));
}

#[tokio::test(start_paused = true)]
async fn a_number_is_recorded_once_per_user() {
    let existing = NumberId::from_uuid(id(70));
    let mut stage = Stage::new();
    stage.numbers.expect_record().returning(move |_| Ok(RecordAnswer::Exists(existing)));
    let scene = stage.open();
    let answer = scene.provisioning.record(record()).await;
    assert!(matches!(answer, Err(NumberError::Exists(told)) if told == existing));
}

#[tokio::test(start_paused = true)]
async fn ones_own_recording_with_its_acknowledgement_lost_is_no_second_one() {
    let mut stage = Stage::new();
    stage.numbers.expect_record().times(1).returning(|_| Err(acknowledgement_lost()));
    stage.numbers.expect_record().returning(|change| Ok(RecordAnswer::Exists(change.body.number.id)));
    let scene = stage.open();
    assert_eq!(scene.provisioning.record(record()).await.unwrap().id, NumberId::from_uuid(id(1)));
}

#[tokio::test(start_paused = true)]
async fn reads_keep_to_their_scope() {
    let mine = Scope::User(user());
    let wanted = NumberFilter::of(mine.clone(), 20);
    let orders =
        OrderFilter { scope: mine.clone(), business: None, states: Vec::new(), after: None, limit: 20 };
    let mut stage = Stage::new();
    let (filter, filter_of_orders) = (wanted.clone(), orders.clone());
    stage
        .numbers
        .expect_numbers()
        .withf(move |asked| *asked == filter)
        .returning(|_| Ok(NumberPage { numbers: vec![number()], total: 1, monthly: Vec::new(), next: None }));
    stage.numbers.expect_number().withf(|scope, _| *scope == Scope::User(user())).returning(|_, _| Ok(None));
    stage
        .orders
        .expect_orders()
        .withf(move |asked| *asked == filter_of_orders)
        .returning(|_| Ok(OrderPage { orders: vec![order()], next: None }));
    stage
        .orders
        .expect_order()
        .withf(|scope, _| *scope == Scope::User(user()))
        .returning(|_, _| Err(store_down()));
    let scene = stage.open();
    assert_eq!(scene.provisioning.numbers(&wanted).await.unwrap().numbers, [number()]);
    assert_eq!(scene.provisioning.number(&mine, number().id).await.unwrap(), None);
    assert_eq!(scene.provisioning.orders(&orders).await.unwrap().orders, [order()]);
    assert!(scene.provisioning.order(&mine, order().id).await.is_err());
}
