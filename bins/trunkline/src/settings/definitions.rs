//! Every setting, once: `docs/configuration.md`, `.env.example` and `trunkline config check` are made of this table.
//!
//! To add a setting: its flag in `arguments`, its type in `read`, and a line here; then
//! `trunkline config docs > docs/configuration.md` and `trunkline config docs --env > .env.example`.

use super::definition::{Chapter, Definition};

const TWILIO: Chapter = Chapter::Twilio;
const SERVER: Chapter = Chapter::Server;
const PRICES: Chapter = Chapter::Prices;
const TIMES: Chapter = Chapter::Times;
const SALES: Chapter = Chapter::Sales;
const LIMITS: Chapter = Chapter::Limits;
const PAYMENTS: Chapter = Chapter::Payments;
const LOAD: Chapter = Chapter::Load;
const CALLERS: Chapter = Chapter::Callers;
const SIGNING_IN: Chapter = Chapter::SigningIn;
const NOTICES: Chapter = Chapter::Notices;
const OPERATIONS: Chapter = Chapter::Operations;
const LOGS: Chapter = Chapter::Logs;

/// The settings, in the order in which the documents tell them.
pub(crate) const DEFINITIONS: &[Definition] = &[
    Definition::of(
        TWILIO,
        "twilio_account_sid",
        "AC and 32 hexadecimal digits",
        "The account that buys and holds the numbers.",
        "Another account's, and the numbers sold so far are out of reach: reconciliation counts them and says nothing of \
         them, and each release waits for an operator. Calls go on. Move numbers first, then change it.",
    )
    .to_fill_in(),
    Definition::of(
        TWILIO,
        "twilio_auth_token",
        "a token",
        "The account's auth token: it logs in, unless an API key or a parent account does, and it verifies webhooks.",
        "A wrong one: searches, purchases and releases answer 503, and calls and texts are refused with 403. Nothing is \
         bought or charged meanwhile.",
    )
    .secret()
    .to_fill_in(),
    Definition::of(
        TWILIO,
        "twilio_auth_token_secondary",
        "a token",
        "The account's second auth token, while the first is being changed for it: webhooks signed with either are taken, and \
         what Twilio refuses the first is asked once more with this one. `docs/setup-twilio.md` has the steps.",
        "Left set after the change: each refused login is tried twice, and calls and texts signed with a token of before are \
         still taken.",
    )
    .secret(),
    Definition::of(
        TWILIO,
        "twilio_api_key",
        "SK and 32 hexadecimal digits",
        "An API key of the account, to log in with instead of the auth token. Webhooks are still verified with the token.",
        "One that is revoked costs what a wrong token does. Revoking a key is easier than changing the token: that is what \
         it is for.",
    )
    .secret(),
    Definition::of(
        TWILIO,
        "twilio_api_secret",
        "a secret",
        "The API key's secret.",
        "A wrong one costs what a wrong token does.",
    )
    .secret(),
    Definition::of(
        TWILIO,
        "twilio_parent_account_sid",
        "AC and 32 hexadecimal digits",
        "Where the account is a subaccount: the account above it, to log in with.",
        "Who has the parent's token has all its subaccounts: an API key of the subaccount risks less.",
    ),
    Definition::of(
        TWILIO,
        "twilio_parent_auth_token",
        "a token",
        "The auth token of the account above.",
        "A wrong one costs what a wrong token does.",
    )
    .secret(),
    Definition::of(
        TWILIO,
        "twilio_region",
        "a region, such as `ie1`",
        "Another region of Twilio's. It needs an edge, and credentials of that region.",
        "Credentials of another region are refused, as a wrong token is.",
    )
    .or_else("`us1`")
    .for_example("us1"),
    Definition::of(
        TWILIO,
        "twilio_edge",
        "an edge, such as `dublin`",
        "Where Twilio's network is entered. With one and no region, the region is `us1`.",
        "A far one adds its way to every search and purchase.",
    ),
    Definition::of(
        TWILIO,
        "twilio_base_url",
        "a URL",
        "Where Twilio's API is served; for a simulator, such as `http://127.0.0.1:4010`.",
        "An address that is not Twilio's gets your credentials with every request.",
    )
    .or_else("`https://api.twilio.com`")
    .for_example("https://api.twilio.com"),
    Definition::of(
        TWILIO,
        "public_url",
        "a URL, https",
        "Where Twilio reaches this server, and what it signs. Needed with an account. `NEXT_PUBLIC_APP_URL` is read where \
         this is not set.",
        "A wrong one: new numbers point to it, calls and texts do not arrive, and signatures do not fit (403). Numbers that \
         were sold before keep the address that they were bought with.",
    )
    .to_fill_in(),
    Definition::of(
        SERVER,
        "listen",
        "address and port",
        "The address that the API, the webhooks and the probes are served on, in plain HTTP: a proxy in front ends TLS.",
        "`0.0.0.0` without a proxy or firewall lets keys and answers cross the network unencrypted.",
    )
    .by_default("127.0.0.1:8080"),
    Definition::of(
        SERVER,
        "database_url",
        "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`",
        "The database: a SQLite file for one server, PostgreSQL for any number. A password is better set in the environment \
         or the file than as a flag.",
        "SQLite on a network disk loses its locks, and money with them; keep it on a local disk. Another database is another \
         installation: its orders and wallets are not these.",
    )
    .by_default("sqlite:trunkline.db")
    .holds_password(),
    Definition::of(
        SERVER,
        "database_connections",
        "connections",
        "How many connections to PostgreSQL a server opens at most; on SQLite, how many that read (writes have one of their \
         own).",
        "Too few: work waits, and fails after the acquire timeout (503, nothing charged). Too many: each costs PostgreSQL \
         memory, and all servers together must stay under its `max_connections`.",
    )
    .or_else("10; on SQLite 4")
    .for_example("10"),
    Definition::of(
        SERVER,
        "database_acquire_timeout_s",
        "seconds",
        "How long work waits for a free connection before it fails.",
        "Too short: a burst is answered 503 that would have been served. Too long: clients wait for a database that is gone.",
    )
    .by_default("5"),
    Definition::of(
        PRICES,
        "price_file",
        "a file",
        "A TOML file with prices, bundles and addresses; `trunkline prices check` reads it, and `crates/domain/src/prices.toml` \
         is a start. Its name is read at the start; what is in it at SIGHUP, too.",
        "A price below Twilio's is your loss every month: `trunkline doctor` and `trunkline reconcile` compare. A file with a \
         mistake is refused at the start, and changes nothing at SIGHUP.",
    )
    .or_else("the prices that the program carries"),
    Definition::of(
        PRICES,
        "default_currency",
        "an ISO 4217 code",
        "The currency of a purchase or a balance that names none.",
        "Nothing converts: where no price is in it, purchases that name no currency answer `PRICING_UNAVAILABLE`.",
    )
    .by_default("USD"),
    Definition::of(
        TIMES,
        "purchase_wait_s",
        "seconds",
        "How long a client waits for a purchase or release before it hears that it is not decided (202), which goes on \
         without it.",
        "Too short: clients get 202 and ask again for orders that were about to be decided. Too long: a proxy hangs up first; \
         it must wait for this and 15 seconds, and so does a server that stops.",
    )
    .by_default("30"),
    Definition::of(
        TIMES,
        "send_window_s",
        "seconds",
        "From opening an order, how long it may be sent to Twilio at all. More than `REQUEST_TIMEOUT_S`.",
        "Too short: purchases fail unsent when Twilio or the database is slow; the money is free again. Too long: whatever is \
         lost on the way is decided later by as much, and its money is held so long.",
    )
    .by_default("20"),
    Definition::of(
        TIMES,
        "request_timeout_s",
        "seconds",
        "How long one request to Twilio may take. Less than `SEND_WINDOW_S`.",
        "Too short: purchases that Twilio makes go unheard; each is found by a look, half a minute and more requests later. Too \
         long: a hanging Twilio keeps clients waiting.",
    )
    .by_default("10"),
    Definition::of(
        TIMES,
        "settle_margin_s",
        "seconds",
        "Added to both before an absent number counts as absent: for clocks that differ, and for Twilio's own lists, which lag.",
        "Too short: a purchase that Twilio shows late is given up, arrives after all, and is released: you pay a month for \
         nothing. Too long: held money is free later.",
    )
    .by_default("10"),
    Definition::of(
        TIMES,
        "look_gap_s",
        "seconds",
        "Between the two looks that must both find a number absent.",
        "As `SETTLE_MARGIN_S`: two looks at one stale list count as one.",
    )
    .by_default("30"),
    Definition::of(
        TIMES,
        "void_after_s",
        "seconds",
        "From opening an order, when its money may be given back at the earliest without a certain answer.",
        "Too short: late purchases (the alarm `late_success`), a month paid for each. Too long: a customer's money is held by an \
         order that bought nothing.",
    )
    .by_default("300"),
    Definition::of(
        TIMES,
        "lease_s",
        "seconds",
        "How long a worker has before another takes its work over. At least `SEND_WINDOW_S`.",
        "Too short: replicas take over work that is being done; looks are made twice, purchases never. Too long: what a dead \
         server left is decided later by as much.",
    )
    .by_default("60"),
    Definition::of(
        TIMES,
        "recovery_interval_s",
        "seconds",
        "How often stalled work is looked for in the database.",
        "Too short: load on the database for nothing. Too long: undecided orders stay so for longer.",
    )
    .by_default("2"),
    Definition::of(
        TIMES,
        "pass_interval_s",
        "seconds",
        "How often Twilio's whole list is compared with ours, to end cooling and find orphans.",
        "Too short: a page of Twilio's list for every 1000 numbers, each time, against its rate limit. Too long: an orphan, at a \
         dollar a month or more, is found later.",
    )
    .by_default("21600"),
    Definition::of(
        TIMES,
        "cooling_s",
        "seconds",
        "From giving a purchase up as absent, how long its number cannot be bought: a late purchase may still arrive. Less than a \
         day is for tests only.",
        "Too short: a number is sold a second time while the first purchase of it is still on its way, and one of the two is \
         yours to pay. Too long: customers wait for a number that nobody has.",
    )
    .by_default("86400"),
    Definition::of(
        TIMES,
        "reconcile_after_s",
        "seconds",
        "How long nothing must have happened to a number before a reconciliation judges it.",
        "Too short: what Twilio's list does not show yet is reported as lost. Too long: fresh mistakes are left for the next time.",
    )
    .by_default("900"),
    Definition::of(
        SALES,
        "balance_floor",
        "an amount in the account's currency",
        "What should be left of Twilio's balance after the number fees of the coming week. Below it nothing is sold until \
         the account is topped up. 0 is off.",
        "Too low: the account runs dry, and Twilio suspends every customer's number. Too high: sales stop although there \
         is money for weeks.",
    )
    .by_default("0"),
    Definition::of(
        SALES,
        "balance_check_interval_s",
        "seconds",
        "How often the balance and the coming fees are looked at.",
        "Too short: Twilio is asked, and all numbers' rows are read, again and again. Too long: sales go on below the floor, \
         and stay stopped after a top-up, for as long.",
    )
    .by_default("300"),
    Definition::of(
        SALES,
        "purchases_per_day",
        "a count",
        "How many purchases of all customers there may be on one day (UTC). Failed ones do not count. 0 is off.",
        "Too low: customers hear `SALES_PAUSED` until midnight. Off, or too high: a stolen key buys until its wallet is empty.",
    )
    .by_default("0"),
    Definition::of(
        LIMITS,
        "user_max_numbers",
        "a count",
        "How many numbers one customer may hold, with those that they are buying. 0 is off.",
        "Too low: a good customer hears `LIMIT_EXCEEDED` and has to ask. Off: one customer can hold as many as their wallet pays.",
    )
    .by_default("0"),
    Definition::of(
        LIMITS,
        "user_max_purchases_per_day",
        "a count",
        "How many purchases one customer may make on one day (UTC). Failed ones do not count. 0 is off.",
        "Too low: customers who set up many numbers wait until midnight. Off: a stolen key buys until the wallet is empty.",
    )
    .by_default("0"),
    Definition::of(
        LIMITS,
        "user_max_monthly_price",
        "amounts with their currencies",
        "What a number may cost one customer per month at most, in each currency in which they may buy: \
         `20.00 USD, 1500.00 INR`. In a currency that it does not name nothing may be bought.",
        "Too low: dearer countries and types cannot be bought. A forgotten currency: whoever pays in it can buy nothing.",
    )
    .or_else("no limit")
    .for_example("20.00 USD"),
    Definition::of(
        LIMITS,
        "user_countries",
        "ISO codes",
        "Countries whose numbers customers may buy.",
        "Too few: customers find numbers that they may not buy. All: numbers of countries of which you know no rules.",
    )
    .or_else("all")
    .for_example("US,CA,GB"),
    Definition::of(
        LIMITS,
        "user_number_types",
        "`local`, `toll_free`, `mobile`",
        "Types of numbers that customers may buy.",
        "Too few: customers find numbers that they may not buy. All: what a dear type costs you if its price is wrong.",
    )
    .or_else("all")
    .for_example("local,toll_free"),
    Definition::of(
        LIMITS,
        "user_churn_limit",
        "`on` or `off`",
        "Whether buying and giving back is limited: a customer who has given back more than 5 numbers within 30 days, and more \
         than twice as many as they hold, buys nothing until that is longer ago.",
        "On: customers who try numbers out may have to ask. Off: numbers can be used up one after the other, and Twilio charges \
         you a month for each.",
    )
    .by_default("off"),
    Definition::of(
        LIMITS,
        "approval_above",
        "amounts with their currencies",
        "Above which sum a credit or correction by an operator waits for another operator, in each currency: `500.00 USD, \
         40000.00 INR`. In a currency that it does not name every amount waits. What the same operator moved into or out of the \
         same wallet within 24 hours without an approval is counted. Set it alike for every server, and where operators run \
         commands.",
        "Too low: two operators are busy with every small correction. Off, or too high: one stolen key, or one operator, can give \
         away any amount.",
    )
    .or_else("off: no credit or correction needs another operator")
    .for_example("500.00 USD"),
    Definition::of(
        PAYMENTS,
        "stripe_secret_key",
        "`sk_` or `rk_` and a secret",
        "The key of the Stripe account that takes the payments. A restricted key needs to write Checkout Sessions, Customers and \
         PaymentIntents, and to read refunds, disputes and payment methods.",
        "A wrong one: no page can be opened (502), and nothing is credited until it is right again; then Stripe's events and the \
         sweep bring what was missed.",
    )
    .secret(),
    Definition::of(
        PAYMENTS,
        "stripe_webhook_secret",
        "`whsec_` and a secret; two with a comma",
        "What Stripe signs its events with, from the endpoint's page in Stripe's dashboard. While it is being rolled, the old and \
         the new one with a comma between.",
        "A wrong one: events are refused with 403 and Stripe sends them again for three days; payments are credited by the sweep \
         alone, minutes late. Somebody who has it can make the server ask Stripe, and nothing else.",
    )
    .secret(),
    Definition::of(
        PAYMENTS,
        "stripe_api_url",
        "a URL",
        "Where Stripe's API is served; for a simulator, such as `http://127.0.0.1:4020`.",
        "An address that is not Stripe's gets your key with every request, and decides what is credited.",
    )
    .or_else("`https://api.stripe.com`")
    .for_example("https://api.stripe.com"),
    Definition::of(
        PAYMENTS,
        "payment_minimum",
        "amounts with their currencies",
        "The least that a customer may pay at once. The currencies that it names are those that are taken, and `PAYMENT_MAXIMUM` \
         names the same.",
        "Too low: Stripe's fee for each payment eats it; below Stripe's own least (0.50 USD) pages cannot be opened.",
    )
    .by_default("5.00 USD, 100.00 INR"),
    Definition::of(
        PAYMENTS,
        "payment_maximum",
        "amounts with their currencies",
        "The most that a customer may pay at once.",
        "Too high: a stolen card is worth more, and a dispute takes more back after it was spent.",
    )
    .by_default("1000.00 USD, 50000.00 INR"),
    Definition::of(
        PAYMENTS,
        "payment_daily_maximum",
        "amounts with their currencies, or `off`",
        "The most that one customer may pay on one day (UTC), what is open counted. A currency that it does not name has none.",
        "Too low: customers cannot buy what they want today. Off: the only bound is that of one payment, as often as one likes.",
    )
    .by_default("2000.00 USD, 100000.00 INR"),
    Definition::of(
        PAYMENTS,
        "payment_look_after_s",
        "seconds",
        "When Stripe is asked about a payment of which no event came, and how often again.",
        "Too short: questions to Stripe for every customer who is still typing. Too long: where events do not arrive, customers \
         wait so long for their money.",
    )
    .by_default("300"),
    Definition::of(
        PAYMENTS,
        "top_up_cool_down_s",
        "seconds, 60 or more",
        "How long after an automatic top-up nothing more is charged to the same wallet, whether it was paid or declined.",
        "Too short: a program that spends without end has the customer charged without end, up to their monthly cap. Too long: a \
         busy customer runs out of money although their payment method is good.",
    )
    .by_default("3600"),
    Definition::of(
        LOAD,
        "rate_limit",
        "requests a second",
        "How many requests a second one caller may make in the long run, at all servers of a PostgreSQL database together. 0 is \
         off.",
        "Too low: a busy service hears `RATE_LIMITED`, and has to space its requests out. Off: one caller can keep everybody \
         else waiting.",
    )
    .by_default("100"),
    Definition::of(
        LOAD,
        "rate_limit_burst",
        "requests",
        "How many requests one caller may make at once, after a pause. At least the rate, unless set.",
        "Too low: a page that asks for many things at once is refused some. Too high: so much at once reaches the database.",
    )
    .by_default("200"),
    Definition::of(
        LOAD,
        "address_rate_limit",
        "requests a second",
        "How many requests a second without valid credentials one address may make; twice as many at once. 0 is off.",
        "Too low: customers whose program has an old key are told to wait before they are told why. Off: keys can be guessed at \
         as fast as the database answers.",
    )
    .by_default("20"),
    Definition::of(
        LOAD,
        "trusted_proxies",
        "addresses and networks",
        "Proxies in front of this server, whose `X-Forwarded-For` is believed: `10.0.0.1, 192.168.0.0/16`.",
        "Unset behind a proxy: all strangers are one address, and are refused together. Too many: a stranger who is one of them \
         makes up an address for each request.",
    )
    .or_else("nobody")
    .for_example("10.0.0.0/8"),
    Definition::of(
        LOAD,
        "requests_at_once",
        "requests",
        "How many requests are answered at once; webhooks have as many places of their own. One more is refused with \
         `OVERLOADED`.",
        "Too low: purchases that wait for Twilio take the places of requests that would be answered at once. Too high: under \
         overload everybody waits, and nobody is refused in time.",
    )
    .by_default("512"),
    Definition::of(
        LOAD,
        "max_connections",
        "max_connections",
        "How many connections there may be; more wait in the system's queue until one ends. Each is a file handle.",
        "Too low: clients wait while idle connections are kept. Too high: file handles run out (`ulimit -n`), and memory is \
         taken: some 20 kB for each that sends a large request.",
    )
    .by_default("4096"),
    Definition::of(
        CALLERS,
        "jwt_issuer",
        "text",
        "Who issues the users' tokens: their `iss`, to the letter.",
        "Another spelling, a missing slash at its end say: every token is refused (401), and keys go on working.",
    )
    .for_example("https://id.example.com/"),
    Definition::of(
        CALLERS,
        "jwt_audience",
        "text",
        "Whom the tokens are for: their `aud`, or one of several.",
        "One that the issuer writes into tokens for other programs, too: whoever holds such a token is let in with it.",
    ),
    Definition::of(
        CALLERS,
        "jwt_jwks_url",
        "a URL, https, or http on this machine",
        "Where the issuer publishes its keys (ES256 and RS256).",
        "Whoever answers at this address decides who is let in. One that does not answer: tokens are answered 503 once the \
         keys at hand are too old, and keys go on working.",
    ),
    Definition::of(
        CALLERS,
        "jwt_hs256_secret",
        "a secret of at least 32 characters",
        "Instead of the address: the secret that the issuer shares with us (HS256).",
        "Whoever knows it can be any user, and spend their money.",
    )
    .secret(),
    Definition::of(
        CALLERS,
        "jwt_create_users",
        "`true` or `false`",
        "Whether a good token adds its subject as a user.",
        "True, where anybody can sign up with the issuer: anybody is a user, with an empty wallet. False: the token of somebody \
         whom nobody has added is answered 401.",
    )
    .by_default("false"),
    Definition::of(
        CALLERS,
        "cors_allowed_origins",
        "origins with commas between them",
        "The browser front ends that may call, each exactly as browsers send it.",
        "A front end that is missing cannot read an answer. One too many may use the keys and tokens that its pages get hold \
         of.",
    )
    .for_example("https://app.example.com"),
    Definition::of(
        SIGNING_IN,
        "oidc_issuer",
        "a URL, https, or http on this machine",
        "The identity provider at which people sign in (OpenID Connect), as it names itself, to the letter.",
        "Whoever answers at this address decides who is let in. One that does not answer: nobody signs in there, and whoever is \
         signed in stays so.",
    )
    .for_example("https://id.example.com/realms/shop"),
    Definition::of(
        SIGNING_IN,
        "oidc_client_id",
        "text",
        "Our name there. Browsers come back to `PUBLIC_URL` and `/sign-in/oidc/callback`, which the provider has to know.",
        "Another client's: the provider refuses, and nobody signs in there.",
    ),
    Definition::of(
        SIGNING_IN,
        "oidc_client_secret",
        "a secret",
        "What proves to the provider that it is us.",
        "A wrong one: nobody signs in there. Whoever knows it can ask the provider for tokens in our name.",
    )
    .secret(),
    Definition::of(
        SIGNING_IN,
        "oidc_create_users",
        "`true` or `false`",
        "Whether whoever signs in there for the first time is added as a user, with their subject as their id.",
        "True, where anybody can sign up with the provider: anybody is a user, with an empty wallet. And users who are there \
         already must have the provider's subjects as their ids, or somebody who chooses their subject is one of them. False: who \
         has no account is told so.",
    )
    .by_default("false"),
    Definition::of(
        SIGNING_IN,
        "session_idle_s",
        "seconds",
        "How long a session lasts without use.",
        "Too short: people type their passwords again. Too long: a browser that was left open is somebody's who finds it.",
    )
    .by_default("43200"),
    Definition::of(
        SIGNING_IN,
        "session_max_s",
        "seconds",
        "How long a session lasts altogether, however busy.",
        "As for the time without use. It holds for sessions that have begun, too.",
    )
    .by_default("604800"),
    Definition::of(
        NOTICES,
        "smtp_url",
        "a URL",
        "The mail server: `smtp://user:password@mail.example.com:587`, encrypted by STARTTLS or not used at all, or \
         `smtps://…`, encrypted from the start (port 465). Behind `smtp://`, `?tls=opportunistic` encrypts where it is offered \
         and `?tls=none` never; both without a password, unless the server is this machine.",
        "Unset, nothing is mailed. Wrong, mail waits and is tried for two days; after half an hour an alarm says so. \
         `trunkline doctor` tries it.",
    )
    .secret(),
    Definition::of(
        NOTICES,
        "mail_from",
        "a name and an address",
        "From whom mail comes: `Acme Numbers <billing@example.com>`. Needed with the mail server. Its domain also names the \
         messages.",
        "An address as which the mail server does not let you send: nothing is mailed. One whose domain does not vouch for the \
         server (SPF, DKIM): mail lands among the junk.",
    )
    .for_example("Acme Numbers <billing@example.com>"),
    Definition::of(
        NOTICES,
        "low_balance_at",
        "amounts with their currencies",
        "At which balances customers are told who have set nothing of their own, up to five in each currency: `5.00 USD, \
         400.00 INR`. Each tells once when what they can spend falls below it. Set it alike for every server.",
        "Off, or too low: customers hear of an empty wallet when a purchase is refused. Too high, or too many: they read none of \
         the mail.",
    )
    .or_else("off: only those are told who have set amounts of their own")
    .for_example("5.00 USD"),
    Definition::of(
        OPERATIONS,
        "metrics_listen",
        "address and port",
        "Where Prometheus finds `/metrics`. It asks for no key, so keep it on an address that only your monitoring reaches.",
        "Unset, nobody is woken by what only the metrics show. Open to the world, it tells how much you sell.",
    )
    .or_else("off")
    .for_example("127.0.0.1:9464"),
    Definition::of(
        OPERATIONS,
        "metrics_interval_s",
        "seconds",
        "How often the database is asked for the gauges of `/metrics`.",
        "Too short: counting queries, on every server. Too long: alerts that come late, and one about gauges that stand still \
         (300 seconds).",
    )
    .by_default("15"),
    Definition::of(
        OPERATIONS,
        "ledger_check_interval_s",
        "seconds",
        "How often a server audits its whole ledger.",
        "Too short: the journal is read again and again (a million transfers take some seconds of one core and of the disk). Too \
         long: somebody's change to the books is found later.",
    )
    .by_default("3600"),
    Definition::of(
        OPERATIONS,
        "alarm_webhook_url",
        "a URL",
        "Where alarms are posted when they begin and when they end: https, or http to this machine.",
        "Unset, alarms are only in the log, in `trunkline alarm list` and in the metrics: somebody has to look. One that does \
         not answer costs repeats for a day, and then the message.",
    )
    .secret(),
    Definition::of(
        OPERATIONS,
        "alarm_webhook_secret",
        "a secret of at least 16 characters",
        "What the messages are signed with. Needed with the address.",
        "Whoever knows it can send you false alarms.",
    )
    .secret(),
    Definition::of(
        LOGS,
        "log",
        "a level or filter",
        "What to log: a level, or a tracing filter such as `trunkline_provisioning=debug,info`.",
        "Below `info`, lines that explain an alarm are missing when it comes; `debug` is some lines for every request.",
    )
    .by_default("info"),
    Definition::of(
        LOGS,
        "log_format",
        "`text` or `json`",
        "How to log.",
        "None; collectors read `json` without guessing.",
    )
    .by_default("text"),
];

/// The definition of a setting.
pub(crate) fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name == name)
}
