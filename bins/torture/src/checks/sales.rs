//! Numbers that Twilio sold and nobody got. The operator has paid a month for each, so there may be only those that no
//! look could have found in time: sold so late that their order had been given up.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Loss, LossKind, Picture};
use crate::api::{Order, OrderStatus};
use crate::plan::IN_TIME;
use crate::stage::Sale;

pub(super) fn judge(picture: &Picture) -> Vec<Loss> {
    let unclaimed = picture.unclaimed_sales();
    let losses = unclaimed.filter_map(|sale| {
        let Some(order) = order_of(picture, sale) else {
            let what = format!("Twilio sold {} ({}) for no order", sale.phone_number, sale.sid);
            return Some(Loss::new(LossKind::AbandonedNumber, what));
        };
        let after = time_between(order.created_at, sale.at);
        (after < IN_TIME).then(|| {
            let what = format!(
                "Twilio sold {} ({}) {} ms after order {} was opened, and the order was given up",
                sale.phone_number,
                sale.sid,
                after.as_millis(),
                order.id
            );
            Loss::new(LossKind::AbandonedNumber, what)
        })
    });
    losses.collect()
}

/// The failed order that a sale was for: the last one of this number that was opened before. While a purchase may
/// still arrive, nobody else can order its number.
fn order_of<'a>(picture: &'a Picture, sale: &Sale) -> Option<&'a Order> {
    let orders = picture.orders().map(|(_, order)| order);
    let before =
        orders.filter(|order| order.phone_number == sale.phone_number && order.created_at <= sale.at);
    before.filter(|order| order.status == OrderStatus::Failed).max_by_key(|order| order.created_at)
}

fn time_between(earlier: DateTime<Utc>, later: DateTime<Utc>) -> Duration {
    (later - earlier).to_std().unwrap_or_default()
}

impl Picture {
    /// What Twilio sold and no number here, live or released, stands for.
    pub(crate) fn unclaimed_sales(&self) -> impl Iterator<Item = &Sale> {
        let here = self.numbers.iter().filter_map(|number| number.twilio_sid.as_deref());
        let claimed: BTreeSet<&str> =
            here.chain(self.neighbours.iter().map(|number| number.sid.as_str())).collect();
        self.sales.iter().filter(move |sale| !claimed.contains(sale.sid.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::checks::sample;

    fn kinds(after_ms: i64) -> Vec<LossKind> {
        let mut picture = sample::picture();
        let failed = picture.orders().find(|(_, order)| order.status == OrderStatus::Failed);
        let order = failed.map(|(_, order)| order.clone()).unwrap();
        let at = order.created_at + TimeDelta::milliseconds(after_ms);
        picture.sales.push(Sale { sid: "PN8".into(), phone_number: order.phone_number, at });
        judge(&picture).into_iter().map(|loss| loss.kind).collect()
    }

    #[test]
    fn what_was_sold_in_time_must_not_be_given_up() {
        assert_eq!(judge(&sample::picture()), []);
        assert_eq!(kinds(300), [LossKind::AbandonedNumber]);
        assert_eq!(kinds(3_500), [], "no look can find it before it is there");
        assert_eq!(kinds(-1), [LossKind::AbandonedNumber], "it was for no order");
    }
}
