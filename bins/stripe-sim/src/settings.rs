//! What the command line and the environment say. A flag wins over its variable.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, builder::NonEmptyStringValueParser};
use trunkline_stripe_sim::SimulatorConfig;

const AFTER_HELP: &str = r#"Example:
  stripe-sim --listen 127.0.0.1:4020 --secret-key sk_test_sandbox \
    --webhook-url http://127.0.0.1:8080/api/payment/webhook --webhook-secret whsec_sandbox

  curl -u sk_test_sandbox: http://127.0.0.1:4020/v1/checkout/sessions -d mode=payment \
    -d "line_items[0][price_data][currency]=usd" -d "line_items[0][price_data][unit_amount]=2500" \
    -d "line_items[0][price_data][product_data][name]=Credit" -d "line_items[0][quantity]=1" \
    -d success_url=http://127.0.0.1:8080/paid

The answer's url is a page to pay, decline, pay later or leave. A program posts what its buttons post:
  curl -X POST http://127.0.0.1:4020/c/pay/cs_test_…/pay       decline | later | abandon | save | save-declining

Admin endpoint (JSON, no credentials):
  GET    /_sim/state                          everything: objects, events with their deliveries, counters
  POST   /_sim/reset                          everything as after the start
  GET, POST /_sim/clock                       {"advanceS": 60}, {"advanceDays": 2} or {"to": "2027-01-31T00:00:00Z"}
  GET    /_sim/objects/{id}                   any object
  POST   /_sim/sessions/{id}/pay              decline {"declineCode"} | pay-later {"settleAfterS", "outcome"} |
                                              save {"behaviour"} | abandon | expire
  POST   /_sim/payments/{pi or cs}/settle     {"outcome": "succeed" | "fail"}
  POST   /_sim/payments/{pi, cs or ch}/refunds    {"amount"?, "outcome"?: "succeeded" | "pending" | "failed"}
  POST   /_sim/payments/{pi, cs or ch}/disputes   {"amount"?, "reason"?,
                                               "status"?: "needs_response" | "warning_needs_response"}
  POST   /_sim/refunds/{id}/settle            {"outcome": "succeed" | "fail"}
  POST   /_sim/disputes/{id}/win              lose | close | escalate
  POST   /_sim/customers/{id}/payment-methods {"behaviour"}: accept, decline, insufficientFunds,
  POST   /_sim/payment-methods/{id}           {"behaviour"}  authenticationRequired, processing
  GET    /_sim/events                         with what became of telling them
  POST   /_sim/events/{id}/resend
  GET, POST /_sim/webhooks                    {"url", "secrets": […], "retryMs": […], "timeoutMs", "concurrency",
                                               "copies": 3, "shuffle": {"window": 10, "seed": 1}, "delayMs",
                                               "loseNext": 1, "loseTypes": ["charge.refunded"]}
  POST   /_sim/webhooks/pause                 resume | deliver (all that waits, now) | wait (until none waits)
  GET    /_sim/requests?method=&path=         what was asked and what became of it; DELETE forgets it
  GET, POST, DELETE /_sim/faults              {"method"?, "path"?, "after"?: 0, "times"?: 1, "action": …}
  POST   /_sim/held/release | /held/drop      let withheld answers go out | cut their connections

  A fault's path is the beginning of a path. Its actions:
    {"refuse": {"status": 429, "retryAfterS": 1}}   "resetBeforeActing"   "actThenReset"   "actThen500"
    "actThenKept500"   {"hang": {"act": "first" | "later" | "never"}}
"#;

/// Stripe's payments API on your own machine: Checkout with its page, payment intents, saved cards, refunds, disputes
/// and signed webhooks, with Stripe's answers and errors, and everything that can go wrong with them. It never talks to
/// Stripe, and no money moves.
#[derive(Parser)]
#[command(name = "stripe-sim", version, after_help = AFTER_HELP)]
pub(crate) struct Settings {
    /// Where to listen; port 0 takes any free one. Keep to loopback: the admin endpoint asks for no credentials.
    #[arg(long, env = "STRIPE_SIM_LISTEN", default_value = "127.0.0.1:4020", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// The account's secret key, anything you like; may be given several times.
    #[arg(
        long,
        env = "STRIPE_SECRET_KEY",
        hide_env_values = true,
        value_name = "sk_test_…",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new(),
        required = true
    )]
    secret_key: Vec<String>,

    /// Where events are posted. [default: nobody is told]
    #[arg(long, env = "STRIPE_SIM_WEBHOOK_URL", value_name = "URL")]
    webhook_url: Option<String>,

    /// The secret of the webhook endpoint; of several each signs.
    #[arg(
        long,
        env = "STRIPE_SIM_WEBHOOK_SECRETS",
        hide_env_values = true,
        value_name = "whsec_…",
        value_delimiter = ','
    )]
    webhook_secret: Vec<String>,

    /// How many milliseconds a webhook that failed waits before each repeat. [default: 1 s, 5 s, 30 s, 2 min, 10 min]
    #[arg(long, env = "STRIPE_SIM_WEBHOOK_RETRY_MS", value_name = "MS", value_delimiter = ',')]
    webhook_retry_ms: Vec<u64>,

    /// What is paid later comes by itself after so many seconds. [default: when the admin settles it]
    #[arg(long, env = "STRIPE_SIM_SETTLE_AFTER_S", value_name = "SECONDS")]
    settle_after_s: Option<u32>,

    /// The account's API version, which requests without Stripe-Version and all events have.
    #[arg(long, env = "STRIPE_SIM_API_VERSION", value_name = "VERSION")]
    api_version: Option<String>,

    /// Makes the identifiers: the same requests get the same ones.
    #[arg(long, env = "STRIPE_SIM_SEED", default_value_t = 1, value_name = "N")]
    seed: u64,

    /// Keeps all objects, events and the clock in this file, from one run to the next. [default: they end with the
    /// process]
    #[arg(long, env = "STRIPE_SIM_STATE", value_name = "FILE")]
    state: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn into_config(self) -> (SocketAddr, SimulatorConfig) {
        let mut config = SimulatorConfig::new(String::new());
        config.secret_keys = self.secret_key;
        config.webhooks.url = self.webhook_url;
        config.webhooks.secrets = self.webhook_secret;
        if !self.webhook_retry_ms.is_empty() {
            config.webhooks.retry_ms = self.webhook_retry_ms;
        }
        config.settle_after_s = self.settle_after_s.map(i64::from);
        if let Some(version) = self.api_version {
            config.api_version = version;
        }
        config.seed = self.seed;
        config.state_file = self.state;
        (self.listen, config)
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
}
