//! Top-ups: what is judged before each send, what is void, and what of the gateway's word is counted.

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{Change, Clock, Currency, Event, EventId, Origin};
use uuid::Uuid;

use super::topping_up::{PAUSE, saved, terms, was_paid};
use super::{LOOK_AFTER, PaymentFixture, ann, dispute, paid, payment_id, report, usd, with};
use crate::top_up::watch::{midnight_before, month_before};
use crate::{
    AssessmentAnswer, Brake, ClaimAnswer, Payment, PaymentState, Progress, REPEAT_WITHIN, SendAnswer,
    SendBegin, SetupEnd, SetupsVoid, TakingStanding, Told, TopUp, TopUpChange, TopUpState, TopUpTerms,
};

impl PaymentFixture {
    fn send_of(&self, n: u128, send: u128) -> Change<SendBegin> {
        let at = self.clock.now();
        let audit = Origin::system().audit("payment.withdraw", payment_id(n), Some(&ann()), at);
        Change::new(SendBegin {
            payment: payment_id(n),
            user: ann(),
            currency: Currency::USD,
            send: Uuid::from_u128(send),
            brake: None,
            daily_cap: None,
            day: midnight_before(at),
            month: month_before(at),
            repeat_within: REPEAT_WITHIN,
            pause: PAUSE,
            withdrawn: Told { events: Vec::new(), audit: vec![audit] },
            at,
        })
    }

    async fn send(&self, n: u128, send: u128) -> SendAnswer {
        self.top_ups.begin_send(&self.send_of(n, send)).await.unwrap()
    }

    /// The gateway says that nothing came of a send.
    async fn is_unsent(&self, n: u128, send: u128) {
        self.top_ups.note_unsent(payment_id(n), Uuid::from_u128(send)).await.unwrap();
    }

    /// Another standing of the top-up.
    async fn change_to(&self, state: TopUpState, terms: TopUpTerms) -> TopUp {
        let before = self.top_up().await;
        let at = self.clock.now();
        let (user, version, method) = (ann(), before.version, before.method);
        let body = TopUpChange { user, version, terms, state, method, consent: None, at };
        let audit = Origin::system().audit("top_up.change", version, Some(&ann()), at);
        self.top_ups.change(&Change::new(body).audit(audit)).await.unwrap().unwrap()
    }

    async fn void(&self) -> u32 {
        let told = Told::default();
        let change = Change::new(SetupsVoid { user: ann(), currency: Currency::USD, told });
        self.top_ups.void_setups(&change).await.unwrap()
    }
}

#[track_caller]
fn withdrawn(answer: SendAnswer) -> Payment {
    let SendAnswer::Stands(payment) = answer else { panic!("{answer:?}") };
    assert_eq!((payment.state, payment.decline.as_deref()), (PaymentState::Failed, Some("withdrawn")));
    payment
}

/// What is certainly not at the gateway is judged by everything before each send, and withdrawn where something keeps it: no
/// card was asked, so nothing is counted, and the cool-down is that of no charge.
pub async fn what_was_never_sent_is_judged_anew(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    assert_eq!(f.send(1, 1).await, SendAnswer::Unknown, "it is not claimed");
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    let method = f.top_up().await.method.unwrap();
    assert_eq!(f.send(1, 1).await, SendAnswer::Send(method.clone()));
    assert_eq!(f.send(1, 1).await, SendAnswer::Send(method.clone()), "a lost answer");
    f.is_unsent(1, 1).await;
    f.is_unsent(1, 1).await;
    assert_eq!(f.send(1, 2).await, SendAnswer::Send(method), "nothing keeps it");
    f.is_unsent(1, 2).await;
    f.change_to(TopUpState::On, terms("5", "5")).await;
    withdrawn(f.send(1, 3).await);
    withdrawn(f.send(1, 3).await);
    withdrawn(f.send(1, 4).await);
    let after = f.top_up().await;
    assert_eq!((after.declines, after.cool_until), (0, None));
    f.clock.advance(TimeDelta::from_std(PAUSE).unwrap());
    assert_eq!(f.top_ups.low(10).await.unwrap(), [after]);

    assert_eq!(f.claim(2).await, ClaimAnswer::Claimed);
    f.paid(60, usd("5")).await;
    withdrawn(f.send(2, 5).await);
    f.spend(100, usd("5")).await;
    assert_eq!(f.claim(3).await, ClaimAnswer::Claimed);
    f.assess(60, &with(&paid(60, usd("5")), &[dispute("dp_1", usd("5"), TakingStanding::Taken)])).await;
    withdrawn(f.send(3, 6).await);
    assert_eq!(f.claim(4).await, ClaimAnswer::Kept(Brake::InDebt));
    f.credit(101, usd("5")).await;
    assert_eq!(f.claim(4).await, ClaimAnswer::Claimed);
    let mut capped = f.send_of(4, 7);
    capped.body.daily_cap = Some(usd("4"));
    withdrawn(f.top_ups.begin_send(&capped).await.unwrap());

    assert_eq!(f.claim(5).await, ClaimAnswer::Claimed);
    let mut refused = f.send_of(5, 8);
    refused.body.brake = Some(Brake::Refused);
    let cool_until = f.top_up().await.cool_until;
    withdrawn(f.top_ups.begin_send(&refused).await.unwrap());
    assert_eq!(
        (f.top_up().await.cool_until, cool_until.is_some()),
        (cool_until, true),
        "it would refuse again"
    );
    f.cool();
    assert_eq!(f.claim(6).await, ClaimAnswer::Claimed);
    f.clock.advance(TimeDelta::from_std(REPEAT_WITHIN).unwrap() + TimeDelta::seconds(1));
    withdrawn(f.send(6, 9).await);
    f.assert_whole().await;
}

