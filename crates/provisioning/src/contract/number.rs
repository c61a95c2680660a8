//! Reading, changing and recording numbers.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use trunkline_domain::{
    Change, Currency, Money, NumberId, NumberKind, NumberStatus, OwnedNumber, PhoneNumber, ProviderIdentity,
    UserId, WebhookUrls,
};

use super::fixture::{Fixture, ann, bob, business, phone, sid, unexpected};
use crate::port::{
    MonthlyCost, NumberFilter, NumberRecording, NumberUpdate, RecordAnswer, ReleaseEnd, Scope, UpdateAnswer,
};

async fn update(f: &Fixture, number: &OwnedNumber) -> UpdateAnswer {
    f.numbers.update(&Change::new(NumberUpdate { number: number.clone() })).await.unwrap()
}

async fn updated(f: &Fixture, number: &OwnedNumber) -> OwnedNumber {
    match update(f, number).await {
        UpdateAnswer::Updated(number) => number,
        other => unexpected(&other),
    }
}

async fn record(f: &Fixture, number: &OwnedNumber) -> RecordAnswer {
    f.numbers.record(&Change::new(NumberRecording { number: number.clone() })).await.unwrap()
}

async fn number(f: &Fixture, id: NumberId) -> OwnedNumber {
    f.numbers.number(&Scope::Everyone, id).await.unwrap().unwrap()
}

async fn release(f: &Fixture, number: &OwnedNumber) {
    f.releases.begin(&f.release_of(number)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
}

fn of(user: &UserId) -> NumberFilter {
    NumberFilter::of(Scope::User(user.clone()), 10)
}

async fn listed(f: &Fixture, filter: &NumberFilter) -> Vec<NumberId> {
    f.numbers.numbers(filter).await.unwrap().numbers.iter().map(|number| number.id).collect()
}

/// Another user's number does not exist.
pub async fn a_number_is_read_within_its_scope(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let scopes = [(Scope::User(ann()), true), (Scope::User(bob()), false), (Scope::Everyone, true)];
    for (scope, is_there) in scopes {
        let found = f.numbers.number(&scope, bought.id).await.unwrap();
        assert_eq!(found, is_there.then(|| bought.clone()), "{scope:?}");
    }
}

/// What an owner shares: their numbers, where they are in one of the businesses now.
pub async fn numbers_are_found_within_businesses(f: &Fixture) {
    let bought =
        [f.buy(&ann(), 1).await, f.buy(&ann(), 2).await, f.buy(&ann(), 3).await, f.buy(&bob(), 4).await];
    let [first, second, loose, bobs] = bought;
    let move_to = async |number: OwnedNumber, n| {
        updated(f, &OwnedNumber { business: Some(business(n)), ..number }).await
    };
    let (first, second) = (move_to(first, 1).await, move_to(second, 2).await);
    // Bob's number says the same business: an id that was used again.
    let bobs = move_to(bobs, 1).await;
    let within = |owner: UserId, ns: &[u128]| Scope::Within {
        owner,
        businesses: ns.iter().map(|n| business(*n)).collect(),
    };
    for (scope, found) in [
        (within(ann(), &[1]), vec![&first]),
        (within(ann(), &[1, 2]), vec![&second, &first]),
        (within(ann(), &[3]), vec![]),
        (within(ann(), &[]), vec![]),
        (within(bob(), &[1, 2]), vec![&bobs]),
    ] {
        let filter = NumberFilter { scope: scope.clone(), ..of(&ann()) };
        let page = f.numbers.numbers(&filter).await.unwrap();
        let ids: std::collections::BTreeSet<NumberId> = page.numbers.iter().map(|number| number.id).collect();
        let expected: std::collections::BTreeSet<NumberId> = found.iter().map(|number| number.id).collect();
        assert_eq!((&ids, page.total), (&expected, found.len() as u64), "{scope:?}");
        for number in [&first, &second, &loose, &bobs] {
            let seen = f.numbers.number(&scope, number.id).await.unwrap();
            assert_eq!(seen.is_some(), expected.contains(&number.id), "{scope:?} {}", number.id);
        }
        // A cursor out of reach finds nothing; a business out of reach neither.
        let strange = NumberFilter { after: Some(loose.id), ..filter.clone() };
        assert!(listed(f, &strange).await.is_empty());
        let outside = NumberFilter { business: Some(business(9)), ..filter };
        assert!(listed(f, &outside).await.is_empty());
    }
    let place = f.numbers.place_of_number(first.id).await.unwrap().unwrap();
    assert_eq!((place.user, place.business), (ann(), Some(business(1))));
    assert_eq!(f.numbers.place_of_number(loose.id).await.unwrap().unwrap().business, None);
    assert_eq!(f.numbers.place_of_number(NumberId::from_uuid(f.id())).await.unwrap(), None);
}

/// Ids at the provider are never reused, so a released number keeps its own; the account counts too.
pub async fn a_number_is_found_by_its_identity_for_ever(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let identity = bought.identity.clone().unwrap();
    assert_eq!(f.numbers.number_by_identity(&identity).await.unwrap(), Some(bought.clone()));
    let elsewhere =
        ProviderIdentity { account: format!("AC{}", "1".repeat(32)).parse().unwrap(), ..identity.clone() };
    assert_eq!(f.numbers.number_by_identity(&elsewhere).await.unwrap(), None);
    let unknown = ProviderIdentity { number: sid(999), ..identity.clone() };
    assert_eq!(f.numbers.number_by_identity(&unknown).await.unwrap(), None);
    release(f, &bought).await;
    let released = f.numbers.number_by_identity(&identity).await.unwrap().unwrap();
    assert_eq!((released.id, released.status), (bought.id, NumberStatus::Released));
}

/// Calls find whoever holds the number now; a record that somebody typed in is never found.
pub async fn a_number_is_found_by_phone_while_it_holds_the_claim(f: &Fixture) {
    record(f, &f.record_of(&bob(), 1)).await;
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), None);
    let bought = f.buy(&ann(), 1).await;
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), Some(bought.clone()));
    release(f, &bought).await;
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), None);
}

