//! The servers' HTTP API as a client of theirs sees it, and as the operator does.
//!
//! A client sends each request once and learns what it is told or that it is told nothing. The operator asks until
//! there is an answer.

mod records;

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) use records::{
    Balance, Direction, HeldBack, Number, NumberStatus, Order, OrderStatus, Report, Transaction,
    TransactionStatus,
};

use crate::stage::Doors;
use records::{KeptReports, NumberPage, OneNumber, OneReport, OrderPage, TransactionPage};

/// Longer than a server takes to answer anything, with the times of the plan.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the operator asks for one thing, and the pause between two tries.
const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(50);

const RECONCILIATIONS: &str = "/api/operator/reconciliations";

/// One request of a client's.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) caller: Caller,
    pub(crate) key: Option<String>,
}

/// Whose request it is.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// A service acts for this user.
    For(String),
    /// The operator.
    Operator,
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// A whole answer, its body as far as it is JSON.
    Answer { status: u16, body: Value },
    /// The connection ended without one, or was never made.
    Nothing,
}

/// The API over all servers.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    doors: Doors,
    operator_key: String,
    service_key: String,
}

impl Api {
    pub(crate) fn new(doors: Doors, operator_key: String, service_key: String) -> anyhow::Result<Self> {
        // A connection of its own for each request: one that breaks then means a server that died, and never a
        // connection that had been idle for too long.
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).pool_max_idle_per_host(0);
        let http = http.timeout(REQUEST_TIMEOUT).build().context("no HTTP client")?;
        Ok(Self { http, doors, operator_key, service_key })
    }

    /// Sends a request to one of the servers; `door` says to which.
    pub(crate) async fn send(&self, request: &Request, door: usize) -> Heard {
        let doors = self.doors.all();
        let Some(door) = doors.get(door % doors.len().max(1)) else { return Heard::Nothing };
        let mut sent = self.http.request(request.method.clone(), format!("{door}{}", request.path));
        sent = match &request.caller {
            Caller::For(user) => sent.bearer_auth(&self.service_key).header("Trunkline-User", user),
            Caller::Operator => sent.bearer_auth(&self.operator_key),
        };
        if let Some(key) = &request.key {
            sent = sent.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            sent = sent.json(body);
        }
        let Ok(response) = sent.send().await else { return Heard::Nothing };
        let status = response.status().as_u16();
        match response.bytes().await {
            Ok(bytes) => Heard::Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() },
            Err(_) => Heard::Nothing,
        }
    }

    /// Adds a user.
    pub(crate) async fn add_user(&self, user: &str) -> anyhow::Result<()> {
        self.post("/api/users", json!({ "id": user }), None).await
    }

    /// Adds money to a user's wallet; with a key only once.
    pub(crate) async fn credit(
        &self,
        user: &str,
        amount: &str,
        reason: &str,
        key: Option<&str>,
    ) -> anyhow::Result<()> {
        let body = json!({ "userId": user, "amount": amount, "currency": "USD", "reason": reason });
        self.post("/api/wallet/credits", body, key).await
    }

    async fn post(&self, path: &str, body: Value, key: Option<&str>) -> anyhow::Result<()> {
        let (path, key, caller) = (path.to_owned(), key.map(str::to_owned), Caller::Operator);
        let request = Request { method: Method::POST, path, body: Some(body), caller, key };
        self.insist(&request, |status| matches!(status, 200 | 201)).await.map(drop)
    }

    /// A number as it stands, `None` where there is none.
    pub(crate) async fn number(&self, id: &str) -> anyhow::Result<Option<Number>> {
        let request = read(format!("/api/numbers/{id}"));
        let (status, body) = self.insist(&request, |status| matches!(status, 200 | 404)).await?;
        let number = || anyhow::Ok(serde_json::from_value::<OneNumber>(body)?.number);
        if status == 404 { Ok(None) } else { number().map(Some) }
    }

    /// Every number that is held, or with `released` every one that was.
    pub(crate) async fn numbers(&self, released: bool) -> anyhow::Result<Vec<Number>> {
        let filter = if released { "status=released&" } else { "" };
        self.pages(&format!("/api/numbers?{filter}"), |page: NumberPage| (page.numbers, page.next_cursor))
            .await
    }

    /// Every number in one state.
    pub(crate) async fn numbers_in(&self, status: NumberStatus) -> anyhow::Result<Vec<Number>> {
        let path = format!("/api/numbers?status={}&", status.name());
        self.pages(&path, |page: NumberPage| (page.numbers, page.next_cursor)).await
    }

    /// Every order of a user.
    pub(crate) async fn orders(&self, user: &str) -> anyhow::Result<Vec<Order>> {
        let path = format!("/api/orders?userId={user}&");
        self.pages(&path, |page: OrderPage| (page.orders, page.next_cursor)).await
    }

    /// Every order in one state, whoever's.
    pub(crate) async fn orders_in(&self, status: OrderStatus) -> anyhow::Result<Vec<Order>> {
        let path = format!("/api/orders?status={}&", status.name());
        self.pages(&path, |page: OrderPage| (page.orders, page.next_cursor)).await
    }

    /// A user's history.
    pub(crate) async fn transactions(&self, user: &str) -> anyhow::Result<Vec<Transaction>> {
        let path = format!("/api/wallet/transactions?userId={user}&");
        self.pages(&path, |page: TransactionPage| (page.transactions, page.next_cursor)).await
    }

    /// A user's balance.
    pub(crate) async fn balance(&self, user: &str) -> anyhow::Result<Balance> {
        self.get(format!("/api/wallet/balance?userId={user}&currency=USD")).await
    }

    /// What the last reconciliation was held back from repairing.
    pub(crate) async fn held_back(&self) -> anyhow::Result<Option<HeldBack>> {
        let last: KeptReports = self.get(format!("{RECONCILIATIONS}?limit=1")).await?;
        Ok(last.reports.into_iter().next().and_then(|report| report.held_back))
    }

    /// A reconciliation that repairs, if it finds exactly what is confirmed. Asked once; `None` without a report.
    pub(crate) async fn repair(&self, confirmed: HeldBack) -> Option<Report> {
        let body = Some(json!({ "repair": true, "confirm": confirmed.would_repair }));
        let (path, caller) = (RECONCILIATIONS.to_owned(), Caller::Operator);
        match self.send(&Request { method: Method::POST, path, body, caller, key: None }, 0).await {
            Heard::Answer { status: 200, body } => {
                Some(serde_json::from_value::<OneReport>(body).ok()?.report)
            }
            Heard::Answer { .. } | Heard::Nothing => None,
        }
    }

    /// All pages of a list; `path` ends where `limit` and `cursor` go on.
    async fn pages<P, T>(
        &self,
        path: &str,
        parts: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> anyhow::Result<Vec<T>>
    where
        P: DeserializeOwned,
    {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page: P = self.get(format!("{path}limit=100{cursor}")).await?;
            let (more, next) = parts(page);
            all.extend(more);
            match next {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: String) -> anyhow::Result<T> {
        let request = read(path);
        let (_, body) = self.insist(&request, |status| status == 200).await?;
        serde_json::from_value(body).with_context(|| format!("{} is answered in other words", request.path))
    }

    /// Sends a request that may be repeated until it is answered as it should be.
    async fn insist(&self, request: &Request, is_good: impl Fn(u16) -> bool) -> anyhow::Result<(u16, Value)> {
        let until = Instant::now() + PATIENCE;
        let mut door = 0;
        loop {
            match self.send(request, door).await {
                Heard::Answer { status, body } if is_good(status) => return Ok((status, body)),
                heard if Instant::now() > until => bail!("{} {}: {heard:?}", request.method, request.path),
                Heard::Answer { .. } | Heard::Nothing => tokio::time::sleep(PAUSE).await,
            }
            door += 1;
        }
    }
}

fn read(path: String) -> Request {
    Request { method: Method::GET, path, body: None, caller: Caller::Operator, key: None }
}
