//! `trunkline serve`, and the running server that the sandbox shares.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trunkline_dashboard::Banner;
use trunkline_domain::RandomIds;
use trunkline_http::{ApiState, ConnectionLimits, HttpSettings, RateLimiter, StoreReadiness};
use trunkline_provisioning::{CurrentPrices, StoreObserver};
use trunkline_wallet::{LedgerAuditor, StatementCloser};

use crate::arguments::ServeArguments;
use crate::background::Background;
use crate::metrics::Exporter;
use crate::settings::{SettingArguments, Settings, TwilioSettings};
use crate::wiring::{self, Parts, Use};
use crate::{logging, pages, signals, trial};

/// How often the payments of the last days are compared with Stripe's.
const COMPARE_INTERVAL: Duration = Duration::from_hours(6);

/// How often payments that are due are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// How much longer than a purchase's own wait a request may take, and a stopping server waits for requests.
const EDGE_MARGIN: Duration = Duration::from_secs(15);

/// Runs the server until SIGTERM or SIGINT.
pub(crate) async fn run(arguments: &SettingArguments, serve: &ServeArguments) -> anyhow::Result<()> {
    let settings = Settings::read_for_serving(arguments)?;
    logging::install(&settings)?;
    if !serve.no_migrate {
        wiring::migrate(&settings).await?;
    }
    let parts = Parts::open(&settings, Use::Serve).await?;
    let listener = listen(&settings).await?;
    if settings.twilio.is_none() {
        tracing::warn!(
            "no Twilio account is set: searches, purchases and releases answer TWILIO_NOT_CONFIGURED"
        );
    }
    let stop = signals::stop_token("no new requests; what has begun is finished")?;
    serve_until(&settings, parts, listener, stop, |router| router).await
}

/// Binds the address, with an error that says what to do.
pub(crate) async fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; choose another with --listen", settings.listen))
}

/// Serves until stopped, or until a part breaks that it cannot do without; then lets requests and sagas end, and closes
/// the database last. `around` puts what the sandbox has of its own around the routes.
pub(crate) async fn serve_until(
    settings: &Settings,
    parts: Parts,
    listener: TcpListener,
    stop: CancellationToken,
    around: impl FnOnce(Router) -> Router,
) -> anyhow::Result<()> {
    signals::survive_file_limits()?;
    let address = listener.local_addr()?;
    let mut background = background(settings, &parts, &stop).await?;
    reload_prices_on_hangup(settings.price_file.clone(), parts.prices.clone(), stop.clone())?;
    let rates = RateLimiter::new(settings.load.rates.clone());
    if let Some(store) = parts.rates.clone() {
        let (rates, stopping) = (rates.clone(), stop.clone());
        background.start("the count of requests", async move { rates.run(store, stopping).await });
    }
    let banner = banner(settings, &parts, &mut background, &stop);
    let api = api_state(settings, &parts, rates);
    let router = around(pages::router(settings, api, parts.sessions.clone(), banner));
    tracing::info!("listening on http://{address}");
    let patience = parts.provisioning.longest_wait() + EDGE_MARGIN;
    let connections = settings.load.connections;
    let limits = ConnectionLimits { connections, drain: patience, ..ConnectionLimits::default() };
    let mut serving = pin!(trunkline_http::serve(listener, router, limits, stop.clone()));
    let broken = tokio::select! {
        () = &mut serving => None,
        Some(broken) = background.first_broken(&stop) => Some(broken),
    };
    if let Some(broken) = &broken {
        stop.cancel();
        tracing::error!("the server cannot go on and stops: {broken:#}");
        serving.await;
    }
    let ended = background.end().await;
    parts.close().await;
    tracing::info!("stopped");
    match broken {
        Some(broken) => Err(broken.context("the server stopped by itself, to be started again")),
        None => ended,
    }
}

