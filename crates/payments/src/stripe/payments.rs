//! Asking Stripe how payments stand: one by its session or intent, or all of a span of time.
//!
//! An intent is always read together with its session, as a declined card is the end of a payment without a page and only
//! an attempt on one that has a page. Refunds and disputes are asked for where money was received.

use chrono::{DateTime, Utc};
use trunkline_domain::PaymentId;

use super::checkout::field;
use super::failure::Failure;
use super::transport::{Call, Transport};
use super::wire::{Expandable, Intent, List, Metadata, Mode, Session};
use super::{mark, standing, takings};
use crate::{GatewayError, IntentId, PaymentRef, PaymentReport, Progress, ReportPage, SessionId};

/// How one payment stands; `None` where Stripe has no such session or intent, or the session is none for paying.
/// Of one that is not this deployment's, and that cannot be read, it is said only that it is not.
pub(super) async fn read(
    transport: &Transport,
    of: &PaymentRef,
) -> Result<Option<PaymentReport>, GatewayError> {
    match of {
        PaymentRef::Session(id) => by_session(transport, id).await,
        PaymentRef::Intent(id) => by_intent(transport, id).await,
    }
}

async fn by_session(transport: &Transport, id: &SessionId) -> Result<Option<PaymentReport>, GatewayError> {
    let expand = vec![field("expand[]", "payment_intent")];
    let call = Call::read("session", format!("checkout/sessions/{id}"), expand);
    let session: Option<Session> = transport.find(&call).await?;
    let Some(mut session) = session.filter(|session| session.mode == Mode::Payment) else { return Ok(None) };
    let intent = match session.payment_intent.take() {
        Some(Expandable::Object(intent)) => Some(intent),
        None => None,
        Some(Expandable::Id(_)) => {
            return Err(Failure::unreadable("a session's intent was not expanded").into());
        }
    };
    let is_ours = is_marked(transport, session.metadata.as_ref())
        || intent.as_ref().is_some_and(|intent| is_ours(transport, intent));
    let report = report(transport, Some(&session), intent.as_ref()).await;
    report.map(Some).map_err(|failure| if is_ours { failure.into() } else { GatewayError::NotOurs })
}

async fn by_intent(transport: &Transport, id: &IntentId) -> Result<Option<PaymentReport>, GatewayError> {
    let Some(intent) = intent(transport, id).await? else { return Ok(None) };
    let report = with_its_session(transport, &intent).await;
    let is_ours = is_ours(transport, &intent);
    report.map(Some).map_err(|failure| if is_ours { failure.into() } else { GatewayError::NotOurs })
}

/// An intent as it stands; `None` where there is none.
pub(super) async fn intent(transport: &Transport, id: &IntentId) -> Result<Option<Intent>, Failure> {
    transport.find(&Call::read("intent", format!("payment_intents/{id}"), Vec::new())).await
}

async fn with_its_session(transport: &Transport, intent: &Intent) -> Result<PaymentReport, Failure> {
    let query = vec![field("payment_intent", intent.id.as_str()), field("limit", "1")];
    let sessions: List<Session> =
        transport.send(&Call::read("session_of_intent", "checkout/sessions", query)).await?;
    let session = sessions.data.first().filter(|session| session.mode == Mode::Payment);
    report(transport, session, Some(intent)).await
}

/// A payment by what its session and intent say, and by its takings.
async fn report(
    transport: &Transport,
    session: Option<&Session>,
    intent: Option<&Intent>,
) -> Result<PaymentReport, Failure> {
    let mut report = without_takings(session, intent)?;
    if let (Progress::Paid { amount }, Some(intent)) = (report.progress, intent) {
        report.takings = takings::of(transport, &intent.id, amount).await?;
    }
    Ok(report)
}

/// The session's mark goes first: both get the same when they are opened.
pub(super) fn without_takings(
    session: Option<&Session>,
    intent: Option<&Intent>,
) -> Result<PaymentReport, Failure> {
    let of_session = session.and_then(|session| mark::read(session.metadata.as_ref()));
    let of_intent = || intent.and_then(|intent| mark::read(intent.metadata.as_ref()));
    Ok(PaymentReport {
        mark: of_session.or_else(of_intent),
        session: session.map(|session| session.id.clone()),
        intent: intent.map(|intent| intent.id.clone()),
        asked: standing::asked(session, intent)?,
        progress: standing::progress(session, intent)?,
        decline: standing::decline(intent),
        takings: Vec::new(),
    })
}

/// One page of the payments whose intents were made from `from` until before `to`, in whole seconds, newest first. Other
/// deployments' and other programs' intents are left out before anything of them but their mark is believed; one of ours that cannot be read makes the page none,
/// as a payment that is passed over would look as if it were not there.
pub(super) async fn between(
    transport: &Transport,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    after: Option<&IntentId>,
) -> Result<ReportPage, Failure> {
    let (intents, next) = made_between(transport, from, to, after).await?;
    let mut reports = Vec::new();
    for intent in intents.iter().filter(|intent| is_ours(transport, intent)) {
        let report = with_its_session(transport, intent).await;
        reports.push(report.map_err(|failure| failure.about(&intent.id))?);
    }
    Ok(ReportPage { reports, next })
}

/// Everything under the mark of one payment that was made in a span of time. What cannot be read of others is in nobody's
/// way here.
pub(super) async fn of_mark(
    transport: &Transport,
    payment: PaymentId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<PaymentReport>, Failure> {
    let deployment = &transport.config().deployment;
    let is_its = |intent: &&Intent| {
        mark::read(intent.metadata.as_ref())
            .is_some_and(|mark| mark.payment == payment && mark.deployment == *deployment)
    };
    let (mut reports, mut after) = (Vec::new(), None);
    loop {
        let (intents, next) = made_between(transport, from, to, after.as_ref()).await?;
        for intent in intents.iter().filter(is_its) {
            let report = with_its_session(transport, intent).await;
            reports.push(report.map_err(|failure| failure.about(&intent.id))?);
        }
        after = next;
        if after.is_none() {
            return Ok(reports);
        }
    }
}

/// One page of everybody's intents of a span of time, and where the next one begins.
async fn made_between(
    transport: &Transport,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    after: Option<&IntentId>,
) -> Result<(Vec<Intent>, Option<IntentId>), Failure> {
    let mut query = vec![
        field("created[gte]", from.timestamp().to_string()),
        field("created[lt]", to.timestamp().to_string()),
        field("limit", "100"),
    ];
    query.extend(after.map(|last| field("starting_after", last.as_str())));
    let page: List<Intent> = transport.send(&Call::read("intents", "payment_intents", query)).await?;
    let next = match (page.has_more, page.data.last()) {
        (true, Some(last)) => Some(last.id.clone()),
        (true, None) => return Err(Failure::unreadable("a page of a list is empty and not the last")),
        (false, _) => None,
    };
    Ok((page.data, next))
}

fn is_ours(transport: &Transport, intent: &Intent) -> bool {
    is_marked(transport, intent.metadata.as_ref())
}

fn is_marked(transport: &Transport, metadata: Option<&Metadata>) -> bool {
    mark::read(metadata).is_some_and(|mark| mark.deployment == transport.config().deployment)
}
