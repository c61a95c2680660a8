//! What the command line and the environment say. A flag wins over its variable.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, ValueEnum};
use trunkline_twilio_sim::{Rebuy, SimulatorConfig};

const AFTER_HELP: &str = r#"Example:
  twilio-sim --listen 127.0.0.1:4010 \
    --account-sid AC00000000000000000000000000000001 --auth-token sandbox-token

  curl -u AC00000000000000000000000000000001:sandbox-token \
    "http://127.0.0.1:4010/2010-04-01/Accounts/AC00000000000000000000000000000001/AvailablePhoneNumbers/US/Local.json?AreaCode=415"

What is for sale:
  US local (many in area code 415) and toll-free, CA local and toll-free, GB local, mobile and toll-free.
  A GB number needs BundleSid=BU00000000000000000000000000000044.
  +15005550006 can always be bought, +15005550000 is taken, +15005550001 is no number.

Admin endpoint (JSON, no credentials):
  GET    /_sim/state                        owned numbers, faults, counts
  POST   /_sim/reset                        no numbers, no faults, no recorded requests
  GET    /_sim/numbers                      owned numbers with all settings
  POST   /_sim/numbers                      console purchase {"phoneNumber", "friendlyName"}
  POST   /_sim/numbers/{SID or number}      console change {"friendlyName"?, "voiceUrl"?, "smsUrl"?}
  DELETE /_sim/numbers/{SID or number}      console release
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
  Actions:
    {"refuse": {"status": 400, "code": 21422, "message": "…"}}    {"status": {"status": 429, "retryAfterS": 1}}
    "resetBeforeActing"   "actThenReset"   "actThen500"   "truncatedBody"   {"listLag": {"lists": 2}}
    {"neverAnswer": {"act": true}}    {"delay": {"ms": 500, "act": "first"}} or "later"

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

    /// Which numbers are for sale: the same seed gives the same numbers.
    #[arg(long, env = "TWILIO_SIM_SEED", default_value_t = 1, value_name = "N")]
    seed: u64,

    /// What buying a number does that the account owns already.
    #[arg(long, env = "TWILIO_SIM_REBUY", value_enum, default_value_t = RebuyChoice::Update, value_name = "WHAT")]
    rebuy: RebuyChoice,

    /// Keeps owned numbers in this file, from one run to the next. [default: they end with the process]
    #[arg(long, env = "TWILIO_SIM_STATE", value_name = "FILE")]
    state: Option<PathBuf>,

    /// Answers 429 when more requests than this are in progress at once. [default: no limit]
    #[arg(long, env = "TWILIO_SIM_CONCURRENT_MAX", value_name = "N")]
    concurrent_max: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RebuyChoice {
    /// Answers 201 and updates it, as Twilio was reported to do.
    Update,
    /// Answers 400 with code 21422.
    Refuse,
}

impl Settings {
    pub(crate) fn into_config(self) -> (SocketAddr, SimulatorConfig) {
        let mut config = SimulatorConfig::new(self.account_sid, self.auth_token);
        config.inventory_seed = self.seed;
        config.rebuy = match self.rebuy {
            RebuyChoice::Update => Rebuy::Update,
            RebuyChoice::Refuse => Rebuy::Refuse,
        };
        config.state_file = self.state;
        config.concurrent_requests_max = self.concurrent_max;
        (self.listen, config)
    }
}

fn account_sid(text: &str) -> Result<String, String> {
    let shaped = text
        .strip_prefix("AC")
        .is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if shaped {
        Ok(text.to_owned())
    } else {
        Err("an account SID is AC and 32 hexadecimal digits, such as AC00000000000000000000000000000001"
            .to_owned())
    }
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
        for wrong in ["", "AC1", "SK00000000000000000000000000000001", "AC0000000000000000000000000000000g"] {
            assert!(account_sid(wrong).is_err(), "{wrong}");
        }
    }
}
