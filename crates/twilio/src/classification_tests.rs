//! A case for each row of the table, and the proof that each row is needed.

use rstest::rstest;

use super::*;

const fn answered(status: u16, code: u32) -> Seen {
    Seen::Answered { status, code: Some(code) }
}

/// What was seen, and what it means. Each row of the table decides at least one of these.
const CASES: &[(Seen, Meaning)] = &[
    (Seen::NotSent, Meaning::NotSent),
    (Seen::TimedOut, Meaning::Unknown),
    (Seen::Broken, Meaning::Unknown),
    (Seen::Unreadable, Meaning::Unknown),
    (Seen::Answered { status: 429, code: None }, Meaning::RateLimited),
    (answered(403, 10001), Meaning::AccountInactive), // account not active
    (answered(400, 10002), Meaning::AccountRestricted), // not for trials
    (answered(403, 10002), Meaning::AccountRestricted), // not for trials forbidden
    (answered(400, 20002), Meaning::OtherRefusal),    // name invalid
    (answered(401, 20003), Meaning::Unauthorized),    // authenticate
    (answered(401, 70_051), Meaning::Unauthorized),   // a newer code for the same
    (answered(403, 20003), Meaning::Unauthorized),    // permission denied
    (answered(405, 20004), Meaning::OtherRefusal),    // method not allowed
    (answered(403, 20005), Meaning::AccountInactive), // suspended
    (answered(400, 20005), Meaning::AccountInactive), // suspended unauthorized
    (answered(403, 20006), Meaning::AccountRestricted), // access denied
    (answered(400, 20007), Meaning::OtherRefusal),    // page too large
    (answered(403, 20008), Meaning::TestCredentials), // test credentials
    (answered(403, 20403), Meaning::AccountRestricted), // forbidden
    (answered(404, 20404), Meaning::NotFound),        // not found
    (answered(409, 20409), Meaning::Unknown),         // conflict
    (answered(400, 20409), Meaning::Unknown),         // conflict as 400
    (answered(400, 20422), Meaning::OtherRefusal),    // invalid parameter
    (answered(422, 20422), Meaning::OtherRefusal),    // invalid parameter 422
    (answered(429, 20429), Meaning::RateLimited),     // too many
    (answered(403, 20429), Meaning::RateLimited),     // too many as 403
    (answered(500, 20500), Meaning::Unknown),         // internal
    (answered(400, 20500), Meaning::Unknown),         // internal as 400
    (answered(503, 20503), Meaning::Unknown),         // unavailable
    (answered(400, 20503), Meaning::Unknown),         // unavailable as 400
    (answered(504, 20504), Meaning::Unknown),         // gateway timeout
    (answered(400, 20504), Meaning::Unknown),         // gateway timeout as 400
    (answered(400, 21401), Meaning::NumberUnavailable), // not north american
    (answered(400, 21402), Meaning::WebhookRejected), // invalid url
    (answered(400, 21403), Meaning::WebhookRejected), // invalid method
    (answered(400, 21404), Meaning::AccountRestricted), // trial limit
    (answered(400, 21405), Meaning::WebhookRejected), // voice fallback
    (answered(400, 21406), Meaning::WebhookRejected), // sms fallback
    (answered(400, 21407), Meaning::TakesNoTexts),    // takes no texts
    (answered(400, 21421), Meaning::NumberUnavailable), // not a number
    (answered(400, 21422), Meaning::NumberUnavailable), // taken
    (answered(400, 21451), Meaning::AreaCode),        // area code invalid
    (answered(400, 21452), Meaning::AreaCode),        // area code empty
    (answered(400, 21457), Meaning::AreaCode),        // area code not here
    (answered(400, 21458), Meaning::WrongType),       // wrong type
    (answered(400, 21613), Meaning::AddressRejected), // certification
    (answered(400, 21615), Meaning::AddressRequired), // local address
    (answered(400, 21628), Meaning::AddressRejected), // address invalid
    (answered(400, 21629), Meaning::AddressRejected), // address suggested
    (answered(400, 21631), Meaning::AddressRequired), // address missing
    (answered(400, 21649), Meaning::BundleRequired),  // bundle
    (answered(400, 21650), Meaning::BundleRequired),  // identity
    (answered(400, 21651), Meaning::BundleRequired),  // document
    (answered(400, 22300), Meaning::AccountRestricted), // restricted
    (answered(403, 22300), Meaning::AccountRestricted), // restricted forbidden
    (answered(400, 29999), Meaning::OtherRefusal),    // never heard of
    (answered(404, 20001), Meaning::Unknown),         // not found under another code
    (answered(500, 21422), Meaning::Unknown),         // server error with a refusing code
    (answered(409, 21422), Meaning::Unknown),         // conflict with a refusing code
    (answered(408, 21422), Meaning::Unknown),         // request timeout with a refusing code
    (answered(302, 21422), Meaning::Unknown),         // redirect with a refusing code
];

