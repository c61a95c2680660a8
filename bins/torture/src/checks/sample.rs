//! A small sound world for the checks' tests: one user with a bought number, a released one and a failed order.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Picture;
use super::picture::UserBooks;
use crate::api::{
    Balance, Direction, Number, NumberStatus, Order, OrderStatus, Transaction, TransactionStatus,
};
use crate::diary::{Attempt, Deed, Told};
use crate::stage::{HeldNumber, LedgerVerdict, Sale};

pub(super) const NUMBER: &str = "n-1";
pub(super) const RELEASED: &str = "n-0";
pub(super) const PHONE: &str = "+14150000001";
const RELEASED_PHONE: &str = "+14150000000";
pub(super) const SID: &str = "PN1";
pub(super) const NEIGHBOUR_SID: &str = "PN5";
pub(super) const ORDER: &str = "o-1";
pub(super) const CHARGE: &str = "t-1";
pub(super) const CREDIT: &str = "t-0";
pub(super) const WISH: &str = "client-1-wish-1";
pub(super) const CREDIT_WISH: &str = "client-1-wish-2";
const RELEASED_WISH: &str = "client-1-wish-3";
const USER: &str = "user-1";

pub(super) fn picture() -> Picture {
    let price = Decimal::new(150, 2);
    let number = |id: &str, name: &str, phone_number: &str, sid: &str, status| Number {
        id: id.into(),
        user_id: USER.into(),
        phone_number: phone_number.into(),
        display_name: name.into(),
        status,
        twilio_sid: Some(sid.into()),
    };
    let at: DateTime<Utc> = "2026-11-22T17:37:26.345Z".parse().unwrap();
    let order = |id: &str, phone_number: &str, status, number: Option<&str>| Order {
        created_at: at,
        id: id.into(),
        status,
        phone_number: phone_number.into(),
        amount: price,
        number_id: number.map(str::to_owned),
    };
    let line = |id: &str, direction, amount, description: &str, status, number: Option<&str>| Transaction {
        id: id.into(),
        direction,
        amount,
        description: description.into(),
        status,
        number_id: number.map(str::to_owned),
    };
    let (debit, completed) = (Direction::Debit, TransactionStatus::Completed);
    let books = UserBooks {
        orders: vec![
            order(ORDER, PHONE, OrderStatus::Completed, Some(NUMBER)),
            order("o-2", "+14150000002", OrderStatus::Failed, None),
            order("o-0", RELEASED_PHONE, OrderStatus::Completed, Some(RELEASED)),
        ],
        transactions: vec![
            line(CREDIT, Direction::Credit, Decimal::new(3000, 2), CREDIT_WISH, completed, None),
            line("t-2", debit, price, "Phone number", completed, Some(RELEASED)),
            line("t-3", debit, price, "Phone number", TransactionStatus::Failed, None),
            line(CHARGE, debit, price, "Phone number", completed, Some(NUMBER)),
        ],
        balance: Balance { available: Decimal::new(2700, 2), held: Decimal::ZERO },
    };
    let neighbour = held(NEIGHBOUR_SID, "+14150000005");
    Picture {
        users: BTreeMap::from([(USER.to_owned(), books)]),
        numbers: vec![
            number(NUMBER, WISH, PHONE, SID, NumberStatus::Active),
            number(RELEASED, RELEASED_WISH, RELEASED_PHONE, "PN0", NumberStatus::Released),
        ],
        at_twilio: vec![neighbour.clone(), held(SID, PHONE)],
        sales: vec![
            Sale { sid: SID.into(), phone_number: PHONE.into(), at },
            Sale { sid: "PN0".into(), phone_number: RELEASED_PHONE.into(), at },
            Sale { sid: NEIGHBOUR_SID.into(), phone_number: "+14150000005".into(), at },
        ],
        neighbours: vec![neighbour],
        ledger: LedgerVerdict::Balanced,
    }
}

pub(super) fn held(sid: &str, phone_number: &str) -> HeldNumber {
    HeldNumber {
        sid: sid.into(),
        phone_number: phone_number.into(),
        friendly_name: "tl1:1:2".into(),
        voice_url: "https://numbers.example.com".into(),
    }
}

pub(super) fn order(picture: &mut Picture) -> &mut Order {
    &mut picture.users.get_mut(USER).unwrap().orders[0]
}

/// What the user was told: all of it true.
pub(super) fn attempts() -> BTreeMap<String, Attempt> {
    let attempt = |name: &str, deed, told| {
        let attempt = Attempt { name: name.into(), user: USER.into(), deed, rounds: vec![vec![told]] };
        (name.to_owned(), attempt)
    };
    let buy = |phone_number: &str| Deed::Buy { phone_number: phone_number.into() };
    let bought = |number: &str, transaction: &str| Told::Bought {
        number: number.into(),
        transaction: transaction.into(),
    };
    let credited = Told::Credited { transaction: CREDIT.into() };
    BTreeMap::from([
        attempt(WISH, buy(PHONE), bought(NUMBER, CHARGE)),
        attempt(RELEASED_WISH, buy(RELEASED_PHONE), bought(RELEASED, "t-2")),
        attempt(CREDIT_WISH, Deed::Credit { amount: Decimal::new(3000, 2) }, credited),
    ])
}