/// What runs beside the requests: recovery, the alarm desk, the watch over balances, mail, payments, the runway, the ledger's audit, the end of months and of sessions, the gauges and the listener
/// that shows them; and the watch over the store.
async fn background(
    settings: &Settings,
    parts: &Parts,
    stop: &CancellationToken,
) -> anyhow::Result<Background> {
    let mut background = Background::default();
    if let Some(address) = settings.metrics_listen {
        let exporter = Exporter::start(address).await?;
        let observer = StoreObserver::new(parts.store.clone(), parts.clock.clone());
        let (interval, stopping) = (settings.metrics_interval, stop.clone());
        background.start("the gauges", async move { observer.run(interval, stopping).await });
        background.start("the metrics listener", exporter.serve(stop.clone()));
    }
    let (alarms, stopping) = (parts.alarms.clone(), stop.clone());
    background.start("the alarm desk", async move { alarms.run(stopping).await });
    let auditor = LedgerAuditor::new(parts.store.clone(), parts.clock.clone())
        .with_alarms(Arc::new(parts.alarms.clone()));
    let (interval, stopping) = (settings.ledger_check_interval, stop.clone());
    background.start("the ledger's audit", async move { auditor.run(interval, stopping).await });
    let closer = StatementCloser::new(parts.store.clone(), parts.clock.clone(), Arc::new(RandomIds));
    let stopping = stop.clone();
    background.start("the end of months", async move { closer.run(stopping).await });
    let (watch, stopping) = (parts.watch.clone(), stop.clone());
    background.start("the watch over balances", async move { watch.run(stopping).await });
    if let Some(courier) = parts.courier.clone() {
        let stopping = stop.clone();
        background.start("the mail to customers", async move { courier.run(stopping).await });
    }
    let (sessions, stopping) = (parts.sessions.clone(), stop.clone());
    background.start("the end of sessions", async move { sessions.run(stopping).await });
    let (provisioning, stopping) = (parts.provisioning.clone(), stop.clone());
    background.start("recovery", async move { provisioning.run(stopping).await });
    if settings.twilio.is_some() {
        let (runway, interval, stopping) =
            (parts.runway.clone(), settings.balance_check_interval, stop.clone());
        background.start("the runway", async move { runway.run(interval, stopping).await });
    }
    if let Some(payments) = parts.payments.clone() {
        let (comparing, stopping) = (payments.clone(), stop.clone());
        background.start("the comparison of payments", async move {
            comparing.compare_again_and_again(COMPARE_INTERVAL, stopping).await;
        });
        let (sweep_interval, stopping) = (payments.look_after().min(SWEEP_INTERVAL), stop.clone());
        background.start("payments", async move { payments.run(sweep_interval, stopping).await });
    }
    if let Some(top_ups) = parts.top_ups.clone() {
        let stopping = stop.clone();
        background.start("automatic top-ups", async move { top_ups.run(stopping).await });
    }
    let (store, stopping) = (parts.store.clone(), stop.clone());
    background.start("the database's writer", async move {
        stopping.run_until_cancelled(store.lost()).await;
    });
    Ok(background)
}

/// What stands above every page: a sandbox says that it is one, and an account at Twilio whether it is on trial.
fn banner(
    settings: &Settings,
    parts: &Parts,
    background: &mut Background,
    stop: &CancellationToken,
) -> Banner {
    let banner = Banner::default();
    if let Some(text) = settings.banner {
        banner.say(Some(text.to_owned()));
    } else if settings.twilio.is_some() && settings.public_url.is_some() {
        let (account, said, interval) =
            (Arc::clone(&parts.account), banner.clone(), settings.balance_check_interval);
        background.start("the look at the account", trial::watch(account, said, interval, stop.clone()));
    }
    banner
}

fn api_state(settings: &Settings, parts: &Parts, rates: RateLimiter) -> ApiState {
    let tokens = settings.twilio.as_ref().map(TwilioSettings::webhook_auth_tokens).unwrap_or_default();
    ApiState {
        provisioning: parts.provisioning.clone(),
        wallets: parts.wallets.clone(),
        payments: parts.payments.clone(),
        top_ups: parts.top_ups.clone(),
        statements: parts.statements.clone(),
        tenancy: parts.tenancy.clone(),
        audit: parts.audit.clone(),
        voice: parts.voice.clone(),
        sales: parts.sales.clone(),
        limits: parts.limits.clone(),
        runway: parts.runway.clone(),
        alarms: parts.alarms.clone(),
        notices: parts.notices.clone(),
        webhook_auth_tokens: tokens,
        public_url: settings.public_url.clone(),
        rates,
        settings: HttpSettings {
            request_timeout: parts.provisioning.longest_wait() + EDGE_MARGIN,
            requests_at_once: settings.load.requests_at_once,
            cors_allowed_origins: settings.cors_allowed_origins.clone(),
            ..HttpSettings::new(settings.default_currency)
        },
        readiness: Arc::new(StoreReadiness::new(parts.store.clone(), parts.clock.clone())),
    }
}

/// At SIGHUP the price file is read again; a bad one keeps the prices in force.
fn reload_prices_on_hangup(
    file: Option<PathBuf>,
    prices: CurrentPrices,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    signals::on_hangup(stop, move || {
        let (file, prices) = (file.clone(), prices.clone());
        async move {
            let read = tokio::task::spawn_blocking(move || wiring::read_prices(file.as_deref())).await;
            match read {
                Ok(Ok(book)) => {
                    tracing::info!(prices = book.offers().len(), "prices read again");
                    prices.replace(book);
                }
                Ok(Err(error)) => tracing::error!("the prices stay as they are: {error:#}"),
                Err(error) => tracing::error!(%error, "the prices stay as they are"),
            }
        }
    })
}