/// Those, and no others.
pub async fn an_update_stores_the_changeable_parts(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    f.wait(5);
    let wanted = OwnedNumber {
        display_name: "Back office".parse().unwrap(),
        business: Some(business(1)),
        is_primary: false,
        is_active: false,
        notes: Some("évening".to_owned()),
        webhooks: WebhookUrls {
            voice_url: Some("https://new.example/voice".to_owned()),
            ..WebhookUrls::default()
        },
        updated_at: f.now(),
        ..bought.clone()
    };
    let sneaky = OwnedNumber {
        phone_number: phone(2),
        user: bob(),
        provider: "elsewhere".to_owned(),
        ..wanted.clone()
    };
    let stored = updated(f, &sneaky).await;
    assert_eq!(stored, OwnedNumber { version: bought.version + 1, ..wanted });
    assert_eq!(number(f, bought.id).await, stored);
}

/// Whoever read it before somebody else changed it must read it again.
pub async fn an_update_of_an_older_version_is_stale(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let first = updated(f, &OwnedNumber { notes: Some("first".to_owned()), ..bought.clone() }).await;
    let second = OwnedNumber { notes: Some("second".to_owned()), ..bought };
    assert_eq!(update(f, &second).await, UpdateAnswer::Stale);
    assert_eq!(number(f, first.id).await, first);
}

/// Releasing or released.
pub async fn a_number_that_is_leaving_takes_no_changes(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    f.releases.begin(&f.release_of(&bought)).await.unwrap();
    let leaving = number(f, bought.id).await;
    assert_eq!(update(f, &leaving).await, UpdateAnswer::Busy);
    f.releases.finish(&Change::new(ReleaseEnd { number: bought.id, at: f.now() })).await.unwrap();
    let gone = number(f, bought.id).await;
    assert_eq!(update(f, &gone).await, UpdateAnswer::Busy);
}

