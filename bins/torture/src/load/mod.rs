//! The load: many clients who buy, release and pay in, lose answers, ask again and hang up.

mod market;
mod shopper;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::diary::Diary;
use crate::plan::CLIENTS;
use market::Market;
use shopper::Shopper;

/// Clients at work.
pub(crate) struct Load {
    clients: JoinSet<()>,
    stop: CancellationToken,
}

impl Load {
    /// Starts the clients. `forbidden` are numbers that somebody else has on the same account, which clients try
    /// for now and then and must not get.
    pub(crate) fn start(
        seed: u64,
        api: &Api,
        diary: &Arc<Diary>,
        stock: Vec<String>,
        forbidden: Vec<String>,
    ) -> Self {
        let (market, stop) = (Arc::new(Market::new(stock, forbidden)), CancellationToken::new());
        let mut clients = JoinSet::new();
        for client in 1..=CLIENTS {
            let shopper = Shopper::new(client, seed, api.clone(), Arc::clone(&market), Arc::clone(diary));
            clients.spawn(shopper.shop(stop.clone()));
        }
        Self { clients, stop }
    }

    /// Lets every client end what it has begun.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.clients.join_next().await {
            ended?;
        }
        Ok(())
    }
}
