//! Top-ups: saving a method, claiming a charge, and the brakes.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{Actor, Change, Clock, Currency, Event, EventId, Money, NoticeId, Origin};
use trunkline_notices::{Delivery, NewNotice, NoticeBody, NoticeFilter};
use uuid::Uuid;

use super::{LOOK_AFTER, PaymentFixture, ann, dispute, paid, payment_id, report, usd, with};
use crate::top_up::watch::{midnight_before, month_before};
use crate::{
    Assessment, AssessmentAnswer, Brake, CONSENT_VERSION, ClaimAnswer, Consent, DECLINES_MAX, PaymentReport,
    PaymentState, Progress, SetupBegin, SetupEnd, SetupOutcome, SwitchOff, TakingStanding, Told, TopUp,
    TopUpChange, TopUpClaim, TopUpSetup, TopUpState, TopUpTerms,
};

const COOL_DOWN: Duration = Duration::from_hours(1);
pub(super) const PAUSE: Duration = Duration::from_mins(1);

pub(super) fn terms(amount: &str, monthly_cap: &str) -> TopUpTerms {
    TopUpTerms { threshold: usd("5"), amount: usd(amount), monthly_cap: usd(monthly_cap) }
}

impl PaymentFixture {
    pub(super) fn setup(&self, n: u128, terms: TopUpTerms) -> Change<SetupBegin> {
        let at = self.clock.now();
        let setup = TopUpSetup {
            id: Uuid::from_u128(n),
            user: ann(),
            terms,
            customer: "cus_1".parse().unwrap(),
            session: format!("cs_setup_{n}").parse().unwrap(),
            consent: Consent { version: CONSENT_VERSION, by: Actor::System, at },
            expires_at: at + TimeDelta::hours(1),
            is_void: false,
        };
        let audit = Origin::system().audit("top_up.set_up", n, Some(&ann()), at);
        Change::new(SetupBegin { setup, look_after: LOOK_AFTER }).audit(audit)
    }

    pub(super) fn end(&self, n: u128, outcome: SetupOutcome) -> Change<SetupEnd> {
        let (user, currency, at) = (ann(), Currency::USD, self.clock.now());
        Change::new(SetupEnd { setup: Uuid::from_u128(n), user, currency, outcome, at })
    }

    /// Has method `pm_n` saved on page `n`.
    pub(super) async fn save(&self, n: u128, terms: TopUpTerms) -> TopUp {
        self.top_ups.begin_setup(&self.setup(n, terms)).await.unwrap();
        self.top_ups.end_setup(&self.end(n, saved(n))).await.unwrap().unwrap()
    }

    pub(super) async fn top_up(&self) -> TopUp {
        self.top_ups.top_up(&ann(), Currency::USD).await.unwrap().unwrap()
    }

    fn claim_of(&self, n: u128, top_up: &TopUp) -> Change<TopUpClaim> {
        let at = self.clock.now();
        let event = Event {
            id: EventId::from_uuid(Uuid::from_u128(n)),
            kind: "payment.opened".to_owned(),
            user: ann(),
            subject: payment_id(n).to_string(),
            at,
            data: serde_json::Value::Null,
        };
        Change::new(TopUpClaim {
            payment: payment_id(n),
            user: ann(),
            version: top_up.version,
            amount: top_up.terms.amount,
            description: "Automatic top-up".to_owned(),
            daily_cap: None,
            day: midnight_before(at),
            month: month_before(at),
            cool_down: COOL_DOWN,
            pause: PAUSE,
            look_after: LOOK_AFTER,
            told: Told { events: vec![event], audit: Vec::new() },
            at,
        })
    }

    pub(super) async fn claim(&self, n: u128) -> ClaimAnswer {
        self.top_ups.claim(&self.claim_of(n, &self.top_up().await)).await.unwrap()
    }

    /// What the gateway says of a top-up's charge, with what is told should it switch the top-up off.
    pub(super) fn charged(&self, n: u128, progress: Progress) -> Change<Assessment> {
        let said = PaymentReport { session: None, ..report(n, usd("25"), progress) };
        let mut change = self.said(n, &said);
        if change.body.state == PaymentState::Failed {
            let notice = NewNotice {
                id: NoticeId::from_uuid(Uuid::now_v7()),
                user: ann(),
                body: NoticeBody::TopUpOff {
                    amount: usd("25"),
                    method: "visa".to_owned(),
                    declines: DECLINES_MAX,
                },
                delivery: Delivery::NoAddress,
                at: self.clock.now(),
            };
            change.body.switch_off =
                Some(SwitchOff { declines: DECLINES_MAX, notice, told: Told::default() });
        }
        change
    }