#[test]
fn each_case_has_its_meaning() {
    for (seen, expected) in CASES {
        assert_eq!(meaning(*seen), *expected, "{seen:?}");
    }
}

/// The table without one of its rows gets a case wrong, for each row.
#[test]
fn no_row_can_be_removed() {
    for (missing, removed) in TABLE.iter().enumerate() {
        let rest = || TABLE.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, row)| row);
        let wrong = CASES.iter().any(|(seen, expected)| meaning_by(rest(), *seen) != *expected);
        assert!(wrong, "nothing fails without {removed:?}");
    }
}

/// Something between us and Twilio may answer with any status; only a rate limit is believed from anybody.
#[test]
fn without_a_code_nothing_is_certain_but_a_rate_limit() {
    for status in 100..=599 {
        let expected = if status == 429 { Meaning::RateLimited } else { Meaning::Unknown };
        assert_eq!(meaning(Seen::Answered { status, code: None }), expected, "{status}");
    }
}

/// The whole table, both ways: these codes and no others are more than a plain refusal.
#[test]
fn the_codes_are_these() {
    let special: Vec<u32> =
        (0..=99_999).filter(|code| meaning(answered(400, *code)) != Meaning::OtherRefusal).collect();
    assert_eq!(
        special,
        [
            10001, 10002, 20003, 20005, 20006, 20008, 20403, 20409, 20429, 20500, 20503, 20504, 21401, 21402,
            21403, 21404, 21405, 21406, 21407, 21421, 21422, 21451, 21452, 21457, 21458, 21613, 21615, 21628,
            21629, 21631, 21649, 21650, 21651, 22300
        ]
    );
}

#[rstest]
#[case(Meaning::NotFound, Operation::Search, Some(Refusal::TypeNotOffered))]
#[case(Meaning::NotFound, Operation::Buy, Some(Refusal::Other))]
#[case(Meaning::NotFound, Operation::Configure, Some(Refusal::Other))]
#[case(Meaning::AreaCode, Operation::Buy, Some(Refusal::NumberUnavailable))]
#[case(Meaning::AreaCode, Operation::Search, Some(Refusal::Filter { field: "area_code", message: "sorry".into() }))]
#[case(Meaning::NumberUnavailable, Operation::Buy, Some(Refusal::NumberUnavailable))]
#[case(Meaning::WrongType, Operation::Buy, Some(Refusal::WrongType))]
#[case(Meaning::AddressRequired, Operation::Buy, Some(Refusal::AddressRequired))]
#[case(Meaning::AddressRejected, Operation::Buy, Some(Refusal::AddressRejected))]
#[case(Meaning::BundleRequired, Operation::Buy, Some(Refusal::BundleRequired))]
#[case(Meaning::TakesNoTexts, Operation::Configure, Some(Refusal::Other))]
#[case(Meaning::WebhookRejected, Operation::Buy, Some(Refusal::Other))]
#[case(Meaning::AccountInactive, Operation::Release, Some(Refusal::AccountInactive))]
#[case(Meaning::AccountRestricted, Operation::Release, Some(Refusal::AccountRestricted))]
#[case(Meaning::TestCredentials, Operation::Buy, Some(Refusal::TestCredentials))]
#[case(Meaning::OtherRefusal, Operation::Buy, Some(Refusal::Other))]
#[case(Meaning::Unauthorized, Operation::Buy, None)]
#[case(Meaning::RateLimited, Operation::Buy, None)]
#[case(Meaning::NotSent, Operation::Buy, None)]
#[case(Meaning::Unknown, Operation::Buy, None)]
fn a_meaning_is_reported(
    #[case] meaning: Meaning,
    #[case] operation: Operation,
    #[case] expected: Option<Refusal>,
) {
    assert_eq!(meaning.refusal(operation, "sorry"), expected);
}

#[rstest]
#[case(Seen::NotSent, true)]
#[case(Seen::TimedOut, true)]
#[case(Seen::Broken, true)]
#[case(Seen::Unreadable, true)]
#[case(answered(500, 20500), true)]
#[case(Seen::Answered { status: 502, code: None }, true)]
#[case(Seen::Answered { status: 302, code: None }, true)]
#[case(answered(400, 21422), false)]
#[case(answered(401, 20003), false)]
#[case(answered(409, 20409), false)]
#[case(answered(429, 20429), false)]
#[case(Seen::Answered { status: 403, code: None }, false)]
fn only_outages_are_outages(#[case] seen: Seen, #[case] expected: bool) {
    assert_eq!(seen.is_outage(), expected);
}