/// A claim that was never sent does not keep a new card waiting.
pub async fn a_new_card_does_not_wait_for_what_was_never_sent(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    f.send(1, 1).await;
    f.is_unsent(1, 1).await;
    f.save(2, terms("25", "1000")).await;
    assert_eq!(f.claim(2).await, ClaimAnswer::Kept(Brake::CoolingDown));
    withdrawn(f.send(1, 2).await);
    assert_eq!(f.claim(2).await, ClaimAnswer::Claimed);
    let SendAnswer::Send(method) = f.send(2, 3).await else { panic!("it is sent") };
    assert_eq!(method.id.as_str(), "pm_2");
}

/// What is perhaps at the gateway is never withdrawn: it is sent again as it was, or looked for. Ages are the store's, and one
/// that is negative is not known.
pub async fn what_was_perhaps_sent_is_repeated_or_looked_for(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    let first = f.clock.now();
    assert!(matches!(f.send(1, 1).await, SendAnswer::Send(_)));
    f.clock.advance(TimeDelta::hours(1));
    let sends = join_all((2..6).map(|send| f.send(1, send))).await;
    assert!(sends.iter().all(|send| matches!(send, SendAnswer::Send(_))), "{sends:?}");
    for send in 2..6 {
        f.is_unsent(1, send).await;
    }
    f.change_to(TopUpState::On, terms("5", "1000")).await;
    let SendAnswer::Look(sends) = f.send(1, 6).await else { panic!("it is perhaps there") };
    assert_eq!((sends.first, sends.last, sends.now), (first, first, f.clock.now()));
    f.change_to(TopUpState::Off, terms("25", "1000")).await;
    assert!(matches!(f.send(1, 6).await, SendAnswer::Look(_)));
    f.change_to(TopUpState::On, terms("25", "1000")).await;
    f.clock.advance(TimeDelta::hours(22));
    assert!(matches!(f.send(1, 7).await, SendAnswer::Send(_)), "at the end of the time the key still holds");
    f.clock.advance(TimeDelta::seconds(1));
    let SendAnswer::Look(sends) = f.send(1, 8).await else { panic!("the key is perhaps gone") };
    assert_eq!(sends.now - sends.last, TimeDelta::seconds(1));
    f.clock.advance(TimeDelta::hours(-24));
    assert!(matches!(f.send(1, 9).await, SendAnswer::Look(_)), "a clock that went back");
    f.clock.advance(TimeDelta::hours(24));
    f.hear(1, was_paid()).await;
    let SendAnswer::Stands(payment) = f.send(1, 10).await else { panic!("it is paid") };
    assert_eq!(payment.state, PaymentState::Completed);
}

