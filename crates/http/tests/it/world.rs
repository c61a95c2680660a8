//! The world of a test: the router over services on mocked ports, four keys, and requests.
//!
//! A mock that is asked what no test told it panics, which the router turns into a 500: so "nothing was asked of the
//! store" needs no extra words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tower::ServiceExt;
use trunkline_alarms::{AlarmDesk, DeskParts, DeskSettings, LoggedAlarms, MockAlarmStore, MockCauses};
use trunkline_domain::{ApiKeyId, Clock, Currency, DeploymentId, IdSource, PriceBook, UserId};
use trunkline_http::{ApiState, HttpSettings, NotReady, RateLimiter, RateSettings, Readiness, router};
use trunkline_notices::{MailRoute, MockAlertStore, MockNoticeStore, NoticeParts, Notices};
use trunkline_provider::{MockNumberProvider, MockProviderAccount};
use trunkline_provisioning::port::{
    Businesses, MockBusinesses, MockDecisionStore, MockLimitStore, MockNumberStore, MockOrderStore,
    MockOrphanStore, MockPurchaseStore, MockReconciliationStore, MockReleaseStore, MockSalesStore, Place,
    SalesStore,
};
use trunkline_provisioning::{
    BalanceFloor, CurrentPrices, Limits, Provisioning, ProvisioningParts, ProvisioningSettings, Runway,
    Sales, UserLimits,
};
use trunkline_tenancy::{
    ApiKey, ApiKeySecret, AuditTrail, KeyHolder, KeyScope, KeyScopes, MemberRole, MockAuditReader,
    MockTenancyStore, MockTokenVerifier, Newcomers, Share, Tenancy, User,
};
use trunkline_voice::{MockNumberDirectory, Voice};
use trunkline_wallet::{MockStatementStore, MockWalletStore, Statements, Wallets};
use uuid::Uuid;

use crate::sample::{account, ann, at, bakery, number, order, webhooks};
use crate::{described, log};

/// Whose key a request shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Ann,
    Ben,
    Service,
    Operator,
    Revoked,
    Expired,
    /// Ann's, for reading alone.
    Reader,
    /// Ann's, for everything but reading.
    Writer,
    /// Ann's, for reading and keys, for another hour.
    Keeper,
    /// An operator's, for everything but what operators alone may do.
    Clerk,
}

impl Key {
    const ALL: [Self; 10] = [
        Self::Ann,
        Self::Ben,
        Self::Service,
        Self::Operator,
        Self::Revoked,
        Self::Expired,
        Self::Reader,
        Self::Writer,
        Self::Keeper,
        Self::Clerk,
    ];

    pub(crate) fn secret(self) -> String {
        let letter = match self {
            Self::Ann => "a",
            Self::Ben => "b",
            Self::Service => "s",
            Self::Operator => "o",
            Self::Revoked => "r",
            Self::Expired => "e",
            Self::Reader => "d",
            Self::Writer => "w",
            Self::Keeper => "k",
            Self::Clerk => "c",
        };
        format!("tl_{}", letter.repeat(43))
    }

