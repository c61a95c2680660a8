//! The simulated API: from a request to an answer, in one step under the world's lock.

use serde_json::{Map, json};

use crate::{
    NumberType,
    accounts::Account,
    answer::Answer,
    call::Call,
    config::SimulatorConfig,
    holdings::Lag,
    inventory::{Inventory, country_name},
    listing::Listing,
    number::{API_VERSION, NumberView, rfc_2822},
    purchase::{Purchase, buy, transfer, update},
    refusal::Refusal,
    resource::{Resource, parse_path},
    search::Search,
    world::World,
};

/// The balance of every account, in US dollars.
const BALANCE: &str = "100.00";

/// One step of the API: the world it changes and what it goes by.
pub(crate) struct Api<'w> {
    pub(crate) world: &'w mut World,
    pub(crate) inventory: &'w Inventory,
    pub(crate) config: &'w SimulatorConfig,
}

impl Api<'_> {
    /// Does what the request asks for. A number bought by it is left out of lists as `lag` says.
    pub(crate) fn act(&mut self, call: &Call, lag: Option<Lag>) -> Answer {
        self.acted(call, lag).unwrap_or_else(|refusal| refusal.answer())
    }

    fn acted(&mut self, call: &Call, lag: Option<Lag>) -> Result<Answer, Refusal> {
        if call.unreadable {
            return Err(Refusal::body_too_large());
        }
        let caller = self.world.accounts.authenticate(call.credentials.as_ref())?;
        let caller_sid = caller.sid.clone();
        let not_found = || Refusal::not_found(&call.path);
        let (account_sid, resource) = parse_path(&call.path).ok_or_else(not_found)?;
        let account = self.world.accounts.get(account_sid).filter(|account| caller.reaches(account));
        let account = account.ok_or_else(not_found)?;
        match (call.method.as_str(), resource) {
            ("GET", Resource::Account) => Ok(Answer::of(200, &account_json(account))),
            ("GET", Resource::Balance) => Ok(Answer::of(
                200,
                &json!({ "account_sid": account.sid, "balance": BALANCE, "currency": "USD" }),
            )),
            ("GET", Resource::AvailableCountries) => Ok(self.countries(account_sid, call)),
            ("GET", Resource::AvailableCountry { country }) => {
                self.country(account_sid, country).ok_or_else(not_found)
            }
            ("GET", Resource::Available { country, number_type }) => self.search(country, number_type, call),
            ("GET", Resource::OwnedNumbers { number_type }) => self.list(account_sid, number_type, call),
            ("POST", Resource::OwnedNumbers { number_type }) => {
                let purchase = Purchase { account_sid, number_type, form: &call.form, lag };
                let number = buy(self.world, self.inventory, self.config, &purchase)?;
                Ok(Answer::of(201, &NumberView::from(&number)))
            }
            (method, Resource::OwnedNumber { sid }) => {
                self.owned_number(method, &caller_sid, account_sid, sid, call)
            }
            _ => Err(Refusal::method_not_allowed()),
        }
    }

    fn search(&self, country: &str, number_type: NumberType, call: &Call) -> Result<Answer, Refusal> {
        let positions =
            self.inventory.shelf(country, number_type).ok_or_else(|| Refusal::not_found(&call.path))?;
        let search = Search::read(&call.query, self.inventory)?;
        let free = positions.filter(|position| !self.world.holdings.is_taken(*position));
        let rows = search.rows(self.inventory, free);
        let uri = json!(call.uri());
        Ok(Answer::json(200, format!("{{\"available_phone_numbers\":[{rows}],\"uri\":{uri}}}")))
    }

    fn list(
        &mut self,
        account_sid: &str,
        number_type: Option<NumberType>,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        let listing = Listing::read(account_sid, number_type, &call.query)?;
        let page = listing.page(&mut self.world.holdings, &call.path, &call.query);
        page.map(|page| Answer::json(200, page)).map_err(|_| Refusal::of_status(500))
    }

    fn owned_number(
        &mut self,
        method: &str,
        caller_sid: &str,
        account_sid: &str,
        sid: &str,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        let number = self.world.holdings.by_sid(sid).filter(|number| number.account_sid == account_sid);
        let mut number = number.ok_or_else(|| Refusal::not_found(&call.path))?.clone();
        match method {
            "GET" => Ok(Answer::of(200, &NumberView::from(&number))),
            "POST" => {
                transfer(self.world, caller_sid, &mut number, &call.form)?;
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

    fn countries(&self, account_sid: &str, call: &Call) -> Answer {
        let countries: Vec<_> = self
            .inventory
            .countries()
            .iter()
            .map(|(country, types)| country_json(account_sid, country, types))
            .collect();
        Answer::of(200, &json!({ "countries": countries, "uri": call.uri() }))
    }

    fn country(&self, account_sid: &str, country: &str) -> Option<Answer> {
        let countries = self.inventory.countries();
        let (country, types) = countries.iter().find(|(code, _)| *code == country)?;
        Some(Answer::of(200, &country_json(account_sid, country, types)))
    }
}

fn country_json(account_sid: &str, country: &str, types: &[NumberType]) -> serde_json::Value {
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

/// An account; its password is never part of an answer here.
fn account_json(account: &Account) -> serde_json::Value {
    let base = format!("/{API_VERSION}/Accounts/{}", account.sid);
    let date = rfc_2822(account.date_created);
    json!({
        "auth_token": null,
        "date_created": date,
        "date_updated": date,
        "friendly_name": account.friendly_name,
        "owner_account_sid": account.owner_sid,
        "sid": account.sid,
        "status": "active",
        "subresource_uris": {
            "available_phone_numbers": format!("{base}/AvailablePhoneNumbers.json"),
            "balance": format!("{base}/Balance.json"),
            "incoming_phone_numbers": format!("{base}/IncomingPhoneNumbers.json"),
        },
        "type": "Full",
        "uri": format!("{base}.json"),
    })
}
