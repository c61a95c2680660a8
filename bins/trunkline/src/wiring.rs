//! From settings to working parts: the store, the provider, and the services over them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use trunkline_alarms::{AlarmDesk, Courier, DeskParts, DeskSettings, WebhookCourier, WebhookSettings};
use trunkline_domain::{Clock, DeploymentId, PriceBook, RandomIds, SystemClock, WebhookUrls};
use trunkline_identity::JwtVerifier;
use trunkline_notices::{
    BalanceWatch, CourierParts, MailRoute, NoticeCourier, NoticeParts, Notices, SmtpMailer, WatchParts,
};
use trunkline_payments::{
    PaymentParts, PaymentTerms, Payments, ReturnPages, StripeConfig, StripeGateway, TopUpSettings, TopUps,
};
use trunkline_persistence::{PostgresAddress, PostgresStore, SqliteStore};
use trunkline_provider::{Measured, NumberProvider, ProviderAccount, Unconfigured};
use trunkline_provisioning::{
    CurrentPrices, Limits, Provisioning, ProvisioningCauses, ProvisioningParts, ProvisioningSettings, Runway,
    Sales,
};
use trunkline_sessions::{Costs, IdentityProvider, OidcProvider, Passwords, SessionParts, Sessions};
use trunkline_tenancy::{AuditTrail, RateStore, Tenancy};
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_voice::Voice;
use trunkline_wallet::{Statements, Wallets};
use url::Url;
use uuid::Uuid;

use crate::sandbox_clock::SandboxClock;
use crate::settings::{DatabaseSettings, Engine, Settings, TwilioSettings};
use crate::store::Store;

/// Everything that commands work with.
pub(crate) struct Parts {
    pub store: Arc<dyn Store>,
    pub provisioning: Provisioning,
    pub runway: Runway,
    /// The account at the provider.
    pub account: Arc<dyn ProviderAccount>,
    pub sales: Sales,
    pub limits: Limits,
    /// Where servers of one database tell each other what was asked; nowhere where there is one server.
    pub rates: Option<Arc<dyn RateStore>>,
    pub wallets: Wallets,
    /// Customers' payments, where Stripe's account is set.
    pub payments: Option<Payments>,
    /// Their automatic top-ups, where that is so.
    pub top_ups: Option<TopUps>,
    /// Wallets by month.
    pub statements: Statements,
    pub tenancy: Tenancy,
    /// Who is signed in at a browser.
    pub sessions: Sessions,
    pub audit: AuditTrail,
    pub voice: Voice,
    pub prices: CurrentPrices,
    pub alarms: AlarmDesk,
    pub notices: Notices,
    pub watch: BalanceWatch,
    /// Who carries mail to customers; nobody where no mail server is set.
    pub courier: Option<NoticeCourier>,
    /// Whose time everything here goes by: the machine's, but in the sandbox.
    pub clock: Arc<dyn Clock>,
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
        Self::open_by(settings, how, clock_of(&settings.database, how)?).await
    }

    /// The same by another clock, which the sandbox moves.
    pub(crate) async fn open_by(
        settings: &Settings,
        how: Use,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let database = &settings.database;
        match &database.engine {
            Engine::Sqlite(path) => {
                let store = open_sqlite(database, path, how, Arc::clone(&clock)).await?;
                Self::over(settings, store, clock)
            }
            Engine::Postgres(address) => {
                let store = open_postgres(database, address).await?;
                let rates: Arc<dyn RateStore> = Arc::new(store.clone());
                Ok(Self { rates: Some(rates), ..Self::over(settings, store, clock)? })
            }
        }
    }

    fn over<S: Store + 'static>(
        settings: &Settings,
        store: S,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let store = Arc::new(store);
        let prices = CurrentPrices::new(read_prices(settings.price_file.as_deref())?);
        let (numbers, account) = provider(settings)?;
        let businesses = Arc::<S>::clone(&store);
        let parts = ProvisioningParts::over(&store, numbers, businesses, prices.clone())
            .with_account(Arc::clone(&account));
        let parts = ProvisioningParts { clock: Arc::clone(&clock), ..parts };
        let provisioning_settings = provisioning_settings(settings, store.deployment());
        let causes = ProvisioningCauses::new(parts.clone(), &provisioning_settings);
        let alarms = desk(settings, &store, causes, &clock)?;
        let parts = parts.with_alarms(Arc::new(alarms.clone()));
        let runway = Runway::new(parts.clone(), Arc::<S>::clone(&store), settings.balance_floor)
            .with_purchases_per_day(settings.purchases_per_day);
        let provisioning =
            Provisioning::new(parts, provisioning_settings).context("these times contradict each other")?;
        let ids = Arc::new(RandomIds);
        let (notices, watch, courier) = notices(settings, &store, &alarms, &clock)?;
        let payments = payments(settings, &store, &alarms, &clock)?;
        let tenancy = Tenancy::new(Arc::<S>::clone(&store), clock.clone(), ids.clone());
        let tenancy = with_tokens(tenancy, settings)?;
        Ok(Self {
            wallets: Wallets::new(Arc::<S>::clone(&store), clock.clone(), ids)
                .with_approvals_above(settings.approval_above.clone()),
            top_ups: top_ups(settings, payments.as_ref()),
            payments,
            statements: Statements::new(Arc::<S>::clone(&store), clock.clone()),
            sales: Sales::new(Arc::<S>::clone(&store), clock.clone()),
            limits: Limits::new(Arc::<S>::clone(&store), clock.clone(), settings.user_limits.clone()),
            audit: AuditTrail::new(Arc::<S>::clone(&store)),
            rates: None,
            sessions: sessions(settings, &store, &tenancy, &clock)?,
            tenancy,
            voice: Voice::new(Arc::<S>::clone(&store)),
            store,
            provisioning,
            runway,
            account,
            prices,
            alarms,
            notices,
            watch,
            courier,
            clock,
        })
    }

    /// Lets what has begun end, stores the alarms of it, and closes the database.
    pub(crate) async fn close(self) {
        self.provisioning.shutdown().await;
        self.alarms.drain().await;
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
        Engine::Sqlite(path) => {
            let clock = clock_of(&settings.database, how)?;
            Arc::new(open_sqlite(&settings.database, path, how, clock).await?)
        }
        Engine::Postgres(address) => Arc::new(open_postgres(&settings.database, address).await?),
    })
}

