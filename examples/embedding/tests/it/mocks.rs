//! Against mocks of Trunkline's ports: how a host tests its own handler without a database.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use trunkline_alarms::LoggedAlarms;
use trunkline_domain::{Currency, Money, PriceBook, RandomIds, SystemClock, WebhookUrls};
use trunkline_embedding_example::{Studio, router};
use trunkline_provider::MockNumberProvider;
use trunkline_provisioning::port::{
    MockNumberStore, MockOrderStore, MockOrphanStore, MockPurchaseStore, MockReconciliationStore,
    MockReleaseStore, OpenAnswer, OpenRefusal,
};
use trunkline_provisioning::{CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings};

use crate::ask;

#[tokio::test]
async fn a_poor_user_is_told_what_is_missing() {
    let mut provider = MockNumberProvider::new();
    provider.expect_account().returning(|| Ok("AC00000000000000000000000000000009".parse().unwrap()));
    let mut purchases = MockPurchaseStore::new();
    purchases.expect_open().times(1).returning(|change| {
        let required = change.body.hold.amount;
        let available = Money::parse("0.20", Currency::USD).unwrap();
        Ok(OpenAnswer::Refused(OpenRefusal::InsufficientBalance { required, available }))
    });
    let sessions = HashMap::from([("s1".to_owned(), "ann".parse().unwrap())]);
    let studio = Arc::new(Studio { sessions, studios: HashMap::new() });
    let parts = ProvisioningParts {
        alarms: Arc::new(LoggedAlarms),
        provider: Arc::new(provider),
        account: Arc::new(trunkline_provider::Unconfigured),
        purchases: Arc::new(purchases),
        releases: Arc::new(MockReleaseStore::new()),
        orphans: Arc::new(MockOrphanStore::new()),
        reconciliations: Arc::new(MockReconciliationStore::new()),
        numbers: Arc::new(MockNumberStore::new()),
        orders: Arc::new(MockOrderStore::new()),
        businesses: Arc::<Studio>::clone(&studio),
        prices: CurrentPrices::new(PriceBook::embedded().unwrap()),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    };
    let deployment = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
    let settings = ProvisioningSettings::new(deployment, WebhookUrls::default());
    let service = router(studio, Provisioning::new(parts, settings).unwrap());

    let (status, answer) = ask(service.clone(), "s1", "+1 415 230 0101").await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer["sorry"], "it costs 1.50 USD, and you have 0.20 USD");
    let (status, _) = ask(service, "nobody", "+1 415 230 0101").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