    pub(super) async fn hear(&self, n: u128, progress: Progress) {
        let answer = self.store.assess(&self.charged(n, progress)).await.unwrap();
        assert!(matches!(answer, AssessmentAnswer::Stands { .. }), "{answer:?}");
    }

    async fn notice_count(&self) -> usize {
        let filter = NoticeFilter { user: ann(), after: None, limit: 10 };
        self.notices.notices(&filter).await.unwrap().len()
    }

    pub(super) fn cool(&self) {
        self.clock.advance(TimeDelta::from_std(COOL_DOWN).unwrap());
    }
}

pub(super) fn saved(n: u128) -> SetupOutcome {
    SetupOutcome::Saved {
        method: format!("pm_{n}").parse().unwrap(), label: format!("visa •••• {n}")
    }
}

pub(super) fn was_paid() -> Progress {
    Progress::Paid { amount: Money::parse("25", Currency::USD).unwrap() }
}

/// The terms of a page hold once a method is saved on it, and once; a method that another one replaces is to be forgotten.
pub async fn a_saved_method_switches_on_once(f: &PaymentFixture) {
    f.top_ups.begin_setup(&f.setup(1, terms("25", "100"))).await.unwrap();
    f.top_ups.begin_setup(&f.setup(1, terms("25", "100"))).await.unwrap();
    assert_eq!(f.top_ups.top_up(&ann(), Currency::USD).await.unwrap(), None);
    let page = f.top_ups.open_setup(&"cs_setup_1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((page.terms, page.consent.version), (terms("25", "100"), CONSENT_VERSION));
    assert_eq!(f.top_ups.due_setups(LOOK_AFTER, 10).await.unwrap(), []);
    f.clock.advance(TimeDelta::from_std(LOOK_AFTER).unwrap());
    let handed = join_all((0..3).map(|_| f.top_ups.due_setups(LOOK_AFTER, 10))).await;
    assert_eq!(handed.into_iter().map(|due| due.unwrap().len()).sum::<usize>(), 1);

    let ended = join_all((0..3).map(|_| async { f.top_ups.end_setup(&f.end(1, saved(1))).await })).await;
    assert_eq!(ended.into_iter().filter(|answer| answer.as_ref().unwrap().is_some()).count(), 1);
    let on = f.top_up().await;
    assert_eq!((on.state, on.terms, on.version), (TopUpState::On, terms("25", "100"), 1));
    assert_eq!(on.method.unwrap().label, "visa •••• 1");
    assert_eq!(f.top_ups.open_setup(&"cs_setup_1".parse().unwrap()).await.unwrap(), None);

    f.top_ups.begin_setup(&f.setup(2, terms("50", "100"))).await.unwrap();
    assert_eq!(f.top_ups.end_setup(&f.end(2, SetupOutcome::Expired)).await.unwrap(), None);
    assert_eq!(f.top_ups.end_setup(&f.end(2, saved(2))).await.unwrap(), None, "it has ended");
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), []);
    let replaced = f.save(3, terms("50", "100")).await;
    assert_eq!((replaced.terms.amount, replaced.version), (usd("50"), 2));
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), ["pm_1".parse().unwrap()]);
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), [], "it was handed out");
    f.top_ups.note_forgotten(&"pm_1".parse().unwrap()).await.unwrap();
    f.clock.advance(TimeDelta::from_std(LOOK_AFTER).unwrap());
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), []);
}

/// Watchers of several servers find the same wallet low; one of them charges.
pub async fn at_once_one_charge_is_claimed(f: &PaymentFixture) {
    let on = f.save(1, terms("25", "1000")).await;
    assert_eq!(f.top_ups.low(10).await.unwrap(), std::slice::from_ref(&on));
    let claims: Vec<_> = (1..=8).map(|n| f.claim_of(n, &on)).collect();
    let answers = join_all(claims.iter().map(|claim| f.top_ups.claim(claim))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == ClaimAnswer::Claimed).count(), 1, "{answers:?}");
    let first = answers.iter().position(|answer| *answer == ClaimAnswer::Claimed).unwrap();
    assert_eq!(f.top_ups.claim(&claims[first]).await.unwrap(), ClaimAnswer::Claimed, "a lost answer");
    let payments = f.store.payments(&ann(), None, 10).await.unwrap().payments;
    assert_eq!((payments.len(), payments[0].kind.as_str(), payments[0].asked), (1, "top_up", usd("25")));
    let charge = f.top_ups.charge(payments[0].id).await.unwrap().unwrap();
    assert_eq!(charge, on.method.unwrap());
    assert_eq!(f.top_ups.low(10).await.unwrap(), []);
}

