//! Sending the mail of notices: claimed under a lease, handed to a mail server, and noted. A process that dies in between
//! leaves the lease, and the next one sends the same message again, under the same id.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, AlarmBoard, Onset};
use trunkline_domain::{Change, Clock};

use crate::measure::{self, Attempt};
use crate::{
    Letter, LetterDelivery, LetterSetback, Mail, MailError, Mailer, NextSending, NoticeStore,
    NoticeStoreError,
};

/// How long a claim stands: longer than any mailer takes for one message.
const LEASE: Duration = Duration::from_mins(2);

/// How often it is asked whether a letter is due.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long nothing is sent after the mail server could not be used.
const OUTAGE: Duration = Duration::from_secs(10);

/// The pause after a letter has failed for the first time; each further one is twice as long.
const PAUSE: Duration = Duration::from_mins(1);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// How long after its notice was made a letter is tried.
const PATIENCE: TimeDelta = TimeDelta::days(2);

/// From how many failures of one letter on an operator is woken, where it is the mail server that cannot be used: half an
/// hour.
const ALARMED_AFTER: u32 = 5;

/// What the alarm about mail is about.
const MAIL: &str = "mail";

/// What a courier works with.
#[derive(Clone)]
pub struct CourierParts {
    /// Where letters wait.
    pub store: Arc<dyn NoticeStore>,
    /// Who carries them.
    pub mailer: Arc<dyn Mailer>,
    /// Who is woken when mail does not leave.
    pub alarms: Arc<dyn AlarmBoard>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Sends letters, one at a time. Every replica may.
#[derive(Clone)]
pub struct NoticeCourier(CourierParts);

/// What came of looking for a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// None is due.
    Idle,
    /// One was sent, or set back.
    Done,
    /// The mail server cannot be used.
    Outage,
}

impl NoticeCourier {
    /// A courier over these parts.
    pub const fn new(parts: CourierParts) -> Self {
        Self(parts)
    }

    /// Sends what is due, until told to stop. A message that is on its way then is waited for.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.send_one().await {
                Ok(Sending::Done) => continue,
                Ok(Sending::Idle) => INTERVAL,
                Ok(Sending::Outage) => OUTAGE,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "it is not known which mail is due, or what came of it; it is asked again"
                    );
                    INTERVAL
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    /// Sends the letter that has waited longest, if one is due.
    pub async fn send_one(&self) -> Result<Sending, NoticeStoreError> {
        let Some(letter) = self.0.store.claim_letters(LEASE, 1).await?.pop() else {
            return Ok(Sending::Idle);
        };
        let kind = letter.body.kind();
        let Err(error) = self.hand_over(&letter).await else {
            measure::sent(kind, Attempt::Sent);
            self.0.alarms.end(Alarm::MailUndelivered, MAIL);
            self.0.store.note_sent(&Change::new(LetterDelivery { notice: letter.id })).await?;
            return Ok(Sending::Done);
        };
        let attempts = letter.attempts.saturating_add(1);
        let (next, sending) = match &error {
            MailError::Refused(_) => (NextSending::Never, Sending::Done),
            MailError::Deferred(_) => (self.next(&letter, attempts), Sending::Done),
            MailError::Unusable(_) => (self.next(&letter, attempts), Sending::Outage),
        };
        say_failed(&letter, attempts, next, &error);
        self.consider_alarm(&letter, attempts, next, &error);
        measure::sent(
            kind,
            match next {
                NextSending::In(_) => Attempt::Deferred,
                NextSending::Never => Attempt::Failed,
            },
        );
        let setback = LetterSetback { notice: letter.id, lease: letter.lease, attempts, next };
        self.0.store.set_letter_back(&Change::new(setback)).await?;
        Ok(sending)
    }

    async fn hand_over(&self, letter: &Letter) -> Result<(), MailError> {
        let content = letter.body.render(letter.created_at);
        let content = content.map_err(|error| MailError::Refused(Box::new(error)))?;
        let mail = Mail { id: letter.id, to: letter.to.clone(), content, at: letter.created_at };
        self.0.mailer.send(&mail).await
    }

    /// Later, unless the letter would be too old by then.
    fn next(&self, letter: &Letter, attempts: u32) -> NextSending {
        let pause = pause(attempts);
        let then = TimeDelta::from_std(pause).map(|pause| self.0.clock.now() + pause);
        match then {
            Ok(then) if then <= letter.created_at + PATIENCE => NextSending::In(pause),
            Ok(_) | Err(_) => NextSending::Never,
        }
    }

    /// An address that refuses mail is its customer's affair; mail that does not leave is the operator's.
    fn consider_alarm(&self, letter: &Letter, attempts: u32, next: NextSending, error: &MailError) {
        let sentence = match (error, next) {
            (MailError::Unusable(_), NextSending::In(_)) if attempts >= ALARMED_AFTER => {
                "mail to customers does not leave: the mail server cannot be used; the log says why"
            }
            (MailError::Refused(_), _)
            | (MailError::Unusable(_) | MailError::Deferred(_), NextSending::In(_)) => return,
            (MailError::Unusable(_) | MailError::Deferred(_), NextSending::Never) => {
                "mail to a customer was given up, after two days; the log says why"
            }
        };
        let onset = Onset::of(Alarm::MailUndelivered, MAIL, sentence)
            .with("notice", letter.id.to_string())
            .with("attempts", attempts);
        self.0.alarms.raise(onset);
    }
}

fn say_failed(letter: &Letter, attempts: u32, next: NextSending, error: &MailError) {
    let error = error as &dyn std::error::Error;
    match next {
        NextSending::In(pause) => {
            tracing::warn!(notice.id = %letter.id, attempts, ?pause, error, "mail to a customer waits");
        }
        NextSending::Never => {
            tracing::warn!(notice.id = %letter.id, attempts, error, "mail to a customer was not delivered, and is not tried again");
        }
    }
}

fn pause(attempts: u32) -> Duration {
    PAUSE.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_tried_for_two_days_and_later_each_time() {
        let pauses: Vec<u64> = (1..9).map(|attempts| pause(attempts).as_secs() / 60).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        let half_an_hour: Duration = (1..=ALARMED_AFTER).map(pause).sum();
        assert_eq!(half_an_hour, Duration::from_mins(31));
    }
}