    pub(crate) fn stored(self) -> ApiKey {
        let holder = match self {
            Self::Ann | Self::Revoked | Self::Expired | Self::Reader | Self::Writer | Self::Keeper => {
                KeyHolder::User { user: ann() }
            }
            Self::Ben => KeyHolder::User { user: "ben".parse().unwrap() },
            Self::Service => KeyHolder::Service,
            Self::Operator | Self::Clerk => KeyHolder::Operator,
        };
        ApiKey {
            id: ApiKeyId::from_uuid(Uuid::from_u64_pair(1, 1)),
            hash: self.secret().parse::<ApiKeySecret>().unwrap().hash(),
            scopes: match self {
                Self::Reader => KeyScopes::NONE.with(KeyScope::Read),
                Self::Writer => KeyScopes::OF_A_USER.without(KeyScope::Read),
                Self::Keeper => KeyScopes::NONE.with(KeyScope::Read).with(KeyScope::Keys),
                Self::Clerk => KeyScopes::OF_AN_OPERATOR.without(KeyScope::Operate),
                Self::Ann | Self::Ben | Self::Service | Self::Operator | Self::Revoked | Self::Expired => {
                    holder.scopes()
                }
            },
            holder,
            name: None,
            created_at: at(-60),
            expires_at: match self {
                Self::Expired => Some(at(0)),
                Self::Keeper => Some(at(3_600)),
                Self::Ann
                | Self::Ben
                | Self::Service
                | Self::Operator
                | Self::Revoked
                | Self::Reader
                | Self::Writer
                | Self::Clerk => None,
            },
            // Noted a moment ago, so that nobody is asked to note it again.
            last_used_at: Some(at(-1)),
            revoked_at: (self == Self::Revoked).then(|| at(-1)),
            replaces: None,
        }
    }
}

/// The ports, to be told what to answer.
pub(crate) struct World {
    pub tenancy: MockTenancyStore,
    pub audit: MockAuditReader,
    pub wallets: MockWalletStore,
    pub statements: MockStatementStore,
    pub provider: MockNumberProvider,
    pub purchases: MockPurchaseStore,
    pub releases: MockReleaseStore,
    pub numbers: MockNumberStore,
    pub orders: MockOrderStore,
    pub businesses: Arc<dyn Businesses>,
    pub directory: MockNumberDirectory,
    pub decisions: MockDecisionStore,
    pub orphans: MockOrphanStore,
    pub reconciliations: MockReconciliationStore,
    pub account: MockProviderAccount,
    pub sales: MockSalesStore,
    pub limits: MockLimitStore,
    pub user_limits: UserLimits,
    pub floor: Option<BalanceFloor>,
    pub approval_above: Option<&'static str>,
    pub alarms: MockAlarmStore,
    pub causes: MockCauses,
    pub alerts: MockAlertStore,
    pub notices: MockNoticeStore,
    pub mail: MailRoute,
    pub request_timeout: Duration,
    pub requests_at_once: usize,
    pub rates: RateSettings,
    pub readiness: Arc<dyn Readiness>,
    pub tokens: Option<MockTokenVerifier>,
    pub cors: &'static [&'static str],
    pub webhook_auth_tokens: Vec<&'static str>,
    pub public_url: Option<&'static str>,
}

impl World {
    /// Keys are known, Ann and Ben exist, the bakery is Ann's and has no members, the sample number and order are in it, a
    /// provider is configured; nothing else is.
    pub(crate) fn new() -> Self {
        let mut world = Self::with_members();
        world.tenancy.expect_shares().returning(|_, _| Ok(Vec::new()));
        world
    }

    /// The bakery is shared with Ben.
    pub(crate) fn shared_with_ben(role: MemberRole) -> Self {
        let mut world = Self::with_members();
        world.tenancy.expect_shares().returning(move |owner, member| {
            let is_bens = (owner.as_str(), member.as_str()) == ("ann", "ben");
            Ok(Vec::from_iter(is_bens.then(|| Share { business: bakery(), role })))
        });
        world
    }