/// Whatever came of a charge, nothing more is charged until the cool-down is over; a charge under way keeps it longer.
pub async fn the_cool_down_is_kept_after_success_and_failure(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    for (n, progress) in [(1, was_paid()), (2, Progress::Failed)] {
        assert_eq!(f.claim(n).await, ClaimAnswer::Claimed);
        f.hear(n, progress).await;
        let (available, _) = f.standing().await;
        if available.is_positive() {
            f.spend(100 + n, available).await;
        }
        assert_eq!(f.top_ups.low(10).await.unwrap(), []);
        assert_eq!(f.claim(10 + n).await, ClaimAnswer::Kept(Brake::CoolingDown));
        f.cool();
        assert_eq!(f.top_ups.low(10).await.unwrap().len(), 1);
    }
    assert_eq!(f.claim(3).await, ClaimAnswer::Claimed);
    f.hear(3, Progress::Processing).await;
    f.cool();
    assert_eq!(f.claim(4).await, ClaimAnswer::Kept(Brake::InFlight));
    assert_eq!(f.top_ups.low(10).await.unwrap(), [], "it is left alone for a moment");
    f.clock.advance(TimeDelta::from_std(PAUSE).unwrap());
    assert_eq!(f.top_ups.low(10).await.unwrap().len(), 1);
    f.hear(3, was_paid()).await;
    assert_eq!(f.claim(5).await, ClaimAnswer::Kept(Brake::Enough));
    f.assert_whole().await;
}

/// No more than the month's cap is charged, what came to nothing not counted; the day's cap holds too.
pub async fn a_month_has_a_cap(f: &PaymentFixture) {
    f.save(1, terms("25", "60")).await;
    for (n, progress) in [(1, was_paid()), (2, Progress::Failed), (3, was_paid())] {
        let (available, _) = f.standing().await;
        if available.is_positive() {
            f.spend(100 + n, available).await;
        }
        assert_eq!(f.claim(n).await, ClaimAnswer::Claimed, "{n}");
        f.hear(n, progress).await;
        f.cool();
    }
    f.spend(200, usd("25")).await;
    assert_eq!(f.claim(4).await, ClaimAnswer::Kept(Brake::MonthlyCap));
    f.clock.advance(TimeDelta::days(32));
    let mut capped = f.claim_of(5, &f.top_up().await);
    capped.body.daily_cap = Some(usd("24"));
    assert_eq!(f.top_ups.claim(&capped).await.unwrap(), ClaimAnswer::Kept(Brake::DailyCap));
    assert_eq!(f.claim(5).await, ClaimAnswer::Claimed, "another month");
}

/// Declines in a row switch it off, counted once however often they are told; a charge that is paid begins the count anew.
pub async fn declines_switch_it_off_and_are_told_once(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    let mut n = 0;
    let mut next = |progress: Progress| {
        n += 1;
        (n, progress)
    };
    for (n, progress) in [next(Progress::Failed), next(Progress::Failed), next(was_paid())] {
        assert_eq!(f.claim(n).await, ClaimAnswer::Claimed);
        join_all((0..3).map(|_| f.hear(n, progress))).await;
        f.cool();
    }
    assert_eq!((f.top_up().await.declines, f.top_up().await.state), (0, TopUpState::On));
    f.spend(100, usd("25")).await;
    for decline in 1..=DECLINES_MAX {
        let (n, progress) = next(Progress::Failed);
        assert_eq!(f.claim(n).await, ClaimAnswer::Claimed);
        assert_eq!(f.notice_count().await, 0);
        join_all((0..3).map(|_| f.hear(n, progress))).await;
        assert_eq!(f.top_up().await.declines, decline);
        f.cool();
    }
    let off = f.top_up().await;
    assert_eq!((off.state, off.method.is_some()), (TopUpState::Declined, true));
    assert_eq!(f.notice_count().await, 1);
    assert_eq!(f.top_ups.low(10).await.unwrap(), []);
    assert_eq!(f.claim(50).await, ClaimAnswer::Kept(Brake::Changed));
}

