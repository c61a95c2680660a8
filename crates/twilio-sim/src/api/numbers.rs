//! Numbers as resources: those for sale, and those that an account owns.

use serde_json::{Map, Value, json};

use super::Api;
use crate::{
    NumberType,
    accounts::Caller,
    answer::Answer,
    call::Call,
    change::{transfer, update},
    inventory::country_name,
    listing::Listing,
    number::{API_VERSION, NumberView, OwnedNumber},
    paging::Page,
    purchase::{self, Purchase},
    refusal::Refusal,
    search::Search,
};

impl Api<'_> {
    pub(super) fn search(
        &self,
        country: &str,
        number_type: NumberType,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        let positions =
            self.inventory.shelf(country, number_type).ok_or_else(|| Refusal::not_found(&call.path))?;
        let search = Search::read(&call.query, self.inventory)?;
        let free = positions.filter(|position| !self.world.holdings.is_taken(*position));
        let rows = search.rows(self.inventory, free);
        let uri = json!(call.uri());
        Ok(Answer::json(200, format!("{{\"available_phone_numbers\":[{rows}],\"uri\":{uri}}}")))
    }

    pub(super) fn countries(&self, account_sid: &str, call: &Call) -> Answer {
        let countries: Vec<_> = self
            .inventory
            .countries()
            .iter()
            .map(|(country, types)| country_json(account_sid, country, types))
            .collect();
        Answer::of(200, &json!({ "countries": countries, "uri": call.uri() }))
    }

    pub(super) fn country(&self, account_sid: &str, country: &str, call: &Call) -> Result<Answer, Refusal> {
        let countries = self.inventory.countries();
        let found = countries.iter().find(|(code, _)| *code == country);
        let (country, types) = found.ok_or_else(|| Refusal::not_found(&call.path))?;
        Ok(Answer::of(200, &country_json(account_sid, country, types)))
    }

    pub(super) fn list(
        &mut self,
        account_sid: &str,
        number_type: Option<NumberType>,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        let listing = Listing::read(account_sid, number_type, &call.query)?;
        let page = listing.page(&mut self.world.holdings, &call.path, &call.query);
        page.map(|page| Answer::json(200, page)).map_err(|_| Refusal::of_status(500))
    }

    pub(super) fn buy(&mut self, purchase: &Purchase<'_>) -> Result<Answer, Refusal> {
        let number = purchase::buy(self.world, self.inventory, self.config, purchase)?;
        Ok(bought(&number, purchase.number_type))
    }

    pub(super) fn owned_number(
        &mut self,
        caller: &Caller,
        account_sid: &str,
        sid: &str,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        let mut number = self.owned(account_sid, sid, call)?.clone();
        match call.method.as_str() {
            "GET" => Ok(Answer::of(200, &NumberView::from(&number))),
            "POST" => {
                transfer(self.world, &caller.account_sid, &mut number, &call.form)?;
                let number = update(self.world, number, &call.form)?;
                Ok(Answer::of(200, &NumberView::from(&number)))
            }
            "DELETE" => {
                self.world.holdings.remove(sid, self.inventory);
                Ok(Answer::nothing())
            }
            _ => Err(Refusal::method_not_allowed()),
        }
    }

    pub(super) fn add_ons(&self, account_sid: &str, sid: &str, call: &Call) -> Result<Answer, Refusal> {
        self.owned(account_sid, sid, call)?;
        Ok(Answer::of(200, &Page::read(call)?.with_uris("assigned_add_ons", std::iter::empty())))
    }

    fn owned(&self, account_sid: &str, sid: &str, call: &Call) -> Result<&OwnedNumber, Refusal> {
        let number = self.world.holdings.by_sid(sid).filter(|number| number.account_sid == account_sid);
        number.ok_or_else(|| Refusal::not_found(&call.path))
    }
}

/// The answer to a purchase, at the list or at one of its sub-resources.
pub(super) fn bought(number: &OwnedNumber, number_type: Option<NumberType>) -> Answer {
    Answer::of(201, &NumberView::at(number, number_type))
}

fn country_json(account_sid: &str, country: &str, types: &[NumberType]) -> Value {
    let base = format!("/{API_VERSION}/Accounts/{account_sid}/AvailablePhoneNumbers/{country}");
    let subresources: Map<_, _> = types
        .iter()
        .map(|kind| (kind.subresource().to_owned(), format!("{base}/{}.json", kind.path()).into()))
        .collect();
    json!({
        "country_code": country,
        "country": country_name(country),
        "uri": format!("{base}.json"),
        "beta": false,
        "subresource_uris": subresources,
    })
}
