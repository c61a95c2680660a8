//! The simulated API: from a request to an answer, in one step under the world's lock.

mod accounts;
mod addresses;
mod numbers;
mod prices;
mod regulations;

use crate::{
    accounts::Caller,
    answer::Answer,
    call::Call,
    config::SimulatorConfig,
    holdings::Lag,
    inventory::Inventory,
    purchase::{Purchase, try_out},
    refusal::Refusal,
    resource::{Resource, Target},
    world::World,
};

/// One step of the API: the world it changes and what it goes by.
pub(crate) struct Api<'w> {
    pub(crate) world: &'w mut World,
    pub(crate) inventory: &'w Inventory,
    pub(crate) config: &'w SimulatorConfig,
}

impl Api<'_> {
    /// Does what the request asks for. A number bought by it is left out of lists as `lag` says.
    pub(crate) fn act(&mut self, call: &Call, lag: Option<Lag>) -> Answer {
        self.world.settle_billing();
        self.acted(call, lag).unwrap_or_else(|refusal| refusal.answer())
    }

    fn acted(&mut self, call: &Call, lag: Option<Lag>) -> Result<Answer, Refusal> {
        if call.unreadable {
            return Err(Refusal::body_too_large());
        }
        let caller = self.world.accounts.authenticate(call.credentials.as_ref())?.clone();
        let target = Target::of(&call.path).ok_or_else(|| Refusal::not_found(&call.path))?;
        if caller.is_testing() {
            return test_purchase(&caller, target, call, self.world.now());
        }
        match target {
            Target::Accounts => self.accounts(&caller, call),
            Target::Of { account_sid, resource } => {
                self.of_account(&caller, account_sid, resource, call, lag)
            }
            Target::Regulatory(resource) => {
                self.world.accounts.refuse_inactive(&caller.account_sid)?;
                self.regulatory(resource, call)
            }
            Target::PricedCountries => {
                self.world.accounts.refuse_inactive(&caller.account_sid)?;
                prices::countries(call)
            }
            Target::PricedCountry { country } => {
                self.world.accounts.refuse_inactive(&caller.account_sid)?;
                prices::country(country, call)
            }
        }
    }

    fn of_account(
        &mut self,
        caller: &Caller,
        account_sid: &str,
        resource: Resource<'_>,
        call: &Call,
        lag: Option<Lag>,
    ) -> Result<Answer, Refusal> {
        self.world.accounts.reached_by(caller, account_sid, &call.path)?;
        match resource {
            // Whether an account is suspended, and why, is read while it is.
            Resource::Account => return self.account(caller, account_sid, call),
            Resource::Balance => return self.balance(account_sid, call),
            _ => self.world.accounts.refuse_inactive(account_sid)?,
        }
        let method = call.method.as_str();
        match (method, resource) {
            (_, Resource::Addresses) => self.addresses(account_sid, call),
            (_, Resource::Address { sid }) => self.address(account_sid, sid, call),
            ("GET", Resource::DependentNumbers { address_sid }) => {
                self.dependent_numbers(account_sid, address_sid, call)
            }
            ("GET", Resource::AvailableCountries) => Ok(self.countries(account_sid, call)),
            ("GET", Resource::AvailableCountry { country }) => self.country(account_sid, country, call),
            ("GET", Resource::Available { country, number_type }) => self.search(country, number_type, call),
            ("GET", Resource::OwnedNumbers { number_type }) => self.list(account_sid, number_type, call),
            ("POST", Resource::OwnedNumbers { number_type }) => {
                let purchase = Purchase { account_sid, number_type, form: &call.form, lag };
                self.buy(&purchase)
            }
            (_, Resource::OwnedNumber { sid }) => self.owned_number(caller, account_sid, sid, call),
            ("GET", Resource::AddOns { number_sid }) => self.add_ons(account_sid, number_sid, call),
            _ => Err(Refusal::method_not_allowed()),
        }
    }
}

/// What test credentials may do: buy the magic numbers, which nobody keeps.
fn test_purchase(
    caller: &Caller,
    target: Target<'_>,
    call: &Call,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Answer, Refusal> {
    match target {
        Target::Of { account_sid, .. } if account_sid != caller.account_sid => Err(Refusal::wrong_password()),
        Target::Of { account_sid, resource: Resource::OwnedNumbers { number_type } }
            if call.method == "POST" =>
        {
            let purchase = Purchase { account_sid, number_type, form: &call.form, lag: None };
            try_out(&purchase, now).map(|number| numbers::bought(&number, number_type))
        }
        _ => Err(Refusal::not_with_test_credentials()),
    }
}
