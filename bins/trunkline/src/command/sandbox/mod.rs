//! `trunkline sandbox`: the newcomer's door. The real server beside a simulated Twilio, everything in one folder.
//!
//! It never reaches Twilio: with a simulator on a loopback address in the settings it uses that one, and any other
//! address is refused.

mod advance;
mod control;
mod dotenv;
mod environment;
mod provider_clock;
mod resident;
mod seed;
mod till;
mod time;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use secrecy::SecretString;
use tokio::net::TcpListener;
use trunkline_domain::PriceBook;
use trunkline_sessions::SignInLink;
use trunkline_twilio_sim::GB_BUNDLE_SID;
use url::{Host, Url};

use self::control::Control;
pub(crate) use self::dotenv::read_dotenv;
use self::environment::{Environment, FILE_NAME};
use self::provider_clock::ProviderClock;
use self::resident::Resident;
use self::seed::SignInLinks;
use self::till::Till;
pub(crate) use self::time::parse_span;
use self::time::{SandboxTime, Services};
use crate::arguments::{SandboxArguments, SandboxCommand};
use crate::command::{say, serve};
use crate::sandbox_clock::SandboxClock;
use crate::settings::{SettingArguments, Settings, TwilioSettings};
use crate::wiring::{self, Parts, Use};
use crate::{logging, signals};

/// The simulated account. Its token opens nothing but the simulator on this machine.
const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
const AUTH_TOKEN: &str = "sandbox-auth-token";

/// Runs the sandbox until SIGTERM or SIGINT, or moves the time of one that runs.
pub(crate) async fn run(arguments: &SettingArguments, sandbox: &SandboxArguments) -> anyhow::Result<()> {
    let data = sandbox.data.as_path();
    if let Some(SandboxCommand::Advance(advance)) = &sandbox.command {
        return advance::run(data, advance).await;
    }
    let external = external_simulator(arguments)?;
    let mut settings = Settings::read(&sandboxed(arguments, data))?;
    logging::install(&settings)?;
    make_private_folder(data)?;
    let listener = serve::listen(&settings).await?;
    let address = listener.local_addr()?;
    let resident = match &external {
        Some(_) => None,
        None => Some(Resident::start(data).await?),
    };
    let twilio = match (external, &resident) {
        (Some(twilio), _) => twilio,
        (None, Some(resident)) => resident.twilio()?,
        (None, None) => bail!("no simulator"),
    };
    let public_url = Url::parse(&format!("http://{address}"))?;
    let till = Till::start(data, &public_url).await?;
    settings.payments = settings.payments.map(|settings| till.settings(settings)).transpose()?;
    settings.public_url = Some(public_url);
    settings.banner = Some("This is a sandbox: numbers, calls and money are simulated.");
    settings.price_file = Some(data.join("prices.toml"));
    write_prices(&data.join("prices.toml"))?;
    let outcome = serve_sandbox(data, settings, twilio, &till, listener).await;
    till.stop().await;
    if let Some(resident) = resident {
        resident.stop().await;
    }
    outcome
}

