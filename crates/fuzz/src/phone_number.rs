//! Phone numbers in any form: what is accepted has an E.164 form that stands for itself, wherever it is read again.

use trunkline_domain::{Country, PhoneNumber};

/// The input is a country or nothing in its first line, and what somebody wrote for a number after it.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (country, written) = text.split_once('\n').unwrap_or(("", &text));
    let country = country.parse::<Country>().ok();
    if let Ok(number) = PhoneNumber::parse(written, country) {
        stands_for_itself(&number, country);
    }
    if let Ok(stored) = PhoneNumber::from_stored(written) {
        assert_eq!(stored.as_str(), written);
        let json = serde_json::to_string(&stored).expect("a number can be stored");
        assert_eq!(serde_json::from_str::<PhoneNumber>(&json).expect("what is stored can be read"), stored);
        masked(&stored);
    }
}

fn stands_for_itself(number: &PhoneNumber, country: Option<Country>) {
    let e164 = number.as_str();
    assert_eq!(
        PhoneNumber::from_stored(e164).as_ref(),
        Ok(number),
        "{e164} could not be read from a database"
    );
    assert_eq!(e164.parse::<PhoneNumber>().as_ref(), Ok(number), "{e164} is not itself");
    assert_eq!(
        PhoneNumber::parse(e164, country).as_ref(),
        Ok(number),
        "{e164} is another one in {country:?}"
    );
    let _ = (number.country(), number.plan_type());
    masked(number);
}

fn masked(number: &PhoneNumber) {
    let masked = number.masked();
    assert_eq!(masked.chars().count(), number.as_str().len());
    assert!(masked.contains('•') || number.as_str().len() < 8, "{number} is not masked");
}
