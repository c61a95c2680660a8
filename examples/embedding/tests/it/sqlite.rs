//! On SQLite, with the simulated Twilio: the number is really bought and paid.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use trunkline_domain::{Currency, Money, Origin, PriceBook, RandomIds, SystemClock, UserId, WebhookUrls};
use trunkline_embedding_example::{Studio, router};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::{CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings};
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_twilio_sim::{NumberType, Simulator, SimulatorConfig};
use trunkline_wallet::{CreditCommand, Wallets};

use crate::ask;

const ACCOUNT_SID: &str = "AC00000000000000000000000000000009";

#[tokio::test]
async fn a_coach_gets_a_number_and_ann_pays_for_it() {
    let config = SimulatorConfig::new(ACCOUNT_SID, "token");
    let simulator = Simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), config).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new(folder.path().join("studio.db"));
    SqliteStore::migrate(&options, &SystemClock).await.unwrap();
    let store = Arc::new(SqliteStore::open(options, Arc::new(SystemClock)).await.unwrap());

    let ann: UserId = "ann".parse().unwrap();
    let sessions = HashMap::from([("s1".to_owned(), ann.clone())]);
    let studio = Arc::new(Studio { sessions, studios: HashMap::new() });
    let mut twilio = TwilioConfig::new(ACCOUNT_SID.parse().unwrap(), "token".into());
    twilio.base_url = simulator.url().parse().unwrap();
    let client = TwilioClient::new(TwilioClient::http_client(&twilio).unwrap(), twilio);
    let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
    let parts = ProvisioningParts::over(&store, Arc::new(client), Arc::<Studio>::clone(&studio), prices);
    let settings = ProvisioningSettings::new(store.deployment(), WebhookUrls::default());
    let service = router(studio, Provisioning::new(parts, settings).unwrap());

    let number = simulator.admin().available("US", NumberType::Local)[0].phone_number.clone();
    let (status, answer) = ask(service.clone(), "s1", &number).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED, "{answer}");

    let wallets = Wallets::new(Arc::<SqliteStore>::clone(&store), Arc::new(SystemClock), Arc::new(RandomIds));
    let amount = Money::parse("5.00", Currency::USD).unwrap();
    let (request, origin) = (None, Origin::system());
    let credit = CreditCommand { user: ann.clone(), amount, reason: "A present".to_owned(), request, origin };
    wallets.credit(credit).await.unwrap();
    let (status, answer) = ask(service, "s1", &number).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["number"], *number);
    assert_eq!(simulator.admin().owned().len(), 1);
    let balance = wallets.balance(&ann, Currency::USD).await.unwrap();
    assert_eq!(balance.available().unwrap().to_string(), "3.50 USD");
}