async fn serve_sandbox(
    data: &Path,
    mut settings: Settings,
    twilio: TwilioSettings,
    till: &Till,
    listener: TcpListener,
) -> anyhow::Result<()> {
    let known = Environment::read(&data.join(FILE_NAME))?;
    let simulator = twilio.base_url.as_ref().context("the simulator has no address")?;
    let clock = Arc::new(SandboxClock::beside(&data.join("trunkline.db"))?);
    let time = SandboxTime::new(Arc::clone(&clock), ProviderClock::at(simulator)?, till.clone());
    time.align().await?;
    let control = Control::open().await?;
    let base_url = twilio.base_url.as_ref().map(ToString::to_string).unwrap_or_default();
    let server_url = settings.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let mut environment = Environment {
        server_url: server_url.unwrap_or_default(),
        simulator_url: base_url.trim_end_matches('/').to_owned(),
        stripe_url: till.url(),
        account_sid: twilio.account_sid.to_string(),
        auth_token: twilio.auth_token.clone(),
        control_url: control.url.clone(),
        control_token: control.token.clone(),
        ..known
    };
    settings.twilio = Some(twilio);
    wiring::migrate(&settings).await?;
    let parts = Parts::open_by(&settings, Use::Serve, clock).await?;
    seed::plant(&parts, &mut environment).await?;
    environment.write(&data.join(FILE_NAME))?;
    let stop = signals::stop_token("no new requests; what has begun is finished")?;
    let links = seed::sign_in_links(&parts).await?;
    say(welcome(data, &environment, &links));
    let services = Services::of(&parts, wiring::longest_on_the_wire(&settings))?;
    tokio::spawn(control.serve(time.clone(), services, stop.clone()));
    serve::serve_until(&settings, parts, listener, stop, |router| time.guard(router)).await
}

/// The caller's settings, less what the sandbox brings itself.
fn sandboxed(arguments: &SettingArguments, data: &Path) -> SettingArguments {
    SettingArguments {
        database_url: Some(format!("sqlite:{}", data.join("trunkline.db").display())),
        twilio_account_sid: None,
        twilio_auth_token: None,
        twilio_auth_token_secondary: None,
        twilio_base_url: None,
        twilio_api_key: None,
        twilio_api_secret: None,
        twilio_parent_account_sid: None,
        twilio_parent_auth_token: None,
        twilio_region: None,
        twilio_edge: None,
        price_file: None,
        // Another one once it is known where the sandbox listens.
        public_url: Some("http://127.0.0.1".to_owned()),
        stripe_secret_key: Some(till::SECRET_KEY.to_owned()),
        stripe_webhook_secret: Some(till::WEBHOOK_SECRET.to_owned()),
        stripe_api_url: None,
        // So that a newcomer sees what a customer is told, in the log.
        low_balance_at: arguments.low_balance_at.clone().or_else(|| Some("20.00 USD".to_owned())),
        log: arguments.log.clone().or_else(|| Some("warn,trunkline=info".to_owned())),
        ..arguments.clone()
    }
}

/// A simulator that the settings name. Refuses every address that is not on this machine.
fn external_simulator(arguments: &SettingArguments) -> anyhow::Result<Option<TwilioSettings>> {
    let set = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (sid, token) = (set(&arguments.twilio_account_sid), set(&arguments.twilio_auth_token));
    let Some(base_url) = set(&arguments.twilio_base_url) else {
        if sid.is_some() || token.is_some() {
            say("The Twilio account in your settings is ignored: the sandbox never reaches Twilio.");
        }
        return Ok(None);
    };
    let url = Url::parse(&base_url).ok().filter(is_loopback);
    let Some(url) = url else {
        bail!(
            "TWILIO_BASE_URL is {base_url}, which is not on this machine. The sandbox never reaches Twilio: unset it, or use `trunkline serve`"
        );
    };
    let (Some(sid), Some(token)) = (sid, token) else {
        bail!(
            "TWILIO_BASE_URL names a simulator; set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to its account, too"
        );
    };
    let account_sid = sid.parse().context("TWILIO_ACCOUNT_SID")?;
    Ok(Some(TwilioSettings::new(account_sid, SecretString::from(token), Some(url))))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn make_private_folder(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.with_context(|| format!("the folder {} cannot be made", data.display()))
}

/// The embedded prices with Great Britain's bundle filled in. A file that is there is the newcomer's to edit.
fn write_prices(file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        return Ok(());
    }
    let bundle = format!("]\nbundle_sid = \"{GB_BUNDLE_SID}\"");
    let with_bundle =
        |line: &str| if line.starts_with("[GB.") { line.replacen(']', &bundle, 1) } else { line.to_owned() };
    let text: Vec<String> = PriceBook::embedded_text().lines().map(with_bundle).collect();
    std::fs::write(file, text.join("\n")).with_context(|| format!("{} cannot be written", file.display()))
}