/// The machine's clock. A sandbox's database may be ahead of it: commands beside the sandbox follow, and a server of
/// customers does not begin with books that are ahead of its time.
fn clock_of(database: &DatabaseSettings, how: Use) -> anyhow::Result<Arc<dyn Clock>> {
    let Engine::Sqlite(path) = &database.engine else { return Ok(Arc::new(SystemClock)) };
    let sandbox = SandboxClock::beside(path)?;
    match (sandbox.ahead().is_zero(), how) {
        (true, _) => Ok(Arc::new(SystemClock)),
        (false, Use::Visit) => Ok(Arc::new(sandbox)),
        (false, Use::Serve) => bail!(
            "{database} is a sandbox's, whose clock was moved {} days ahead: `trunkline sandbox` serves it",
            sandbox.ahead().num_days()
        ),
    }
}

/// Customers' payments at Stripe, where its account is set. Its times are Stripe's, so signatures are judged by the
/// server's clock, which a sandbox moves together with its simulator's.
fn payments<S: Store + 'static>(
    settings: &Settings,
    store: &Arc<S>,
    alarms: &AlarmDesk,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Payments>> {
    let (Some(stripe), Some(public_url)) = (&settings.payments, &settings.public_url) else {
        return Ok(None);
    };
    let deployment = store.deployment();
    let mut config =
        StripeConfig::new(stripe.secret_key.clone(), stripe.webhook_secrets.clone(), deployment.to_string());
    if let Some(api_url) = &stripe.api_url {
        config.api_url = api_url.clone();
    }
    let http = StripeGateway::http_client(&config).context("Stripe cannot be spoken to from here")?;
    let page = |path: &str| Url::parse(&format!("{}{path}", public_url.as_str().trim_end_matches('/')));
    let terms = PaymentTerms {
        deployment,
        bounds: stripe.bounds.clone(),
        pages: ReturnPages { done: page("/payment/done")?, cancelled: page("/payment/cancelled")? },
        look_after: stripe.look_after,
    };
    let parts = PaymentParts {
        gateway: Arc::new(StripeGateway::new(http, config)),
        store: Arc::<S>::clone(store),
        top_ups: Arc::<S>::clone(store),
        alerts: Arc::<S>::clone(store),
        mail: mail_route(settings),
        clock: Arc::clone(clock),
        ids: Arc::new(RandomIds),
        alarms: Arc::new(alarms.clone()),
    };
    Ok(Some(Payments::new(parts, terms)))
}

/// The automatic top-ups beside payments.
fn top_ups(settings: &Settings, payments: Option<&Payments>) -> Option<TopUps> {
    let cool_down = settings.payments.as_ref()?.top_up_cool_down;
    Some(TopUps::new(payments?.clone(), TopUpSettings { cool_down }))
}

const fn mail_route(settings: &Settings) -> MailRoute {
    if settings.mail.is_some() { MailRoute::Configured } else { MailRoute::Missing }
}

/// From opening an order, how long a purchase of it may be on its way to Twilio.
pub(crate) fn longest_on_the_wire(settings: &Settings) -> Duration {
    let nowhere = provisioning_settings(settings, DeploymentId::from_uuid(Uuid::nil()));
    nowhere.send_window + nowhere.request_timeout + nowhere.settle_margin
}

