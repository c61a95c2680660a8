//! What can be decided about a number, as forms of any page: each is sent to the number's own page, which makes the decision.

use serde_json::{Map, Value};
use trunkline_domain::{Currency, NumberStatus};

use super::page_of;
use super::record::{AdviceName, AtTwilio, Dossier, Orphan, Row, Stage};
use crate::format::Formats;
use crate::operator::decision::{Attempt, Decision, Sent, Tick};

/// A number that the account has, and how it is to be taken.
#[derive(Debug, Clone, Default)]
pub(in crate::operator) struct Adoption {
    pub(in crate::operator) number_sid: String,
    /// Who is proposed.
    pub(in crate::operator) user: String,
    pub(in crate::operator) from_deployment: Option<String>,
    pub(in crate::operator) from_order: Option<String>,
    /// Whether that order has paid for this very number.
    pub(in crate::operator) is_paid_for: bool,
}

/// Makes a number a customer's.
pub(in crate::operator) fn adopt(
    attempt: &Attempt,
    currency: Currency,
    adoption: &Adoption,
    id: &str,
) -> Decision {
    const WHAT: &str = "adopt";
    let Adoption { number_sid, user, from_deployment, from_order, is_paid_for } = adoption;
    let customer = attempt.field(WHAT, "userId", "Customer", user).hint("Their id.").required();
    let reason = attempt.reason(WHAT);
    let mut says = Vec::new();
    let (title, button, fields) = if *is_paid_for {
        says.push(
            "The customer who paid for it has it again, as it was. Nothing is charged. What only the lost row knew, such as notes, is \
             not brought back."
                .to_owned(),
        );
        ("Put it back for its customer", "Put it back", vec![customer, reason])
    } else {
        says.push(
            "The customer is charged for it as for a purchase: its set-up price and first month come out of their wallet. Shall they \
             have it for nothing? Credit their wallet first. It belongs to no business until they put it into one."
                .to_owned(),
        );
        if let Some(deployment) = from_deployment {
            says.push(format!(
                "It is taken from deployment {deployment}: make sure that nobody uses it there any more."
            ));
        }
        if let Some(order) = from_order {
            says.push(format!("It is taken although its name carries the mark of order {order}."));
        }
        let name = attempt.field(WHAT, "displayName", "Display name", "");
        let country = attempt.field(WHAT, "countryCode", "Country", "");
        let country = country.hint("Two letters, such as CA; only where the number does not say it.");
        let currency = attempt.field(WHAT, "currency", "Currency of the charge", currency.code());
        let name = name
            .hint("What they tell it by. Without one it is the name that it has at Twilio, or the number.");
        ("Give it to a customer", "Give it to them", vec![customer, name, country, currency, reason])
    };
    says.push(
        "Twilio is asked first: if our account does not have the number at that moment, nothing changes."
            .to_owned(),
    );
    let hidden = [
        ("numberSid", Some(number_sid)),
        ("fromDeployment", from_deployment.as_ref()),
        ("fromOrder", from_order.as_ref()),
    ];
    let hidden = hidden.into_iter().filter_map(|(name, value)| Some((name, value?.clone()))).collect();
    let decision = Decision::of(attempt, WHAT, page_of(number_sid), title, says, button);
    Decision { hidden, fields, ..decision }.placed(id)
}

/// Closes a row whose number is gone at Twilio. Where it was moved, the box for that is offered; ticked by whoever reads it.
pub(in crate::operator) fn write_off(attempt: &Attempt, number: &str, user: &str, id: &str) -> Decision {
    const WHAT: &str = "write-off";
    let moved = Tick {
        id: String::new(),
        name: "moved",
        label: "Also where it lives on in another account of ours",
        is_ticked: attempt.is_of(WHAT) && !attempt.sent.moved.is_empty(),
    };
    let says = vec![
        format!(
            "{user} does not have the number any more, and its monthly price is not charged any more. What they paid is not \
             refunded by this: credit their wallet if they shall get something back, and tell them."
        ),
        "Twilio is asked first: only a complete list without the number, and a no to its id, let it be written off.".to_owned(),
    ];
    let title = "Write it off: Twilio does not have it";
    let decision = Decision::of(attempt, WHAT, page_of(number), title, says, "Write it off");
    Decision { ticks: vec![moved], is_grave: true, ..decision }.placed(id)
}

