//! Wires Trunkline into a service of one's own: a database, Twilio, prices, and the background work.
//!
//! With the sandbox running beside it: `. trunkline-sandbox/sandbox.env && cargo run -p trunkline-embedding-example`.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Currency, Money, Origin, PriceBook, RandomIds, SystemClock, UserId, WebhookUrls};
use trunkline_embedding_example::{Studio, router};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::{CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings};
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_wallet::{CreditCommand, Wallets};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The store. It can share a machine with the host's own database, or a PostgreSQL schema with its tables.
    let options = SqliteOptions { exclusive: true, ..SqliteOptions::new("studio.db") };
    SqliteStore::migrate(&options, &SystemClock).await?;
    let store = Arc::new(SqliteStore::open(options, Arc::new(SystemClock)).await?);

    // Twilio. The host decides where settings come from; the crates read no environment.
    let setting = |name: &str| std::env::var(name).with_context(|| format!("set {name}"));
    let mut twilio =
        TwilioConfig::new(setting("TWILIO_ACCOUNT_SID")?.parse()?, setting("TWILIO_AUTH_TOKEN")?.into());
    twilio.base_url = setting("TWILIO_BASE_URL")?.parse().context("TWILIO_BASE_URL")?;
    let client = TwilioClient::new(TwilioClient::http_client(&twilio)?, twilio);

    // The host's own users, and the facade over all of it.
    let ann: UserId = "ann".parse()?;
    let sessions = HashMap::from([("ann-is-signed-in".to_owned(), ann.clone())]);
    let studio = Arc::new(Studio { sessions, studios: HashMap::new() });
    let prices = CurrentPrices::new(PriceBook::embedded()?);
    let parts = ProvisioningParts::over(&store, Arc::new(client), Arc::<Studio>::clone(&studio), prices);
    let settings = ProvisioningSettings::new(store.deployment(), WebhookUrls::default());
    let provisioning = Provisioning::new(parts, settings)?;

    // Money comes in however the host takes it.
    let wallets = Wallets::new(Arc::<SqliteStore>::clone(&store), Arc::new(SystemClock), Arc::new(RandomIds));
    let amount = Money::parse("5.00", Currency::USD)?;
    let (request, origin) = (None, Origin::command_line());
    wallets
        .credit(CreditCommand { user: ann, amount, reason: "A present".to_owned(), request, origin })
        .await?;

    // Serve; the background work runs beside it, and what has begun is finished before the end.
    let stop = CancellationToken::new();
    let worker = tokio::spawn({
        let (provisioning, stop) = (provisioning.clone(), stop.clone());
        async move { provisioning.run(stop).await }
    });
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    let stopped = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, router(studio, provisioning.clone())).with_graceful_shutdown(stopped).await?;
    stop.cancel();
    worker.await?;
    provisioning.shutdown().await;
    if let Some(store) = Arc::into_inner(store) {
        store.close().await;
    }
    Ok(())
}
