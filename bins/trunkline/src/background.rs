//! The tasks that run beside a server's requests. None may end while the server goes on: one that is gone is noticed by
//! nobody until it is missed, so the first that ends ends the server, and whatever started the server starts it again.

use std::future::Future;

use anyhow::anyhow;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Tasks with names. They end when the server's token is cancelled.
#[derive(Default)]
pub(crate) struct Background(JoinSet<Ended>);

/// A task's name, and how it ended.
type Ended = (&'static str, Result<(), JoinError>);

impl Background {
    /// Starts a task. Its name is the subject of the sentence about its end.
    pub(crate) fn start(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(async move { (name, tokio::spawn(work).await) });
    }

    /// Waits for a task that panics, or ends before it was told to. `None` when all have ended as they should.
    pub(crate) async fn first_broken(&mut self, stop: &CancellationToken) -> Option<anyhow::Error> {
        while let Some(ended) = self.0.join_next().await {
            match verdict(ended) {
                Err(error) => return Some(error),
                Ok(name) if !stop.is_cancelled() => {
                    return Some(anyhow!("{name} ended without being told to"));
                }
                Ok(_) => {}
            }
        }
        None
    }

    /// Waits until every task has ended, now that all are told to. The first one's panic is the error.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        let mut first = Ok(());
        while let Some(ended) = self.0.join_next().await {
            first = first.and(verdict(ended).map(drop));
        }
        first
    }
}

fn verdict(ended: Result<Ended, JoinError>) -> anyhow::Result<&'static str> {
    let (name, outcome) = ended?;
    outcome.map_err(|error| anyhow::Error::new(error).context(format!("{name} broke")))?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_ends_too_early_is_named() {
        let stop = CancellationToken::new();
        let mut background = Background::default();
        background.start("the audit", stop.clone().cancelled_owned());
        background.start("recovery", async { panic!("on purpose") });
        let broken = background.first_broken(&stop).await.unwrap();
        assert!(format!("{broken:#}").starts_with("recovery broke: "), "{broken:#}");

        background.start("the gauges", async {});
        let broken = background.first_broken(&stop).await.unwrap();
        assert_eq!(broken.to_string(), "the gauges ended without being told to");
        stop.cancel();
        background.end().await.unwrap();
    }

    #[tokio::test]
    async fn tasks_that_end_when_told_to_are_not_broken() {
        let stop = CancellationToken::new();
        let mut background = Background::default();
        background.start("the audit", stop.clone().cancelled_owned());
        background.start("recovery", stop.clone().cancelled_owned());
        stop.cancel();
        assert!(background.first_broken(&stop).await.is_none());
        background.end().await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_on_the_way_out_is_an_error() {
        let mut background = Background::default();
        background.start("recovery", async { panic!("on purpose") });
        assert!(background.end().await.is_err());
    }
}