/// A removal, and every newer page, makes void what was begun before: it saves nothing, and its method is forgotten.
pub async fn what_is_void_saves_nothing(f: &PaymentFixture) {
    assert_eq!(f.void().await, 0);
    f.top_ups.begin_setup(&f.setup(1, terms("25", "100"))).await.unwrap();
    assert_eq!((f.void().await, f.void().await), (1, 0));
    let due = f.top_ups.due_setups(LOOK_AFTER, 10).await.unwrap();
    assert_eq!(
        due.iter().map(|setup| (setup.id, setup.is_void)).collect::<Vec<_>>(),
        [(Uuid::from_u128(1), true)]
    );
    let announcing = |change: Change<SetupEnd>| {
        let event = Event {
            id: EventId::from_uuid(Uuid::from_u128(77)),
            kind: "top_up.on".to_owned(),
            user: ann(),
            subject: "ann/USD".to_owned(),
            at: f.clock.now(),
            data: serde_json::Value::Null,
        };
        change.event(event)
    };
    assert_eq!(f.top_ups.end_setup(&announcing(f.end(1, saved(1)))).await.unwrap(), None);
    assert_eq!(f.top_ups.top_up(&ann(), Currency::USD).await.unwrap(), None);
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), ["pm_1".parse().unwrap()]);

    for n in [2, 3] {
        f.top_ups.begin_setup(&f.setup(n, terms("25", "100"))).await.unwrap();
    }
    f.top_ups.begin_setup(&f.setup(3, terms("25", "100"))).await.unwrap();
    let ends = [f.end(2, saved(2)), f.end(3, saved(3))];
    let ended = join_all(ends.iter().map(|end| f.top_ups.end_setup(end))).await;
    assert_eq!(ended.into_iter().filter(|answer| answer.as_ref().unwrap().is_some()).count(), 1);
    assert_eq!(f.top_up().await.method.unwrap().id.as_str(), "pm_3");
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), ["pm_2".parse().unwrap()]);
    // Nothing was announced of the void one: the id of its event is free.
    f.top_ups.begin_setup(&f.setup(4, terms("25", "100"))).await.unwrap();
    assert!(f.top_ups.end_setup(&announcing(f.end(4, saved(4)))).await.unwrap().is_some());
}

/// The first intent that is paid is the payment's. What comes of another under the same mark moves nothing.
pub async fn a_second_intent_moves_nothing(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    let said = |n: u128, intent: &str, progress| {
        let mut change = f.charged(n, progress);
        change.body.intent = Some(intent.parse().unwrap());
        change
    };
    f.store.assess(&said(1, "pi_a", Progress::Failed)).await.unwrap();
    let open = f.store.assess(&said(1, "pi_b", Progress::Expired)).await.unwrap();
    assert!(matches!(open, AssessmentAnswer::OtherIntent(_)), "{open:?}");
    let late = f.store.assess(&said(1, "pi_b", was_paid())).await.unwrap();
    let AssessmentAnswer::Stands { payment, moved: true } = late else { panic!("yes beats no: {late:?}") };
    assert_eq!((payment.state, payment.intent.unwrap().as_str()), (PaymentState::Completed, "pi_b"));
    let twice = with(&report(1, usd("25"), was_paid()), &[dispute("dp_1", usd("25"), TakingStanding::Taken)]);
    let mut twice = f.said(1, &twice);
    twice.body.intent = Some("pi_a".parse().unwrap());
    let answer = f.store.assess(&twice).await.unwrap();
    assert!(matches!(answer, AssessmentAnswer::OtherIntent(_)), "{answer:?}");
    assert_eq!(f.standing().await.0, usd("25"));
    assert_eq!(f.store.takings(payment_id(1)).await.unwrap(), []);
    f.assert_whole().await;
}

/// A charge that something else than its card refused is no decline.
pub async fn only_what_a_card_says_is_counted(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    let mut ended = f.charged(1, Progress::Failed);
    ended.body.switch_off = None;
    f.store.assess(&ended).await.unwrap();
    f.hear(1, Progress::Failed).await;
    assert_eq!(f.top_up().await.declines, 0, "it has ended before");
}

/// What is claimed in one month and credited in the next counts in the later one.
pub async fn a_charge_counts_in_the_month_in_which_it_is_credited(f: &PaymentFixture) {
    f.save(1, terms("25", "30")).await;
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    let next_month = month_before(f.clock.now() + TimeDelta::days(32));
    f.clock.advance(month_before(next_month) - f.clock.now());
    f.hear(1, was_paid()).await;
    f.spend(100, usd("25")).await;
    f.cool();
    assert_eq!(f.claim(2).await, ClaimAnswer::Kept(Brake::MonthlyCap));
}
