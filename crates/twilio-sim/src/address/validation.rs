//! What is known of addresses, by country. It is little: the shape of postal codes, the states and provinces of
//! North America, and that a street there has a number. An address that fits is validated; one that only needs
//! tidying is tidied, or with `AutoCorrectAddress=false` refused with the tidy one in the message.

use super::Address;
use crate::refusal::Refusal;

const STATES: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ \
                      NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI";
const PROVINCES: &str = "AB BC MB NB NL NS NT NU ON PE QC SK YT";

/// Checks and tidies an address, and says whether it is validated.
pub(super) fn validate(address: &mut Address, auto_correct: bool) -> Result<(), Refusal> {
    let tidy = tidied(address);
    let known = match tidy.iso_country.as_str() {
        "US" => Some(check_american(&tidy, STATES, is_zip_code(&tidy.postal_code))),
        "CA" => Some(check_american(&tidy, PROVINCES, has_shape(&tidy.postal_code, "A9A 9A9"))),
        "GB" => Some(if is_british_postcode(&tidy.postal_code) {
            Ok(())
        } else {
            Err("the postal code is none of Great Britain")
        }),
        _ => None,
    };
    if let Some(Err(reason)) = known {
        return Err(Refusal::address_invalid(reason));
    }
    if !auto_correct && *address != tidy {
        let Address { street, city, region, postal_code, .. } = &tidy;
        return Err(Refusal::address_suggested(&format!("{street}, {city}, {region} {postal_code}")));
    }
    *address = tidy;
    address.validated = known.is_some();
    Ok(())
}

fn check_american(address: &Address, regions: &str, postal_code_fits: bool) -> Result<(), &'static str> {
    if !regions.split_ascii_whitespace().any(|region| region == address.region) {
        return Err("the region is no state or province of the country, in two letters");
    }
    if !postal_code_fits {
        return Err("the postal code is none of the country");
    }
    if !address.street.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err("the street has no number");
    }
    Ok(())
}

/// The address with single blanks, and in countries that are known with region and postal code in capitals.
fn tidied(address: &Address) -> Address {
    let mut tidy = address.clone();
    for text in [&mut tidy.street, &mut tidy.city, &mut tidy.region, &mut tidy.postal_code] {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    match tidy.iso_country.as_str() {
        "US" => tidy.region.make_ascii_uppercase(),
        "CA" => {
            tidy.region.make_ascii_uppercase();
            tidy.postal_code = with_blank_before_last_three(&tidy.postal_code);
        }
        "GB" => tidy.postal_code = with_blank_before_last_three(&tidy.postal_code),
        _ => {}
    }
    tidy
}

/// `m5h2n2` as `M5H 2N2`.
fn with_blank_before_last_three(postal_code: &str) -> String {
    let mut code: String = postal_code.split_whitespace().collect();
    code.make_ascii_uppercase();
    if code.is_ascii() && code.len() > 3 {
        code.insert(code.len() - 3, ' ');
    }
    code
}

/// `A` stands for a capital letter, `9` for a digit.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'A' => byte.is_ascii_uppercase(),
            b'9' => byte.is_ascii_digit(),
            _ => byte == wanted,
        })
}

fn is_zip_code(text: &str) -> bool {
    has_shape(text, "99999") || has_shape(text, "99999-9999")
}

fn is_british_postcode(text: &str) -> bool {
    let Some((outward, inward)) = text.split_once(' ') else { return false };
    has_shape(inward, "9AA")
        && ["A9", "A99", "AA9", "AA99", "A9A", "AA9A"].iter().any(|shape| has_shape(outward, shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postal_codes_have_their_countrys_shape() {
        for good in ["94102", "94102-1234"] {
            assert!(is_zip_code(good), "{good}");
        }
        for bad in ["9410", "94102-", "9410A", ""] {
            assert!(!is_zip_code(bad), "{bad}");
        }
        for good in ["SW1A 1AA", "M1 1AE", "B33 8TH", "EC1A 1BB"] {
            assert!(is_british_postcode(good), "{good}");
        }
        for bad in ["SW1A1AA", "94102", "SW1A AAA", "1SW 1AA"] {
            assert!(!is_british_postcode(bad), "{bad}");
        }
        assert_eq!(with_blank_before_last_three(" m5h2n2"), "M5H 2N2");
        assert_eq!(with_blank_before_last_three("é"), "é");
    }
}