async fn open_sqlite(
    database: &DatabaseSettings,
    path: &Path,
    how: Use,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(database.sqlite(path, how == Use::Serve), clock)
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

/// The desk that remembers alarms, and has them told where an address is set.
fn desk<S: Store + 'static>(
    settings: &Settings,
    store: &Arc<S>,
    causes: ProvisioningCauses,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<AlarmDesk> {
    let courier = match &settings.alarm_webhook {
        Some(webhook) => {
            let http = WebhookCourier::http_client(&webhook.url)
                .context("ALARM_WEBHOOK_URL cannot be spoken to from here")?;
            let (url, secret) = (webhook.url.clone(), webhook.secret.clone());
            let webhook = WebhookSettings { url, secret, deployment: store.deployment() };
            let courier = WebhookCourier::new(http, webhook, Arc::clone(clock));
            Some(Arc::new(courier) as Arc<dyn Courier>)
        }
        None => None,
    };
    let parts = DeskParts {
        store: Arc::<S>::clone(store),
        causes: Arc::new(causes),
        courier,
        clock: Arc::clone(clock),
        ids: Arc::new(RandomIds),
    };
    Ok(AlarmDesk::new(parts, DeskSettings::default()))
}

/// What tells customers: the service, the watch over balances, and who carries mail where a server is set.
fn notices<S: Store + 'static>(
    settings: &Settings,
    store: &Arc<S>,
    alarms: &AlarmDesk,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(Notices, BalanceWatch, Option<NoticeCourier>)> {
    let everybody = settings.low_balance_at.clone();
    let mail = mail_route(settings);
    let service = Notices::new(NoticeParts {
        alerts: Arc::<S>::clone(store),
        notices: Arc::<S>::clone(store),
        clock: Arc::clone(clock),
        everybody: everybody.clone(),
        mail,
    });
    let watch = BalanceWatch::new(WatchParts {
        store: Arc::<S>::clone(store),
        everybody,
        mail,
        clock: Arc::clone(clock),
        ids: Arc::new(RandomIds),
    });
    let courier = mailer(settings)?.map(|mailer| {
        NoticeCourier::new(CourierParts {
            store: Arc::<S>::clone(store),
            mailer: Arc::new(mailer),
            alarms: Arc::new(alarms.clone()),
            clock: Arc::clone(clock),
        })
    });
    Ok((service, watch, courier))
}

/// The way to the mail server that is set.
pub(crate) fn mailer(settings: &Settings) -> anyhow::Result<Option<SmtpMailer>> {
    let Some(mail) = &settings.mail else { return Ok(None) };
    let mailer = SmtpMailer::new(mail.server.clone(), mail.from.clone());
    mailer.map(Some).context("the mail server of SMTP_URL cannot be spoken to from this machine")
}

/// Tokens of the identity provider open the door too, where one is configured. Their times are the issuer's, so the
/// machine's clock judges them, whatever a sandbox does with its own.
fn with_tokens(tenancy: Tenancy, settings: &Settings) -> anyhow::Result<Tenancy> {
    let Some(identity) = &settings.identity else { return Ok(tenancy) };
    let verifier = JwtVerifier::new(identity.tokens.clone(), Arc::new(SystemClock))
        .context("the identity provider's keys cannot be fetched from this machine")?;
    Ok(tenancy.with_tokens(Arc::new(verifier), identity.newcomers))
}

/// Signing in at a browser. Like every other, the times of an identity provider's tokens are judged by the machine's clock.
fn sessions<S: Store + 'static>(
    settings: &Settings,
    store: &Arc<S>,
    tenancy: &Tenancy,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Sessions> {
    let oidc = match (&settings.oidc, &settings.public_url) {
        (Some(oidc), Some(public_url)) => {
            let callback = public_url.as_str().trim_end_matches('/');
            let callback = Url::parse(&format!("{callback}{}", Sessions::OIDC_CALLBACK))?;
            let provider = OidcProvider::new(oidc.clone(), callback, Arc::new(SystemClock))
                .context("the identity provider cannot be spoken to from this machine")?;
            Some(Arc::new(provider) as Arc<dyn IdentityProvider>)
        }
        (Some(_) | None, Some(_) | None) => None,
    };
    let parts = SessionParts {
        store: Arc::<S>::clone(store),
        tenancy: tenancy.clone(),
        passwords: Passwords::new(Costs::Recommended),
        oidc,
        clock: Arc::clone(clock),
        ids: Arc::new(RandomIds),
    };
    Ok(Sessions::new(parts, settings.sessions.clone()))
}

/// The provider's two faces: its numbers, and the account there.
type Provider = (Arc<dyn NumberProvider>, Arc<dyn ProviderAccount>);

pub(crate) fn provider(settings: &Settings) -> anyhow::Result<Provider> {
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
    provisioning.purchases_per_day = settings.purchases_per_day;
    provisioning.user_limits = settings.user_limits.clone();
    provisioning
}

/// Where Twilio sends what happens on our numbers.
fn webhooks(public_url: Option<&Url>) -> WebhookUrls {
    let at = |path: &str| {
        public_url.map(|url| format!("{}/api/voice-agent/{path}", url.as_str().trim_end_matches('/')))
    };
    WebhookUrls { voice_url: at("handle-call"), sms_url: at("handle-sms"), status_callback_url: at("status") }
}
