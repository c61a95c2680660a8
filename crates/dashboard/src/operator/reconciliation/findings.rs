//! A finding in words: what was found, who pays for it, what to do; and its repair.

use trunkline_domain::{Currency, OrderId, PhoneNumber};

use super::RECONCILIATION;
use super::record::{Booked, Finding, Found, Held, Missing, Repair};
use crate::format::Formats;
use crate::operator::decision::{Attempt, Decision};
use crate::operator::numbers::{Adoption, Difference, adopt, page_of, write_off};
use crate::operator::orders::ORDERS;

/// A finding, as a page shows it.
pub(super) struct Told {
    pub(super) title: &'static str,
    /// Whether somebody should do something about it.
    pub(super) tone: &'static str,
    pub(super) number: String,
    /// Its page from both sides.
    pub(super) page: String,
    /// Ids, and whose it is.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) what: String,
    pub(super) to_do: String,
    pub(super) differences: Vec<String>,
    pub(super) order: Option<String>,
    /// What came of repairing it: how it is marked, and in words.
    pub(super) repair: Option<(&'static str, String)>,
    pub(super) decisions: Vec<Decision>,
}

/// How findings are told: with their repairs, or as they once were.
pub(super) struct Telling<'a> {
    pub(super) formats: &'a Formats,
    pub(super) attempt: &'a Attempt,
    pub(super) currency: Currency,
    /// Whether something can be decided: of old reports nothing, since much has changed.
    pub(super) is_latest: bool,
}

impl Telling<'_> {
    /// One of a report, at its place. Those before `repairable` are what a repair touches.
    pub(super) fn tell(&self, place: usize, repairable: usize, found: &Found) -> Told {
        let id = format!("finding-{place}");
        let is_open = found.repair != Some(Repair::Done);
        let mut told = self.words(&found.finding, place < repairable);
        if self.is_latest && is_open {
            told.decisions = self.decisions(&found.finding, &id, place < repairable);
        }
        told.repair = found.repair.as_ref().map(|repair| match repair {
            Repair::Done => ("good", "Repaired.".to_owned()),
            Repair::Skipped { why } => ("waiting", format!("Left alone: {why}.")),
            Repair::Failed { why } => ("bad", format!("Not repaired: {why}.")),
        });
        told
    }

    fn words(&self, finding: &Finding, is_repairable: bool) -> Told {
        match finding {
            Finding::Orphan { held, order } => Told {
                order: Some(format!("{ORDERS}/{order}")),
                to_do: leftover(is_repairable),
                ..of_held(
                    held,
                    ("A number that nobody has", "bad"),
                    "It was bought for an order that failed. You pay Twilio for it; no customer is charged.",
                )
            },
            Finding::UnknownOrder { held, order } => unknown_order(held, order),
            Finding::Foreign { held, deployment } => foreign(held, deployment.as_deref()),
            Finding::SecondNumber { held, order } => Told {
                order: Some(format!("{ORDERS}/{order}")),
                to_do: "Release it in Twilio's Console if nobody uses it, or give it to a customer."
                    .to_owned(),
                ..of_held(
                    held,
                    ("A second number of one order", "bad"),
                    "Its order has another number. You pay Twilio for both; the customer was charged for one.",
                )
            },
            Finding::Ghost { booked, moved_to } => ghost(booked, moved_to.as_deref()),
            Finding::Drifted { booked, differences } => drifted(booked, differences, is_repairable),
            Finding::ReleasedButPresent { booked } => Told {
                to_do: leftover(is_repairable),
                ..of_booked(
                    booked,
                    ("A number that was given back and is still there", "bad"),
                    "Its customer gave it up and does not pay for it any more. You pay Twilio for it.",
                )
            },
            Finding::Contradiction { order, user, phone_number, missing } => {
                contradiction(order, user, phone_number, *missing)
            }
            Finding::PriceUnderCost { booked, price, cost } => {
                let [price, cost] = [price, cost].map(|money| self.formats.money(*money));
                let what = format!(
                    "The customer pays {price} a month, and Twilio asks {cost}: you lose the difference every month."
                );
                Told {
                    to_do: "Raise the price in the price file.".to_owned(),
                    ..of_booked(booked, ("A price below its cost", "waiting"), &what)
                }
            }
        }
    }

    fn decisions(&self, finding: &Finding, id: &str, is_repairable: bool) -> Vec<Decision> {
        let adoption = |held: &Held, from_deployment: Option<String>, from_order: Option<String>| {
            let number_sid = held.number_sid.clone();
            let adoption = Adoption { number_sid, from_deployment, from_order, ..Adoption::default() };
            adopt(self.attempt, self.currency, &adoption, &format!("{id}-adopt"))
        };
        match finding {
            Finding::Orphan { held, order } => {
                let mut decisions = Vec::new();
                if is_repairable {
                    decisions.push(self.repair_one(&held.number_sid, id, GIVE_BACK));
                }
                decisions.push(adoption(held, None, Some(order.to_string())));
                decisions
            }
            Finding::ReleasedButPresent { booked } if is_repairable => {
                vec![self.repair_one(&booked.number_sid, id, GIVE_BACK)]
            }
            Finding::Drifted { booked, .. } if is_repairable => {
                vec![self.repair_one(&booked.number_sid, id, SET_UP)]
            }
            Finding::UnknownOrder { held, .. } => vec![adoption(held, None, None)],
            Finding::Foreign { held, deployment } => vec![adoption(held, deployment.clone(), None)],
            Finding::SecondNumber { held, order } => vec![adoption(held, None, Some(order.to_string()))],
            Finding::Ghost { booked, .. } => {
                let number = booked.number_id.to_string();
                vec![write_off(self.attempt, &number, &booked.user, &format!("{id}-write-off"))]
            }
            Finding::ReleasedButPresent { .. }
            | Finding::Drifted { .. }
            | Finding::Contradiction { .. }
            | Finding::PriceUnderCost { .. } => Vec::new(),
        }
    }

    /// The repair of one finding. It is made by a reconciliation, which finds it again first.
    fn repair_one(&self, number_sid: &str, id: &str, repair: Repairing) -> Decision {
        let says = vec![
            repair.does.to_owned(),
            "Both books are compared once more for that. Of all findings this one is repaired, if it is found again; the others are \
             only told."
                .to_owned(),
        ];
        let address = RECONCILIATION.to_owned();
        let decision = Decision::of(self.attempt, "repair-one", address, repair.title, says, repair.button);
        let hidden = vec![("numberSid", number_sid.to_owned())];
        // The audit trail keeps who asked for it; a reconciliation takes no reason.
        let decision = Decision { hidden, fields: Vec::new(), is_grave: repair.is_grave, ..decision };
        let is_open = decision.is_open && self.attempt.sent.number_sid == number_sid;
        Decision { is_open, ..decision }.placed(&format!("{id}-repair"))
    }
}

