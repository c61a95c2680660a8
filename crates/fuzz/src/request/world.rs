//! What requests meet: the router as the server puts it together, on a SQLite file of its own, without a provider. Ann and
//! Ben are users, and there is a key of each kind.
//!
//! What a request leaves in the database stays for the next ones, as it does for strangers; after some hundred the file
//! is a new one, so that it stays small and an input finds about the same world when it is tried again.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use trunkline_alarms::{AlarmDesk, DeskParts, DeskSettings};
use trunkline_domain::{
    Clock, Currency, IdSource, Origin, PriceBook, RandomIds, SystemClock, UserId, WebhookUrls,
};
use trunkline_http::{
    ApiState, HttpSettings, RateLimiter, RateSettings, StoreReadiness, TrustedProxies, router,
};
use trunkline_notices::{DefaultThresholds, MailRoute, NoticeParts, Notices};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provider::Unconfigured;
use trunkline_provisioning::{
    CurrentPrices, Limits, Provisioning, ProvisioningCauses, ProvisioningParts, ProvisioningSettings, Runway,
    Sales, UserLimits,
};
use trunkline_tenancy::{AddUserCommand, AuditTrail, KeyHolder, KeyLimits, MakeKeyCommand, Tenancy};
use trunkline_voice::Voice;
use trunkline_wallet::{Statements, Wallets};

use super::{ANSWER_MAX, Answer};

pub(super) const AUTH_TOKEN: &str = "12345";
pub(super) const PUBLIC_URL: &str = "https://numbers.example";
/// After so many requests the world begins anew.
const REQUESTS_MAX: u32 = 500;

pub(super) struct World {
    // Dropped in this order: nobody works in a folder that is gone.
    router: Router,
    runtime: Runtime,
    keys: Vec<(&'static str, HeaderValue)>,
    requests: u32,
    _folder: TempDir,
}

/// Runs with the thread's world.
pub(super) fn with(run: impl FnOnce(&World)) {
    thread_local! {
        static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
    }
    WORLD.with_borrow_mut(|world| {
        if world.as_ref().is_some_and(|world| world.requests >= REQUESTS_MAX) {
            *world = None;
        }
        let world = world.get_or_insert_with(World::new);
        world.requests += 1;
        run(world);
    });
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // In memory, where the system has a folder for that: nothing here is to outlive the process.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() && std::env::var_os("TMPDIR").is_none() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        let folder = folder.expect("a folder for a database");
        let (router, keys) = runtime.block_on(furnish(&folder.path().join("fuzz.db")));
        Self { router, runtime, keys, requests: 0, _folder: folder }
    }

    /// The header in which this caller shows their key.
    pub(super) fn key_of(&self, name: &str) -> Option<HeaderValue> {
        self.keys.iter().find(|(holder, _)| *holder == name).map(|(_, key)| key.clone())
    }

    pub(super) fn answer(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.expect("a router does not fail");
            let (parts, body) = answer.into_parts();
            let body = to_bytes(body, ANSWER_MAX + 1).await.expect("an answer comes whole, and is bounded");
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }
}

async fn furnish(path: &Path) -> (Router, Vec<(&'static str, HeaderValue)>) {
    let options = SqliteOptions { read_connections: 1, ..SqliteOptions::new(path) };
    SqliteStore::migrate(&options, &SystemClock).await.expect("a new file is migrated");
    let store = SqliteStore::open(options, Arc::new(SystemClock)).await.expect("the file is opened");
    let tenancy = Tenancy::new(Arc::new(store.clone()), Arc::new(SystemClock), Arc::new(RandomIds));
    let mut keys = Vec::new();
    for name in ["ann", "ben"] {
        let id: UserId = name.parse().expect("a user's id");
        let user = AddUserCommand { id: id.clone(), email: None, origin: Origin::command_line() };
        tenancy.add_user(user).await.expect("a user is added");
        keys.push((name, shown(&tenancy, KeyHolder::User { user: id }).await));
    }
    keys.push(("service", shown(&tenancy, KeyHolder::Service).await));
    keys.push(("operator", shown(&tenancy, KeyHolder::Operator).await));
    (router(state(&Arc::new(store), tenancy)), keys)
}

async fn shown(tenancy: &Tenancy, holder: KeyHolder) -> HeaderValue {
    let command = MakeKeyCommand {
        holder,
        name: None,
        scopes: None,
        expires_at: None,
        limits: KeyLimits::NONE,
        origin: Origin::command_line(),
    };
    let issued = tenancy.make_key(command).await.expect("a key is made");
    format!("Bearer {}", issued.secret.expose()).parse().expect("a key is a header's value")
}

fn state(store: &Arc<SqliteStore>, tenancy: Tenancy) -> ApiState {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn IdSource>) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let prices = CurrentPrices::new(PriceBook::embedded().expect("the embedded prices are good"));
    let parts = ProvisioningParts::over(store, Arc::new(Unconfigured), store.clone(), prices);
    let settings = ProvisioningSettings::new(store.deployment(), WebhookUrls::default());
    let desk = DeskParts {
        store: store.clone(),
        causes: Arc::new(ProvisioningCauses::new(parts.clone(), &settings)),
        courier: None,
        clock: clock.clone(),
        ids: ids.clone(),
    };
    let notices = NoticeParts {
        alerts: store.clone(),
        notices: store.clone(),
        clock: clock.clone(),
        everybody: DefaultThresholds::NONE,
        mail: MailRoute::Missing,
    };
    let nobody_is_counted =
        RateSettings { per_caller: None, per_address: None, trusted_proxies: TrustedProxies::NONE };
    ApiState {
        sales: Sales::new(store.clone(), clock.clone()),
        limits: Limits::new(store.clone(), clock.clone(), UserLimits::NONE),
        runway: Runway::new(parts.clone(), store.clone(), None),
        alarms: AlarmDesk::new(desk, DeskSettings::default()),
        notices: Notices::new(notices),
        provisioning: Provisioning::new(parts, settings).expect("the usual times agree"),
        payments: None,
        top_ups: None,
        wallets: Wallets::new(store.clone(), clock.clone(), ids),
        statements: Statements::new(store.clone(), clock.clone()),
        tenancy,
        audit: AuditTrail::new(store.clone()),
        voice: Voice::new(store.clone()),
        webhook_auth_tokens: vec![AUTH_TOKEN.into()],
        public_url: Some(PUBLIC_URL.parse().expect("an address")),
        rates: RateLimiter::new(nobody_is_counted),
        settings: HttpSettings::new(Currency::USD),
        readiness: Arc::new(StoreReadiness::new(store.clone(), clock)),
    }
}
