//! What the command line and the environment say. A flag wins over its variable.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use trunkline_twilio_sim::{
    AccountType, ApiKey, ApiKeyKind, Rebuy, SimulatorConfig, Subaccount, TestCredentials,
};

const AFTER_HELP: &str = r#"Example:
  twilio-sim --listen 127.0.0.1:4010 \
    --account-sid AC00000000000000000000000000000001 --auth-token sandbox-token

  curl -u AC00000000000000000000000000000001:sandbox-token \
    "http://127.0.0.1:4010/2010-04-01/Accounts/AC00000000000000000000000000000001/AvailablePhoneNumbers/US/Local.json?AreaCode=415"

What is for sale:
  US local (many in area code 415) and toll-free, CA local and toll-free, GB local, mobile and toll-free.
  A GB number needs BundleSid=BU00000000000000000000000000000044; some US numbers need an AddressSid.
  +15005550006 can always be bought, +15005550000 is taken, +15005550001 is no number.

Three of Twilio's hosts are one address here: api.twilio.com (/2010-04-01/…), numbers.twilio.com
(/v2/RegulatoryCompliance/…: regulations and bundles, read) and pricing.twilio.com (/v1/PhoneNumbers/…).

Admin endpoint (JSON, no credentials):
  GET    /_sim/state                        owned numbers, faults, counts
  POST   /_sim/reset                        everything as after the start
  GET    /_sim/numbers                      owned numbers with all settings
  POST   /_sim/numbers                      console purchase {"phoneNumber", "friendlyName"}
  POST   /_sim/numbers/{SID or number}      console change {"friendlyName"?, "voiceUrl"?, "smsUrl"?}
  DELETE /_sim/numbers/{SID or number}      console release
  POST   /_sim/numbers/{SID or number}/reclaim    Twilio takes it back
  GET    /_sim/clock, /_sim/charges         the simulator's time; what was paid for numbers
  POST   /_sim/clock                        {"advanceDays": 31}, {"advanceS": 60} or {"to": "2027-01-31T00:00:00Z"}
  GET    /_sim/accounts                     with status, type and balance
  POST   /_sim/accounts/{SID}               {"status"?, "type"?, "balance"?, "autoRecharge"?}
  GET, POST /_sim/bundles                   {"sid", "country", "numberType", "status": "twilio-approved"}
  GET    /_sim/available?country=US&type=local|tollFree|mobile
  GET    /_sim/requests?method=&path=       what was asked and what became of it
  DELETE /_sim/requests                     forget it
  GET    /_sim/faults                       faults in force
  POST   /_sim/faults                       add a fault or a list of them
  DELETE /_sim/faults                       end all faults
  POST   /_sim/held/release | /held/drop    let withheld answers go out | reset their connections
  POST   /_sim/lists/catch-up               lists show numbers that a fault hid

A fault: {"method": "POST", "path": "/IncomingPhoneNumbers/Local.json", "nth": 1, "times": 1, "action": …}
  path is the end of a path, or with * a pattern for all of it; times may be "forever"; only action is required.
  "percent": 5, "seed": 42 strike so many of a hundred by chance, the same ones for the same seed.
  Actions:
    {"refuse": {"status": 400, "code": 21422, "message": "…"}}    {"status": {"status": 429, "retryAfterS": 1}}
    "resetBeforeActing"   "actThenReset"   "actThen500"   "truncatedBody"   {"listLag": {"lists": 2}}
    {"neverAnswer": {"act": true}}    {"delay": {"ms": 500, "act": "first"}} or "later"
    {"duplicate": {"answer": "first"}} or "second"

  curl -X POST http://127.0.0.1:4010/_sim/faults -H 'Content-Type: application/json' \
    -d '{"method": "POST", "path": "*/IncomingPhoneNumbers*.json", "action": "actThenReset"}'
"#;

/// Twilio's number API on your own machine: search, buy, change and release phone numbers over HTTP with Twilio's
/// answers and error codes, and make it fail the way a network does. It never talks to Twilio and costs nothing.
#[derive(Parser)]
#[command(name = "twilio-sim", version, after_help = AFTER_HELP)]
pub(crate) struct Settings {
    /// Where to listen; port 0 takes any free one. Keep to loopback: the admin endpoint asks for no credentials.
    #[arg(long, env = "TWILIO_SIM_LISTEN", default_value = "127.0.0.1:4010", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// The account that clients use: AC and 32 hexadecimal digits.
    #[arg(long, env = "TWILIO_ACCOUNT_SID", value_name = "AC…", value_parser = account_sid)]
    account_sid: String,

    /// The account's password, anything you like.
    #[arg(long, env = "TWILIO_AUTH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    auth_token: String,