/// The second takes it from the first in the same step; another business's stays.
pub async fn a_business_has_one_primary_number(f: &Fixture) {
    let mut numbers = Vec::new();
    for (n, of) in [(1, 1), (2, 1), (3, 2)] {
        let bought = f.buy(&ann(), n).await;
        numbers.push(updated(f, &OwnedNumber { business: Some(business(of)), ..bought }).await);
    }
    let elsewhere = updated(f, &OwnedNumber { is_primary: true, ..numbers[2].clone() }).await;
    let first = updated(f, &OwnedNumber { is_primary: true, ..numbers[0].clone() }).await;
    assert!(first.is_primary);
    let second = updated(f, &OwnedNumber { is_primary: true, ..numbers[1].clone() }).await;
    assert!(second.is_primary);
    let before = number(f, first.id).await;
    assert!(!before.is_primary);
    assert_eq!(before.version, first.version + 1, "whoever read it as primary must read it again");
    assert_eq!(number(f, elsewhere.id).await, elsewhere);
}

/// Once per user and number among the live ones; repeating the same is harmless.
pub async fn a_record_is_stored_once_per_user(f: &Fixture) {
    let first = f.record_of(&ann(), 1);
    assert_eq!(record(f, &first).await, RecordAnswer::Recorded(first.clone()));
    assert_eq!(record(f, &first).await, RecordAnswer::Recorded(first.clone()));
    assert_eq!(record(f, &f.record_of(&ann(), 1)).await, RecordAnswer::Exists(first.id));
    let others = f.record_of(&bob(), 1);
    assert_eq!(record(f, &others).await, RecordAnswer::Recorded(others));
    f.releases.begin(&f.release_of(&first)).await.unwrap();
    let again = f.record_of(&ann(), 1);
    assert_eq!(record(f, &again).await, RecordAnswer::Recorded(again));
}

/// What was bought here needs no record.
pub async fn a_record_of_what_the_user_owns_is_refused(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    assert_eq!(record(f, &f.record_of(&ann(), 1)).await, RecordAnswer::Exists(bought.id));
}

