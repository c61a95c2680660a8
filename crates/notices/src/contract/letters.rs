//! Notices, and the letters that are their mail.

use std::time::Duration;

use futures::future::join_all;
use trunkline_domain::{Change, NoticeId, UserId};

use super::{NoticeFixture, email, usd, user};
use crate::{
    Letter, LetterDelivery, LetterSetback, MailRoute, MailState, NewNotice, NextSending, NoticeFilter,
};

/// How long letters are claimed for.
const LEASE: Duration = Duration::from_mins(1);

impl NoticeFixture {
    /// Stores notices of a user, whose wallet moves for it.
    async fn tell(&self, user: &UserId, notices: Vec<NewNotice>) {
        self.wallets.credit(user, usd(1)).await;
        let mut look = self.look_at(&self.moved().await[0], 0);
        look.body.notices = notices;
        assert!(self.alerts.look(&look).await.unwrap());
    }

    /// Stores as many letters to Ann.
    async fn letters(&self, count: usize) -> Vec<NoticeId> {
        let (ann, to) = (user("ann"), email("ann@example.com"));
        let letter = |_| self.notice(&ann, MailRoute::Configured, Some(&to));
        let letters: Vec<NewNotice> = (0..count).map(letter).collect();
        let ids = letters.iter().map(|letter| letter.id).collect();
        self.tell(&ann, letters).await;
        ids
    }

    async fn claim(&self) -> Vec<Letter> {
        self.notices.claim_letters(LEASE, 10).await.unwrap()
    }

    async fn set_back(&self, letter: &Letter, next: NextSending) -> bool {
        let setback =
            LetterSetback { notice: letter.id, lease: letter.lease, attempts: letter.attempts + 1, next };
        self.notices.set_letter_back(&Change::new(setback)).await.unwrap()
    }

    async fn deliver(&self, notice: NoticeId) -> bool {
        self.notices.note_sent(&Change::new(LetterDelivery { notice })).await.unwrap()
    }

    async fn mail(&self) -> Vec<MailState> {
        self.listed(&user("ann")).await.iter().map(|notice| notice.mail).collect()
    }
}

/// Of the user whose they are, and of nobody else.
pub async fn notices_are_listed_newest_first_in_pages(f: &NoticeFixture) {
    let mut ids = f.letters(5).await;
    let ben = user("ben");
    f.tell(&ben, vec![f.notice(&ben, MailRoute::Configured, None)]).await;
    ids.reverse();
    let mut listed = Vec::new();
    loop {
        let filter = NoticeFilter { user: user("ann"), after: listed.last().copied(), limit: 2 };
        let page = f.notices.notices(&filter).await.unwrap();
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|notice| notice.id));
    }
    assert_eq!((listed, f.listed(&ben).await.len()), (ids, 1));
}

/// Whoever has no address, and whoever is told by a deployment without mail, reads that.
pub async fn a_notice_says_where_its_mail_stands(f: &NoticeFixture) {
    let (ann, to) = (user("ann"), email("ann@example.com"));
    let notices = vec![
        f.notice(&ann, MailRoute::Configured, Some(&to)),
        f.notice(&ann, MailRoute::Configured, None),
        f.notice(&ann, MailRoute::Missing, Some(&to)),
    ];
    let first = notices[0].clone();
    f.tell(&ann, notices).await;
    assert_eq!(f.mail().await, [MailState::NotConfigured, MailState::NoAddress, MailState::Waiting]);
    let listed = f.listed(&ann).await.remove(2);
    assert_eq!(
        (listed.id, listed.user, listed.body, listed.created_at),
        (first.id, ann, first.body, first.at)
    );
    assert_eq!(f.claim().await.iter().map(|letter| letter.id).collect::<Vec<_>>(), [first.id]);
    assert!(f.deliver(first.id).await);
    assert_eq!(f.mail().await[2], MailState::Sent);
}

/// And says what it needs to be sent.
pub async fn a_letter_has_one_worker(f: &NoticeFixture) {
    let ids = f.letters(2).await;
    let claimed = f.claim().await;
    assert_eq!(claimed.iter().map(|letter| letter.id).collect::<Vec<_>>(), ids, "the oldest first");
    assert_eq!((claimed[0].attempts, claimed[0].to.as_str()), (0, "ann@example.com"));
    assert_eq!(f.claim().await, []);
}

/// However many workers ask.
pub async fn parallel_claims_take_each_letter_once(f: &NoticeFixture) {
    let mut ids = f.letters(12).await;
    let claims = join_all((0..6).map(|_| f.notices.claim_letters(LEASE, 2))).await;
    let mut taken: Vec<NoticeId> =
        claims.into_iter().flat_map(Result::unwrap).map(|letter| letter.id).collect();
    taken.extend(f.notices.claim_letters(LEASE, 12).await.unwrap().iter().map(|letter| letter.id));
    taken.sort_unstable();
    ids.sort_unstable();
    assert_eq!(taken, ids);
}

/// Its worker died, perhaps after it was sent.
pub async fn a_letter_is_claimed_again_when_its_lease_has_run_out(f: &NoticeFixture) {
    f.letters(1).await;
    let first = f.claim().await.remove(0);
    (f.advance)(LEASE);
    let again = f.claim().await.remove(0);
    assert_eq!((again.id, again.attempts), (first.id, 0));
    assert_ne!(again.lease, first.lease);
}

/// And not before.
pub async fn a_letter_that_failed_is_due_when_it_said(f: &NoticeFixture) {
    f.letters(1).await;
    let letter = f.claim().await.remove(0);
    assert!(f.set_back(&letter, NextSending::In(Duration::from_mins(5))).await);
    (f.advance)(Duration::from_secs(299));
    assert_eq!(f.claim().await, []);
    (f.advance)(Duration::from_secs(1));
    assert_eq!(f.claim().await.remove(0).attempts, 1);
}

/// Whoever sent it, and however often that is said.
pub async fn a_letter_that_was_sent_or_given_up_is_not_claimed(f: &NoticeFixture) {
    let ids = f.letters(2).await;
    let claimed = f.claim().await;
    assert_eq!([f.deliver(ids[0]).await, f.deliver(ids[0]).await], [true, false]);
    assert!(f.set_back(&claimed[1], NextSending::Never).await);
    (f.advance)(Duration::from_hours(48));
    assert_eq!(f.claim().await, []);
    assert_eq!(f.mail().await, [MailState::Failed, MailState::Sent]);
    assert!(f.deliver(ids[1]).await, "that it was taken is true, whoever gave it up");
    assert_eq!(f.mail().await[0], MailState::Sent);
}

/// Somebody else has it by then.
pub async fn a_worker_that_lost_its_lease_sets_nothing_back(f: &NoticeFixture) {
    f.letters(1).await;
    let late = f.claim().await.remove(0);
    (f.advance)(LEASE);
    let letter = f.claim().await.remove(0);
    assert!(!f.set_back(&late, NextSending::Never).await);
    assert!(f.set_back(&letter, NextSending::In(Duration::ZERO)).await);
    assert!(!f.set_back(&letter, NextSending::Never).await, "a lease is given up once");
    assert_eq!(f.mail().await, [MailState::Waiting]);
}