/// Everything that can be decided about a number as it stands.
pub(super) fn of(
    attempt: &Attempt,
    formats: &Formats,
    currency: Currency,
    dossier: &Dossier,
    owner: &str,
) -> Vec<Decision> {
    let mut decisions = Vec::new();
    if let Some(row) = dossier.row() {
        match row.status {
            NumberStatus::Review => decisions.extend([release(attempt, row), keep(attempt, formats, row)]),
            NumberStatus::Active
            | NumberStatus::Suspended
            | NumberStatus::Releasing
            | NumberStatus::Released => {}
        }
        if dossier.advice.name == AdviceName::WriteOff {
            decisions.push(write_off(attempt, &row.id.to_string(), &row.user_id, "write-off"));
        }
    }
    decisions.extend(
        dossier
            .orphans
            .iter()
            .filter(|orphan| orphan.stage == Stage::Review)
            .map(|orphan| release_orphan(attempt, orphan)),
    );
    if let Some(adoption) = adoption(dossier, owner) {
        decisions.push(adopt(attempt, currency, &adoption, "adopt"));
    }
    decisions
}

/// How the number is taken, where nobody has it here and that is offered.
fn adoption(dossier: &Dossier, owner: &str) -> Option<Adoption> {
    let AtTwilio::Held { number_sid, .. } = &dossier.at_provider else { return None };
    let of = dossier.advice.of.clone();
    let plain = Adoption { number_sid: number_sid.clone(), ..Adoption::default() };
    let of_order = Adoption { user: owner.to_owned(), from_order: of.clone(), ..plain.clone() };
    match dossier.advice.name {
        AdviceName::Adopt => Some(plain),
        AdviceName::AdoptFromDeployment => Some(Adoption { from_deployment: of, ..plain }),
        AdviceName::AwaitPass | AdviceName::InDoubt | AdviceName::SecondNumber => Some(of_order),
        AdviceName::PutBack => Some(Adoption { is_paid_for: true, ..of_order }),
        AdviceName::Nothing
        | AdviceName::AskAgain
        | AdviceName::Wait
        | AdviceName::Settings
        | AdviceName::ReleaseOrKeep
        | AdviceName::ReleaseOrphan
        | AdviceName::WriteOff
        | AdviceName::ReleaseAtProvider
        | AdviceName::ReleaseOrphanAtProvider
        | AdviceName::DecideOrder => None,
    }
}

fn release(attempt: &Attempt, row: &Row) -> Decision {
    let user = &row.user_id;
    let says = vec![
        format!(
            "Twilio is asked to take the number back, with as many attempts as at the beginning. {user} loses it for good, is not \
             charged for it any more, and nothing is refunded. If Twilio refuses, it is {user}'s again."
        ),
        "It is asked at the number's own account alone: if another one is in the settings, nothing changes."
            .to_owned(),
    ];
    let title = "Give it back: try the release again";
    let address = page_of(&row.id.to_string());
    Decision { is_grave: true, ..Decision::of(attempt, "release", address, title, says, "Give it back") }
}

fn keep(attempt: &Attempt, formats: &Formats, row: &Row) -> Decision {
    let (user, monthly) =
        (&row.user_id, row.monthly().map(|monthly| formats.money(monthly)).unwrap_or_default());
    let says = vec![
        format!(
            "The release is given up: {user} has the number again, it is answered as before, and it costs {monthly} a month again. \
             Nothing is charged now."
        ),
        "Twilio is asked first: if our account does not have the number, nothing changes.".to_owned(),
    ];
    let title = format!("Keep it for {user}");
    Decision::of(attempt, "keep", page_of(&row.id.to_string()), &title, says, "Keep it")
}

fn release_orphan(attempt: &Attempt, orphan: &Orphan) -> Decision {
    let says = vec![
        "Twilio is asked to take the number back. Nobody has it, so no customer is charged or refunded; you do not pay for it any more \
         once it is gone."
            .to_owned(),
        "It must carry the mark of its order still, at its own account: else nothing changes.".to_owned(),
    ];
    let title = "Give it back: try again";
    let address = page_of(&orphan.number_sid);
    let decision = Decision::of(attempt, "release", address, title, says, "Give it back");
    Decision { is_grave: true, ..decision }.placed(&format!("release-{}", orphan.number_sid))
}

/// What the API is sent to adopt a number: what was left empty is left out.
pub(super) fn adoption_sent(sent: &Sent) -> Value {
    let members = [
        ("numberSid", &sent.number_sid),
        ("userId", &sent.user_id),
        ("displayName", &sent.display_name),
        ("countryCode", &sent.country_code),
        ("currency", &sent.currency),
        ("fromDeployment", &sent.from_deployment),
        ("fromOrder", &sent.from_order),
        ("reason", &sent.reason),
    ];
    let said = members.into_iter().filter(|(_, value)| !value.trim().is_empty());
    let said = said.map(|(name, value)| (name.to_owned(), Value::from(value.trim())));
    said.collect::<Map<String, Value>>().into()
}