/// Pages join without a gap or a double, and every page knows the total.
pub async fn numbers_are_listed_newest_first_in_pages(f: &Fixture) {
    let stranger = f.record_of(&bob(), 99);
    record(f, &stranger).await;
    let mut ids = Vec::new();
    for n in 1..=5 {
        let number = f.record_of(&ann(), n);
        record(f, &number).await;
        ids.push(number.id);
        // Two share each moment: the id decides between them.
        f.wait(i64::from(n % 2 == 0));
    }
    ids.reverse();
    let mut seen = Vec::new();
    let mut filter = NumberFilter { limit: 2, ..of(&ann()) };
    loop {
        let page = f.numbers.numbers(&filter).await.unwrap();
        assert_eq!(page.total, 5);
        seen.extend(page.numbers.iter().map(|number| number.id));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
    let strange = NumberFilter { after: Some(stranger.id), ..of(&ann()) };
    assert!(listed(f, &strange).await.is_empty());
}

/// By business and by status; everybody's for an operator.
pub async fn lists_are_filtered(f: &Fixture) {
    let first = f.buy(&ann(), 1).await;
    let first = updated(f, &OwnedNumber { business: Some(business(1)), ..first }).await;
    let second = f.buy(&ann(), 2).await;
    let others = f.buy(&bob(), 3).await;
    f.releases.begin(&f.release_of(&second)).await.unwrap();
    let business_of = NumberFilter { business: Some(business(1)), ..of(&ann()) };
    assert_eq!(listed(f, &business_of).await, [first.id]);
    let foreign = NumberFilter { business: Some(business(1)), ..of(&bob()) };
    assert!(listed(f, &foreign).await.is_empty());
    let releasing = NumberFilter { status: Some(NumberStatus::Releasing), ..of(&ann()) };
    assert_eq!(listed(f, &releasing).await, [second.id]);
    let all = NumberFilter { scope: Scope::Everyone, ..of(&ann()) };
    let mut found = listed(f, &all).await;
    found.sort();
    let mut expected = [first.id, second.id, others.id];
    expected.sort();
    assert_eq!(found, expected);
}

/// Kept for history, and out of sight otherwise.
pub async fn released_numbers_are_listed_when_asked_for(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    release(f, &bought).await;
    assert!(listed(f, &of(&ann())).await.is_empty());
    let released = NumberFilter { status: Some(NumberStatus::Released), ..of(&ann()) };
    assert_eq!(listed(f, &released).await, [bought.id]);
}

/// By type, by country, by part of the number or of the name; each narrows the others.
pub async fn numbers_are_found_by_what_they_are(f: &Fixture) {
    let record_named = async |n: u16, name: &str, change: fn(OwnedNumber) -> OwnedNumber| {
        f.wait(1);
        let number = change(OwnedNumber { display_name: name.parse().unwrap(), ..f.record_of(&ann(), n) });
        record(f, &number).await;
        number
    };
    let front = record_named(1, "Front Desk", |number| number).await;
    let back =
        record_named(2, "Back desk % _", |number| OwnedNumber { kind: NumberKind::International, ..number })
            .await;
    let paris = record_named(3, "Être à Paris", |number| OwnedNumber {
        phone_number: PhoneNumber::from_stored("+33142685300").unwrap(),
        country: "FR".parse().unwrap(),
        ..number
    })
    .await;
    record(f, &f.record_of(&bob(), 1)).await;
    let found = async |search: &str, filter: NumberFilter| {
        listed(f, &NumberFilter { search: Some(search.parse().unwrap()), ..filter }).await
    };
    let digits = phone(1);
    let (country, rest) = digits.as_str()[1..].split_at(1);
    for (search, expected) in [
        ("DESK", vec![back.id, front.id]),
        ("front desk", vec![front.id]),
        // Signs that mean something to some ways of comparing.
        ("% _", vec![back.id]),
        ("%", vec![back.id]),
        ("f_o", vec![]),
        ("Être À", vec![]),
        ("Être à PARIS", vec![paris.id]),
        ("(0)1 42 68", vec![paris.id]),
        ("+33 1", vec![paris.id]),
        (digits.as_str(), vec![front.id]),
        (&format!("00{country} {rest}"), vec![front.id]),
        (&format!("0{rest}"), vec![front.id]),
        ("nothing of the kind", vec![]),
    ] {
        assert_eq!(found(search, of(&ann())).await, expected, "{search}");
    }
    let international = NumberFilter { kind: Some(NumberKind::International), ..of(&ann()) };
    assert_eq!(listed(f, &international).await, [back.id]);
    assert_eq!(found("desk", international.clone()).await, [back.id]);
    assert!(found("front", international).await.is_empty());
    let french = NumberFilter { country: Some("FR".parse().unwrap()), ..of(&ann()) };
    assert_eq!(listed(f, &french).await, [paris.id]);
    let everybodys = NumberFilter::of(Scope::Everyone, 10);
    assert_eq!(found(digits.as_str(), everybodys).await.len(), 2);
}

/// How many there are and what they cost, whatever the page; more than one row could say.
pub async fn lists_say_what_all_of_them_cost(f: &Fixture) {
    let most = Money::from_micros(i64::MAX, Currency::USD);
    let costs =
        [most, most, Money::from_micros(1, Currency::USD), Money::from_micros(2_500_000, Currency::INR)];
    for (n, monthly_cost) in (1..).zip(costs) {
        f.wait(1);
        record(f, &OwnedNumber { monthly_cost, ..f.record_of(&ann(), n) }).await;
    }
    record(f, &f.record_of(&bob(), 9)).await;
    let dollars = MonthlyCost { currency: Currency::USD, micros: 2 * i128::from(i64::MAX) + 1 };
    let rupees = MonthlyCost { currency: Currency::INR, micros: 2_500_000 };
    let first = f.numbers.numbers(&NumberFilter { limit: 1, ..of(&ann()) }).await.unwrap();
    assert_eq!((first.total, &first.monthly[..]), (4, &[rupees, dollars][..]));
    let after = NumberFilter { after: first.next, ..of(&ann()) };
    let second = f.numbers.numbers(&after).await.unwrap();
    assert_eq!((second.total, &second.monthly, second.numbers.len()), (4, &first.monthly, 3));
    let none = NumberFilter { status: Some(NumberStatus::Review), ..of(&ann()) };
    let none = f.numbers.numbers(&none).await.unwrap();
    assert_eq!((none.total, none.monthly), (0, Vec::new()));
}
