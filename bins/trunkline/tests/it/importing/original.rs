//! The original's database, made again from its tables as they are described.

use trunkline_testkit::{Database, Server};

const TABLES: &str = "
CREATE TABLE business_v2 (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text NOT NULL,
    business_name text NOT NULL,
    timezone text,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE TABLE business_numbers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text,
    business_id uuid,
    phone_number text NOT NULL,
    display_name text,
    country_code text,
    number_type text DEFAULT 'local',
    status text DEFAULT 'active',
    is_primary boolean DEFAULT false,
    is_active boolean DEFAULT true,
    provider text DEFAULT 'twilio',
    purchase_date timestamptz,
    monthly_cost numeric(10,2),
    features text[],
    notes text,
    capabilities jsonb,
    twilio_sid text,
    twilio_account_sid text,
    voice_url text,
    sms_url text,
    status_callback_url text,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE TABLE wallets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text NOT NULL UNIQUE,
    balance_usd numeric(14,3) DEFAULT 0,
    balance_inr numeric(14,3) DEFAULT 0,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE TABLE transactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    wallet_id uuid REFERENCES wallets (id),
    type text NOT NULL,
    amount numeric(14,3) NOT NULL,
    currency text DEFAULT 'USD',
    description text,
    status text DEFAULT 'completed',
    created_at timestamptz DEFAULT now()
);";

/// A database of the original's.
pub(super) struct Original(Database);

impl Original {
    /// With its tables, and nothing in them.
    pub(super) fn new() -> Self {
        let database = Server::shared().empty_database();
        database.run(&[TABLES]);
        Self(database)
    }

    pub(super) fn url(&self) -> String {
        self.0.url()
    }

    pub(super) fn run(&self, statement: &str) -> String {
        self.0.run(&[statement])
    }

    /// A wallet with dollars, and rupees.
    pub(super) fn wallet(&self, user: &str, usd: &str, inr: &str) {
        self.run(&format!(
            "INSERT INTO wallets (id, user_id, balance_usd, balance_inr) VALUES (md5('{user}')::uuid, '{user}', {usd}, {inr})"
        ));
    }

    /// A transaction of so many days ago.
    pub(super) fn transaction(&self, user: &str, kind: &str, amount: &str, days: u32) {
        self.run(&format!(
            "INSERT INTO transactions (wallet_id, type, amount, description, created_at)
             VALUES (md5('{user}')::uuid, '{kind}', {amount}, '{kind} of {days} days ago', now() - interval '{days} days')"
        ));
    }

    /// A number, under an id that follows from it.
    pub(super) fn number(
        &self,
        user: &str,
        phone_number: &str,
        sid: &str,
        others: &[(&str, &str)],
    ) -> String {
        let id = self.run(&format!("SELECT md5('{phone_number}')::uuid"));
        let (names, values): (Vec<&str>, Vec<&str>) = others.iter().copied().unzip();
        let (names, values) = (names.join(", "), values.join(", "));
        let comma = if others.is_empty() { "" } else { ", " };
        self.run(&format!(
            "INSERT INTO business_numbers (id, user_id, phone_number, twilio_sid{comma}{names})
             VALUES ('{id}', '{user}', '{phone_number}', '{sid}'{comma}{values})"
        ));
        id
    }
}
