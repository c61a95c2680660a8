//! Settings as types. Reading collects every mistake before it gives up.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::bail;
use tracing_subscriber::EnvFilter;
use trunkline_domain::Currency;
use trunkline_http::AllowedOrigin;
use trunkline_notices::DefaultThresholds;
use trunkline_provisioning::{BalanceFloor, UserLimits};
use trunkline_sessions::{OidcSettings, SessionSettings};
use trunkline_wallet::ApprovalSums;
use url::{Host, Url};

use super::source::Source;
use super::{
    AlarmWebhook, DatabaseSettings, IdentitySettings, LoadSettings, MailSettings, PaymentSettings,
    SettingArguments, Times, TwilioSettings,
};
use crate::wiring::read_prices;

/// How often the store is asked for its gauges, unless set.
const METRICS_INTERVAL: Duration = Duration::from_secs(15);
/// How often the provider's balance is looked at, unless set.
const BALANCE_CHECK_INTERVAL: Duration = Duration::from_mins(5);
/// How often the ledger is audited, unless set.
const LEDGER_CHECK_INTERVAL: Duration = Duration::from_hours(1);

/// What the server is told.
pub(crate) struct Settings {
    pub listen: SocketAddr,
    pub database: DatabaseSettings,
    pub public_url: Option<Url>,
    pub twilio: Option<TwilioSettings>,
    pub price_file: Option<PathBuf>,
    pub default_currency: Currency,
    pub times: Times,
    /// The identity provider whose tokens are accepted; none where it is not set.
    pub identity: Option<IdentitySettings>,
    /// How sessions at the dashboard are kept.
    pub sessions: SessionSettings,
    /// The identity provider at which people sign in; none where it is not set.
    pub oidc: Option<OidcSettings>,
    /// The browser front ends that may call.
    pub cors_allowed_origins: Vec<AllowedOrigin>,
    /// What should be left at the provider.
    pub balance_floor: Option<BalanceFloor>,
    /// How often that is looked at.
    pub balance_check_interval: Duration,
    /// How many purchases there may be on one day.
    pub purchases_per_day: Option<NonZeroU32>,
    /// What limits every customer of whom an operator has set nothing else.
    pub user_limits: UserLimits,
    /// Above which sums an operator's credit or correction needs another operator.
    pub approval_above: Option<ApprovalSums>,
    /// How much a server takes on.
    pub load: LoadSettings,
    /// Where `/metrics` is found; nowhere where it is not set.
    pub metrics_listen: Option<SocketAddr>,
    /// How often the store is asked for its gauges.
    pub metrics_interval: Duration,
    /// How often the ledger is audited.
    pub ledger_check_interval: Duration,
    /// Stripe's account; no payments where it is not set.
    pub payments: Option<PaymentSettings>,
    /// Where alarms are posted; nowhere where it is not set.
    pub alarm_webhook: Option<AlarmWebhook>,
    /// How customers are written to; not at all where it is not set.
    pub mail: Option<MailSettings>,
    /// At which balances customers are told who have set nothing of their own.
    pub low_balance_at: DefaultThresholds,
    /// What every page says of this deployment; the sandbox sets it.
    pub banner: Option<&'static str>,
    pub log: String,
    pub log_format: LogFormat,
    /// What is not wrong and should be known: printed at start.
    pub warnings: Vec<String>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Settings {
    /// Reads every setting, or names every mistake.
    pub(crate) fn read(arguments: &SettingArguments) -> anyhow::Result<Self> {
        Self::read_for(arguments, false)
    }

    /// Reads every setting of a server, which needs an address that Twilio reaches.
    pub(crate) fn read_for_serving(arguments: &SettingArguments) -> anyhow::Result<Self> {
        Self::read_for(arguments, true)
    }

    fn read_for(arguments: &SettingArguments, is_server: bool) -> anyhow::Result<Self> {
        let source = Source::read(arguments)?;
        let mut reader = Reader { source: &source, mistakes: Vec::new(), warnings: Vec::new() };
        let settings = reader.settings();
        if is_server && reader.names_an_account() {
            reader.check_public_url(settings.public_url.as_ref());
        }
        let Reader { mistakes, warnings, .. } = reader;
        if !mistakes.is_empty() {
            bail!("these settings are wrong:\n  {}", mistakes.join("\n  "));
        }
        Ok(Self { warnings, ..settings })
    }
}

/// Reads the settings and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) mistakes: Vec<String>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Settings {
        let listen = self.parsed("listen", "an address and port, such as 127.0.0.1:8080");
        let database = self.database();
        let public_url = self.url("public_url");
        let twilio = self.twilio();
        let default_currency = self.parsed("default_currency", "an ISO 4217 code, such as USD");
        let times = self.times();
        let balance_floor: Option<BalanceFloor> =
            self.parsed("balance_floor", "an amount, such as 25.00, with six decimals at most");
        let balance_check_interval = self.interval("balance_check_interval_s", BALANCE_CHECK_INTERVAL);
        let purchases_per_day = self.parsed("purchases_per_day", "a whole number, or 0 for no limit");
        let user_limits = self.user_limits();
        let approval_above = self.approval_sums();
        let load = self.load();
        let metrics_listen = self.parsed("metrics_listen", "an address and port, such as 127.0.0.1:9464");
        let metrics_interval = self.interval("metrics_interval_s", METRICS_INTERVAL);
        let ledger_check_interval = self.interval("ledger_check_interval_s", LEDGER_CHECK_INTERVAL);
        let payments = self.payments();
        let alarm_webhook = self.alarm_webhook();
        let mail = self.mail();
        let low_balance_at = self.default_thresholds();
        let identity = self.identity();
        let sessions = self.sessions();
        let oidc = self.oidc();
        let cors_allowed_origins = self.origins();
        let log_format = self.log_format();
        self.check_times(&times);
        self.check_price_file();
        self.check_log();
        Settings {
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            database,
            public_url,
            twilio,
            price_file: self.source.text("price_file").map(PathBuf::from),
            default_currency: default_currency.unwrap_or(Currency::USD),
            times,
            identity,
            sessions,
            oidc,
            cors_allowed_origins,
            balance_floor: balance_floor.filter(|floor| !floor.is_zero()),
            balance_check_interval,
            purchases_per_day: purchases_per_day.and_then(NonZeroU32::new),
            user_limits,
            approval_above,
            load,
            metrics_listen,
            metrics_interval,
            ledger_check_interval,
            payments,
            alarm_webhook,
            mail,
            low_balance_at,
            banner: None,
            log: self.source.text("log").unwrap_or("info").to_owned(),
            log_format,
            warnings: Vec::new(),
        }
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let text = self.source.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.mistakes.push(format!("{}: `{text}` is not {wanted}", name.to_uppercase()));
        }
        value
    }

    pub(super) fn url(&mut self, name: &str) -> Option<Url> {
        let url: Url = self.parsed(name, "a URL, such as https://numbers.example.com")?;
        let wrong = match url.scheme() {
            "http" | "https" if url.query().is_some() || url.fragment().is_some() => {
                "has a query or fragment"
            }
            "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
                "has a user or password"
            }
            "http" | "https" => return Some(url),
            _ => "is neither http nor https",
        };
        self.mistakes.push(format!("{}: the URL {wrong}", name.to_uppercase()));
        None
    }

    fn names_an_account(&self) -> bool {
        self.source.text("twilio_account_sid").is_some() || self.source.text("twilio_auth_token").is_some()
    }

    fn check_price_file(&mut self) {
        let file = self.source.text("price_file");
        if let Some(Err(error)) = file.map(|file| read_prices(Some(Path::new(file)))) {
            self.mistakes.push(format!("PRICE_FILE: {error:#}"));
        }
    }

    fn check_log(&mut self) {
        let filter = self.source.text("log");
        if let Some(Err(error)) = filter.map(EnvFilter::try_new) {
            self.mistakes.push(format!("LOG: {error}"));
        }
    }

    fn check_public_url(&mut self, url: Option<&Url>) {
        let Some(url) = url else {
            if self.source.text("public_url").is_some() {
                return; // Wrong, and named as such already.
            }
            self.mistakes.push(
                "PUBLIC_URL: missing; Twilio needs an address at which it reaches this server, \
                 such as https://numbers.example.com"
                    .to_owned(),
            );
            return;
        };
        if url.scheme() != "https" || is_private(url) {
            self.warnings.push(format!(
                "PUBLIC_URL is {url}, which Twilio cannot reach or should not use: calls and texts will not arrive. \
                 For a test on your own machine open a tunnel (cloudflared tunnel --url http://localhost:8080, \
                 or ngrok http 8080) and set PUBLIC_URL to its https address."
            ));
        }
    }

    fn log_format(&mut self) -> LogFormat {
        match self.source.text("log_format") {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                self.mistakes.push(format!("LOG_FORMAT: `{other}` is neither text nor json"));
                LogFormat::Text
            }
        }
    }
}