/// A repair in words.
#[derive(Clone, Copy)]
struct Repairing {
    title: &'static str,
    does: &'static str,
    button: &'static str,
    is_grave: bool,
}

const GIVE_BACK: Repairing = Repairing {
    title: "Give it back to Twilio now",
    does: "Twilio is asked to take the number back, and you do not pay for it any more. No customer is charged or refunded.",
    button: "Give it back",
    is_grave: true,
};

const SET_UP: Repairing = Repairing {
    title: "Set it up again as our books say",
    does: "Its name, and where its addresses are empty or were ours before, its addresses are set at Twilio. No money moves.",
    button: "Set it up again",
    is_grave: false,
};

fn leftover(is_repairable: bool) -> String {
    if is_repairable {
        "Nothing: the next scheduled reconciliation gives it back. You can have that done now."
    } else {
        "It is left alone, for the reason below; look at the number from both sides."
    }
    .to_owned()
}

fn unknown_order(held: &Held, order: &OrderId) -> Told {
    let what = format!(
        "It was bought here for order {order}, which this database does not have. You pay Twilio for it; its customer was \
         charged, perhaps, in a database that is not used any more."
    );
    Told {
        to_do: "Was a backup restored? Then the customer who bought it is in the newer database: give it to them. Until you know, \
                release nothing."
            .to_owned(),
        ..of_held(held, ("A number of ours without its order", "bad"), &what)
    }
}

fn foreign(held: &Held, deployment: Option<&str>) -> Told {
    let bought =
        deployment.map(|deployment| format!("Another Trunkline bought it, deployment {deployment}. "));
    let what = format!("{}You pay Twilio for it; no customer has it here.", bought.unwrap_or_default());
    Told {
        to_do: "Nothing, if you know it. If a customer shall have it, give it to them.".to_owned(),
        ..of_held(held, ("A number that was not bought here", "plain"), &what)
    }
}

fn ghost(booked: &Booked, moved_to: Option<&str>) -> Told {
    let where_it_is = moved_to.map_or_else(
        || "Our account does not have it.".to_owned(),
        |account| format!("It was moved to account {account}."),
    );
    let what = format!("{where_it_is} The customer pays for what does not ring.");
    Told {
        to_do: "Move it back in Twilio's Console if it was moved. If it is lost, write it off and tell the customer; what they paid \
                is not refunded by that."
            .to_owned(),
        ..of_booked(booked, ("A customer's number that Twilio does not have", "bad"), &what)
    }
}

fn drifted(booked: &Booked, differences: &[Difference], is_repairable: bool) -> Told {
    let to_do = if is_repairable {
        "Set it up again as our books say, unless somebody meant it so. No money moves by that."
    } else {
        "Somebody has set it up so on purpose, it seems: it is left alone. Put it right in Twilio's Console if it was not meant so; \
         if our own address has moved, “trunkline webhooks repoint” puts all rows right."
    };
    Told {
        differences: differences.iter().map(Difference::sentence).collect(),
        to_do: to_do.to_owned(),
        ..of_booked(
            booked,
            ("A number that is set up otherwise", "waiting"),
            "Calls or texts may not reach us. The customer pays for it as before.",
        )
    }
}

