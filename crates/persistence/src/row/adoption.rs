//! The parts of an adoption, which must be about one number and one sum of money.

use trunkline_domain::{NumberSid, OrderState};
use trunkline_provisioning::port::Adoption;

use crate::error::Fault;

/// The number's id at the provider. An adoption whose parts are about different things is a mistake of the program.
pub(crate) fn adopted_sid(adoption: &Adoption) -> Result<&NumberSid, Fault> {
    let Adoption { order, hold, capture, number } = adoption;
    let identity = number.identity.as_ref().filter(|identity| {
        order.state == OrderState::Completed
            && order.number == Some(number.id)
            && order.number_sid.as_ref() == Some(&identity.number)
            && order.account == identity.account
            && (number.order, &number.user, &number.phone_number)
                == (Some(order.id), &order.user, &order.phone_number)
            && (order.hold, order.charge, hold.order, &hold.user)
                == (hold.hold, hold.amount, order.id, &order.user)
            && order.monthly_cost.currency() == order.charge.currency()
            && (capture.hold, capture.number) == (hold.hold, number.id)
    });
    let identity = identity
        .ok_or_else(|| Fault::Broken(format!("the adoption {} is about different things", order.id)))?;
    Ok(&identity.number)
}
