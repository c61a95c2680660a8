//! A row for each entry of the table: a row removed from it fails here.

use rstest::rstest;

use super::*;

fn answered(status: u16, code: u32) -> Seen {
    Seen::Answered { status, code: Some(code) }
}

#[rstest]
#[case::account_not_active(403, 10001, Meaning::AccountRestricted)]
#[case::not_for_trials(400, 10002, Meaning::AccountRestricted)]
#[case::not_for_trials_forbidden(403, 10002, Meaning::AccountRestricted)]
#[case::name_invalid(400, 20002, Meaning::OtherRefusal)]
#[case::authenticate(401, 20003, Meaning::Unauthorized)]
#[case::permission_denied(403, 20003, Meaning::Unauthorized)]
#[case::method_not_allowed(405, 20004, Meaning::OtherRefusal)]
#[case::suspended(403, 20005, Meaning::AccountRestricted)]
#[case::suspended_unauthorized(400, 20005, Meaning::AccountRestricted)]
#[case::access_denied(403, 20006, Meaning::AccountRestricted)]
#[case::page_too_large(400, 20007, Meaning::OtherRefusal)]
#[case::test_credentials(403, 20008, Meaning::AccountRestricted)]
#[case::forbidden(403, 20403, Meaning::AccountRestricted)]
#[case::not_found(404, 20404, Meaning::NotFound)]
#[case::conflict(409, 20409, Meaning::Unknown)]
#[case::conflict_as_400(400, 20409, Meaning::Unknown)]
#[case::invalid_parameter(400, 20422, Meaning::OtherRefusal)]
#[case::invalid_parameter_422(422, 20422, Meaning::OtherRefusal)]
#[case::too_many(429, 20429, Meaning::RateLimited)]
#[case::too_many_as_403(403, 20429, Meaning::RateLimited)]
#[case::internal(500, 20500, Meaning::Unknown)]
#[case::internal_as_400(400, 20500, Meaning::Unknown)]
#[case::unavailable(503, 20503, Meaning::Unknown)]
#[case::unavailable_as_400(400, 20503, Meaning::Unknown)]
#[case::gateway_timeout(504, 20504, Meaning::Unknown)]
#[case::gateway_timeout_as_400(400, 20504, Meaning::Unknown)]
#[case::not_north_american(400, 21401, Meaning::NumberUnavailable)]
#[case::invalid_url(400, 21402, Meaning::OtherRefusal)]
#[case::invalid_method(400, 21403, Meaning::OtherRefusal)]
#[case::trial_limit(400, 21404, Meaning::AccountRestricted)]
#[case::voice_fallback(400, 21405, Meaning::OtherRefusal)]
#[case::sms_fallback(400, 21406, Meaning::OtherRefusal)]
#[case::takes_no_texts(400, 21407, Meaning::OtherRefusal)]
#[case::not_a_number(400, 21421, Meaning::NumberUnavailable)]
#[case::taken(400, 21422, Meaning::NumberUnavailable)]
#[case::area_code_invalid(400, 21451, Meaning::AreaCode)]
#[case::area_code_empty(400, 21452, Meaning::AreaCode)]
#[case::area_code_not_here(400, 21457, Meaning::OtherRefusal)]
#[case::wrong_type(400, 21458, Meaning::WrongType)]
#[case::certification(400, 21613, Meaning::AddressRequired)]
#[case::local_address(400, 21615, Meaning::AddressRequired)]
#[case::address_invalid(400, 21628, Meaning::AddressRequired)]
#[case::address_suggested(400, 21629, Meaning::AddressRequired)]
#[case::address_missing(400, 21631, Meaning::AddressRequired)]
#[case::bundle(400, 21649, Meaning::BundleRequired)]
#[case::identity(400, 21650, Meaning::BundleRequired)]
#[case::document(400, 21651, Meaning::BundleRequired)]
#[case::restricted(400, 22300, Meaning::AccountRestricted)]
#[case::restricted_forbidden(403, 22300, Meaning::AccountRestricted)]
#[case::never_heard_of(400, 29999, Meaning::OtherRefusal)]
#[case::not_found_under_another_code(404, 20001, Meaning::Unknown)]
#[case::server_error_with_a_refusing_code(500, 21422, Meaning::Unknown)]
#[case::conflict_with_a_refusing_code(409, 21422, Meaning::Unknown)]
#[case::request_timeout_with_a_refusing_code(408, 21422, Meaning::Unknown)]
#[case::redirect_with_a_refusing_code(302, 21422, Meaning::Unknown)]
fn a_code_means(#[case] status: u16, #[case] code: u32, #[case] expected: Meaning) {
    assert_eq!(meaning(answered(status, code)), expected);
}

#[rstest]
#[case::never_connected(Seen::NotSent, Meaning::NotSent)]
#[case::timeout_after_sending(Seen::TimedOut, Meaning::Unknown)]
#[case::reset_after_sending(Seen::Broken, Meaning::Unknown)]
#[case::unreadable_success(Seen::Unreadable, Meaning::Unknown)]
fn a_phase_means(#[case] seen: Seen, #[case] expected: Meaning) {
    assert_eq!(meaning(seen), expected);
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
            10001, 10002, 20003, 20005, 20006, 20008, 20403, 20409, 20429, 20500, 20503, 20504, 21401, 21404,
            21421, 21422, 21451, 21452, 21458, 21613, 21615, 21628, 21629, 21631, 21649, 21650, 21651, 22300
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
#[case(Meaning::BundleRequired, Operation::Buy, Some(Refusal::BundleRequired))]
#[case(Meaning::AccountRestricted, Operation::Release, Some(Refusal::AccountRestricted))]
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
