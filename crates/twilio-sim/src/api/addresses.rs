//! Addresses as resources, with the numbers that need them.

use serde_json::Value;

use super::Api;
use crate::{
    address::Address, answer::Answer, call::Call, number::dependent_number_json, paging::Page,
    refusal::Refusal,
};

impl Api<'_> {
    pub(super) fn addresses(&mut self, account_sid: &str, call: &Call) -> Result<Answer, Refusal> {
        match call.method.as_str() {
            "GET" => self.list_addresses(account_sid, call),
            "POST" => {
                let address = Address::create(account_sid, &call.form, self.world.now())?;
                let answer = Answer::of(201, &address.to_json());
                self.world.addresses.push(address);
                self.world.touch();
                Ok(answer)
            }
            _ => Err(Refusal::method_not_allowed()),
        }
    }

    /// Newest first.
    fn list_addresses(&self, account_sid: &str, call: &Call) -> Result<Answer, Refusal> {
        let mut shown: Vec<Value> = Vec::new();
        for address in self.world.addresses_of(account_sid).rev() {
            if address.is_shown(&call.query)? {
                shown.push(address.to_json());
            }
        }
        Ok(Answer::of(200, &Page::read(call)?.with_uris("addresses", shown)))
    }

    pub(super) fn address(&mut self, account_sid: &str, sid: &str, call: &Call) -> Result<Answer, Refusal> {
        let not_found = || Refusal::not_found(&call.path);
        let mut address = self.world.address(account_sid, sid).ok_or_else(not_found)?.clone();
        match call.method.as_str() {
            "GET" => Ok(Answer::of(200, &address.to_json())),
            "POST" => {
                address.change(&call.form, self.world.now())?;
                let answer = Answer::of(200, &address.to_json());
                if let Some(place) = self.world.addresses.iter_mut().find(|place| place.sid == sid) {
                    *place = address;
                }
                self.world.touch();
                Ok(answer)
            }
            "DELETE" => {
                if self.world.numbers_at(sid).next().is_some() {
                    return Err(Refusal::in_use(sid));
                }
                self.world.addresses.retain(|place| place.sid != sid);
                self.world.touch();
                Ok(Answer::nothing())
            }
            _ => Err(Refusal::method_not_allowed()),
        }
    }

    pub(super) fn dependent_numbers(
        &self,
        account_sid: &str,
        sid: &str,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        self.world.address(account_sid, sid).ok_or_else(|| Refusal::not_found(&call.path))?;
        let numbers = self.world.numbers_at(sid).map(dependent_number_json);
        Ok(Answer::of(200, &Page::read(call)?.with_uris("dependent_phone_numbers", numbers)))
    }
}
