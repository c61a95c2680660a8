//! Numbers: each has one owner, each completed order one number, and Twilio holds what is held here.

use std::collections::BTreeMap;

use super::{Loss, LossKind, Picture};
use crate::api::{Number, Order, OrderStatus};

pub(super) fn judge(picture: &Picture) -> Vec<Loss> {
    let mut losses = orders_and_numbers(picture);
    losses.extend(one_owner(picture));
    losses.extend(twilio_agrees(picture));
    losses.extend(neighbours(picture));
    losses
}

/// A completed order stands for one number, live or released, of its own user; no other order stands for any, and no
/// number for none.
fn orders_and_numbers(picture: &Picture) -> Vec<Loss> {
    let mut losses = Vec::new();
    let numbers: BTreeMap<&str, &Number> =
        picture.numbers.iter().map(|number| (number.id.as_str(), number)).collect();
    let mut order_of: BTreeMap<&str, &Order> = BTreeMap::new();
    for (user, order) in picture.orders() {
        let id = &order.id;
        match (order.status, &order.number_id) {
            (OrderStatus::Completed, None) => {
                losses.push(Loss::new(LossKind::LostNumber, format!("completed order {id} names no number")));
            }
            (OrderStatus::Completed, Some(number)) => {
                if let Some(other) = order_of.insert(number, order) {
                    let what = format!("orders {id} and {} both stand for number {number}", other.id);
                    losses.push(Loss::new(LossKind::DoubleNumber, what));
                }
                match numbers.get(number.as_str()) {
                    None => {
                        let what = format!("number {number} of completed order {id} is not there");
                        losses.push(Loss::new(LossKind::LostNumber, what));
                    }
                    Some(found) if found.user_id != *user || found.phone_number != order.phone_number => {
                        let what = format!("completed order {id} of {user} stands for another's {found:?}");
                        losses.push(Loss::new(LossKind::LostNumber, what));
                    }
                    Some(_) => {}
                }
            }
            (_, Some(number)) => {
                let what = format!("order {id} is {} and has number {number}", order.status.name());
                losses.push(Loss::new(LossKind::DoubleNumber, what));
            }
            (_, None) => {}
        }
    }
    let of_nobody = picture.numbers.iter().filter(|number| !order_of.contains_key(number.id.as_str()));
    losses.extend(of_nobody.map(|number| {
        Loss::new(LossKind::DoubleNumber, format!("no completed order stands for number {}", number.id))
    }));
    losses
}

/// A phone number is held once.
fn one_owner(picture: &Picture) -> Vec<Loss> {
    let mut owner_of: BTreeMap<&str, &Number> = BTreeMap::new();
    let mut losses = Vec::new();
    for number in picture.numbers.iter().filter(|number| number.is_live()) {
        if let Some(other) = owner_of.insert(&number.phone_number, number) {
            let what = format!(
                "{} is held by {} as {} and by {} as {}",
                number.phone_number, other.user_id, other.id, number.user_id, number.id
            );
            losses.push(Loss::new(LossKind::DoubleNumber, what));
        }
    }
    losses
}

/// What is live here is at Twilio under the same SID, and what is at Twilio is live here or a neighbour's.
fn twilio_agrees(picture: &Picture) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut at_twilio: BTreeMap<&str, &str> =
        picture.at_twilio.iter().map(|number| (number.sid.as_str(), number.phone_number.as_str())).collect();
    for number in &picture.neighbours {
        at_twilio.remove(number.sid.as_str());
    }
    for number in picture.numbers.iter().filter(|number| number.is_live()) {
        let Number { id, phone_number, .. } = number;
        match number.twilio_sid.as_deref().map(|sid| (sid, at_twilio.remove(sid))) {
            Some((_, Some(found))) if found == phone_number => {}
            Some((sid, found)) => {
                let what =
                    format!("number {id} ({phone_number}) has SID {sid}, which at Twilio is {found:?}");
                losses.push(Loss::new(LossKind::LostNumber, what));
            }
            None => losses.push(Loss::new(LossKind::LostNumber, format!("number {id} has no SID"))),
        }
    }
    losses.extend(at_twilio.iter().map(|(sid, phone_number)| {
        let what = format!("Twilio holds {phone_number} ({sid}), and nobody here has it");
        Loss::new(LossKind::LostNumber, what)
    }));
    losses
}

/// The neighbours' numbers are as they were bought: nobody released them or wrote over their settings.
fn neighbours(picture: &Picture) -> Vec<Loss> {
    let touched = picture.neighbours.iter().filter(|number| !picture.at_twilio.contains(number));
    let lost = touched.map(|number| {
        let what = format!("{}, which is another deployment's, was touched", number.phone_number);
        Loss::new(LossKind::LostNumber, what)
    });
    lost.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::sample;

    fn kinds(change: impl FnOnce(&mut Picture)) -> Vec<LossKind> {
        let mut picture = sample::picture();
        change(&mut picture);
        judge(&picture).into_iter().map(|loss| loss.kind).collect()
    }

    #[test]
    fn a_sound_world_shows_nothing() {
        assert_eq!(judge(&sample::picture()), []);
    }

    #[test]
    fn a_number_that_is_missing_anywhere_is_lost() {
        use LossKind::LostNumber;
        assert_eq!(kinds(|p| p.at_twilio.retain(|n| n.sid != sample::SID)), [LostNumber], "at Twilio");
        assert_eq!(
            kinds(|p| p.numbers.retain(|n| n.id != sample::NUMBER)),
            [LostNumber, LostNumber],
            "the row: its order has lost it, and Twilio's is nobody's"
        );
        assert_eq!(kinds(|p| sample::order(p).number_id = None)[0], LostNumber, "its order does not name it");
        assert_eq!(kinds(|p| p.numbers[0].twilio_sid = None), [LostNumber, LostNumber], "its SID");
        assert_eq!(kinds(|p| p.numbers[0].user_id = "user-2".into()), [LostNumber], "it is another's");
        assert_eq!(
            kinds(|p| p.at_twilio.push(sample::held("PN9", "+14150000009"))),
            [LostNumber],
            "nobody's"
        );
    }

    #[test]
    fn a_number_with_two_owners_or_without_an_order_is_double() {
        use LossKind::{DoubleNumber, LostNumber};
        let twice = kinds(|p| {
            p.numbers.push(Number { id: "n-2".into(), user_id: "user-2".into(), ..p.numbers[0].clone() });
        });
        assert_eq!(twice, [DoubleNumber, DoubleNumber, LostNumber], "no order, two owners, one SID for both");
        let two_orders = kinds(|p| {
            let order = Order { id: "o-2".into(), ..sample::order(p).clone() };
            p.users.get_mut("user-1").unwrap().orders.push(order);
        });
        assert_eq!(two_orders, [DoubleNumber]);
        let failed = kinds(|p| sample::order(p).status = OrderStatus::Failed);
        assert_eq!(
            failed,
            [DoubleNumber, DoubleNumber],
            "a failed order with a number, a number without an order"
        );
    }

    #[test]
    fn neighbours_numbers_are_left_alone() {
        assert_eq!(kinds(|p| p.at_twilio.retain(|n| n.sid != sample::NEIGHBOUR_SID)), [LossKind::LostNumber]);
        let renamed = kinds(|p| {
            let number = p.at_twilio.iter_mut().find(|n| n.sid == sample::NEIGHBOUR_SID).unwrap();
            number.friendly_name = "somebody's now".into();
        });
        assert_eq!(renamed, [LossKind::LostNumber]);
    }
}