    /// The same; who the members are is still to be said.
    fn with_members() -> Self {
        let mut tenancy = MockTenancyStore::new();
        tenancy
            .expect_key_by_hash()
            .returning(|hash| Ok(Key::ALL.into_iter().map(Key::stored).find(|key| key.hash == *hash)));
        tenancy.expect_user().returning(|id: &UserId| {
            let known = ["ann", "ben"].contains(&id.as_str());
            Ok(known.then(|| User { id: id.clone(), email: None, created_at: at(0) }))
        });
        tenancy.expect_owner_of_business().returning(|id| Ok((id == bakery()).then(ann)));
        let mut numbers = MockNumberStore::new();
        let place = |user| Place { user, business: Some(bakery()) };
        numbers.expect_place_of_number().returning(move |id| Ok((id == number().id).then(|| place(ann()))));
        let mut orders = MockOrderStore::new();
        orders.expect_place_of_order().returning(move |id| Ok((id == order().id).then(|| place(ann()))));
        let mut provider = MockNumberProvider::new();
        provider.expect_account().returning(|| Ok(account()));
        let mut businesses = MockBusinesses::new();
        businesses.expect_owner_of().returning(|id| Ok((id == bakery()).then(ann)));
        Self {
            tenancy,
            audit: MockAuditReader::new(),
            wallets: MockWalletStore::new(),
            statements: MockStatementStore::new(),
            provider,
            purchases: MockPurchaseStore::new(),
            releases: MockReleaseStore::new(),
            numbers,
            orders,
            businesses: Arc::new(businesses),
            directory: MockNumberDirectory::new(),
            decisions: MockDecisionStore::new(),
            orphans: MockOrphanStore::new(),
            reconciliations: MockReconciliationStore::new(),
            account: MockProviderAccount::new(),
            sales: MockSalesStore::new(),
            limits: MockLimitStore::new(),
            user_limits: UserLimits::NONE,
            floor: None,
            approval_above: None,
            alarms: MockAlarmStore::new(),
            causes: MockCauses::new(),
            alerts: MockAlertStore::new(),
            notices: MockNoticeStore::new(),
            mail: MailRoute::Configured,
            request_timeout: Duration::from_mins(1),
            requests_at_once: 512,
            rates: RateSettings::default(),
            readiness: Arc::new(AlwaysReady),
            tokens: None,
            cors: &[],
            webhook_auth_tokens: vec!["12345"],
            public_url: Some("https://numbers.example/"),
        }
    }

    pub(crate) fn router(self) -> Router {
        log::start();
        let (clock, ids): (Arc<dyn Clock>, Arc<dyn IdSource>) =
            (Arc::new(Noon), Arc::new(Counting::default()));
        let parts = ProvisioningParts {
            alarms: Arc::new(LoggedAlarms),
            provider: Arc::new(self.provider),
            account: Arc::new(self.account),
            purchases: Arc::new(self.purchases),
            releases: Arc::new(self.releases),
            orphans: Arc::new(self.orphans),
            reconciliations: Arc::new(self.reconciliations),
            decisions: Arc::new(self.decisions),
            numbers: Arc::new(self.numbers),
            orders: Arc::new(self.orders),
            businesses: self.businesses,
            prices: CurrentPrices::new(PriceBook::embedded().unwrap()),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let settings =
            ProvisioningSettings::new(DeploymentId::from_uuid(Uuid::from_u64_pair(2, 2)), webhooks());
        let sales: Arc<dyn SalesStore> = Arc::new(self.sales);
        let desk = DeskParts {
            store: Arc::new(self.alarms),
            causes: Arc::new(self.causes),
            courier: None,
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let notices = NoticeParts {
            alerts: Arc::new(self.alerts),
            notices: Arc::new(self.notices),
            clock: clock.clone(),
            everybody: "5 USD".parse().unwrap(),
            mail: self.mail,
        };
        let tenancy = Tenancy::new(Arc::new(self.tenancy), clock.clone(), ids.clone());
        let tenancy = match self.tokens {
            Some(verifier) => tenancy.with_tokens(Arc::new(verifier), Newcomers::Refused),
            None => tenancy,
        };
        let cors_allowed_origins = self.cors.iter().map(|origin| origin.parse().unwrap()).collect();
        router(ApiState {
            sales: Sales::new(Arc::clone(&sales), clock.clone()),
            limits: Limits::new(Arc::new(self.limits), clock.clone(), self.user_limits),
            runway: Runway::new(parts.clone(), sales, self.floor),
            alarms: AlarmDesk::new(desk, DeskSettings::default()),
            notices: Notices::new(notices),
            provisioning: Provisioning::new(parts, settings).unwrap(),
            payments: None,
            top_ups: None,
            statements: Statements::new(Arc::new(self.statements), clock.clone()),
            wallets: Wallets::new(Arc::new(self.wallets), clock, ids)
                .with_approvals_above(self.approval_above.map(|sums| sums.parse().unwrap())),
            tenancy,
            audit: AuditTrail::new(Arc::new(self.audit)),
            voice: Voice::new(Arc::new(self.directory)),
            webhook_auth_tokens: self.webhook_auth_tokens.into_iter().map(Into::into).collect(),
            public_url: self.public_url.map(|url| url.parse().unwrap()),
            rates: RateLimiter::new(self.rates),
            settings: HttpSettings {
                request_timeout: self.request_timeout,
                requests_at_once: self.requests_at_once,
                cors_allowed_origins,
                ..HttpSettings::new(Currency::USD)
            },
            readiness: self.readiness,
        })
    }

    /// The answer to one request.
    pub(crate) async fn answer(self, call: Call) -> Answer {
        call.to(self.router()).await
    }
}

pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        at(0)
    }
}

