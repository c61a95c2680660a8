//! What Trunkline attaches to everything that it opens at Stripe ("Metadata"), and the keys under which it asks
//! ("Idempotent requests").

use sha2::{Digest, Sha256};
use trunkline_domain::{PaymentId, UserId};
use uuid::Uuid;

use super::transport::Parameter;
use super::wire::Metadata;
use crate::{CustomerId, EventClaims, PaymentMark};

const DEPLOYMENT: &str = "trunkline_deployment";
const PAYMENT: &str = "trunkline_payment";
const USER: &str = "trunkline_user";
const SETUP: &str = "trunkline_setup";

/// The longest key that Stripe takes.
const KEY_MAX: usize = 255;

/// The fields that mark a payment, below `parent` (`metadata`, `payment_intent_data[metadata]`).
pub(super) fn of_payment(
    parent: &str,
    deployment: &str,
    payment: PaymentId,
    user: &UserId,
) -> [Parameter; 3] {
    [
        (format!("{parent}[{DEPLOYMENT}]"), deployment.to_owned()),
        (format!("{parent}[{PAYMENT}]"), payment.to_string()),
        (format!("{parent}[{USER}]"), user.to_string()),
    ]
}

/// The fields that mark the saving of a payment method.
pub(super) fn of_setup(parent: &str, deployment: &str, key: Uuid, user: &UserId) -> [Parameter; 3] {
    [
        (format!("{parent}[{DEPLOYMENT}]"), deployment.to_owned()),
        (format!("{parent}[{SETUP}]"), key.to_string()),
        (format!("{parent}[{USER}]"), user.to_string()),
    ]
}

/// The fields that mark a customer.
pub(super) fn of_customer(deployment: &str, user: &UserId) -> [Parameter; 2] {
    [
        (format!("metadata[{DEPLOYMENT}]"), deployment.to_owned()),
        (format!("metadata[{USER}]"), user.to_string()),
    ]
}

/// The mark of a payment; `None` unless all of it is there and well formed.
pub(super) fn read(metadata: Option<&Metadata>) -> Option<PaymentMark> {
    let metadata = metadata?;
    Some(PaymentMark {
        deployment: metadata.get(DEPLOYMENT)?.clone(),
        payment: metadata.get(PAYMENT)?.parse().ok()?,
        user: metadata.get(USER)?.parse().ok()?,
    })
}

/// Under which key this deployment opened a page on which a payment method is saved.
pub(super) fn read_setup(metadata: Option<&Metadata>, deployment: &str) -> Option<Uuid> {
    let metadata = metadata?;
    metadata.get(DEPLOYMENT).filter(|whose| *whose == deployment)?;
    metadata.get(SETUP)?.parse().ok()
}

/// What an event claims by the mark that it shows. What is missing or malformed claims nothing.
pub(super) fn claims(metadata: Option<&Metadata>) -> EventClaims {
    let value = |name: &str| metadata.and_then(|metadata| metadata.get(name));
    EventClaims {
        payment: value(PAYMENT).and_then(|text| text.parse().ok()),
        user: value(USER).and_then(|text| text.parse().ok()),
        asked: None,
    }
}

/// The key under which the page of a payment is opened.
pub(super) fn checkout_key(payment: PaymentId) -> String {
    format!("trunkline-checkout-{payment}")
}

/// The key under which a saved method is charged.
pub(super) fn charge_key(payment: PaymentId) -> String {
    format!("trunkline-charge-{payment}")
}

/// The key under which a page is opened on which a method is saved.
pub(super) fn setup_key(key: Uuid) -> String {
    format!("trunkline-setup-{key}")
}

/// The key under which a customer is made. The address is in it, by its hash: with another one Stripe would take the key
/// for a mistake until it forgets it, and a second customer does no harm. So is the customer whom it is made instead of: under
/// the old key Stripe would repeat for a day that it made the one whom it does not know any more.
pub(super) fn customer_key(
    deployment: &str,
    user: &UserId,
    email: Option<&str>,
    instead_of: Option<&CustomerId>,
) -> String {
    let mut key = format!("trunkline-customer-{deployment}-{user}");
    for part in email.into_iter().chain(instead_of.map(CustomerId::as_str)) {
        key = format!("{key}-{}", &hash(part)[..16]);
    }
    // A header's value is visible ASCII, and both names may be anything.
    if key.len() <= KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic()) {
        key
    } else {
        format!("trunkline-customer-{}", hash(&key))
    }
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        id.parse().unwrap()
    }

    #[test]
    fn the_key_of_a_customer_is_always_one_that_stripe_takes() {
        let plain = customer_key("d", &user("auth0|1"), None, None);
        assert_eq!(plain, "trunkline-customer-d-auth0|1");
        let long = "d".repeat(300);
        let odd = [
            customer_key(&long, &user("u"), None, None),
            customer_key("d", &user("Ünal"), Some("u@example.com"), None),
            customer_key("two words", &user("u"), None, None),
        ];
        for key in &odd {
            assert!(key.len() <= KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic()), "{key}");
        }
        assert_ne!(odd[0], customer_key(&long, &user("v"), None, None));
    }

    #[test]
    fn another_address_is_another_key() {
        let key = |email| customer_key("d", &user("u"), email, None);
        assert_ne!(key(Some("a@example.com")), key(Some("b@example.com")));
        assert_ne!(key(Some("a@example.com")), key(None));
        assert_eq!(key(Some("a@example.com")), key(Some("a@example.com")));
        let instead_of = |id: &str| customer_key("d", &user("u"), None, Some(&id.parse().unwrap()));
        assert_ne!(instead_of("cus_1"), key(None));
        assert_ne!(instead_of("cus_1"), instead_of("cus_2"));
    }

    #[test]
    fn a_mark_is_whole_or_none() {
        let payment = PaymentId::from_uuid(Uuid::from_u128(7));
        let fields = of_payment("metadata", "d", payment, &user("u"));
        let whole: Metadata =
            fields.iter().map(|(name, value)| (name[9..name.len() - 1].to_owned(), value.clone())).collect();
        let mark = PaymentMark { deployment: "d".into(), payment, user: user("u") };
        assert_eq!(read(Some(&whole)), Some(mark));
        for name in [DEPLOYMENT, PAYMENT, USER] {
            let mut part = whole.clone();
            part.remove(name);
            assert_eq!(read(Some(&part)), None, "{name}");
        }
        let mut odd = whole;
        odd.insert(PAYMENT.into(), "7".into());
        assert_eq!(read(Some(&odd)), None);
        assert_eq!(claims(Some(&odd)), EventClaims { user: Some(user("u")), ..EventClaims::default() });
    }
}
