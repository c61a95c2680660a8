//! A simulator from its start to its shutdown.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    Admin, SimulatorConfig, SimulatorError,
    admin_routes::admin_routes,
    gateway,
    shared::Shared,
    wire::{Exchange, Line},
};

/// How long a shutdown waits for clients that do not read their answers.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// A running simulator. Dropping it stops it as [`Simulator::shutdown`] does, without waiting for the end.
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
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
        let routes: Router = Router::new()
            .nest_service("/_sim", admin_routes(Admin::new(Arc::clone(&shared))))
            .fallback(gateway::answer)
            .with_state(Arc::clone(&shared));
        let stopping = shared.stopping.clone();
        let service = routes.into_make_service_with_connect_info::<Line>();
        let server = tokio::spawn(async move {
            let served = axum::serve(Exchange(listener), service)
                .with_graceful_shutdown(stopping.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the simulator stopped answering");
            }
        });
        Ok(Self { address, shared, server: Some(server) })
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

    /// Stops listening, lets requests in progress end, and resets connections whose answers are withheld or late.
    pub async fn shutdown(mut self) {
        self.shared.stopping.cancel();
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(SHUTDOWN_LIMIT, &mut server).await.is_err()
        {
            server.abort();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
    }
}