#[derive(Default)]
struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(3, self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

struct AlwaysReady;

#[async_trait::async_trait]
impl Readiness for AlwaysReady {
    async fn check(&self) -> Result<(), NotReady> {
        Ok(())
    }
}

/// A request in the making.
pub(crate) struct Call {
    request: axum::http::request::Builder,
    body: Body,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let method: Method = method.parse().unwrap();
        let request = Request::builder().method(method).uri(path).header("x-request-id", "test-request");
        Self { request, body: Body::empty() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, json: &str) -> Self {
        Self::new("POST", path).json(json)
    }

    pub(crate) fn json(self, json: &str) -> Self {
        let body = Body::from(json.to_owned());
        Self { body, ..self.header(header::CONTENT_TYPE.as_str(), "application/json") }
    }

    /// The answer's body as far as it comes, or the failure that breaks it off.
    pub(crate) async fn body_from(self, router: Router) -> Result<axum::body::Bytes, axum::Error> {
        let response = router.oneshot(self.request.body(self.body).unwrap()).await.unwrap();
        to_bytes(response.into_body(), usize::MAX).await
    }

    pub(crate) fn form(self, form: &str) -> Self {
        let body = Body::from(form.to_owned());
        Self { body, ..self.header(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded") }
    }

    pub(crate) fn key(self, key: Key) -> Self {
        self.header(header::AUTHORIZATION.as_str(), &format!("Bearer {}", key.secret()))
    }

    pub(crate) fn acting_for(self, user: &str) -> Self {
        self.header("Trunkline-User", user)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn request_id(mut self, id: &'static str) -> Self {
        self.request.headers_mut().unwrap().insert("x-request-id", HeaderValue::from_static(id));
        self
    }

    /// The answer, which has to be one that the API's description has.
    pub(crate) async fn to(self, router: Router) -> Answer {
        let request = self.request.body(self.body).unwrap();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = Answer::of(router.oneshot(request).await.unwrap()).await;
        described::check(&method, &path, &answer);
        answer
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or("none").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The fields that are named in a problem.
    pub(crate) fn fields(&self) -> Vec<String> {
        let fields = self.json()["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|mistake| mistake["field"].as_str().unwrap().to_owned()).collect()
    }

    /// Status, headers that a client acts on, and body, the amounts with their very digits.
    pub(crate) fn picture(&self) -> String {
        let mut lines = vec![self.status.to_string()];
        for name in ["content-type", "location", "retry-after", "www-authenticate", "allow"] {
            lines.extend(self.header(name).map(|value| format!("{name}: {value}")));
        }
        let body = serde_json::from_str::<Value>(&self.body);
        let body =
            body.map_or_else(|_| self.body.clone(), |json| serde_json::to_string_pretty(&json).unwrap());
        format!("{}\n\n{body}", lines.join("\n"))
    }
}
