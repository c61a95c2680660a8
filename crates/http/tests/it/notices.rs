//! Alerts shown and replaced, and notices listed.

use insta::assert_snapshot;
use trunkline_domain::{Money, NoticeId};
use trunkline_notices::{
    Alerts, MailRoute, MailState, NoticeBody, NoticeRecord, NoticeStoreError, Thresholds,
};
use uuid::Uuid;

use crate::sample::{ann, at, usd};
use crate::world::{Call, Key, World};

const PATH: &str = "/api/wallet/alerts";

fn alerts(own: Option<&[&str]>, email: Option<&str>) -> Alerts {
    let sums = |own: &[&str]| own.iter().map(|text| usd(text)).collect::<Vec<Money>>();
    Alerts {
        own: own.map(|own| Thresholds::new(sums(own)).unwrap()),
        email: email.map(|text| text.parse().unwrap()),
        ..Alerts::default()
    }
}

fn put(body: &str) -> Call {
    Call::new("PUT", PATH).json(body).key(Key::Ann)
}

#[tokio::test]
async fn it_is_shown_how_somebody_is_told() {
    let mut pictures = Vec::new();
    for (mail, own, email) in [
        (MailRoute::Configured, None, Some("ann@example.com")),
        (MailRoute::Configured, Some(&["2.5", "10"][..]), None),
        (MailRoute::Missing, Some(&[][..]), Some("ann@example.com")),
    ] {
        let mut world = World { mail, ..World::new() };
        world.alerts.expect_alerts().return_once(move |_, _| Ok(alerts(own, email)));
        pictures.push(world.answer(Call::get(PATH).key(Key::Ann)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[tokio::test]
async fn alerts_are_replaced_whole() {
    for (body, own, email) in [
        (
            r#"{"currency": "usd", "thresholds": [2.50, "10"], "email": " money@example.com "}"#,
            Some(&["10", "2.5"][..]),
            Some("money@example.com"),
        ),
        (r#"{"currency": "USD", "thresholds": []}"#, Some(&[][..]), None),
        (r#"{"currency": "USD", "thresholds": null, "email": ""}"#, None, None),
    ] {
        let mut world = World::new();
        world.alerts.expect_set_alerts().times(1).return_once(move |change| {
            let (setting, expected) = (&change.body, alerts(own, email));
            assert_eq!(
                (&setting.user, &setting.own, &setting.email),
                (&ann(), &expected.own, &expected.email)
            );
            Ok(())
        });
        world.alerts.expect_alerts().return_once(move |_, _| Ok(alerts(own, email)));
        let answer = world.answer(put(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn mistakes_are_named_together() {
    for (body, wrong) in [
        ("{}", &["currency"][..]),
        (r#"{"currency": "XXQ", "thresholds": "5", "email": "ann"}"#, &["email", "currency", "thresholds"]),
        (r#"{"currency": "USD", "thresholds": [1, 2, 3, 4, 5, 6]}"#, &["thresholds"]),
        (r#"{"currency": "USD", "thresholds": [5, 5.00]}"#, &["thresholds"]),
        (r#"{"currency": "USD", "thresholds": [0]}"#, &["thresholds"]),
        (r#"{"currency": "USD", "thresholds": [0.0000001]}"#, &["thresholds"]),
        (r#"{"currency": "USD", "email": "ann@example.com\r\nBcc: eve@example.com"}"#, &["email"]),
    ] {
        assert_eq!(World::new().answer(put(body)).await.fields(), wrong, "{body}");
    }
}

#[tokio::test]
async fn what_nobody_knows_is_said() {
    let mut world = World::new();
    world
        .alerts
        .expect_set_alerts()
        .returning(|_| Err(NoticeStoreError::OutcomeUnknown("for the test".into())));
    let answer = world.answer(put(r#"{"currency": "USD"}"#)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "STORAGE_UNAVAILABLE"));
}

#[tokio::test]
async fn notices_are_listed_in_pages() {
    let mut world = World::new();
    let id = |n| NoticeId::from_uuid(Uuid::from_u64_pair(9, n));
    world.notices.expect_notices().times(1).return_once(move |filter| {
        assert_eq!((&filter.user, filter.after, filter.limit), (&ann(), Some(id(9)), 3));
        let record = |n, mail| NoticeRecord {
            id: id(n),
            user: ann(),
            body: NoticeBody::BalanceLow { available: usd("3.20"), threshold: usd("5") },
            mail,
            created_at: at(0),
        };
        Ok(vec![record(8, MailState::Sent), record(7, MailState::Failed), record(6, MailState::Waiting)])
    });
    let path = format!("/api/wallet/notices?limit=2&cursor={}", id(9));
    assert_snapshot!(world.answer(Call::get(&path).key(Key::Ann)).await.picture());
}
