//! Accounts as resources: read, list, make one below the main one, rename, suspend, close; and the balance.

use serde_json::{Value, json};

use super::Api;
use crate::{
    accounts::{Account, AccountStatus, AccountType, Caller},
    answer::Answer,
    call::Call,
    number::{API_VERSION, is_friendly_name, rfc_2822},
    paging::Page,
    refusal::Refusal,
};

impl Api<'_> {
    pub(super) fn accounts(&mut self, caller: &Caller, call: &Call) -> Result<Answer, Refusal> {
        if !caller.manages_accounts() {
            return Err(Refusal::key_without_accounts());
        }
        match call.method.as_str() {
            "GET" => self.list_accounts(caller, call),
            "POST" => self.create_account(caller, call),
            _ => Err(Refusal::method_not_allowed()),
        }
    }

    fn list_accounts(&self, caller: &Caller, call: &Call) -> Result<Answer, Refusal> {
        let same = |name: &str, value: &str| call.query.given(name).is_none_or(|wanted| wanted == value);
        let shown = self
            .world
            .accounts
            .all()
            .filter(|account| self.world.accounts.reached_by(caller, &account.sid, &call.path).is_ok())
            .filter(|account| same("FriendlyName", &account.friendly_name))
            .filter(|account| same("Status", status_name(account.status)))
            .map(|account| account_json(account, None));
        Ok(Answer::of(200, &Page::read(call)?.with_uris("accounts", shown)))
    }

    fn create_account(&mut self, caller: &Caller, call: &Call) -> Result<Answer, Refusal> {
        self.world.accounts.refuse_inactive(&caller.account_sid)?;
        if !self.world.accounts.get(&caller.account_sid).is_some_and(Account::is_main) {
            return Err(Refusal::wrong_password());
        }
        let friendly_name = call.form.given("FriendlyName").unwrap_or("SubAccount");
        if !is_friendly_name(friendly_name) {
            return Err(Refusal::friendly_name());
        }
        let now = self.world.now();
        let (account, auth_token) = self.world.accounts.create(friendly_name, now);
        self.world.touch();
        // Nobody can ever use the account without its password, so this answer tells it.
        Ok(Answer::of(201, &account_json(&account, Some(&auth_token))))
    }

    pub(super) fn account(
        &mut self,
        caller: &Caller,
        account_sid: &str,
        call: &Call,
    ) -> Result<Answer, Refusal> {
        if !caller.manages_accounts() {
            return Err(Refusal::key_without_accounts());
        }
        match call.method.as_str() {
            "GET" => {}
            "POST" => self.change_account(account_sid, call)?,
            _ => return Err(Refusal::method_not_allowed()),
        }
        let account = self.world.accounts.get(account_sid).ok_or_else(|| Refusal::not_found(&call.path))?;
        Ok(Answer::of(200, &account_json(account, None)))
    }

    fn change_account(&mut self, account_sid: &str, call: &Call) -> Result<(), Refusal> {
        let friendly_name = call.form.given("FriendlyName");
        if friendly_name.is_some_and(|name| !is_friendly_name(name)) {
            return Err(Refusal::friendly_name());
        }
        let status = call.form.given("Status").map(read_status).transpose()?;
        let now = self.world.now();
        let account = self.world.accounts.get_mut(account_sid);
        let account = account.ok_or_else(|| Refusal::not_found(&call.path))?;
        if status.is_some() && (account.is_main() || account.status == AccountStatus::Closed) {
            return Err(Refusal::invalid_parameter("Status of this account cannot be changed"));
        }
        if let Some(name) = friendly_name {
            name.clone_into(&mut account.friendly_name);
        }
        account.date_updated = now;
        if let Some(status) = status {
            self.world.set_status(account_sid, status, self.inventory);
        }
        self.world.touch();
        Ok(())
    }

    pub(super) fn balance(&self, account_sid: &str, call: &Call) -> Result<Answer, Refusal> {
        if call.method != "GET" {
            return Err(Refusal::method_not_allowed());
        }
        // An account below the main one spends the main one's money.
        let main = self.world.accounts.main().ok_or_else(|| Refusal::not_found(&call.path))?;
        let balance = json!({ "account_sid": account_sid, "balance": main.balance, "currency": "USD" });
        Ok(Answer::of(200, &balance))
    }
}

fn read_status(text: &str) -> Result<AccountStatus, Refusal> {
    match text {
        "active" => Ok(AccountStatus::Active),
        "suspended" => Ok(AccountStatus::Suspended),
        "closed" => Ok(AccountStatus::Closed),
        _ => Err(Refusal::invalid_parameter("Status must be one of active, suspended, closed")),
    }
}

const fn status_name(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "active",
        AccountStatus::Suspended => "suspended",
        AccountStatus::Closed => "closed",
    }
}

fn account_json(account: &Account, auth_token: Option<&str>) -> Value {
    let base = format!("/{API_VERSION}/Accounts/{}", account.sid);
    json!({
        "auth_token": auth_token,
        "date_created": rfc_2822(account.date_created),
        "date_updated": rfc_2822(account.date_updated),
        "friendly_name": account.friendly_name,
        "owner_account_sid": account.owner_sid,
        "sid": account.sid,
        "status": status_name(account.status),
        "subresource_uris": {
            "addresses": format!("{base}/Addresses.json"),
            "available_phone_numbers": format!("{base}/AvailablePhoneNumbers.json"),
            "balance": format!("{base}/Balance.json"),
            "incoming_phone_numbers": format!("{base}/IncomingPhoneNumbers.json"),
        },
        "type": match account.account_type {
            AccountType::Full => "Full",
            AccountType::Trial => "Trial",
        },
        "uri": format!("{base}.json"),
    })
}
