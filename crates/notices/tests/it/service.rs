//! What users ask, and the watch, over mocks.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Clock, Currency, Money, NoticeId, Origin, RandomIds, UserId, WalletId};
use trunkline_notices::{
    AlertSource, Alerts, AlertsSetting, BalanceWatch, Delivery, MailRoute, Mark, MockAlertStore,
    MockNoticeStore, MovedWallet, NoticeBody, NoticeParts, NoticeRecord, NoticeStoreError, Notices,
    SetAlertsCommand, Standing, Step, Thresholds, WatchParts,
};
use uuid::Uuid;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }
}

fn usd(units: i64) -> Money {
    Money::from_micros(units * 1_000_000, Currency::USD)
}

fn ann() -> UserId {
    "ann".parse().unwrap()
}

fn notices(alerts: MockAlertStore, notices: MockNoticeStore, mail: MailRoute) -> Notices {
    Notices::new(NoticeParts {
        alerts: Arc::new(alerts),
        notices: Arc::new(notices),
        clock: Arc::new(Noon),
        everybody: "5 USD".parse().unwrap(),
        mail,
    })
}

#[tokio::test]
async fn who_has_set_nothing_has_what_everybody_has() {
    for (mail, account_email, delivery) in [
        (MailRoute::Configured, Some("ann@example.com"), Delivery::To("ann@example.com".parse().unwrap())),
        (MailRoute::Configured, None, Delivery::NoAddress),
        (MailRoute::Missing, Some("ann@example.com"), Delivery::NotConfigured),
    ] {
        let mut store = MockAlertStore::new();
        let account_email = account_email.map(|text: &str| text.parse().unwrap());
        store.expect_alerts().return_once(|_, _| Ok(Alerts { account_email, ..Alerts::default() }));
        let view = notices(store, MockNoticeStore::new(), mail).alerts(&ann(), Currency::USD).await.unwrap();
        assert_eq!((view.thresholds.amounts(), view.source), (&[usd(5)][..], AlertSource::Everybody));
        assert_eq!(view.delivery, delivery);
    }
}

/// A change whose outcome nobody knows is offered again as it was; the trail says what was set, and no address.
#[tokio::test]
async fn a_setting_is_offered_until_it_is_known() {
    let mut store = MockAlertStore::new();
    let mut offered: Option<Change<AlertsSetting>> = None;
    store.expect_set_alerts().times(2).returning(move |change| match &offered {
        None => {
            offered = Some(change.clone());
            Err(NoticeStoreError::OutcomeUnknown("for the test".into()))
        }
        Some(first) => {
            assert_eq!(first, change);
            let audit = &change.audit[0];
            assert_eq!((audit.action.as_str(), audit.subject.as_str()), ("wallet.alerts", "ann"));
            let details =
                serde_json::json!({ "currency": "USD", "thresholds": ["9.00"], "ownAddress": true });
            assert_eq!(audit.details, details);
            Ok(())
        }
    });
    store.expect_alerts().return_once(|_, _| Ok(Alerts::default()));
    let command = SetAlertsCommand {
        user: ann(),
        currency: Currency::USD,
        thresholds: Thresholds::new(vec![usd(9)]).ok(),
        email: "ann@example.com".parse().ok(),
        origin: Origin::system(),
    };
    notices(store, MockNoticeStore::new(), MailRoute::Configured).set_alerts(command).await.unwrap();
}

#[tokio::test]
async fn a_page_says_whether_there_is_another() {
    for (found, shown, has_next) in [(2_u128, 2, false), (3, 2, true)] {
        let mut store = MockNoticeStore::new();
        let record = |n| NoticeRecord {
            id: NoticeId::from_uuid(Uuid::from_u128(n)),
            user: ann(),
            body: NoticeBody::BalanceLow { available: usd(4), threshold: usd(5) },
            mail: trunkline_notices::MailState::Sent,
            created_at: Noon.now(),
        };
        store
            .expect_notices()
            .withf(|filter| filter.limit == 3)
            .return_once(move |_| Ok((0..found).rev().map(record).collect()));
        let page =
            notices(MockAlertStore::new(), store, MailRoute::Configured).page(&ann(), None, 2).await.unwrap();
        assert_eq!((page.notices.len(), page.next.is_some()), (shown, has_next));
        assert_eq!(page.next, page.notices.last().filter(|_| has_next).map(|last| last.id));
    }
}

fn moved(n: u128) -> MovedWallet {
    let standing = Standing { version: 1, available: usd(9), thresholds: Thresholds::NONE };
    MovedWallet {
        wallet: WalletId::from_uuid(Uuid::from_u128(n)),
        user: ann(),
        currency: Currency::USD,
        mark: Mark { revision: 3, standing },
        steps: vec![Step { version: 2, available: usd(4) }],
        alerts: Alerts { email: "ann@example.com".parse().ok(), version: 8, ..Alerts::default() },
    }
}

fn watch(store: MockAlertStore) -> BalanceWatch {
    BalanceWatch::new(WatchParts {
        store: Arc::new(store),
        everybody: "5 USD".parse().unwrap(),
        mail: MailRoute::Configured,
        clock: Arc::new(Noon),
        ids: Arc::new(RandomIds),
    })
}

/// With the mark that it was read with, the notice, and an event of it.
#[tokio::test]
async fn a_look_goes_by_what_was_read() {
    let mut store = MockAlertStore::new();
    store.expect_moved_wallets().return_once(|_, _| Ok(vec![moved(1)]));
    store
        .expect_look()
        .withf(|change| {
            let look = &change.body;
            let notice = &look.notices[0];
            assert_eq!((look.after, look.alerts, look.standing.version), (3, 8, 2));
            assert_eq!(notice.body, NoticeBody::BalanceLow { available: usd(4), threshold: usd(5) });
            assert_eq!(notice.delivery, Delivery::To("ann@example.com".parse().unwrap()));
            let event = &change.events[0];
            assert_eq!(
                (event.kind.as_str(), event.subject.clone()),
                ("wallet.balance_low", notice.id.to_string())
            );
            true
        })
        .return_once(|_| Ok(true));
    assert_eq!(watch(store).run_once().await.unwrap(), 1);
}

#[tokio::test]
async fn a_wallet_that_cannot_be_stored_keeps_no_other_from_being_looked_at() {
    let mut store = MockAlertStore::new();
    store.expect_moved_wallets().return_once(|_, _| Ok(vec![moved(1), moved(2), moved(3)]));
    store.expect_look().times(3).returning(|change| match change.body.wallet.as_uuid().as_u128() {
        1 => Err(NoticeStoreError::Broken("for the test".to_owned())),
        2 => Ok(false),
        _ => Ok(true),
    });
    assert_eq!(watch(store).run_once().await.unwrap(), 1, "what somebody else told is not told here");
}