/// Whether a URL's host is one that only this machine or its network reaches.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let last = name.rsplit_once('.').map_or("localhost", |(_, last)| last);
            matches!(last, "localhost" | "local" | "internal")
        }
        Some(Host::Ipv4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::{DeploymentId, WebhookUrls};
    use trunkline_persistence::SqliteOptions;
    use trunkline_provisioning::ProvisioningSettings;
    use uuid::Uuid;

    use super::*;

    impl Settings {
        /// What holds, but for Twilio's account: equal for settings that come to the same.
        pub(in crate::settings) fn fingerprint(&self) -> String {
            let nobody = DeploymentId::from_uuid(Uuid::nil());
            let mut provisioning = ProvisioningSettings::new(nobody, WebhookUrls::default());
            self.times.apply(&mut provisioning);
            let nowhere = SqliteOptions::new("");
            let connections = self.database.connections.unwrap_or(nowhere.read_connections);
            let acquire_timeout = self.database.acquire_timeout.unwrap_or(nowhere.acquire_timeout);
            format!(
                "{} {} {connections} {acquire_timeout:?} {} {provisioning:?} {} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                self.listen,
                self.database,
                self.default_currency,
                self.identity.is_some(),
                self.cors_allowed_origins,
                self.metrics_listen,
                self.metrics_interval,
                self.ledger_check_interval,
                self.log,
                self.log_format,
                self.user_limits,
                self.approval_above,
                self.load,
                self.balance_floor,
                self.balance_check_interval,
                self.purchases_per_day,
                self.sessions,
            )
        }
    }

    fn arguments() -> SettingArguments {
        SettingArguments::default()
    }

    #[test]
    fn defaults_need_nothing() {
        let settings = Settings::read(&arguments()).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert!(settings.twilio.is_none());
    }

    #[test]
    fn all_mistakes_are_named_at_once_and_no_secret_among_them() {
        let wrong = SettingArguments {
            listen: Some("here".to_owned()),
            database_url: Some("postgres://me:hunter2@db".to_owned()),
            database_connections: Some("0".to_owned()),
            database_acquire_timeout_s: Some("soon".to_owned()),
            twilio_auth_token: Some("hunter2".to_owned()),
            lease_s: Some("-1".to_owned()),
            balance_floor: Some("a lot".to_owned()),
            balance_check_interval_s: Some("0".to_owned()),
            purchases_per_day: Some("-5".to_owned()),
            user_max_monthly_price: Some("20".to_owned()),
            log_format: Some("xml".to_owned()),
            log: Some("%%%".to_owned()),
            price_file: Some("/nope".to_owned()),
            send_window_s: Some("3".to_owned()),
            public_url: Some("https://me:hunter2@x".to_owned()),
            jwt_hs256_secret: Some("hunter2".to_owned()),
            cors_allowed_origins: Some("https://app.example.com, *".to_owned()),
            ..arguments()
        };
        let error = Settings::read_for_serving(&wrong).err().unwrap().to_string();
        let names = [
            "LISTEN",
            "DATABASE_URL",
            "DATABASE_CONNECTIONS",
            "DATABASE_ACQUIRE_TIMEOUT_S",
            "TWILIO_ACCOUNT_SID",
            "LEASE_S",
            "BALANCE_FLOOR",
            "BALANCE_CHECK_INTERVAL_S",
            "PURCHASES_PER_DAY",
            "USER_MAX_MONTHLY_PRICE",
            "LOG_FORMAT",
            "LOG:",
            "PRICE_FILE",
            "JWT_HS256_SECRET",
            "CORS_ALLOWED_ORIGINS",
        ];
        assert_eq!(error.matches("PUBLIC_URL").count(), 1, "{error}");
        for name in names.into_iter().chain(["send window"]) {
            assert!(error.contains(name), "{name} is not in: {error}");
        }
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn times_that_cannot_be_are_named_as_they_are_set() {
        let said = |wrong: SettingArguments| Settings::read(&wrong).err().unwrap().to_string();
        let zero = said(SettingArguments { pass_interval_s: Some("0".to_owned()), ..arguments() });
        assert!(zero.contains("PASS_INTERVAL_S: must be more than zero"), "{zero}");
        let short = said(SettingArguments { lease_s: Some("1".to_owned()), ..arguments() });
        assert!(short.contains("LEASE_S: the lease"), "{short}");
        let long = said(SettingArguments { request_timeout_s: Some("60".to_owned()), ..arguments() });
        assert!(long.contains("REQUEST_TIMEOUT_S: the request timeout"), "{long}");
    }

    fn with_twilio(public_url: Option<&str>) -> anyhow::Result<Settings> {
        Settings::read_for_serving(&SettingArguments {
            twilio_account_sid: Some(format!("AC{}", "0".repeat(32))),
            twilio_auth_token: Some("token".to_owned()),
            public_url: public_url.map(str::to_owned),
            ..arguments()
        })
    }

    #[test]
    fn twilio_needs_a_public_url_and_a_useless_one_draws_a_warning() {
        assert!(with_twilio(None).err().unwrap().to_string().contains("PUBLIC_URL"));
        let account = SettingArguments {
            twilio_account_sid: Some(format!("AC{}", "0".repeat(32))),
            twilio_auth_token: Some("token".to_owned()),
            ..arguments()
        };
        assert!(Settings::read(&account).is_ok(), "only a server needs it");
        assert!(with_twilio(Some("https://numbers.example.com")).unwrap().warnings.is_empty());
        for useless in
            ["http://numbers.example.com", "https://localhost", "https://10.0.0.7", "https://server"]
        {
            assert!(with_twilio(Some(useless)).unwrap().warnings[0].contains("tunnel"), "{useless}");
        }
    }
}