fn contradiction(order: &OrderId, user: &str, phone_number: &PhoneNumber, missing: Missing) -> Told {
    let (what, to_do) = match missing {
        Missing::Charge => (
            "The order has its number, and was never charged: the customer has something for nothing. Rows were changed by hand, or \
             this is a mistake of ours.",
            "Keep a copy of the database, and run “trunkline ledger verify”. Correct the customer's wallet by an adjustment, never by \
             changing rows.",
        ),
        Missing::Number => (
            "The order was charged or completed, and no number stands for it: the customer has paid for nothing. Rows were changed by \
             hand, or this is a mistake of ours.",
            "Release nothing. Keep a copy of the database, and run “trunkline ledger verify”. Look at the number from both sides: if \
             our account has it, it can be put back there, and nothing is charged; if not, give the customer their money back by an \
             adjustment of their wallet.",
        ),
    };
    Told {
        title: "An order that contradicts itself",
        tone: "bad",
        number: phone_number.readable(),
        page: page_of(&phone_number.to_string()),
        facts: vec![("Customer", user.to_owned()), ("Order", order.to_string())],
        what: what.to_owned(),
        to_do: to_do.to_owned(),
        differences: Vec::new(),
        order: Some(format!("{ORDERS}/{order}")),
        repair: None,
        decisions: Vec::new(),
    }
}

fn of_held(held: &Held, (title, tone): (&'static str, &'static str), what: &str) -> Told {
    Told {
        title,
        tone,
        number: held.phone_number.readable(),
        page: page_of(&held.number_sid),
        facts: vec![("Twilio's id", held.number_sid.clone()), ("Name there", held.friendly_name.clone())],
        what: what.to_owned(),
        to_do: String::new(),
        differences: Vec::new(),
        order: None,
        repair: None,
        decisions: Vec::new(),
    }
}

fn of_booked(booked: &Booked, (title, tone): (&'static str, &'static str), what: &str) -> Told {
    Told {
        title,
        tone,
        number: booked.phone_number.readable(),
        page: page_of(&booked.number_id.to_string()),
        facts: vec![("Customer", booked.user.clone()), ("Twilio's id", booked.number_sid.clone())],
        what: what.to_owned(),
        to_do: String::new(),
        differences: Vec::new(),
        order: None,
        repair: None,
        decisions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn tell(found: Value, repairable: usize, is_latest: bool) -> Told {
        let (formats, attempt) = (Formats::of("en"), Attempt::none());
        let telling = Telling { formats: &formats, attempt: &attempt, currency: Currency::USD, is_latest };
        telling.tell(0, repairable, &serde_json::from_value(found).unwrap())
    }

    fn offered(told: &Told) -> Vec<&'static str> {
        told.decisions.iter().map(|decision| decision.what).collect()
    }

    #[test]
    fn a_finding_comes_with_what_repairs_it_and_nothing_else() {
        let held = json!({ "numberSid": "PN1", "phoneNumber": "+14155550100", "friendlyName": "tl1" });
        let booked =
            json!({ "numberId": ORDER, "user": "ann", "phoneNumber": "+14155550100", "numberSid": "PN1" });
        let orphan = json!({ "class": "orphan", "held": held, "order": ORDER });
        let told = tell(orphan.clone(), 1, true);
        assert_eq!(offered(&told), ["repair-one", "adopt"]);
        assert!(told.decisions[1].hidden.contains(&("fromOrder", ORDER.to_owned())));
        // In doubt, no repair touches it; of an old report nothing is decided.
        assert_eq!(offered(&tell(orphan.clone(), 0, true)), ["adopt"]);
        assert_eq!(offered(&tell(orphan, 1, false)), Vec::<&str>::new());
        for (class, repairable, expected) in [
            ("released_but_present", 1, vec!["repair-one"]),
            ("released_but_present", 0, Vec::new()),
            ("ghost", 0, vec!["write-off"]),
        ] {
            let found = json!({ "class": class, "booked": booked, "movedTo": null });
            assert_eq!(offered(&tell(found, repairable, true)), expected, "{class}");
        }
        let missing = json!({ "class": "contradiction", "order": ORDER, "user": "ann", "phoneNumber": "+14155550100",
            "missing": "number" });
        let told = tell(missing, 0, true);
        assert!(told.decisions.is_empty() && told.to_do.starts_with("Release nothing."));
        let done =
            json!({ "class": "released_but_present", "booked": booked, "repair": { "outcome": "done" } });
        let told = tell(done, 1, true);
        assert_eq!((offered(&told), told.repair), (Vec::new(), Some(("good", "Repaired.".to_owned()))));
    }

    #[test]
    fn what_another_deployment_bought_is_taken_from_there() {
        let held = json!({ "numberSid": "PN1", "phoneNumber": "+14155550100", "friendlyName": "tl1" });
        let told = tell(json!({ "class": "foreign", "held": held, "deployment": ORDER }), 0, true);
        assert!(told.what.starts_with("Another Trunkline bought it"), "{}", told.what);
        assert!(told.decisions[0].hidden.contains(&("fromDeployment", ORDER.to_owned())));
    }
}
