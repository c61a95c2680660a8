//! From settings to working parts: the store, the provider, and the services over them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use trunkline_domain::{DeploymentId, PriceBook, RandomIds, SystemClock, WebhookUrls};
use trunkline_persistence::{PostgresAddress, PostgresStore, SqliteStore};
use trunkline_provider::{Measured, NumberProvider, ProviderAccount, Unconfigured};
use trunkline_provisioning::{
    CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings, Reconciler,
};
use trunkline_tenancy::Tenancy;
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_voice::Voice;
use trunkline_wallet::Wallets;
use url::Url;

use crate::settings::{DatabaseSettings, Engine, Settings, TwilioSettings};
use crate::store::Store;

/// Everything that commands work with.
pub(crate) struct Parts {
    pub store: Arc<dyn Store>,
    pub provisioning: Provisioning,
    pub reconciler: Reconciler,
    pub wallets: Wallets,
    pub tenancy: Tenancy,
    pub voice: Voice,
    pub prices: CurrentPrices,
}

/// How a command uses the database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// As a server of it; of a SQLite file there is one.
    Serve,
    /// Beside servers, or without any.
    Visit,
}

impl Parts {
    /// Opens the database and puts the services over it.
    pub(crate) async fn open(settings: &Settings, how: Use) -> anyhow::Result<Self> {
        match &settings.database.engine {
            Engine::Sqlite(path) => Self::over(settings, open_sqlite(&settings.database, path, how).await?),
            Engine::Postgres(address) => {
                Self::over(settings, open_postgres(&settings.database, address).await?)
            }
        }
    }

    fn over<S: Store + 'static>(settings: &Settings, store: S) -> anyhow::Result<Self> {
        let store = Arc::new(store);
        let prices = CurrentPrices::new(read_prices(settings.price_file.as_deref())?);
        let (numbers, account) = provider(settings)?;
        let businesses = Arc::<S>::clone(&store);
        let parts =
            ProvisioningParts::over(&store, numbers, businesses, prices.clone()).with_account(account);
        let provisioning_settings = provisioning_settings(settings, store.deployment());
        let reconciler = Reconciler::new(parts.clone(), Arc::<S>::clone(&store), &provisioning_settings);
        let provisioning =
            Provisioning::new(parts, provisioning_settings).context("these times contradict each other")?;
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));
        Ok(Self {
            wallets: Wallets::new(Arc::<S>::clone(&store), clock.clone(), ids.clone()),
            tenancy: Tenancy::new(Arc::<S>::clone(&store), clock, ids),
            voice: Voice::new(Arc::<S>::clone(&store)),
            store,
            provisioning,
            reconciler,
            prices,
        })
    }

    /// Lets what has begun end, and closes the database.
    pub(crate) async fn close(self) {
        self.provisioning.shutdown().await;
        self.store.close().await;
    }
}

/// Brings the database up to this version; makes a SQLite file, or our schema in PostgreSQL, where there is none.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let database = &settings.database;
    let report = match &database.engine {
        Engine::Sqlite(path) => SqliteStore::migrate(&database.sqlite(path, false), &SystemClock).await,
        Engine::Postgres(address) => PostgresStore::migrate(&database.postgres(address)).await,
    };
    let report = report.with_context(|| format!("the database {database} cannot be migrated"))?;
    if !report.applied.is_empty() {
        tracing::info!(version = report.version, applied = report.applied.join(", "), "database migrated");
    }
    Ok(())
}

/// Opens the database alone.
pub(crate) async fn open_store(settings: &Settings, how: Use) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match &settings.database.engine {
        Engine::Sqlite(path) => Arc::new(open_sqlite(&settings.database, path, how).await?),
        Engine::Postgres(address) => Arc::new(open_postgres(&settings.database, address).await?),
    })
}

async fn open_sqlite(database: &DatabaseSettings, path: &Path, how: Use) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(database.sqlite(path, how == Use::Serve), Arc::new(SystemClock))
        .await
        .with_context(|| format!("the database {database} cannot be opened"))
}

async fn open_postgres(
    database: &DatabaseSettings,
    address: &PostgresAddress,
) -> anyhow::Result<PostgresStore> {
    PostgresStore::open(database.postgres(address))
        .await
        .with_context(|| format!("the database {database} cannot be opened"))
}

/// The price file, or the prices that the program carries.
pub(crate) fn read_prices(file: Option<&Path>) -> anyhow::Result<PriceBook> {
    let Some(file) = file else { return Ok(PriceBook::embedded()?) };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the price file {} cannot be read", file.display()))?;
    PriceBook::parse(&text).with_context(|| format!("the price file {} is wrong", file.display()))
}

/// The provider's two faces: its numbers, and the account there.
type Provider = (Arc<dyn NumberProvider>, Arc<dyn ProviderAccount>);

fn provider(settings: &Settings) -> anyhow::Result<Provider> {
    let Some(twilio) = &settings.twilio else { return Ok((Arc::new(Unconfigured), Arc::new(Unconfigured))) };
    let client = Arc::new(twilio_client(twilio, settings.times.request_timeout)?);
    let client = Arc::new(Measured::new(client));
    Ok((Arc::<Measured<TwilioClient>>::clone(&client), client))
}

/// The adapter to an account at Twilio.
pub(crate) fn twilio_client(
    twilio: &TwilioSettings,
    request_timeout: Option<Duration>,
) -> anyhow::Result<TwilioClient> {
    let mut config = TwilioConfig::new(twilio.account_sid.clone(), twilio.auth_token.clone());
    config.credentials = twilio.credentials.clone();
    config.secondary_auth_token.clone_from(&twilio.secondary_auth_token);
    if let Some(base_url) = &twilio.base_url {
        config.base_url = base_url.clone();
    }
    if let Some(request_timeout) = request_timeout {
        config.request_timeout = request_timeout;
        config.connect_timeout = config.connect_timeout.min(request_timeout / 2);
    }
    let http = TwilioClient::http_client(&config)?;
    Ok(TwilioClient::new(http, config))
}

fn provisioning_settings(settings: &Settings, deployment: DeploymentId) -> ProvisioningSettings {
    let mut provisioning = ProvisioningSettings::new(deployment, webhooks(settings.public_url.as_ref()));
    settings.times.apply(&mut provisioning);
    provisioning
}

/// Where Twilio sends what happens on our numbers.
fn webhooks(public_url: Option<&Url>) -> WebhookUrls {
    let at = |path: &str| {
        public_url.map(|url| format!("{}/api/voice-agent/{path}", url.as_str().trim_end_matches('/')))
    };
    WebhookUrls { voice_url: at("handle-call"), sms_url: at("handle-sms"), status_callback_url: at("status") }
}
