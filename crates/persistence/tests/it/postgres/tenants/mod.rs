//! Users who read the database themselves, as a role that is a member of `trunkline_tenant`: what they see, what they are
//! refused, and that nobody else notices.
//!
//! Roles belong to a whole server, so each of these tests has one of its own.

mod catalogue;
mod members;
mod opening;
mod reading;
mod servers;
mod signed_in;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use trunkline_domain::{Change, Origin, RequestOperation, UserId};
use trunkline_persistence::{LeaseTime, PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, bob, key, usd};
use trunkline_tenancy::{Business, BusinessCreation, TenancyStore, User, UserCreation};
use trunkline_testkit::{Cluster, Database, Durability};
use trunkline_wallet::contract::ManualClock;

use std::sync::Arc;

const GRANTS: &str = include_str!("../../../../../../docs/postgres-grants.sql");

/// What a tenant reads of their own, by the names of the views.
const VIEWS: [&str; 8] =
    ["audit", "balances", "business_numbers", "businesses", "orders", "payments", "transactions", "wallets"];

/// The view of members, whose rows are of two users: a member and an owner.
const MEMBERS: &str = "members";

/// An installation with the roles of the documentation, and a login of somebody who reads reports.
struct Installation {
    database: Database,
    _cluster: Cluster,
}

impl Installation {
    /// With the roles that `deploy/postgres/roles.sh` makes.
    async fn new() -> Self {
        let installation = Self::without_the_tenants_role();
        installation.database.run(&["CREATE ROLE trunkline_tenant NOLOGIN"]);
        installation.migrate().await;
        installation.database.run(&["CREATE ROLE reader LOGIN IN ROLE trunkline_tenant"]);
        installation
    }

    /// An empty database whose owner may make no roles, on a server that has no role for tenants.
    fn without_the_tenants_role() -> Self {
        let cluster = Cluster::start(Durability::Fast);
        let database = cluster.server().empty_database();
        database.run(&[
            "CREATE ROLE trunkline_owner LOGIN",
            "CREATE ROLE trunkline_app LOGIN",
            &format!(r#"GRANT CREATE ON DATABASE "{}" TO trunkline_owner"#, database.name()),
        ]);
        Self { database, _cluster: cluster }
    }

    /// As the owner; and what the servers may do is granted.
    async fn migrate(&self) {
        PostgresStore::migrate(&self.options("trunkline_owner")).await.unwrap();
        self.database.run(&["SET ROLE trunkline_owner", GRANTS]);
    }

    fn options(&self, user: &str) -> PostgresOptions {
        let url = self.database.url().replace("postgres://postgres@", &format!("postgres://{user}@"));
        PostgresOptions::new(url.parse().unwrap())
    }

    /// The rows of a life: users, businesses, money, numbers, an order that is open, and an operator's own line.
    async fn live(&self, users: &[UserId]) {
        for user in users {
            self.database.run(&[&format!(
                "INSERT INTO trunkline.payment
                     (id, user_id, kind, amount, currency, description, state, next_look_at, opened_at, updated_at)
                 VALUES (gen_random_uuid(), '{user}', 'checkout', 25, 'USD', 'Funds added', 'open', now(), now(), now())"
            )]);
        }
        let clock = ManualClock::new();
        let options =
            PostgresOptions { lease_time: LeaseTime::Given(clock.clone()), ..self.options("trunkline_app") };
        let store = Arc::new(PostgresStore::open(options).await.unwrap());
        let f = Fixture::of(&store, clock, Box::new(()));
        for (user, n) in users.iter().zip([1_u16, 3, 5]) {
            let at = f.now();
            let body = UserCreation { user: User { id: user.clone(), email: None, created_at: at } };
            store.create_user(&Change::new(body)).await.unwrap();
            let (id, name) = (f.id().to_string().parse().unwrap(), "Shop".parse().unwrap());
            let business =
                Business { id, owner: user.clone(), name, time_zone: None, created_at: at, updated_at: at };
            store.create_business(&Change::new(BusinessCreation { business })).await.unwrap();
            let request = key(user, RequestOperation::Credit, &format!("credit{n}"), &[]);
            let audit = Origin::command_line().audit("wallet.credit", user, Some(user), at);
            let credit = f.credit_of(user, usd("50")).request(Some(request)).audit(audit);
            f.wallets.credit(&credit).await.unwrap();
            f.buy(user, n).await;
            f.open(user, n + 1, usd("1.50")).await;
        }
        f.keep_report(&f.report()).await;
    }

    /// A session of a role.
    async fn session(&self, role: &str) -> Session {
        let url = self.database.url().replace("postgres://postgres@", &format!("postgres://{role}@"));
        Session(PgConnection::connect(&url).await.unwrap())
    }

    /// An installation with Ann and Bob in it, and a session of the reader.
    async fn with_ann_and_bob() -> (Self, Session) {
        let installation = Self::new().await;
        installation.live(&[ann(), bob()]).await;
        let reader = installation.session("reader").await;
        (installation, reader)
    }
}

/// Somebody connected.
struct Session(PgConnection);

impl Session {
    /// The answer of a question for one column of text, or what the server says.
    async fn ask(&mut self, question: &str) -> Result<Vec<String>, String> {
        let question = AssertSqlSafe(question.to_owned());
        sqlx::query_scalar(question).fetch_all(&mut self.0).await.map_err(|error| error.to_string())
    }

    /// Statements that answer nothing.
    async fn run(&mut self, statements: &str) -> Result<(), String> {
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements).execute(&mut self.0).await.map(drop).map_err(|error| error.to_string())
    }

    /// Says who reads, as whoever opens the session does.
    async fn is_for(&mut self, user: &str) {
        self.run(&format!("SET app.user_id = '{user}'")).await.unwrap();
    }

    /// Whose rows a view shows.
    async fn owners(&mut self, view: &str) -> Vec<String> {
        let question = format!("SELECT DISTINCT user_id FROM trunkline_tenant.{view} ORDER BY 1");
        self.ask(&question).await.unwrap()
    }

    /// Fails unless the server refuses it for want of a right.
    #[track_caller]
    fn assert_denied(statement: &str, answer: Result<(), String>) {
        let refusal = answer.expect_err(statement);
        let ours = ["permission denied", "must be owner", "must be superuser", "row-level security"];
        assert!(ours.iter().any(|words| refusal.contains(words)), "{statement}: {refusal}");
    }

    async fn denied(&mut self, statement: &str) {
        let answer = self.run(statement).await;
        Self::assert_denied(statement, answer);
    }
}
