//! The parts of an adoption, of a number that is put back, and of one that is brought along: each must be about one number
//! and one sum of money.

use trunkline_domain::{NumberSid, Order, OrderId, OrderState, OwnedNumber};
use trunkline_provisioning::port::{Adoption, Restoration};

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

/// The order that bought the number, and the number's id at the provider.
pub(crate) fn restored(restoration: &Restoration) -> Result<(OrderId, &NumberSid), Fault> {
    let Restoration { number } = restoration;
    let parts = number.order.zip(number.identity.as_ref().map(|identity| &identity.number));
    parts.ok_or_else(|| Fault::Broken(format!("no order bought number {}", number.id)))
}

/// Refuses an order that bought another number, or none. A completed order never changes again, so one that is asked to
/// be put back for another is a mistake of the program.
pub(crate) fn require_bought(order: &Order, number: &OwnedNumber) -> Result<(), Fault> {
    let identity = number.identity.as_ref();
    let has_bought = order.state == OrderState::Completed
        && order.number == Some(number.id)
        && order.number_sid.as_ref() == identity.map(|identity| &identity.number)
        && Some(&order.account) == identity.map(|identity| &identity.account)
        && (&order.user, &order.phone_number) == (&number.user, &number.phone_number);
    let mistake = || Fault::Broken(format!("the order {} did not buy number {}", order.id, number.id));
    has_bought.then_some(()).ok_or_else(mistake)
}

/// The parts of a number that comes from another system must be about the same number, and its order charge nothing.
pub(crate) fn imported_agrees(order: &Order, number: &OwnedNumber) -> Result<(), Fault> {
    let agrees = order.state == OrderState::Completed
        && order.charge.micros() == 0
        && number.is_imported()
        && number.order == Some(order.id)
        && (&order.user, &order.phone_number, order.number)
            == (&number.user, &number.phone_number, Some(number.id))
        && number.identity.as_ref().map(|identity| &identity.number) == order.number_sid.as_ref();
    if agrees {
        Ok(())
    } else {
        Err(Fault::Broken(format!("the import of number {} disagrees with itself", number.id)))
    }
}
