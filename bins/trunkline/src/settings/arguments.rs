//! Every setting as a flag and an environment variable; what it is and what it costs stands in `definitions`. Values are text here: `read` parses them, so that all
//! mistakes are named together and a secret never stands in an error.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

#[expect(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "these sentences are the help of the command line"
)]
/// The settings' flags. Each is also an environment variable, and a key of the same name in the settings file.
#[derive(Args, Serialize, Default, Clone)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingArguments {
    /// A TOML file with settings, named as the environment variables in small letters [default: trunkline.toml, if there is one]
    #[serde(skip)]
    #[arg(long, global = true, env = "TRUNKLINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// The database, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE; a password is better set in the
    /// environment or the file than as a flag [default: sqlite:trunkline.db]
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// How many connections to PostgreSQL at most; on SQLite, how many that read [default: 10; on SQLite 4]
    #[arg(long, global = true, env = "DATABASE_CONNECTIONS", value_name = "COUNT")]
    pub database_connections: Option<String>,
    /// How long work waits for a free connection before it fails [default: 5]
    #[arg(long, global = true, env = "DATABASE_ACQUIRE_TIMEOUT_S", value_name = "SECONDS")]
    pub database_acquire_timeout_s: Option<String>,
    /// Where Twilio and browsers reach this server; needed with Twilio settings [alias: NEXT_PUBLIC_APP_URL]
    #[arg(long, global = true, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The Twilio account, AC and 32 digits
    #[arg(long, global = true, env = "TWILIO_ACCOUNT_SID", value_name = "AC...")]
    pub twilio_account_sid: Option<String>,
    /// Its auth token; better set in the environment or the file than as a flag, which other users of the machine see
    #[arg(long, global = true, env = "TWILIO_AUTH_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub twilio_auth_token: Option<String>,
    /// The account's second auth token, while the first is being changed for it: webhooks signed with either are
    /// taken, and what Twilio refuses the first is asked once more with this one
    #[arg(
        long,
        global = true,
        env = "TWILIO_AUTH_TOKEN_SECONDARY",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub twilio_auth_token_secondary: Option<String>,
    /// An API key of the account, SK and 32 digits, to log in with instead of the auth token; webhooks are still
    /// verified with the token
    #[arg(long, global = true, env = "TWILIO_API_KEY", value_name = "SK...", hide_env_values = true)]
    pub twilio_api_key: Option<String>,
    /// The API key's secret
    #[arg(long, global = true, env = "TWILIO_API_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub twilio_api_secret: Option<String>,
    /// Where the account is a subaccount: the account above it, to log in with
    #[arg(long, global = true, env = "TWILIO_PARENT_ACCOUNT_SID", value_name = "AC...")]
    pub twilio_parent_account_sid: Option<String>,
    /// The auth token of the account above
    #[arg(
        long,
        global = true,
        env = "TWILIO_PARENT_AUTH_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub twilio_parent_auth_token: Option<String>,
    /// Twilio's region, such as ie1; needs an edge, and credentials of that region [default: us1]
    #[arg(long, global = true, env = "TWILIO_REGION", value_name = "REGION")]
    pub twilio_region: Option<String>,
    /// Twilio's edge, such as dublin
    #[arg(long, global = true, env = "TWILIO_EDGE", value_name = "EDGE")]
    pub twilio_edge: Option<String>,
    /// Where Twilio's API is served [default: https://api.twilio.com]
    #[arg(long, global = true, env = "TWILIO_BASE_URL", value_name = "URL")]
    pub twilio_base_url: Option<String>,
    /// The price file [default: the prices that the program carries]
    #[arg(long, global = true, env = "PRICE_FILE", value_name = "FILE")]
    pub price_file: Option<String>,
    /// The currency where a client names none [default: USD]
    #[arg(long, global = true, env = "DEFAULT_CURRENCY", value_name = "CODE")]
    pub default_currency: Option<String>,
    /// How long a client waits for a purchase or release before it hears that it is not decided [default: 30]
    #[arg(
        long,
        global = true,
        env = "PURCHASE_WAIT_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub purchase_wait_s: Option<String>,
    /// From opening an order, how long it may be sent to Twilio at all [default: 20]
    #[arg(
        long,
        global = true,
        env = "SEND_WINDOW_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub send_window_s: Option<String>,
    /// How long one request to Twilio may take; less than the send window [default: 10]
    #[arg(
        long,
        global = true,
        env = "REQUEST_TIMEOUT_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub request_timeout_s: Option<String>,
    /// Added to both before an absent number counts as absent [default: 10]
    #[arg(
        long,
        global = true,
        env = "SETTLE_MARGIN_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub settle_margin_s: Option<String>,
    /// Between two looks that find a number absent [default: 30]
    #[arg(
        long,
        global = true,
        env = "LOOK_GAP_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub look_gap_s: Option<String>,
    /// From opening an order, when it may be voided at the earliest [default: 300]
    #[arg(
        long,
        global = true,
        env = "VOID_AFTER_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub void_after_s: Option<String>,
    /// How long a worker has before another takes its work over; at least the send window [default: 60]
    #[arg(
        long,
        global = true,
        env = "LEASE_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub lease_s: Option<String>,
    /// How often stalled work is looked for [default: 2]
    #[arg(
        long,
        global = true,
        env = "RECOVERY_INTERVAL_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub recovery_interval_s: Option<String>,
    /// How often the server reconciles: ends cooling, and gives back numbers that nobody has [default: 21600]
    #[arg(
        long,
        global = true,
        env = "PASS_INTERVAL_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub pass_interval_s: Option<String>,
    /// From giving a purchase up as absent, how long its number cannot be bought; less than a day is for tests only
    /// [default: 86400]
    #[arg(
        long,
        global = true,
        env = "COOLING_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub cooling_s: Option<String>,
    /// How long nothing must have happened to a number before a reconciliation judges it [default: 900]
    #[arg(
        long,
        global = true,
        env = "RECONCILE_AFTER_S",
        value_name = "SECONDS",
        help_heading = "Times of the protocol"
    )]
    pub reconcile_after_s: Option<String>,
    /// What should be left of Twilio's balance after the number fees of the coming week, in the account's currency; below
    /// it nothing is sold until it is topped up. 0 is off [default: 0]
    #[arg(
        long,
        global = true,
        env = "BALANCE_FLOOR",
        value_name = "AMOUNT",
        allow_hyphen_values = true,
        help_heading = "Sales"
    )]
    pub balance_floor: Option<String>,
    /// How often Twilio's balance is looked at [default: 300]
    #[arg(
        long,
        global = true,
        env = "BALANCE_CHECK_INTERVAL_S",
        value_name = "SECONDS",
        help_heading = "Sales"
    )]
    pub balance_check_interval_s: Option<String>,
    /// How many purchases of all customers there may be on one day (UTC); failed ones do not count. 0 is off [default: 0]
    #[arg(long, global = true, env = "PURCHASES_PER_DAY", value_name = "COUNT", help_heading = "Sales")]
    pub purchases_per_day: Option<String>,
    /// How many numbers one customer may hold, with those that they are buying. 0 is off [default: 0]
    #[arg(long, global = true, env = "USER_MAX_NUMBERS", value_name = "COUNT", help_heading = "Limits")]
    pub user_max_numbers: Option<String>,
    /// How many purchases one customer may make on one day (UTC); failed ones do not count. 0 is off [default: 0]
    #[arg(
        long,
        global = true,
        env = "USER_MAX_PURCHASES_PER_DAY",
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub user_max_purchases_per_day: Option<String>,
    /// What a number may cost one customer per month at most, in each currency in which they may buy; off until set
    #[arg(
        long,
        global = true,
        env = "USER_MAX_MONTHLY_PRICE",
        value_name = "AMOUNT CURRENCY",
        help_heading = "Limits"
    )]
    pub user_max_monthly_price: Option<String>,
    /// Countries whose numbers customers may buy, by their ISO codes; all until set
    #[arg(long, global = true, env = "USER_COUNTRIES", value_name = "CODES", help_heading = "Limits")]
    pub user_countries: Option<String>,
    /// Types of numbers that customers may buy: local, toll_free, mobile; all until set
    #[arg(long, global = true, env = "USER_NUMBER_TYPES", value_name = "TYPES", help_heading = "Limits")]
    pub user_number_types: Option<String>,
    /// Whether buying and giving back is limited: on or off [default: off]
    #[arg(long, global = true, env = "USER_CHURN_LIMIT", value_name = "ON|OFF", help_heading = "Limits")]
    pub user_churn_limit: Option<String>,
    /// Above which sum a credit or correction by an operator waits for another operator, in each currency; off until set
    #[arg(
        long,
        global = true,
        env = "APPROVAL_ABOVE",
        value_name = "AMOUNT CURRENCY",
        help_heading = "Limits"
    )]
    pub approval_above: Option<String>,
    /// Stripe's secret key, with which customers' payments are taken; no payments until set
    #[arg(
        long,
        global = true,
        env = "STRIPE_SECRET_KEY",
        value_name = "KEY",
        hide_env_values = true,
        help_heading = "Payments"
    )]
    pub stripe_secret_key: Option<String>,
    /// What Stripe signs events with; two with a comma while one is being changed for the other
    #[arg(
        long,
        global = true,
        env = "STRIPE_WEBHOOK_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Payments"
    )]
    pub stripe_webhook_secret: Option<String>,
    /// Where Stripe's API is served, for a simulator [default: https://api.stripe.com]
    #[arg(long, global = true, env = "STRIPE_API_URL", value_name = "URL", help_heading = "Payments")]
    pub stripe_api_url: Option<String>,
    /// The least that a customer may pay, in each currency that is taken [default: 5.00 USD, 100.00 INR]
    #[arg(
        long,
        global = true,
        env = "PAYMENT_MINIMUM",
        value_name = "AMOUNT CURRENCY",
        help_heading = "Payments"
    )]
    pub payment_minimum: Option<String>,
    /// The most that a customer may pay at once, in each currency that is taken [default: 1000.00 USD, 50000.00 INR]
    #[arg(
        long,
        global = true,
        env = "PAYMENT_MAXIMUM",
        value_name = "AMOUNT CURRENCY",
        help_heading = "Payments"
    )]
    pub payment_maximum: Option<String>,
    /// The most that a customer may pay on one day (UTC), or off [default: 2000.00 USD, 100000.00 INR]
    #[arg(
        long,
        global = true,
        env = "PAYMENT_DAILY_MAXIMUM",
        value_name = "AMOUNT CURRENCY",
        help_heading = "Payments"
    )]
    pub payment_daily_maximum: Option<String>,
    /// When Stripe is asked about a payment of which nothing is heard, and how often again [default: 300]
    #[arg(
        long,
        global = true,
        env = "PAYMENT_LOOK_AFTER_S",
        value_name = "SECONDS",
        help_heading = "Payments"
    )]
    pub payment_look_after_s: Option<String>,
    /// How long after an automatic top-up nothing more is charged to the same wallet [default: 3600]
    #[arg(
        long,
        global = true,
        env = "TOP_UP_COOL_DOWN_S",
        value_name = "SECONDS",
        help_heading = "Payments"
    )]
    pub top_up_cool_down_s: Option<String>,
    /// How many requests a second one caller may make, in the long run. 0 is off [default: 100]
    #[arg(long, global = true, env = "RATE_LIMIT", value_name = "COUNT", help_heading = "Load")]
    pub rate_limit: Option<String>,
    /// How many requests one caller may make at once, after a pause [default: 200]
    #[arg(long, global = true, env = "RATE_LIMIT_BURST", value_name = "COUNT", help_heading = "Load")]
    pub rate_limit_burst: Option<String>,
    /// How many requests a second without valid credentials one address may make. 0 is off [default: 20]
    #[arg(long, global = true, env = "ADDRESS_RATE_LIMIT", value_name = "COUNT", help_heading = "Load")]
    pub address_rate_limit: Option<String>,
    /// Proxies in front of this server: addresses and networks whose X-Forwarded-For is believed; nobody until set
    #[arg(long, global = true, env = "TRUSTED_PROXIES", value_name = "ADDRS", help_heading = "Load")]
    pub trusted_proxies: Option<String>,
    /// How many requests are answered at once; one more is refused with OVERLOADED [default: 512]
    #[arg(long, global = true, env = "REQUESTS_AT_ONCE", value_name = "COUNT", help_heading = "Load")]
    pub requests_at_once: Option<String>,
    /// How many connections there may be; more wait until one ends [default: 4096]
    #[arg(long, global = true, env = "MAX_CONNECTIONS", value_name = "COUNT", help_heading = "Load")]
    pub max_connections: Option<String>,
    /// The browser front ends that may call, each exactly as browsers write it, with commas between them, such as
    /// https://app.example.com,http://localhost:5173; off until set
    #[arg(
        long,
        global = true,
        env = "CORS_ALLOWED_ORIGINS",
        value_name = "ORIGINS",
        help_heading = "Callers"
    )]
    pub cors_allowed_origins: Option<String>,
    /// Who issues the users' tokens: their `iss`, to the letter; tokens are off until this, the audience, and one of
    /// the next two are set
    #[arg(long, global = true, env = "JWT_ISSUER", value_name = "TEXT", help_heading = "Callers")]
    pub jwt_issuer: Option<String>,
    /// Whom the tokens are for: their `aud`, or one of several
    #[arg(long, global = true, env = "JWT_AUDIENCE", value_name = "TEXT", help_heading = "Callers")]
    pub jwt_audience: Option<String>,
    /// Where the issuer publishes its keys (ES256 and RS256): https, or http on this machine
    #[arg(long, global = true, env = "JWT_JWKS_URL", value_name = "URL", help_heading = "Callers")]
    pub jwt_jwks_url: Option<String>,
    /// The secret that the issuer shares with us instead (HS256), 32 characters or more
    #[arg(
        long,
        global = true,
        env = "JWT_HS256_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Callers"
    )]
    pub jwt_hs256_secret: Option<String>,
    /// Whether a good token adds its subject as a user: true or false [default: false]
    #[arg(long, global = true, env = "JWT_CREATE_USERS", value_name = "BOOL", help_heading = "Callers")]
    pub jwt_create_users: Option<String>,
    /// The identity provider at which people sign in at the dashboard (OpenID Connect), as it names itself, to the letter;
    /// off until this and the next two are set
    #[arg(long, global = true, env = "OIDC_ISSUER", value_name = "URL", help_heading = "Signing in")]
    pub oidc_issuer: Option<String>,
    /// Our name there
    #[arg(long, global = true, env = "OIDC_CLIENT_ID", value_name = "TEXT", help_heading = "Signing in")]
    pub oidc_client_id: Option<String>,
    /// What proves to it that it is us
    #[arg(
        long,
        global = true,
        env = "OIDC_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Signing in"
    )]
    pub oidc_client_secret: Option<String>,
    /// Whether whoever signs in there is added as a user: true or false [default: false]
    #[arg(long, global = true, env = "OIDC_CREATE_USERS", value_name = "BOOL", help_heading = "Signing in")]
    pub oidc_create_users: Option<String>,
    /// How long a session at the dashboard lasts without use [default: 43200]
    #[arg(long, global = true, env = "SESSION_IDLE_S", value_name = "SECONDS", help_heading = "Signing in")]
    pub session_idle_s: Option<String>,
    /// How long it lasts altogether [default: 604800]
    #[arg(long, global = true, env = "SESSION_MAX_S", value_name = "SECONDS", help_heading = "Signing in")]
    pub session_max_s: Option<String>,
    /// Address on which Prometheus finds /metrics, open to whoever reaches it; off until set
    #[arg(long, global = true, env = "METRICS_LISTEN", value_name = "ADDR", help_heading = "Operations")]
    pub metrics_listen: Option<String>,
    /// How often the database is asked for the gauges of /metrics [default: 15]
    #[arg(
        long,
        global = true,
        env = "METRICS_INTERVAL_S",
        value_name = "SECONDS",
        help_heading = "Operations"
    )]
    pub metrics_interval_s: Option<String>,
    /// How often a server audits its ledger [default: 3600]
    #[arg(
        long,
        global = true,
        env = "LEDGER_CHECK_INTERVAL_S",
        value_name = "SECONDS",
        help_heading = "Operations"
    )]
    pub ledger_check_interval_s: Option<String>,
    /// Where alarms are posted when they begin and when they end: https, or http to this machine. It may hold a secret,
    /// so it is better set in the environment or the file than as a flag; off until set
    #[arg(
        long,
        global = true,
        env = "ALARM_WEBHOOK_URL",
        value_name = "URL",
        hide_env_values = true,
        help_heading = "Operations"
    )]
    pub alarm_webhook_url: Option<String>,
    /// What they are signed with, of at least 16 characters; needed with the address, and known to its receiver
    #[arg(
        long,
        global = true,
        env = "ALARM_WEBHOOK_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Operations"
    )]
    pub alarm_webhook_secret: Option<String>,
    /// The mail server by which customers are told: smtp://USER:PASSWORD@HOST:PORT, encrypted by STARTTLS, or smtps://;
    /// better set in the environment or the file than as a flag. Nothing is mailed until set
    #[arg(
        long,
        global = true,
        env = "SMTP_URL",
        value_name = "URL",
        hide_env_values = true,
        help_heading = "Notices to customers"
    )]
    pub smtp_url: Option<String>,
    /// From whom mail comes; needed with the mail server
    #[arg(
        long,
        global = true,
        env = "MAIL_FROM",
        value_name = "NAME <ADDRESS>",
        help_heading = "Notices to customers"
    )]
    pub mail_from: Option<String>,
    /// At which balances customers are told who have set nothing of their own, up to five in each currency; off until set
    #[arg(
        long,
        global = true,
        env = "LOW_BALANCE_AT",
        value_name = "AMOUNT CURRENCY",
        help_heading = "Notices to customers"
    )]
    pub low_balance_at: Option<String>,
    /// What to log: a level, or a tracing filter such as trunkline_provisioning=debug,info [default: info]
    #[arg(long, global = true, env = "LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log: text or json [default: text]
    #[arg(long, global = true, env = "LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
}