fn welcome(data: &Path, environment: &Environment, links: &SignInLinks) -> String {
    let file = data.join(FILE_NAME);
    let url = &environment.server_url;
    format!(
        "\nTrunkline sandbox: {url}\nA simulated Twilio: {simulator}\nA simulated Stripe: {stripe}\nEverything is in {data}/. Stop with Ctrl-C; it goes on where it was.\n\n\
         You are `{user}`, with $25.00 at first. In a browser (each link signs in once, within 15 minutes):\n\n  \
         {url}{path}{demo}   # as yourself\n  \
         {url}{path}{operator}   # as the operator\n\n\
         Or in another terminal:\n\n  \
         . {file}\n  \
         curl -s $TRUNKLINE_URL/api/numbers/search -H \"Authorization: Bearer $TRUNKLINE_API_KEY\" \\\n       \
         -H 'Content-Type: application/json' -d '{{\"countryCode\":\"US\",\"numberType\":\"local\",\"areaCode\":\"415\",\"limit\":3}}'\n  \
         curl -s $TRUNKLINE_URL/api/numbers/purchase -H \"Authorization: Bearer $TRUNKLINE_API_KEY\" \\\n       \
         -H 'Content-Type: application/json' -d '{{\"phoneNumber\":\"<one of them>\",\"displayName\":\"Front desk\"}}'\n  \
         curl -s $TRUNKLINE_URL/api/wallet/balance -H \"Authorization: Bearer $TRUNKLINE_API_KEY\"\n  \
         curl -s $TRUNKLINE_URL/api/payment/create-checkout-session -H \"Authorization: Bearer $TRUNKLINE_API_KEY\" \\\n       \
         -H 'Content-Type: application/json' -d '{{\"amount\":\"50.00\"}}'      # then pay at its url, in a browser\n  \
         trunkline sandbox advance 31d --data {data}      # a month later, here and at Twilio\n",
        simulator = environment.simulator_url,
        stripe = environment.stripe_url,
        data = data.display(),
        user = seed::DEMO_USER,
        path = SignInLink::PATH,
        demo = links.demo.token.expose(),
        operator = links.operator.token.expose(),
        file = shell_path(&file),
    )
}

/// A path as `.` of a shell takes it: with a slash in it.
fn shell_path(file: &Path) -> String {
    if file.is_absolute() { file.display().to_string() } else { format!("./{}", file.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(url: &str) -> SettingArguments {
        SettingArguments {
            twilio_base_url: Some(url.to_owned()),
            twilio_account_sid: Some(ACCOUNT_SID.to_owned()),
            twilio_auth_token: Some("t".to_owned()),
            ..SettingArguments::default()
        }
    }

    #[test]
    fn only_a_simulator_on_this_machine_is_used() {
        for url in ["http://127.0.0.1:4010", "http://localhost:4010", "http://[::1]:4010"] {
            assert!(external_simulator(&arguments(url)).unwrap().is_some(), "{url}");
        }
        for url in ["https://api.twilio.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "nonsense"] {
            assert!(external_simulator(&arguments(url)).is_err(), "{url}");
        }
        assert!(external_simulator(&SettingArguments::default()).unwrap().is_none());
        let alone = SettingArguments { twilio_base_url: None, ..arguments("") };
        assert!(external_simulator(&alone).unwrap().is_none());
    }

    #[test]
    fn the_sandbox_prices_have_britains_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prices.toml");
        write_prices(&file).unwrap();
        let book = PriceBook::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for number_type in trunkline_domain::NumberType::ALL {
            let needs = book.needs(trunkline_domain::Country::GB, number_type);
            assert_eq!(needs.bundle_sid.as_deref(), Some(GB_BUNDLE_SID));
        }
    }
}
