//! A simulator from its start to its shutdown.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, routing::get};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    Admin, SimulatorConfig, SimulatorError, admin_routes::admin_routes, gateway, page, shared::Shared,
    webhook::carry, wire,
};

/// How long a shutdown waits for a webhook that is under way, and for requests.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(3);
/// The longest sleep between two looks at the clock: whoever moves the machine's clock is found out.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_mins(1);

/// A running simulator. Dropping it stops it as [`Simulator::shutdown`] does, without waiting for the end.
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Simulator").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Starts to answer on an address; port 0 takes any free one. Clients may connect as soon as this returns.
    pub async fn start(listen: SocketAddr, config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let refused = |source| SimulatorError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let shared = Arc::new(Shared::open(config)?);
        // Events are for the address that was named, and Stripe follows no redirects.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(SimulatorError::Webhooks)?;
        let routes: Router = Router::new()
            .nest_service("/_sim", admin_routes(Admin::new(Arc::clone(&shared))))
            .route("/c/pay/{session}", get(page::show))
            .route("/c/pay/{session}/{choice}", axum::routing::post(page::choose))
            .fallback(gateway::answer)
            .with_state(Arc::clone(&shared));
        let tasks = vec![
            tokio::spawn(wire::serve(listener, routes, Arc::clone(&shared))),
            tokio::spawn(carry(Arc::clone(&shared), client)),
            tokio::spawn(keep_time(Arc::clone(&shared))),
        ];
        Ok(Self { address, shared, tasks })
    }

    /// The address that is listened on.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where to send requests: scheme, host and port, without a slash at the end.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(host, self.address.port()))
    }

    /// The handle that looks behind the scenes.
    pub fn admin(&self) -> Admin {
        Admin::new(Arc::clone(&self.shared))
    }

    /// Stops listening, lets requests and deliveries in progress end, and cuts connections whose answers are withheld.
    pub async fn shutdown(mut self) {
        self.shared.stopping.cancel();
        let limit = tokio::time::Instant::now() + SHUTDOWN_LIMIT;
        for mut task in self.tasks.drain(..) {
            if tokio::time::timeout_at(limit, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
    }
}

/// Expires sessions and settles payments when their time has come.
async fn keep_time(shared: Arc<Shared>) {
    let mut moved = shared.moved.subscribe();
    loop {
        moved.borrow_and_update();
        let next = shared.keep_time();
        shared.save().await;
        let now = shared.clock.seconds();
        let wait = next.map(|due| u64::try_from(due.saturating_sub(now)).unwrap_or_default().max(1));
        let wait =
            wait.map_or(LOOK_AT_LEAST_EVERY, |seconds| Duration::from_secs(seconds).min(LOOK_AT_LEAST_EVERY));
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            changed = moved.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}