    /// A key of the account, with its secret; may be given several times.
    #[arg(
        long,
        env = "TWILIO_SIM_API_KEYS",
        hide_env_values = true,
        value_name = "SK…:SECRET",
        value_delimiter = ','
    )]
    api_key: Vec<String>,

    /// A key as above that may not read or change accounts, as Twilio's standard keys.
    #[arg(
        long,
        env = "TWILIO_SIM_STANDARD_API_KEYS",
        hide_env_values = true,
        value_name = "SK…:SECRET",
        value_delimiter = ','
    )]
    standard_api_key: Vec<String>,

    /// An account below the account, with its password; may be given several times.
    #[arg(
        long,
        env = "TWILIO_SIM_SUBACCOUNTS",
        hide_env_values = true,
        value_name = "AC…:TOKEN",
        value_delimiter = ','
    )]
    subaccount: Vec<String>,

    /// Test credentials: they buy the magic numbers, and nothing happens.
    #[arg(long, env = "TWILIO_SIM_TEST_CREDENTIALS", hide_env_values = true, value_name = "AC…:TOKEN")]
    test_credentials: Option<String>,

    /// The account is on trial: it may own one number.
    #[arg(long, env = "TWILIO_SIM_TRIAL")]
    trial: bool,

    /// Which numbers are for sale: the same seed gives the same numbers.
    #[arg(long, env = "TWILIO_SIM_SEED", default_value_t = 1, value_name = "N")]
    seed: u64,

    /// What buying a number does that the account owns already.
    #[arg(long, env = "TWILIO_SIM_REBUY", value_enum, default_value_t = RebuyChoice::Update, value_name = "WHAT")]
    rebuy: RebuyChoice,

    /// Keeps numbers, addresses, accounts and the clock in this file, from one run to the next. [default: they end
    /// with the process]
    #[arg(long, env = "TWILIO_SIM_STATE", value_name = "FILE")]
    state: Option<PathBuf>,

    /// Answers 429 when more requests than this are in progress at once. [default: no limit]
    #[arg(long, env = "TWILIO_SIM_CONCURRENT_MAX", value_name = "N")]
    concurrent_max: Option<usize>,

    /// Appends every request with its answer to this file, one JSON object a line, without credentials. [default: not
    /// recorded]
    #[arg(long, env = "TWILIO_SIM_RECORD", value_name = "FILE")]
    record: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RebuyChoice {
    /// Answers 201 and updates it, as Twilio was reported to do.
    Update,
    /// Answers 400 with code 21422.
    Refuse,
}

impl Settings {
    pub(crate) fn into_config(self) -> Result<(SocketAddr, SimulatorConfig)> {
        let mut config = SimulatorConfig::new(self.account_sid, self.auth_token);
        config.inventory_seed = self.seed;
        config.rebuy = match self.rebuy {
            RebuyChoice::Update => Rebuy::Update,
            RebuyChoice::Refuse => Rebuy::Refuse,
        };
        config.state_file = self.state;
        config.concurrent_requests_max = self.concurrent_max;
        config.record_file = self.record;
        if self.trial {
            config.account_type = AccountType::Trial;
        }
        let kinds = [
            ("--api-key", ApiKeyKind::Main, self.api_key),
            ("--standard-api-key", ApiKeyKind::Standard, self.standard_api_key),
        ];
        for (flag, kind, keys) in kinds {
            for text in keys {
                let (sid, secret) = credentials(flag, "SK", &text)?;
                let account_sid = config.account_sid.clone();
                config.api_keys.push(ApiKey { sid, secret, account_sid, kind });
            }
        }
        for text in self.subaccount {
            let (sid, auth_token) = credentials("--subaccount", "AC", &text)?;
            let friendly_name = format!("Account {sid}");
            config.subaccounts.push(Subaccount { sid, auth_token, friendly_name });
        }
        if let Some(text) = self.test_credentials {
            let (account_sid, auth_token) = credentials("--test-credentials", "AC", &text)?;
            config.test_credentials = Some(TestCredentials { account_sid, auth_token });
        }
        Ok((self.listen, config))
    }
}

/// A SID and a password with a colon between them. It is read here and not by clap, which shows what it refuses.
fn credentials(flag: &str, prefix: &str, text: &str) -> Result<(String, String)> {
    match text.split_once(':') {
        Some((sid, secret)) if is_sid(prefix, sid) && !secret.is_empty() => {
            Ok((sid.to_owned(), secret.to_owned()))
        }
        _ => bail!("{flag} takes {prefix} and 32 hexadecimal digits, a colon, and the password"),
    }
}

fn account_sid(text: &str) -> Result<String, String> {
    if is_sid("AC", text) {
        Ok(text.to_owned())
    } else {
        Err("an account SID is AC and 32 hexadecimal digits, such as AC00000000000000000000000000000001"
            .to_owned())
    }
}

fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Settings::command().debug_assert();
    }

    #[test]
    fn an_account_sid_has_its_shape() {
        assert!(account_sid("AC0123456789abcdef0123456789ABCDEF").is_ok());
        let key = "SK00000000000000000000000000000001";
        assert!(credentials("--api-key", "SK", &format!("{key}:secret")).is_ok());
        for wrong in [key, &format!("{key}:"), "SK1:secret"] {
            let error = credentials("--api-key", "SK", wrong).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        for wrong in ["", "AC1", "SK00000000000000000000000000000001", "AC0000000000000000000000000000000g"] {
            assert!(account_sid(wrong).is_err(), "{wrong}");
        }
    }
}