/// Nothing is charged while something is owed, or while enough is on its way.
pub async fn debts_and_money_on_its_way_keep_it(f: &PaymentFixture) {
    f.save(1, terms("25", "1000")).await;
    f.paid(60, usd("25")).await;
    assert_eq!(f.top_ups.low(10).await.unwrap(), []);
    assert_eq!(f.claim(1).await, ClaimAnswer::Kept(Brake::Enough));
    f.spend(100, usd("25")).await;
    f.assess(60, &with(&paid(60, usd("25")), &[dispute("dp_1", usd("25"), TakingStanding::Taken)])).await;
    assert_eq!(f.claim(2).await, ClaimAnswer::Kept(Brake::InDebt));
    f.credit(101, usd("25")).await;
    f.open(61, usd("10")).await;
    f.assess(61, &report(61, usd("10"), Progress::Processing)).await;
    assert_eq!(f.claim(3).await, ClaimAnswer::Kept(Brake::Enough), "a bank debit is on its way");
    f.assess(61, &report(61, usd("10"), Progress::Failed)).await;
    f.open(62, usd("10")).await;
    assert_eq!(f.claim(4).await, ClaimAnswer::Claimed, "a page that is open may never be paid");
}

/// A change is made of one version; a method that is let go is forgotten, and the cool-down goes on through all of it.
pub async fn a_change_is_of_one_version(f: &PaymentFixture) {
    let on = f.save(1, terms("25", "1000")).await;
    let change = |state, terms, method| {
        let at = f.clock.now();
        let body = TopUpChange { user: ann(), version: on.version, terms, state, method, consent: None, at };
        Change::new(body).audit(Origin::system().audit("top_up.change", terms.amount, Some(&ann()), at))
    };
    assert_eq!(f.claim(1).await, ClaimAnswer::Claimed);
    let other = change(TopUpState::On, terms("30", "1000"), on.method.clone());
    let changed = f.top_ups.change(&other).await.unwrap().unwrap();
    assert_eq!((changed.terms.amount, changed.version), (usd("30"), on.version + 1));
    assert_eq!(changed.consent, on.consent);
    assert_eq!(f.top_ups.change(&other).await.unwrap(), Some(changed.clone()), "a lost answer");
    let late = change(TopUpState::Off, terms("40", "1000"), None);
    assert_eq!(f.top_ups.change(&late).await.unwrap(), None);
    let mut agreed = change(TopUpState::On, terms("40", "1000"), on.method.clone());
    let consent = Consent { version: 2, by: Actor::System, at: f.clock.now() + TimeDelta::seconds(1) };
    (agreed.body.version, agreed.body.consent) = (changed.version, Some(consent.clone()));
    let changed = f.top_ups.change(&agreed).await.unwrap().unwrap();
    assert_eq!(changed.consent, consent);

    let mut removal = change(TopUpState::Off, terms("40", "1000"), None);
    removal.body.version = changed.version;
    let off = f.top_ups.change(&removal).await.unwrap().unwrap();
    assert_eq!((off.state, &off.method), (TopUpState::Off, &None));
    assert_eq!(off.cool_until, changed.cool_until);
    assert_eq!(f.top_ups.methods_to_forget(LOOK_AFTER, 10).await.unwrap(), ["pm_1".parse().unwrap()]);
    f.hear(1, Progress::Failed).await;
    assert_eq!(f.top_up().await.declines, 0, "of a method that it has not any more");
    let again = f.save(2, terms("25", "1000")).await;
    assert_eq!((again.state, again.cool_until), (TopUpState::On, off.cool_until));
    assert_eq!(f.top_ups.low(10).await.unwrap(), [], "setting it up again is no way around the cool-down");
}

/// Two servers make a customer at once; the first that is kept is who the user is.
pub async fn a_user_is_one_customer(f: &PaymentFixture) {
    assert_eq!(f.top_ups.customer(&ann()).await.unwrap(), None);
    let (user, at) = (ann(), f.clock.now());
    let customers = ["cus_1", "cus_2", "cus_3"].map(|id| id.parse().unwrap());
    let kept =
        join_all(customers.iter().map(|customer| f.top_ups.keep_customer(&user, customer, None, at))).await;
    let known = f.top_ups.customer(&ann()).await.unwrap().unwrap();
    assert!(kept.into_iter().all(|kept| kept.unwrap() == known));

    let anew = ["cus_8", "cus_9"].map(|id| id.parse().unwrap());
    let instead_of = || Some(known.clone());
    let kept =
        join_all(anew.iter().map(|customer| f.top_ups.keep_customer(&user, customer, instead_of(), at)))
            .await;
    let now = f.top_ups.customer(&ann()).await.unwrap().unwrap();
    assert!(anew.contains(&now), "{now}");
    assert!(kept.into_iter().all(|kept| kept.unwrap() == now));
}
