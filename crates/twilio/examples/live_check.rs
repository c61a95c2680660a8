//! The adapter against Twilio itself, with the account's *test* credentials and Twilio's magic numbers: nothing is
//! bought, kept or charged. `scripts/live-check` runs it.
//!
//! `TWILIO_TEST_ACCOUNT_SID` and `TWILIO_TEST_AUTH_TOKEN` are needed; `TWILIO_TEST_BASE_URL` names another host than
//! Twilio's. What is expected of each number is from Twilio's page on test credentials.
#![expect(clippy::print_stdout, reason = "what a command prints is its answer")]

use std::error::Error;
use std::process::ExitCode;

use secrecy::SecretString;
use trunkline_domain::{AccountSid, Country, NumberType, RegulatoryIds, WebhookUrls};
use trunkline_provider::{Bought, NumberProvider, NumberPurchase, ProviderAccount, ProviderError, Refusal};
use trunkline_twilio::{Credentials, TwilioClient, TwilioConfig, check_base_url};

const TAKEN: &str = "+15005550000";
const INVALID: &str = "+15005550001";
const FREE: &str = "+15005550006";
const LABEL: &str = "trunkline live-check";
const VOICE_URL: &str = "https://numbers.example.com/voice";

/// Whether an answer is the one that Twilio documents.
type Verdict = Result<(), String>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let config = config()?;
    let client = TwilioClient::new(TwilioClient::http_client(&config)?, config.clone());

    // First, because it is how live credentials are told apart: those may read.
    let reads = refused_reads(client.check_credentials().await.map(|_| ()));
    let safe = reads.is_ok();
    let mut all_well = tell("reads are refused to test credentials (20008)", reads);
    if !safe {
        println!("Stopped: no purchase is tried with credentials that are not certainly test credentials.");
        return Ok(ExitCode::FAILURE);
    }
    let taken = client.buy(&purchase(&config.account_sid, TAKEN)?).await;
    all_well &= tell("a number that is taken is refused (21422)", refused(taken, 21422));
    let invalid = client.buy(&purchase(&config.account_sid, INVALID)?).await;
    all_well &= tell("a number that is none is refused (21421)", refused(invalid, 21421));
    let free = client.buy(&purchase(&config.account_sid, FREE)?).await;
    all_well &= tell("a free number is bought as ordered", bought(free));

    let mut wrong = config;
    wrong.credentials = Credentials::AuthToken(SecretString::from("0".repeat(32)));
    let stranger = TwilioClient::new(TwilioClient::http_client(&wrong)?, wrong.clone());
    let strange = stranger.buy(&purchase(&wrong.account_sid, FREE)?).await;
    all_well &= tell("a wrong token is not accepted", unauthorized(strange));
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn config() -> Result<TwilioConfig, Box<dyn Error>> {
    let token = SecretString::from(std::env::var("TWILIO_TEST_AUTH_TOKEN")?);
    let mut config = TwilioConfig::new(std::env::var("TWILIO_TEST_ACCOUNT_SID")?.parse()?, token);
    if let Ok(base_url) = std::env::var("TWILIO_TEST_BASE_URL") {
        config.base_url = base_url.parse()?;
        check_base_url(&config.base_url)?;
    }
    Ok(config)
}

fn purchase(account: &AccountSid, phone_number: &str) -> Result<NumberPurchase, Box<dyn Error>> {
    Ok(NumberPurchase {
        phone_number: phone_number.parse()?,
        country: Country::US,
        number_type: NumberType::Local,
        account: account.clone(),
        friendly_name: LABEL.to_owned(),
        webhooks: WebhookUrls { voice_url: Some(VOICE_URL.to_owned()), ..WebhookUrls::default() },
        regulatory: RegulatoryIds::default(),
    })
}

fn tell(what: &str, verdict: Verdict) -> bool {
    let well = verdict.is_ok();
    match verdict {
        Ok(()) => println!("ok      {what}"),
        Err(seen) => println!("FAILED  {what}: {seen}"),
    }
    well
}

fn refused_reads(answer: Result<(), ProviderError>) -> Verdict {
    match answer {
        Err(ProviderError::Refused { reason: Refusal::TestCredentials, .. }) => Ok(()),
        Ok(()) => Err("they were answered, so these are live credentials".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn refused(answer: Result<Bought, ProviderError>, expected: u32) -> Verdict {
    match answer {
        Err(ProviderError::Refused { reason: Refusal::NumberUnavailable, code: Some(code), .. })
            if code == expected =>
        {
            Ok(())
        }
        Ok(bought) => Err(format!("it was bought as {}", bought.number.identity.number)),
        Err(error) => Err(error.to_string()),
    }
}

fn bought(answer: Result<Bought, ProviderError>) -> Verdict {
    let number = answer.map_err(|error| error.to_string())?.number;
    let same = number.phone_number.as_str() == FREE
        && number.friendly_name == LABEL
        && number.webhooks.voice_url.as_deref() == Some(VOICE_URL);
    if same { Ok(()) } else { Err(format!("{number:?}")) }
}

fn unauthorized(answer: Result<Bought, ProviderError>) -> Verdict {
    match answer {
        Err(ProviderError::Unauthorized { .. }) => Ok(()),
        Ok(_) => Err("it was accepted".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
