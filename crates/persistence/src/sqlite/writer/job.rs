//! A change in the queue: what to do, and whom to tell.

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{Decision, Transaction, Work};
use crate::error::{Failure, Fault};
use crate::sqlite::request::RefusedRequest;

/// A change of any kind, as the batch sees it.
#[async_trait]
pub(super) trait Job: Send {
    /// Runs it, and keeps the answer until the commit. A later run replaces the answer of an earlier one.
    async fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<Verdict, Fault>;

    /// The commit has succeeded: gives the answer.
    fn answer(self: Box<Self>);

    /// There is no answer.
    fn fail(self: Box<Self>, failure: Failure);
}

/// What becomes of the change's savepoint.
pub(super) enum Verdict {
    Keep,
    Undo,
    UndoAndRemember(RefusedRequest),
}

/// The only kind of job.
pub(super) struct Queued<W: Work> {
    work: W,
    answer: Option<W::Answer>,
    reply: oneshot::Sender<Result<W::Answer, Failure>>,
}

impl<W: Work> Queued<W> {
    pub(super) fn new(work: W, reply: oneshot::Sender<Result<W::Answer, Failure>>) -> Self {
        Self { work, answer: None, reply }
    }
}

#[async_trait]
impl<W: Work> Job for Queued<W> {
    async fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<Verdict, Fault> {
        let (answer, verdict) = match self.work.run(transaction).await? {
            Decision::Applied(answer) | Decision::Unannounced(answer) => (answer, Verdict::Keep),
            Decision::Unchanged(answer) | Decision::Refused(answer, None) => (answer, Verdict::Undo),
            Decision::Refused(answer, Some(request)) => (answer, Verdict::UndoAndRemember(request)),
        };
        self.answer = Some(answer);
        Ok(verdict)
    }

    fn answer(self: Box<Self>) {
        if let Some(answer) = self.answer {
            // The caller may have gone away; the change stands all the same.
            let _ = self.reply.send(Ok(answer));
        }
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.reply.send(Err(failure));
    }
}
